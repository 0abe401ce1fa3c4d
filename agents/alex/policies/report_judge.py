"""The offline judge of reports: counts what a report must have, and what it must not."""

from __future__ import annotations

import json
import re
from typing import Final

from harness.llm.request import ModelReply, ModelRequest

_REPORT: Final = re.compile(r"<report>\n(.*)\n</report>", re.DOTALL)
_SECTION: Final = re.compile(r"^## \w", re.MULTILINE)
_FIGURE: Final = re.compile(r"\$[\d,]+\.\d\d|\d+\.\d+ ?%")
_BAD: Final = re.compile(
    r"\blet me\b|\bwill certainly\b|\brisk-free\b|\bscore of 100\b|\bI cannot help\b", re.IGNORECASE
)


def policy(request: ModelRequest, *, seed: int, noise: float) -> ModelReply:  # noqa: ARG001 - a policy's signature
    """Grade; a pure function of what a model sees."""
    found = _REPORT.search(request.messages[0].text)
    text = found[1] if found else ""
    figures = len(set(_FIGURE.findall(text)))
    parts = {
        "sections": 5 * min(6, len(_SECTION.findall(text))),
        "figures": 2 * min(15, figures),
        "recommendations": 4 * min(5, text.count("**Recommendation:**")),
        "limits": 10 if re.search(r"not individual|no individual|guaranteed", text) else 0,
    }
    score = max(0, sum(parts.values()) - (50 if _BAD.search(text) else 0))
    said = ", ".join(f"{name} {points}" for name, points in parts.items())
    return ModelReply(json.dumps({"feedback": f"Points: {said}.", "score": score}), stop_reason="end")
