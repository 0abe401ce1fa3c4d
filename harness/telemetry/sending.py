"""Post to a server: again where that can help, never longer than there is time, and never again after a refusal for good."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import httpx

    from .parcel import Pause

_TRIES: Final = 3
_RETRY_CAP_S: Final = 30.0


class Poster:
    """One server, over one pool of connections."""

    def __init__(
        self,
        base_url: str,
        *,
        headers: Mapping[str, str],
        auth: tuple[str, str] | None = None,
        timeout_s: float,
        remedies: Mapping[int, str],
    ) -> None:
        import httpx

        self._timeout_s = timeout_s
        self._remedies = remedies
        self._refused = ""
        # The environment's proxy settings apply; redirects are not followed, so credentials go to one host only.
        self._http = httpx.Client(base_url=base_url, auth=auth, headers=dict(headers))

    def post(
        self, path: str, body: bytes, headers: Mapping[str, str], pause: Pause, *, optional: bool = False
    ) -> tuple[str, httpx.Response | None]:
        """Post and return what is wrong ('' for nothing) and the answer.

        Args:
            path: Where to.
            body: What.
            headers: Those of this request.
            pause: How long there is.
            optional: Whether a server may lack this path without being refused for good.
        """
        problem = self._refused
        for attempt in range(0 if self._refused else _TRIES):
            if pause.remaining(self._timeout_s) <= 0 or pause.cut.is_set():
                return problem or "no time was left", None
            problem, response, delay = self._once(path, body, headers, pause.remaining(self._timeout_s))
            if not problem:
                return "", response
            status = 0 if response is None else response.status_code
            if status in self._remedies and not (optional and status == 404):
                self._refused = problem = f"{problem}: {self._remedies[status]}"
            if (300 <= status < 500 and status != 429) or attempt + 1 == _TRIES:
                return problem, response
            if not pause.wait(max(delay, 0.5 * 2**attempt)):
                return problem, None
        return problem, None

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _once(
        self, path: str, body: bytes, headers: Mapping[str, str], timeout: float
    ) -> tuple[str, httpx.Response | None, float]:
        import httpx

        try:
            response = self._http.post(path, content=body, headers=dict(headers), timeout=timeout)
        except httpx.HTTPError as error:
            return f"{type(error).__name__}: {error}".rstrip(": "), None, 0.0
        if response.status_code < 300:
            return "", response, 0.0
        return f"HTTP {response.status_code}", response, _retry_after(response)


def _retry_after(response: httpx.Response) -> float:
    try:
        return min(_RETRY_CAP_S, max(0.0, float(response.headers.get("retry-after", "0"))))
    except ValueError:
        return 0.0
