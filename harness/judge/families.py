"""Which family a model belongs to: a judge likes what its own family writes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

_FAMILIES: Final = {
    "claude": "Claude", "gpt": "GPT", "chatgpt": "GPT", "o1": "GPT", "o3": "GPT", "o4": "GPT", "gemini": "Gemini",
    "gemma": "Gemini", "llama": "Llama", "mistral": "Mistral", "mixtral": "Mistral", "magistral": "Mistral",
    "nova": "Nova", "titan": "Nova", "deepseek": "DeepSeek", "qwen": "Qwen", "qwq": "Qwen", "grok": "Grok",
    "command": "Command", "kimi": "Kimi", "glm": "GLM", "phi": "Phi", "jamba": "Jamba",
}  # fmt: skip
_FLOATING: Final = ("latest", "preview", "experimental", "exp")


def family_of(model_id: str) -> str | None:
    """Name the family of a model by its id; None when it is not known."""
    return next(
        (family for start, family in _FAMILIES.items() if any(p.startswith(start) for p in _parts(model_id))), None
    )


def is_floating(model_id: str) -> bool:
    """Whether an id means another model tomorrow: verdicts under it are not kept."""
    return not model_id or any(part in _FLOATING for part in _parts(model_id))


def warnings(judges: Sequence[str], written: Iterable[str]) -> tuple[str, ...]:
    """What a reader must know of who judges whom.

    Args:
        judges: Ids of the judges.
        written: Ids of the models that wrote the answer.
    """
    families = [family_of(judge) for judge in judges]
    same = {family for name in written if (family := family_of(name)) is not None} & set(families)
    found = []
    if same:
        found.append(f"the judge is of the family that wrote the answer: {', '.join(sorted(filter(None, same)))}")
    if len(judges) > 1 and None not in families and len(set(families)) == 1:
        found.append(f"every judge of the panel is of one family: {families[0]}")
    return tuple(found)


def _parts(model_id: str) -> list[str]:
    return model_id.lower().replace("/", ".").replace(":", ".").replace("-", ".").replace("@", ".").split(".")
