"""Make cases of production traces, for a person to look at before anything is graded by them.

They go to `cases/inbox/`, which no run reads unless it is named. What tools gave in production stands beside them, so that a
case can be run again without the systems that it came from.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from harness.errors import UserError, os_errors
from harness.frozen import frozen
from harness.model.value import fingerprint
from harness.shape import plain
from harness.text import one_line, shorten

from .deidentify import Deidentifier, pseudonym
from .otel.episode import Episode, Opinion
from .reading import literal

INBOX: Final = "inbox"
"""Folder of the cases that nobody has looked at yet."""

_ID: Final = re.compile(rb"\bprod-[0-9a-f]{12}\b")
_HEAD: Final = """\
# Drafted from production traces. Nothing here is graded until somebody has looked at it: correct the input, say what must hold
# of the answer, take out what is still personal, then move the case to a suite outside {inbox}/.
"""
_MOST_SUITE: Final = 16 << 20
_MOST_ANSWER: Final = 4000
_FIGURES: Final = re.compile(r"\d{3}|\d[.,]\d|[$€£%]")


@frozen
class Draft:
    """A case that waits to be looked at."""

    id: str
    """`prod-` and twelve digits that its content gives."""

    written: Mapping[str, Any]
    """The case as its suite writes it."""

    fixtures: Mapping[str, Any]
    """What its tools gave, and where it comes from."""


@frozen
class Drafted:
    """What came of traces."""

    drafts: tuple[Draft, ...] = ()
    """New cases."""

    same: int = 0
    """Traces whose content another one, or a case of the workspace, has already."""

    empty: tuple[str, ...] = ()
    """Traces in which nobody asked anything, with the reason."""

    replaced: int = 0
    """Personal data that was replaced, each value once."""


@dataclass(slots=True)
class _Drawer:
    """Cases in the making."""

    origin: Mapping[str, str]
    known: set[str]
    drafts: list[Draft] = field(default_factory=list)
    same: int = 0
    empty: list[str] = field(default_factory=list)

    def add(self, episode: Episode, clean: Deidentifier) -> None:
        if not episode.asked.strip():
            done = episode.counts.tool_calls + episode.counts.model_calls
            why = (
                f"its {done} calls do not say what the user wanted" if done else "it has no model call and no tool call"
            )
            self.empty.append(f"trace {episode.id[:32]}: {why}")
            return
        draft = _draft(episode, clean, self.origin)
        if draft.id in self.known:
            self.same += 1
            return
        self.known.add(draft.id)
        self.drafts.append(draft)


def drafted(episodes: Iterable[Episode], origin: Mapping[str, str], known: Iterable[str] = ()) -> Drafted:
    """Make a case of every trace that has content of its own.

    Args:
        episodes: What was read.
        origin: Where it comes from.
        known: Ids of cases that are there already.
    """
    episodes = list(episodes)
    clean = Deidentifier(tuple(dict.fromkeys(episode.user for episode in episodes if episode.user)))
    drawer = _Drawer(origin, set(known))
    for episode in episodes:
        drawer.add(episode, clean)
    return Drafted(tuple(drawer.drafts), drawer.same, tuple(drawer.empty), clean.replaced)


def _draft(episode: Episode, clean: Deidentifier, origin: Mapping[str, str]) -> Draft:
    asked = clean.text(episode.asked)
    tools = [_fixture(step, episode, clean) for step in episode.trace.tools]
    content = [asked, [[tool["name"], tool["args"], tool.get("result"), tool.get("error")] for tool in tools]]
    name = f"prod-{fingerprint(content)[:12]}"
    answer = clean.text(episode.trace.answer)
    case: dict[str, Any] = {"id": name, "description": _description(episode, clean), "input": asked}
    if tools:
        case["world"] = {"recorded": f"file://data/{name}.json"}
    if episode.started_s is not None:
        case["as_of"] = _day(episode.started_s)
    reference = _reference(tools, answer if _praised(episode.opinions) else "", _correction(episode.opinions, clean))
    if reference:
        case["reference"] = reference
    case["assert"] = list(_checks(answer, tools, _correction(episode.opinions, clean)))
    case["tags"] = _tags(episode, origin)
    fixtures = {
        "trace": episode.id, "root": episode.root, "source": dict(origin), "answered": shorten(answer, _MOST_ANSWER),
        "opinions": [_opinion(item, clean) for item in episode.opinions], "tools": tools,
    }  # fmt: skip
    return Draft(name, case, fixtures)


def _fixture(step: Any, episode: Episode, clean: Deidentifier) -> dict[str, Any]:
    """A tool call as it can be played again."""
    made: dict[str, Any] = {
        "name": step.name,
        "args": clean.data(plain(step.args)),
        "span": episode.spans.get(step.id, step.id),
    }
    if step.error is not None:
        return {**made, "error": clean.text(step.error)}
    return {**made, "result": clean.data(plain(step.result))}


def _description(episode: Episode, clean: Deidentifier) -> str:
    when = "" if episode.started_s is None else f", {_day(episode.started_s)}"
    return one_line(clean.text(f"{episode.name or 'a trace'} ({episode.framework}{when})"), 160)


def _day(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()


def _checks(answer: str, tools: Sequence[Mapping[str, Any]], wanted: str) -> Iterator[Any]:
    """What a reviewer starts from: what happened in production, which need not be what should have happened."""
    yield {"type": "regex", "value": r"\S"}
    for name in dict.fromkeys(str(tool["name"]) for tool in tools if "error" not in tool):
        yield {"type": "trajectory:tool-used", "name": name}
    if not any("error" in tool for tool in tools):
        yield "trajectory:error-free"
    if tools and _FIGURES.search(answer):
        yield "finance:grounded-numbers"
    if wanted:
        yield f"The answer says the same as this correction by a person: {one_line(wanted, 600)}"


def _reference(tools: Sequence[Mapping[str, Any]], praised: str, wanted: str) -> dict[str, Any]:
    steps: list[dict[str, Any]] = []
    counts: dict[str, int] = {}
    for tool in tools:
        args = literal(tool["args"])
        counts[str(tool["name"])] = counts.get(str(tool["name"]), 0) + 1
        number = counts[str(tool["name"])]
        step = {"name": tool["name"], **({"args": args} if args else {})}
        steps.append(step if number == 1 else {**step, "id": f"{tool['name']}-{number}"})
    answer = wanted or praised
    return {**({"answer": answer} if answer else {}), **({"steps": steps} if steps else {})}


def _tags(episode: Episode, origin: Mapping[str, str]) -> dict[str, str]:
    rated = next((item for item in episode.opinions if _is_feedback(item)), None)
    tags = {
        "review": "needed",
        "source": origin.get("format", ""),
        "framework": episode.framework,
        "trace": episode.id[:64],
        "session": pseudonym("session", episode.session),
        "user": pseudonym("user", episode.user),
        "release": episode.about.get("release", ""),
        "feedback": str(rated.value) if rated else "",
        "failed": "yes" if episode.failed else "",
    }
    return {key: one_line(item, 80) for key, item in tags.items() if item}


def _is_feedback(item: Opinion) -> bool:
    return bool(re.search(r"user|feedback|satisf|rating|thumb", item.name, re.IGNORECASE)) and item.value is not None


def _praised(opinions: Sequence[Opinion]) -> bool:
    """Whether somebody said that the answer was good."""
    said = [item.value for item in opinions if _is_feedback(item)]
    return bool(said) and all(isinstance(value, int | float) and value >= 0.8 for value in said)


def _correction(opinions: Sequence[Opinion], clean: Deidentifier) -> str:
    """What a person would have answered."""
    found = [item for item in opinions if item.kind.upper() == "CORRECTION" or item.name.casefold() == "correction"]
    texts = [item.value if isinstance(item.value, str) and item.value else item.comment for item in found]
    return clean.text(texts[-1]) if texts else ""


def _opinion(item: Opinion, clean: Deidentifier) -> dict[str, Any]:
    value = clean.text(item.value) if isinstance(item.value, str) else item.value
    return {
        key: found
        for key, found in (("name", item.name), ("value", value), ("comment", clean.text(item.comment)))
        if found != ""
    }


def known_ids(cases: Path) -> set[str]:
    """Ids of drafted cases in a workspace, wherever they were moved to."""
    found: set[str] = set()
    for file in sorted(cases.rglob("*.y*ml")) if cases.is_dir() else ():
        if file.is_file() and file.stat().st_size <= _MOST_SUITE:
            found |= {match.decode() for match in _ID.findall(file.read_bytes())}
    return found


def write_drafts(drafts: Sequence[Draft], cases: Path, name: str, *, agent: str, about: str) -> Path:
    """Write a suite into the inbox, and what its tools gave beside it.

    Args:
        drafts: Its cases.
        cases: The workspace's folder of cases.
        name: Name of the suite; another number is added where there is one.
        agent: Agent that the cases are for.
        about: What the suite's description says.

    Raises:
        UserError: when it cannot be written.
    """
    import yaml

    folder = cases / INBOX
    content = {"description": about, "agent": agent, "cases": [dict(draft.written) for draft in drafts]}
    schema = "# yaml-language-server: $schema=../../.harness/schema/suite.json\n"
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=140)
    with os_errors(UserError, "it cannot be written", remedy="look at the folder's permissions", where=folder):
        (folder / "data").mkdir(parents=True, exist_ok=True)
        for draft in drafts:
            _write(
                folder / "data" / f"{draft.id}.json", json.dumps(draft.fixtures, ensure_ascii=False, indent=1) + "\n"
            )
        path = _free(folder, re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-") or "traces")
        _write(path, f"{schema}{_HEAD.format(inbox=INBOX)}{text}")
    return path


def _write(path: Path, text: str) -> None:
    path.write_bytes(text.encode("utf-8", "backslashreplace"))


def _free(folder: Path, name: str) -> Path:
    number, path = 1, folder / f"{name}.yaml"
    while path.exists():
        number += 1
        path = folder / f"{name}-{number}.yaml"
    return path
