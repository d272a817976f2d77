"""Measured points of indexes as parts that are kept on disk."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from engine.retrieval import IndexPoint

_POINTS = "points.json"


def save_points(points: Sequence[IndexPoint], directory: Path) -> None:
    """Write points into a directory."""
    text = json.dumps([point.plain() for point in points])
    (directory / _POINTS).write_text(text, encoding="utf-8")


def load_points(directory: Path) -> list[IndexPoint]:
    """Read what `save_points` wrote."""
    told = json.loads((directory / _POINTS).read_text(encoding="utf-8"))
    return [IndexPoint.from_plain(one) for one in told]
