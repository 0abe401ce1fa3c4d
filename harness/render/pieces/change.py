"""The difference from the last trial that passed."""

from __future__ import annotations

from collections.abc import Sequence

from harness.story.change import Change, DiffLine, Fact

from .element import Markup, element, text

_WORDS = {"+": "added", "-": "removed"}


def difference(told: Change) -> Markup:
    """What differs, first; what is the same, folded."""
    differing = [fact for fact in told.facts if fact.differs]
    same = [fact for fact in told.facts if not fact.differs]
    parts: list[Markup | None] = [
        element("p", f"Compared with {_trial(told.key)} of run {told.run}.", class_="soft fh-small"),
        _facts("Checks that ended otherwise", told.verdicts) if told.verdicts else None,
        _facts("What differs", differing)
        if differing
        else element("p", "Nothing recorded about the two runs differs."),
        _lines("Steps", told.path, "The same steps with the same arguments."),
        _lines("Answer", told.answer, "The same answer, word for word."),
    ]
    if same:
        words = ", ".join(f"{fact.name} {fact.now}" for fact in same)
        parts.append(
            element(
                "details", element("summary", f"{len(same)} things are the same"), element("p", words, class_="soft")
            )
        )
    return element("div", *parts, class_="fh")


def _trial(key: str) -> str:
    """Which trial of the case; trials are counted from 1 where people read."""
    number = key.rpartition("::")[2]
    return f"trial {int(number) + 1}" if number.isdecimal() else f"trial {key}"


def _facts(title: str, rows: Sequence[Fact]) -> Markup:
    head = element("tr", *(element("th", name, scope="col") for name in (title, "Then (passed)", "Now")))
    body = [
        element(
            "tr",
            element("td", fact.name, data_label="What"),
            element("td", fact.then, data_label="Then"),
            element("td", fact.now, data_label="Now"),
        )
        for fact in rows
    ]
    return element(
        "div", element("table", element("thead", head), element("tbody", *body), class_="fh-cards"), class_="fh-scroll"
    )


def _lines(title: str, lines: Sequence[DiffLine], otherwise: str) -> Markup:
    if not lines:
        return element("div", element("h3", title), element("p", otherwise, class_="soft"))
    rows = [_line(line) for line in lines]
    return element("div", element("h3", title), element("pre", *rows, class_="fh-diff"))


def _line(line: DiffLine) -> Markup:
    kind = {"+": "fh-added", "-": "fh-removed"}.get(line.sign, "fh-same")
    return element("span", f"{line.sign} ", text(line.text, 1_000), "\n", class_=kind, title=_WORDS.get(line.sign))
