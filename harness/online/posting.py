"""Give scores back to Langfuse: the same score is the same however often it is sent."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from harness.errors import ConfigError
from harness.frozen import frozen
from harness.importers.deidentify import Deidentifier
from harness.importers.otel.episode import Episode
from harness.model import Result, Verdict
from harness.model.value import canonical
from harness.telemetry.langfuse import SCORES_PATH, in_requests
from harness.text import shorten
from harness.version import __version__

if TYPE_CHECKING:
    from harness.telemetry.langfuse import Account

_COMMENT: Final = 500


@frozen
class Posted:
    """What became of scores."""

    accepted: int = 0
    """How many there were."""

    delivered: int = 0
    """How many arrived."""

    problem: str = ""
    """Why not all did."""


def scores_of(episode: Episode, result: Result, *, environment: str = "") -> Iterator[dict[str, Any]]:
    """The scores of a graded trace, as Langfuse takes them: its status, its score, and pass or fail of each check.

    An undecided check has no score, because no number would be true of it.
    """
    clean = Deidentifier((episode.user,) if episode.user else ())
    about = {
        "traceId": episode.id,
        "observationId": episode.root,
        **({"environment": environment} if environment else {}),
    }
    named = [verdict.check for verdict in result.verdicts if verdict.decided is False]
    why = f"failed: {', '.join(named)}" if named else ""
    yield _body("finharness.status", result.status, "CATEGORICAL", about, why)
    if result.score is not None:
        yield _body("finharness.score", round(float(result.score), 6), "NUMERIC", about, why)
    specs = {spec.name: spec for spec in result.job.case.checks}
    for verdict in result.verdicts:
        if verdict.decided is not None:
            reason = clean.text(verdict.reason)
            yield _body(
                _named(verdict), int(verdict.decided), "BOOLEAN", about, reason, kind=str(specs.get(verdict.check))
            )


def _named(verdict: Verdict) -> str:
    return verdict.metric or verdict.check


def _body(
    name: str, value: Any, data_type: str, about: Mapping[str, Any], comment: str, *, kind: str = ""
) -> dict[str, Any]:
    subject = about.get("traceId") or about.get("sessionId")
    identity = canonical([subject, name, kind, __version__.partition("+")[0]])
    body: dict[str, Any] = {
        "id": hashlib.sha256(identity.encode("utf-8", "replace")).hexdigest()[:32],
        "name": name, "value": value, "dataType": data_type, **about, "metadata": {"source": "finharness", "version": __version__},
    }  # fmt: skip
    return {**body, "comment": shorten(comment, _COMMENT)} if comment else body


def account() -> Account:
    """Where scores go.

    Raises:
        ConfigError: without credentials.
    """
    import os

    from harness.telemetry.exporters import langfuse_account

    found = langfuse_account(os.environ)
    if found is None:
        raise ConfigError(
            "there is nowhere to post scores to", remedy="set LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY, or leave --post out",
            where="--post",
        )  # fmt: skip
    return found


def post(bodies: Sequence[Mapping[str, Any]], to: Account, *, deadline_s: float = 60.0) -> Posted:
    """Send scores in as few requests as they fit into; what is refused is counted and named."""
    import time

    from harness.telemetry import names
    from harness.telemetry.parcel import Pause
    from harness.telemetry.sending import Poster

    headers = {
        "x-langfuse-sdk-name": "finharness",
        "x-langfuse-sdk-version": names.LANGFUSE_VERSION,
        "x-langfuse-public-key": to.public_key,
    }
    poster = Poster(
        to.base_url, auth=(to.public_key, to.secret_key), headers=headers, timeout_s=to.timeout_s, remedies=_REMEDIES
    )
    pause = Pause()
    pause.deadline = time.monotonic() + deadline_s
    delivered, problems = 0, []
    try:
        texts = (json.dumps(body, ensure_ascii=False) for body in bodies)
        for group in in_requests(texts, str):
            content = f"[{','.join(group)}]".encode("utf-8", "replace")
            problem, response = poster.post(SCORES_PATH, content, {"content-type": "application/json"}, pause)
            refused = 0
            if not problem and response is not None and response.status_code == 207:
                refused, problem = _refused(response.text, len(group))
            delivered += 0 if problem and not refused else len(group) - refused
            problems += [problem] if problem else []
    finally:
        poster.close()
    return Posted(len(bodies), delivered, problems[0] if problems else "")


_REMEDIES: Final = {
    401: "check LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY",
    403: "the keys may not write to this project",
    404: "check LANGFUSE_BASE_URL; a self-hosted server must be recent enough to take lists of scores",
}


def _refused(text: str, most: int) -> tuple[int, str]:
    """How many scores of a list were not taken, and what is said of the first."""
    try:
        errors = json.loads(text).get("errors") or []
        return min(most, len(errors)), f"{len(errors)} scores refused: {str(errors[0].get('message', ''))[:200]}"
    except (ValueError, AttributeError, IndexError):
        return most, "the server refused scores and does not say which"
