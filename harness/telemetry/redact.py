"""Take secrets out of everything that is written, and personal data out of everything that leaves the machine."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

from .rules import CREDENTIALS, PERSONAL, Masking

if TYPE_CHECKING:
    from .scoring import Score
    from .span import Attribute, Span

SHORTEST = 8
"""Shorter values are no secrets worth the name, and would tear holes into ordinary text."""

_CUT, _PIECE = "…", 4
"""What shortened texts end in, and how much of a secret before it is too much."""

_BREAK = "\n\x1f\n"
"""Between texts that are looked at together; no rule finds anything across it that it would not find in one of them."""

_SECRET_NAME = re.compile(
    r"(?:_KEY|_KEY_ID|_SECRET|_TOKEN|_CREDENTIALS?|_DSN|PASSWORD|PASSWD|^TOKEN|^SECRET)$", re.IGNORECASE
)


class RuleError(Exception):
    """A masking rule of the workspace's own failed: what it should have cleaned must not leave."""


class Redactor:
    """Replaces the values of an environment's secrets, in plain, JSON, URL and base64 form, and what the rules find."""

    def __init__(self, environ: Mapping[str, str], rules: Sequence[Masking] = (*CREDENTIALS, *PERSONAL)) -> None:
        forms: dict[str, str] = {}
        for name, secret in environ.items():
            if _SECRET_NAME.search(name) and len(secret) >= SHORTEST:
                forms.update(dict.fromkeys(_forms(secret), name))
        self._names = forms
        self._rules = tuple(rules)
        # Longest first, so that a secret which contains another one goes as a whole.
        ordered = sorted(forms, key=lambda form: (-len(form), form))
        self._pattern = re.compile("|".join(map(re.escape, ordered))) if ordered else None

    def text(self, content: str) -> str:
        """Replace each secret by the name of its variable or rule, in brackets.

        Raises:
            RuleError: when a rule fails; the text must then not be used.
        """
        if self._pattern is not None and any(form in content for form in self._names):
            content = self._pattern.sub(lambda match: f"[{self._names[match[0]]}]", content)
        if _CUT in content:
            content = self._without_cut(content)
        for rule in self._rules:
            try:
                content = rule.clean(content)
            except Exception as error:  # whatever a rule of the workspace's own does, nothing may leave unmasked
                raise RuleError(f"the masking rule {rule.name!r} failed: {type(error).__name__}: {error}") from error
        return content

    def _without_cut(self, content: str) -> str:
        """Replace beginnings of secrets where a text was shortened in the middle of one."""
        *parts, rest = content.split(_CUT)
        return _CUT.join([*map(self._without_beginning, parts), rest])

    def _without_beginning(self, text: str) -> str:
        """Replace the beginning of a secret that a text ends in."""
        for form, name in self._names.items():
            for size in range(len(form) - 1, _PIECE - 1, -1):
                if text.endswith(form[:size]):
                    return f"{text[:-size]}[{name}]"
        return text

    def span(self, span: Span) -> Span:
        """Clean everything in a span that came from a trial; nearly all have nothing to clean, so they are looked at once."""
        whole = _BREAK.join([span.name, span.message, *_texts(span.attributes.values())])
        if self.text(whole) == whole:
            return span
        attributes = {key: self._attribute(content) for key, content in span.attributes.items()}
        return replace(span, name=self.text(span.name), message=self.text(span.message), attributes=attributes)

    def score(self, score: Score) -> Score:
        """Clean a score's words."""
        whole = _BREAK.join([score.name, score.comment, *([score.value] if isinstance(score.value, str) else [])])
        if self.text(whole) == whole:
            return score
        value = self.text(score.value) if isinstance(score.value, str) else score.value
        return replace(score, name=self.text(score.name), value=value, comment=self.text(score.comment))

    def attributes(self, attributes: Mapping[str, Attribute]) -> dict[str, Attribute]:
        """Clean the values of attributes."""
        return {key: self._attribute(content) for key, content in attributes.items()}

    def _attribute(self, content: Attribute) -> Attribute:
        if isinstance(content, str):
            return self.text(content)
        return tuple(self.text(item) for item in content) if isinstance(content, tuple) else content


def _texts(items: Iterable[Attribute]) -> Iterator[str]:
    for item in items:
        if isinstance(item, str):
            yield item
        elif isinstance(item, tuple):
            yield from item


def stored_only(rules: Iterable[Masking]) -> tuple[Masking, ...]:
    """The rules that hold for the store, too."""
    return tuple(rule for rule in rules if rule.stored)


def _forms(secret: str) -> set[str]:
    raw = secret.encode("utf-8", "surrogateescape")
    quoted = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    encoded = {base64.b64encode(raw).decode().rstrip("="), base64.urlsafe_b64encode(raw).decode().rstrip("=")}
    return {secret, quote(secret, safe="", errors="replace"), quote_plus(secret, errors="replace"), *quoted, *encoded}
