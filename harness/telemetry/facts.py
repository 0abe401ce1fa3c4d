"""What spans say: the attributes of each kind of step, by the names of `harness.telemetry.names`."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from harness.model import Result, RunManifest, Step, Usage
from harness.shape import plain
from harness.text import shorten

from . import names
from .about import About
from .span import Attribute

CONTENT_LIMIT = 32_000
"""Most characters of one input or output; longer ones are cut and say so."""


def model_facts(step: Step) -> dict[str, Attribute | None]:
    """What a model call was."""
    stop, offline = step.args.get("stop_reason"), step.args.get("offline")
    return {
        names.OPERATION: "chat",
        names.KIND: "LLM",
        names.PROVIDER: str(step.args.get("provider") or "unknown"),
        names.REQUEST_MODEL: step.name,
        names.RESPONSE_MODEL: step.name,
        names.RESPONSE_ID: str(step.args["reply_id"]) if step.args.get("reply_id") else None,
        names.FINISH_REASONS: (str(stop),) if stop else None,
        names.COST: step.cost_usd,
        names.OFFLINE: bool(offline) if offline is not None else None,
        **token_facts(step.usage or Usage()),
    }


def tool_facts(step: Step) -> dict[str, Attribute | None]:
    """What a tool call was."""
    return {
        names.OPERATION: "execute_tool",
        names.KIND: "TOOL",
        names.TOOL: step.name,
        names.TOOL_CALL: step.id,
        names.TOOL_TYPE: "function",
        names.INPUT: content(dict(step.args)),
    }


def token_facts(usage: Usage) -> dict[str, Attribute | None]:
    """Tokens; what is not known is left out."""
    return {
        names.INPUT_TOKENS: usage.input_tokens,
        names.OUTPUT_TOKENS: usage.output_tokens,
        names.CACHED_TOKENS: usage.cached_tokens,
    }


def asked(result: Result) -> str:
    """What the agent was asked."""
    case = result.job.case
    return content([turn.input for turn in case.turns] if case.turns else case.input)


def provider(steps: Sequence[Step]) -> str | None:
    """Who answered an agent's model calls; nothing where it made none."""
    return next(
        (str(step.args["provider"]) for step in steps if step.kind == "llm" and step.args.get("provider")), None
    )


def moment(item: Mapping[str, Any], otherwise: float) -> float:
    """When something happened, where it says so."""
    at = item.get("at_s")
    return float(at) if isinstance(at, int | float) and not isinstance(at, bool) and math.isfinite(at) else otherwise


def metadata(manifest: RunManifest, result: Result, known: About) -> str:
    """Facts about a trial, as JSON."""
    facts = {
        **known.metadata,
        "fingerprint": result.job.case.fingerprint,
        "seed": result.job.seed,
        "variant": result.job.variant,
        "outcome": result.outcome.status,
        "git_commit": manifest.git_commit,
        "git_dirty": manifest.git_dirty,
        "source": manifest.source,
    }
    return json.dumps(facts, sort_keys=True)


def tags(manifest: RunManifest, result: Result, known: About) -> tuple[str, ...]:
    """Labels that traces are filtered by."""
    case = result.job.case
    version = manifest.git_commit[:12] if manifest.git_commit else manifest.packages.get("finharness", "")
    usual = (f"agent:{result.job.variant}", *((f"version:{version}",) if version else ()))
    own = (f"{key}={value}" if value else key for key, value in sorted(case.tags.items()))
    return (case.suite, result.job.variant, result.status, *usual, *known.tags, *own)


def first_failure(result: Result) -> str:
    """The first check that failed, with its reason."""
    return next((f"{item.check}: {item.reason}" for item in result.verdicts if item.decided is False), "")


def content(item: object) -> str:
    """Data as text, cut where it is very long."""
    if isinstance(item, str):
        return shorten(item, CONTENT_LIMIT)
    try:
        text = json.dumps(plain(item), ensure_ascii=False, sort_keys=True, default=str)
    except (TypeError, ValueError, RecursionError) as error:  # circular, or keys that cannot be sorted
        text = f"<data that cannot be written as JSON: {type(error).__name__}>"
    return shorten(text, CONTENT_LIMIT)


def worth_sending(item: object) -> bool:
    """Whether an attribute has a value that can be sent: neither unknown nor NaN."""
    return item is not None and not (isinstance(item, float) and not math.isfinite(item))


def nanoseconds(seconds: float) -> int:
    """Seconds as nanoseconds; what is not finite is none."""
    return round(seconds * 1e9) if math.isfinite(seconds) else 0


def epoch_ns(text: str) -> int:
    """An ISO time as nanoseconds since 1970; 0 where it is none."""
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return 0
    aware = when if when.tzinfo else when.replace(tzinfo=UTC)
    whole = int(aware.timestamp())
    return whole * 1_000_000_000 + aware.microsecond * 1_000
