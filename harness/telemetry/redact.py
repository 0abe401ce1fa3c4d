"""Take the values of secrets out of everything that leaves the machine."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import quote, quote_plus

from .scoring import Score
from .span import Attribute, Span

SHORTEST = 8
"""Shorter values are no secrets worth the name, and would tear holes into ordinary text."""

_SECRET_NAME = re.compile(
    r"(?:_KEY|_KEY_ID|_SECRET|_TOKEN|_CREDENTIALS?|_DSN|PASSWORD|PASSWD|^TOKEN|^SECRET)$", re.IGNORECASE
)


class Redactor:
    """Replaces the values of an environment's secrets, as they are and as JSON, URLs and base64 write them."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        forms: dict[str, str] = {}
        for name, secret in environ.items():
            if _SECRET_NAME.search(name) and len(secret) >= SHORTEST:
                forms.update(dict.fromkeys(_forms(secret), name))
        self._names = forms
        # Longest first, so that a secret which contains another one goes as a whole.
        ordered = sorted(forms, key=lambda form: (-len(form), form))
        self._pattern = re.compile("|".join(map(re.escape, ordered))) if ordered else None

    def text(self, content: str) -> str:
        """Replace each secret by the name of its variable, in brackets."""
        if self._pattern is None:
            return content
        return self._pattern.sub(lambda match: f"[{self._names[match[0]]}]", content)

    def span(self, span: Span) -> Span:
        """Clean everything in a span that came from a trial."""
        if self._pattern is None:
            return span
        attributes = {key: self._attribute(content) for key, content in span.attributes.items()}
        return replace(span, name=self.text(span.name), message=self.text(span.message), attributes=attributes)

    def score(self, score: Score) -> Score:
        """Clean a score's words."""
        if self._pattern is None:
            return score
        value = self.text(score.value) if isinstance(score.value, str) else score.value
        return replace(score, name=self.text(score.name), value=value, comment=self.text(score.comment))

    def _attribute(self, content: Attribute) -> Attribute:
        if isinstance(content, str):
            return self.text(content)
        return tuple(self.text(item) for item in content) if isinstance(content, tuple) else content


def _forms(secret: str) -> set[str]:
    raw = secret.encode("utf-8", "surrogateescape")
    quoted = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    encoded = {base64.b64encode(raw).decode().rstrip("="), base64.urlsafe_b64encode(raw).decode().rstrip("=")}
    return {secret, quote(secret, safe="", errors="replace"), quote_plus(secret, errors="replace"), *quoted, *encoded}
