"""Promptfoo's assertion types in our words, or the reason why one of them has none."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from harness.model import CheckSpec

Parameters: TypeAlias = tuple[str, dict[str, Any]]
"""Our check and its parameters."""


class UnmappedError(ValueError):
    """An assertion that cannot be said in our words; its text says why."""


_SAME: Final = frozenset({"contains", "icontains", "starts-with", "regex"})
_LISTS: Final = frozenset({"contains-any", "contains-all", "icontains-any", "icontains-all"})
_CLAIMS: Final = {
    "llm-rubric": "{}",
    "model-graded-closedqa": "The answer meets this criterion: {}",
    "g-eval": "The answer meets this criterion: {}",
    "factuality": "No fact in the answer contradicts this reference, and none of its facts is missing: {}",
    "model-graded-factuality": "No fact in the answer contradicts this reference, and none of its facts is missing: {}",
    "trajectory:goal-success": "The user's goal was reached: {}",
}
_PLAIN_CLAIMS: Final = {
    "answer-relevance": "The answer is relevant to what was asked.",
    "conversation-relevance": "The answer is relevant to the conversation.",
    "is-refusal": "The answer declines to do what was asked.",
}
_MATCHING: Final = ("mode", "defaults", "ignore")
_SIMILAR: Final = (
    "likeness of words says little about figures; state what must hold with number, contains or llm-rubric"
)
_CODE: Final = "it is code for another program; port it to a `python` check, a function in checks/"
_CONTEXT: Final = "it judges against retrieved context; use finance:grounded-numbers for figures, llm-rubric for claims"
_FORM: Final = "we have no check of this form; write a `python` check, or `regex`"
_CALLS: Final = "tool schemas are not in the trace; state the call with trajectory:tool-args-match"
_SERVICE: Final = "it asks a service of its own, which is not called from here"
_SEVERAL: Final = "it chooses among several providers' outputs; compare runs with `finharness compare`"
WHY_NOT: Final[Mapping[str, str]] = {
    **dict.fromkeys(("similar", "similar:cosine", "similar:dot", "similar:euclidean"), _SIMILAR),
    **dict.fromkeys(("rouge-n", "rouge-l", "rouge-s", "bleu", "gleu", "meteor", "levenshtein", "f-score"), _SIMILAR),
    **dict.fromkeys(("javascript", "python", "ruby", "webhook"), _CODE),
    **dict.fromkeys(("context-faithfulness", "context-recall", "context-relevance"), _CONTEXT),
    **dict.fromkeys(
        ("contains-json", "is-html", "contains-html", "is-xml", "contains-xml", "is-sql", "contains-sql"), _FORM
    ),
    **dict.fromkeys(("is-valid-function-call", "is-valid-openai-function-call", "is-valid-openai-tools-call"), _CALLS),
    **dict.fromkeys(("moderation", "classifier", "pi", "guardrails", "search-rubric", "video-rubric"), _SERVICE),
    **dict.fromkeys(("select-best", "max-score"), _SEVERAL),
    "tool-call-f1": "we have no score of this kind; state the calls with trajectory:tool-used or trajectory:plan",
    "perplexity": "token probabilities are not recorded",
    "perplexity-score": "token probabilities are not recorded",
    "finish-reason": "the trace keeps it for each model call; a `python` check can read it",
    "trace-span-duration": "steps have no limits of their own; use latency for the whole trial",
    "agent-rubric": "an agent that inspects files is no judge of ours; write llm-rubric",
    "skill-used": "skills are not told from other tools; state the call with trajectory:tool-used",
    "human": "a person decides it; label answers with `finharness judge` instead",
    "cost-per-token": "use cost, or tokens",
}
"""Type to the reason why it is not taken over; with those that are, all of promptfoo's."""


def mapped(type_: str, item: Mapping[str, Any]) -> Parameters:
    """Our check for an assertion whose texts are filled in.

    Raises:
        UnmappedError: when there is none.
    """
    if "transform" in item:
        raise UnmappedError(f"its `transform` is code for another program; {_CODE.partition('; ')[2]}")
    if type_ in WHY_NOT:
        raise UnmappedError(WHY_NOT[type_])
    value = item.get("value")
    if isinstance(value, str) and re.match(r"(file|package)://", value):
        raise UnmappedError("its value is in a file; write it out, or copy the file and name it in the suite")
    if type_ in _PLAIN_CLAIMS:
        return "llm-rubric", {"value": _PLAIN_CLAIMS[type_]}
    if type_ in _CLAIMS:
        return "llm-rubric", {"value": _claim(type_, value)}
    make = _MAKERS.get(type_)
    if make is None:
        raise UnmappedError("promptfoo has no such type that we know; correct its name")
    return make(type_, item, value)


def spec_of(type_: str, item: Mapping[str, Any]) -> CheckSpec:
    """The same, with its `not-`, weight and metric."""
    negate = type_.startswith("not-")
    name, params = mapped(type_.removeprefix("not-"), item)
    weight = item.get("weight")
    known: dict[str, Any] = {}
    if isinstance(weight, int | float) and not isinstance(weight, bool) and weight >= 0:
        known = {"weight": float(weight)} if weight else {"severity": "minor", "weight": 0.0}
    if isinstance(item.get("metric"), str) and "{{" not in item["metric"]:
        known["metric"] = item["metric"]
    return CheckSpec(type=name, params=params, negate=negate, **known)


def _claim(type_: str, value: Any) -> str:
    if isinstance(value, list) and value and all(isinstance(part, str) for part in value):
        value = " ".join(value)
    if not isinstance(value, str) or not value.strip():
        raise UnmappedError("its rubric is no text")
    return _CLAIMS[type_].format(value.strip())


def _same(type_: str, _item: Mapping[str, Any], value: Any) -> Parameters:
    if value in (None, ""):
        raise UnmappedError("it has no value")
    return type_, {"value": value if isinstance(value, str) else _number_text(value)}


def _number_text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UnmappedError(f"its value is a {type(value).__name__} where text is expected")
    return f"{value:g}" if isinstance(value, float) else str(value)


def _listed(type_: str, _item: Mapping[str, Any], value: Any) -> Parameters:
    parts = [part.strip() for part in value.split(",")] if isinstance(value, str) else value
    if not isinstance(parts, list) or not parts:
        raise UnmappedError("it has no list of values")
    return type_, {"value": [part if isinstance(part, str) else _number_text(part) for part in parts]}


def _equals(_type: str, _item: Mapping[str, Any], value: Any) -> Parameters:
    if value is None:
        raise UnmappedError("it has no value")
    return "equals", {"value": value}


def _json(_type: str, _item: Mapping[str, Any], value: Any) -> Parameters:
    if value is not None and not isinstance(value, Mapping):
        raise UnmappedError("its schema is no mapping")
    return "is-json", {} if not value else {"schema": dict(value)}


def _threshold(type_: str, item: Mapping[str, Any], _value: Any) -> Parameters:
    limit = item.get("threshold")
    if isinstance(limit, bool) or not isinstance(limit, int | float):
        raise UnmappedError("it has no threshold")
    return type_, {"threshold": limit}


def _words(_type: str, _item: Mapping[str, Any], value: Any) -> Parameters:
    bounds = {"min": value, "max": value} if isinstance(value, int) else value
    if not isinstance(bounds, Mapping) or not {"min", "max"} & set(bounds):
        raise UnmappedError("it has no bounds")
    least, most = int(bounds.get("min", 0)), bounds.get("max")
    if least > 10_000 or (most is not None and int(most) > 10_000):
        raise UnmappedError("more than 10,000 words")
    if most is not None and int(most) < 1:
        raise UnmappedError("an answer without a word is never a pass here")
    upper = "" if most is None else str(int(most) - 1)
    return "regex", {"value": rf"\s*\S+(?:\s+\S+){{{max(0, least - 1)},{upper}}}\s*", "whole": True}


def _spans(_type: str, _item: Mapping[str, Any], value: Any) -> Parameters:
    if not isinstance(value, Mapping):
        raise UnmappedError("it has no bounds")
    return "trajectory:step-count", {key: value[key] for key in ("pattern", "min", "max") if key in value}


def _errors(_type: str, _item: Mapping[str, Any], value: Any) -> Parameters:
    most = value.get("max_count", 0) if isinstance(value, Mapping) else value
    if most not in (None, 0):
        raise UnmappedError("we allow no share of failed calls; trajectory:error-free asks for none")
    return "trajectory:error-free", {}


def _tool_used(_type: str, _item: Mapping[str, Any], value: Any) -> Parameters:
    if isinstance(value, Mapping):
        named = value.get("name") or value.get("pattern")
        bounds = {key: value[key] for key in ("min", "max") if key in value}
        if isinstance(named, str):
            return "trajectory:tool-used", {"name": named, **bounds}
    if isinstance(value, str | list) and value:
        return "trajectory:tool-used", {"value": value}
    raise UnmappedError("it names no tool")


def _tool_args(_type: str, item: Mapping[str, Any], value: Any) -> Parameters:
    given = dict(value) if isinstance(value, Mapping) else {}
    given |= {key: item[key] for key in _MATCHING if key in item}
    args = given.get("args", given.get("arguments"))
    if not isinstance(given.get("name"), str) or not isinstance(args, Mapping):
        raise UnmappedError("it names no tool with arguments")
    more = {key: given[key] for key in _MATCHING if key in given}
    return "trajectory:tool-args-match", {"name": given["name"], "args": dict(args), **more}


def _sequence(_type: str, item: Mapping[str, Any], value: Any) -> Parameters:
    given = value if isinstance(value, Mapping) else {"steps": value}
    steps = given.get("steps")
    if not isinstance(steps, list) or not steps:
        raise UnmappedError("it has no steps")
    mode = given.get("mode", item.get("mode"))
    return "trajectory:tool-sequence", {"steps": steps, **({"mode": mode} if mode else {})}


def _step_count(_type: str, _item: Mapping[str, Any], value: Any) -> Parameters:
    if not isinstance(value, Mapping):
        raise UnmappedError("it has no bounds")
    kind = {"tool": "tool", "command": "tool", "llm": "llm", "message": "message"}.get(str(value.get("type")))
    known = {key: value[key] for key in ("pattern", "min", "max") if key in value}
    return "trajectory:step-count", {**known, **({"kind": kind} if kind else {})}


_MAKERS: Final[Mapping[str, Callable[[str, Mapping[str, Any], Any], Parameters]]] = {
    **dict.fromkeys(_SAME, _same),
    **dict.fromkeys(_LISTS, _listed),
    "equals": _equals,
    "is-json": _json,
    "latency": _threshold,
    "cost": _threshold,
    "word-count": _words,
    "trace-span-count": _spans,
    "trace-error-spans": _errors,
    "trajectory:tool-used": _tool_used,
    "trajectory:tool-args-match": _tool_args,
    "trajectory:tool-sequence": _sequence,
    "trajectory:step-count": _step_count,
}
KNOWN: Final = frozenset({*_MAKERS, *_CLAIMS, *_PLAIN_CLAIMS, *WHY_NOT, "assert-set"})
"""Every type that promptfoo has."""
