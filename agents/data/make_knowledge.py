"""Make the offline Tagger's memory from the instruments: every one but the fictional, and without prices.

Run it from anywhere: `python agents/data/make_knowledge.py`. The same input gives the same bytes.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
TARGET = HERE.parent / "alex" / "policies" / "knowledge.json"
KEPT = ("instrument_type", "allocation_asset_class", "allocation_regions", "allocation_sectors")


def main() -> None:
    """Write the memory beside the policy."""
    instruments = json.loads((HERE / "instruments.json").read_text(encoding="utf-8"))
    TARGET.write_text(written(instruments), encoding="utf-8")


def written(instruments: list[dict[str, Any]]) -> str:
    """One line per symbol."""
    lines = [
        f"  {json.dumps(item['symbol'])}: {json.dumps({name: item[name] for name in KEPT})}"
        for item in instruments
        if item["origin"] != "canary"
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    main()
