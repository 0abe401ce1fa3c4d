"""A run as a page, HTML or Markdown, from templates that a workspace may replace; data never becomes markup."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import UserError
from harness.model import Result
from harness.story.words import shown as status_words
from harness.story.words import verdict_sentence
from harness.summary import Summary
from harness.text import shorten, visible

from .figures import counted, figures, rated
from .picture import labels_of, picture, place_of, remedy_of, show_command, troubles, written
from .telling import Stories, Teller, teller

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

_BUILT_IN = Path(__file__).parent / "templates"
_VALUE_SHOWN = 2_000
_CASES_SHOWN = 200
_ROWS_SHOWN = 5_000
_COLOURS = {"Failed": "bad", "Errored": "warn", "Undecided": "warn"}
# The word joiner keeps GitHub from seeing a mention, an issue number or a link in data.
_JOINER = "\u2060"
_MARKUP = re.compile(r"[\\`*_\[\]#|~$]")
_OPENING = re.compile(r"^(?:[-+=]|\d+(?=[.)]))")
_LINKS = re.compile(r"@|#|(?<=:)/|(?<=www)\.|(?<=WWW)\.", re.IGNORECASE)


def html(
    summary: Summary,
    results: Iterable[Result],
    templates: Path | None = None,
    *,
    tell: Teller | None = None,
    also: Sequence[str] = (),
) -> Iterator[str]:
    """One self-contained page: no script, nothing fetched, every style sheet known by its hash.

    Args:
        summary: The figures.
        results: The run's results, with whole traces.
        templates: The workspace's own templates.
        tell: Makes the stories of trials; by default each is told by itself.
        also: Patterns of ids of cases that are told even if they passed.
    """
    environment = _environment(templates, autoescape=True, show=lambda text: shorten(visible(text), _VALUE_SHOWN))
    style = _source(environment, "style.css") + _source(environment, "look.css")
    digest = base64.b64encode(hashlib.sha256(f"\n{style}".encode()).digest()).decode()
    passed: dict[str, Result] = {}
    yield from _rendered(
        environment, "report.html", summary, _noting(results, also, passed), style_hash=f"sha256-{digest}", passed=passed,
        story=Stories(summary.run, tell or teller(summary.run)),
    )  # fmt: skip


def _noting(results: Iterable[Result], also: Sequence[str], passed: dict[str, Result]) -> Iterator[Result]:
    """Pass results on, and keep the first trial of each case that passed and is asked for."""
    for result in results:
        case = result.job.case
        if result.status == "passed" and any(fnmatchcase(case.id, pattern) for pattern in also):
            passed.setdefault(f"{case.suite} :: {case.id} [{result.job.variant}]", result)
        yield result


def markdown(summary: Summary, results: Iterable[Result], templates: Path | None = None) -> Iterator[str]:
    """Markdown in which data has no link, image, mention, table or HTML of its own."""
    environment = _environment(templates, autoescape=False, show=plain_markdown)
    yield from _rendered(environment, "report.md", summary, results)


def plain_markdown(text: str) -> str:
    """Write data so that Markdown shows it as it is, on one line."""
    flat = " ".join(shorten(visible(text), _VALUE_SHOWN).split())
    escaped = _MARKUP.sub(lambda match: f"\\{match[0]}", flat)
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        escaped = escaped.replace(character, entity)
    escaped = _OPENING.sub(lambda match: f"{_JOINER}{match[0]}", escaped)
    return _LINKS.sub(lambda match: match[0] + _JOINER if match[0] in "@#" else _JOINER + match[0], escaped)


def code(text: str) -> Markup:
    """Write data as a Markdown code span, with more backticks around it than it holds in a row."""
    from markupsafe import Markup

    flat = " ".join(shorten(visible(text), _VALUE_SHOWN).split())
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", flat)), default=0))
    return Markup(f"{fence} {flat} {fence}" if "`" in flat else f"{fence}{flat}{fence}")  # noqa: S704 - fenced above


def _environment(templates: Path | None, *, autoescape: bool, show: Callable[[str], str]) -> Environment:
    from jinja2 import FileSystemLoader, StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment
    from markupsafe import Markup

    def shown(value: object) -> object:
        if isinstance(value, Markup):
            return value
        return show(value) if isinstance(value, str) else "" if value is None else value

    places = [str(place) for place in (templates, _BUILT_IN) if place is not None]
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(places),
        autoescape=autoescape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=shown,
    )
    environment.globals.update(
        code=code,
        counted=counted,
        rated=rated,
        troubles=troubles,
        written=written,
        labels_of=labels_of,
        place_of=place_of,
        remedy_of=remedy_of,
        show_command=show_command,
        why=verdict_sentence,
        marks={title: status_words(title.lower()) for title in _COLOURS},
        colours=_COLOURS,
    )
    return environment


def _rendered(
    environment: Environment, name: str, summary: Summary, results: Iterable[Result], **more: Any
) -> Iterator[str]:
    from jinja2 import TemplateError

    shown = picture(summary, results)
    try:
        template = environment.get_template(name)
        yield from template.generate(
            summary=summary,
            run=summary.run,
            figures=list(figures(summary)),
            parts=[("Failed", shown.failed), ("Errored", shown.errored), ("Undecided", shown.undecided)],
            cases_shown=_CASES_SHOWN,
            rows_shown=_ROWS_SHOWN,
            **more,
        )
    except TemplateError as error:
        place = f"{getattr(error, 'name', None) or name}:{getattr(error, 'lineno', None) or 1}"
        raise UserError(
            f"the report template does not work: {error}",
            remedy="correct it, or remove it from reports/templates to use the built-in one",
            where=place,
        ) from error


def _source(environment: Environment, name: str) -> str:
    assert environment.loader is not None, "made with a loader above"
    return environment.loader.get_source(environment, name)[0]
