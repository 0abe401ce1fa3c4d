"""What must never be written into a file of recordings: the store's masking rules, applied to plain data."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import StoreError
from harness.telemetry.plain import names_secret, texts_in

if TYPE_CHECKING:
    from harness.workspace import RedactSettings

_BREAK = "\n\x1f\n"
_LONG, _MOST_KNOWN = 100, 4096
_SURROGATES = re.compile(r"[\ud800-\udfff]")


class Masks:
    """Cleans text by the rules that hold for the store."""

    def __init__(self, clean: Callable[[str], str]) -> None:
        self.clean = clean
        """Replaces secrets in text by their names in brackets."""
        self._known: set[str] = set()

    @classmethod
    def of(
        cls, environ: Mapping[str, str] | None = None, *, own: tuple[RedactSettings, ...] = (), root: Path | None = None
    ) -> Masks:
        """The masks of a workspace: the values of an environment's secrets, credentials by their looks, its own rules.

        Raises:
            ConfigError: for a rule of its own that cannot be used.
        """
        from harness.telemetry.redact import Redactor, stored_only
        from harness.telemetry.rules import CREDENTIALS, Masking

        rules: tuple[Masking, ...] = CREDENTIALS
        if own:
            from harness.telemetry.masking import own_rules

            rules = (*rules, *stored_only(own_rules(own, root or Path())))
        return cls(Redactor(os.environ if environ is None else environ, rules).text)

    def plain(self, item: Any) -> Any:
        """Plain data without secrets, and without text that no file can hold; nearly all have neither."""
        texts = texts_in([item], long=_LONG)
        fresh = [text for text in texts if len(text) < _LONG or text not in self._known]  # prompts come again and again
        joined = _BREAK.join(fresh)
        if self.clean(joined) == joined and (joined.isascii() or _SURROGATES.search(joined) is None):
            if len(self._known) > _MOST_KNOWN:
                self._known.clear()
            self._known.update(text for text in fresh if len(text) >= _LONG)
            return item
        return self._cleaned(item)

    def _cleaned(self, item: Any) -> Any:
        if isinstance(item, str):
            return self.clean(_SURROGATES.sub("�", item))
        if isinstance(item, Mapping):
            return {self.clean(str(key)): self._named(str(key), content) for key, content in item.items()}
        if isinstance(item, list | tuple):
            return [self._cleaned(content) for content in item]
        return item

    def refuse(self, text: str, name: str) -> None:
        """Make sure that a file holds no secret.

        Raises:
            StoreError: when it does; it must not be written then.
        """
        if self.clean(text) != text:
            line = next((n for n, one in enumerate(text.splitlines(), 1) if self.clean(one) != one), 1)
            raise StoreError(
                "the recording would hold a secret that could not be masked, so it was not written",
                remedy="keep secrets out of prompts and tool results, or add a rule under [telemetry] redact",
                where=f"{name}:{line}",
            )

    def _named(self, key: str, item: Any) -> Any:
        """What a key calls a secret is one, whatever it looks like."""
        if isinstance(item, str) and names_secret(key, item, self.clean):
            return "[secret]"
        return self._cleaned(item)
