"""What a model call costs: a dated table of public list prices, and the user's own prices over it.

Regenerate the table from an installed litellm, whose list it is (MIT licence):

    python -m harness.llm.prices 2026-11-21 > harness/llm/prices.json
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Final

from harness.frozen import frozen
from harness.model import Usage

_MILLION: Final = 1_000_000
_NUMBERS: Final = ("input", "output", "cache_read", "cache_write")
_KEYS: Final[Mapping[str, str]] = {
    "input": "input_cost_per_token",
    "output": "output_cost_per_token",
    "cache_read": "cache_read_input_token_cost",
    "cache_write": "cache_creation_input_token_cost",
}
_TIERS: Final[Mapping[str, int]] = {"_above_128k_tokens": 128_000, "_above_200k_tokens": 200_000}
_MODES: Final = frozenset({"chat", "responses"})
_FAMILIES: Final[Mapping[str, str]] = {"bedrock_converse": "bedrock", "cohere_chat": "cohere"}
_PROVIDERS: Final = frozenset({
    "anthropic", "bedrock", "bedrock_converse", "openai", "azure", "azure_ai", "gemini", "vertex_ai",
    "vertex_ai-language-models", "vertex_ai-anthropic_models", "mistral", "deepseek", "xai", "groq", "cohere_chat",
    "together_ai", "perplexity", "cerebras", "sambanova", "moonshot", "zai", "ai21",
})  # fmt: skip


@frozen
class Price:
    """US dollars per token. None is unknown, and unknown is not free."""

    input: float | None
    """Fresh input."""

    output: float | None
    """Output."""

    cache_read: float | None = None
    """Input from the provider's cache; None is charged like fresh input."""

    cache_write: float | None = None
    """Input put into the provider's cache; None is charged like fresh input."""

    above: int | None = None
    """Input tokens above which `long` holds for the whole request."""

    long: Price | None = None
    """Prices of requests with a long input."""

    def of(self, usage: Usage, *, cache_write_tokens: int | None = None) -> float | None:
        """Price a call; None when tokens or prices are unknown."""
        total = usage.input_tokens
        if self.long is not None and self.above is not None and total is not None and total > self.above:
            return self.long.of(usage, cache_write_tokens=cache_write_tokens)
        if total is None or usage.output_tokens is None or self.input is None or self.output is None:
            return None
        read = min(usage.cached_tokens or 0, total)
        written = min(cache_write_tokens or 0, total - read)
        return (
            (total - read - written) * self.input
            + read * (self.input if self.cache_read is None else self.cache_read)
            + written * (self.input if self.cache_write is None else self.cache_write)
            + usage.output_tokens * self.output
        )


FREE: Final = Price(0.0, 0.0, 0.0, 0.0)
"""What a model in this process costs."""


def cost(usage: Usage, model_id: str, provider: str, *, cache_write_tokens: int | None = None) -> float | None:
    """Price a call in US dollars; None for an unknown model or unknown tokens."""
    price = lookup(model_id, provider)
    return None if price is None else price.of(usage, cache_write_tokens=cache_write_tokens)


def lookup(model_id: str, provider: str) -> Price | None:
    """Find a model's list price.

    Args:
        model_id: Id as the provider takes it; an ARN and a `provider/` prefix are understood.
        provider: `anthropic`, `bedrock`, `litellm` or `offline`.
    """
    if provider == "offline":
        return FREE
    rows = _table()["models"]
    for name in _names(model_id):
        row = rows.get(name)
        if row is not None and provider in {"litellm", row["provider"]}:
            return _price(row)
    return None


def adjusted(
    price: Price | None, *, input_usd: float | None, output_usd: float | None, cached_usd: float | None
) -> Price | None:
    """Put the user's prices (US dollars per million tokens) over the table's; they hold for inputs of any length."""
    given = {"input": input_usd, "output": output_usd, "cache_read": cached_usd}
    mine = {name: usd / _MILLION for name, usd in given.items() if usd is not None}
    if not mine:
        return price
    known = replace(price or Price(None, None), above=None, long=None, **mine)
    return replace(known, cache_read=None, cache_write=None) if input_usd is not None and cached_usd is None else known


def table_version() -> str:
    """Name the table in force, for a run's manifest."""
    return str(_table()["version"])


@cache
def _table() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path(__file__).with_name("prices.json").read_text(encoding="utf-8"))
    return found


def _names(model_id: str) -> list[str]:
    """The names under which a model may be listed: as given, without an ARN's path, without a provider's prefix."""
    names = [model_id]
    if model_id.startswith("arn:"):
        names.append(model_id.rpartition("/")[2])
    names.extend(model_id.split("/", cut)[-1] for cut in range(1, model_id.count("/") + 1))
    return names


def _price(row: Mapping[str, Any]) -> Price:
    long = row.get("long")
    return Price(
        **{name: row.get(name) for name in _NUMBERS},
        above=row.get("above"),
        long=None if long is None else Price(**{name: long.get(name, row.get(name)) for name in _NUMBERS}),
    )


def reduce(listed: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Keep the chat models of the providers we know, with their prices per token."""
    rows: dict[str, dict[str, Any]] = {}
    for name, entry in sorted(listed.items()):
        if entry.get("mode") not in _MODES or entry.get("litellm_provider") not in _PROVIDERS:
            continue
        row = {short: entry[key] for short, key in _KEYS.items() if key in entry}
        if "input" not in row or "output" not in row:
            continue
        provider = str(entry["litellm_provider"])
        rows[name] = {"provider": _FAMILIES.get(provider, provider), **row, **_long(entry)}
    return rows


def _long(entry: Mapping[str, Any]) -> dict[str, Any]:
    for suffix, limit in _TIERS.items():
        tier = {short: entry[key + suffix] for short, key in _KEYS.items() if key + suffix in entry}
        if tier:
            return {"above": limit, "long": tier}
    return {}


def _regenerate(date: str) -> str:
    from importlib.metadata import version
    from importlib.util import find_spec

    folder = next(iter(find_spec("litellm").submodule_search_locations))  # type: ignore[union-attr, arg-type]
    source = Path(folder) / "model_prices_and_context_window_backup.json"  # found, not imported: that calls home
    head = {
        "version": f"litellm-{version('litellm')}",
        "date": date,
        "unit": "US dollars per token",
        "source": "https://github.com/BerriAI/litellm, model_prices_and_context_window_backup.json, reduced",
        "licence": "MIT, Copyright (c) 2023 Berri AI",
    }
    rows = reduce(json.loads(source.read_text(encoding="utf-8")))
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(row, separators=(',', ':'))}" for name, row in rows.items())
    return f'{json.dumps(head, indent=1)[:-2]},\n "models": {{\n{lines}\n}}}}'


if __name__ == "__main__":
    sys.stdout.write(_regenerate(sys.argv[1]) + "\n")
