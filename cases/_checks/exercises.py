"""Checks of the harness's parts at work: what came of an exercise, worked out once more from what the case gave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

Verdict: TypeAlias = tuple[bool, str]


def said(structured: Any, name: str) -> Any:
    """One part of the answer."""
    return structured.get(name) if isinstance(structured, Mapping) else None


def _agree(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> Verdict:
    wrong = [
        f"{name} is {found.get(name)!r}, expected {item!r}" for name, item in wanted.items() if found.get(name) != item
    ]
    return not wrong, "; ".join(wrong) or ", ".join(wanted)


def _parts(structured: Any, *names: str) -> dict[str, Any]:
    return {name: said(structured, name) for name in names}


def letters_whole(structured: Any, input: Any) -> Verdict:  # noqa: A002 - the name that checks ask by
    """The text is whole, though it was cut, and where every byte came alone each letter of several bytes was cut, too."""
    whole = "".join(input["texts"])
    inside = sum(len(letter.encode()) - 1 for letter in whole)
    found = said(structured, "cuts_inside_letters")
    kinds = ["text_delta"] * len(input["texts"]) + ["text_done", "done"]
    good, why = _agree(_parts(structured, "text", "kinds", "slips"), {"text": whole, "kinds": kinds, "slips": []})
    cut = isinstance(found, int) and (found >= inside if input["every"] == 1 else found > 0)
    return good and cut, f"{why}; {found} cuts inside of letters"


def stopped(structured: Any, input: Any) -> Verdict:  # noqa: A002 - as above
    """Nobody listens any more, and the agent, which had said its words before the first `hold`, was stopped."""
    words = input["says"].split()
    spoken = words[: words.index("hold")]
    first = f"{spoken[0]} "
    good, why = _agree(
        _parts(structured, "listeners", "over", "status"), {"listeners": [1, 0], "over": True, "status": "interrupted"}
    )
    heard = said(structured, "heard") or ""
    seconds = said(structured, "stopped_within_s")
    quick = isinstance(seconds, float) and seconds < 12  # far less than the agent would have waited
    return good and quick and heard.startswith(first), f"{why}; heard {heard!r}; stopped after {seconds} s"


def found_at_work(structured: Any, input: Any) -> Verdict:  # noqa: A002 - as above
    """Who came back in time heard everything from the beginning, from an agent that was still at work."""
    returned = said(structured, "returned")
    if not input.get("back"):
        return isinstance(
            structured, Mapping
        ) and "returned" in structured and returned is None, f"came back: {returned}"
    good = (
        isinstance(returned, Mapping) and returned["over"] is False and returned["heard"] == said(structured, "heard")
    )
    return bool(good and returned["heard"]), f"came back: {returned}"


def redirected(structured: Any, input: Any) -> Verdict:  # noqa: A002 - as above
    """The agent says its words up to the first `hold`, then those of each wish; a wish is granted once; it knows what was said before."""
    text, answers, known, takes = "", [], set[str](), [input["says"]]
    for wish in input["wishes"]:
        again = wish["id"] in known
        known.add(wish["id"])
        redirect = wish.get("redirect")
        if not again and redirect:
            takes.append(redirect)
        answers.append(
            {"status": 200, "interrupted": True, "repeated": True}
            if again
            else {"status": 202, "interrupted": True, "redirected": redirect is not None}
        )
    for take in takes:
        words = take.split()
        text += "".join(f"{word} " for word in (words[: words.index("hold")] if "hold" in words else words))
    ended = "hold" not in takes[-1].split()
    text += f"({len(takes) - 1} before)" if ended else ""
    wanted = {"text": text, "answers": answers, "status": "completed" if ended else "interrupted", "slips": []}
    return _agree(_parts(structured, *wanted), wanted)


def ratio_told(structured: Any, input: Any) -> Verdict:  # noqa: A002 - as above
    """The relay's figures are those of what arrived: the stream twice, once compressed; packed it is a fifth at most."""
    plain, packed = said(structured, "plain"), said(structured, "packed")
    if not isinstance(plain, Mapping) or not isinstance(packed, Mapping):
        return False, "nothing was heard"
    text = len(input["text"].encode()) * input["times"]
    raw, sent = said(structured, "raw_bytes"), said(structured, "sent_bytes")
    end = 64  # the end of a compressed stream belongs to no piece
    good = (
        said(structured, "same") is True
        and (plain["encoding"], packed["encoding"]) == ("identity", "gzip")
        and raw == 2 * plain["bytes"] > 2 * text
        and 0 <= plain["bytes"] + packed["bytes"] - sent <= end
        and said(structured, "ratio") == round(raw / sent, 2)
        and packed["bytes"] * input["least"] <= plain["bytes"]
    )
    return (
        good,
        f"{plain['bytes']} bytes plain, {packed['bytes']} packed; told: {raw} / {sent} = {said(structured, 'ratio')}",
    )


def steps_were(trace: Any, params: Mapping[str, Any]) -> Verdict:
    """These steps were taken, in this order, and all went well."""
    found: Sequence[str] = [call.name for call in trace.tools]
    failed = [call.name for call in trace.tools if call.status != "ok"]
    return found == params["are"] and not failed, f"steps {found}, failed {failed}"
