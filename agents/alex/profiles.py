"""Write charts the way other programs expect them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal, TypeAlias

Profile: TypeAlias = Literal["app", "guide", "openbb"]

_NAMESPACE: Final = uuid.UUID("6f1d7a5e-5d2b-4c36-9d53-2f6f0b8f8f11")
_ROUND: Final = frozenset({"pie", "donut"})


def convert(charts: Sequence[Mapping[str, Any]], profile: Profile) -> list[dict[str, Any]]:
    """Convert charts in the app's shape into a profile's.

    `app` is the original's own; `guide` calls the label of a bar `category`; `openbb` makes artifacts for OpenBB Workspace.
    """
    return [_PROFILES[profile](chart) for chart in charts]


def _app(chart: Mapping[str, Any]) -> dict[str, Any]:
    return dict(chart)


def _guide(chart: Mapping[str, Any]) -> dict[str, Any]:
    if chart["type"] in _ROUND:
        return dict(chart)
    data = [{"category": point["name"], **{key: point[key] for key in ("value", "color")}} for point in chart["data"]]
    return {**chart, "data": data}


def _openbb(chart: Mapping[str, Any]) -> dict[str, Any]:
    """A chart artifact of `copilotMessageArtifact`; OpenBB has no horizontal bars and chooses colours itself."""
    parameters: dict[str, Any]
    if chart["type"] in _ROUND:
        parameters = {"chartType": chart["type"], "angleKey": "value", "calloutLabelKey": "name"}
    else:
        parameters = {"chartType": "bar", "xKey": "name", "yKey": ["value"]}
    return {
        "type": "chart",
        "uuid": str(uuid.uuid5(_NAMESPACE, str(chart["key"]))),
        "name": chart["title"],
        "description": chart["description"],
        "content": [{"name": point["name"], "value": point["value"]} for point in chart["data"]],
        "chart_params": parameters,
    }


_PROFILES: Final[Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]]] = {
    "app": _app,
    "guide": _guide,
    "openbb": _openbb,
}
PROFILES: Final = tuple(_PROFILES)
