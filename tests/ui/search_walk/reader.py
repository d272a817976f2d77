"""What the search walk's component is sent, read back."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray


def read(payload: bytes) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """The header, and the arrays by name; lists that are sent by their ends are cut into lists."""
    head, body = payload.split(b"\n", 1)
    header = json.loads(head)
    arrays = {
        name: np.frombuffer(body, f"<{kind}", count=length, offset=offset)
        for name, (kind, offset, length) in header["arrays"].items()
    }
    return header, arrays


def by_step(arrays: dict[str, NDArray[Any]], name: str) -> list[list[int]]:
    """The ids of a step under ``name``, for each step."""
    ends = arrays[f"{name}_ends"].tolist()
    starts = [0, *ends[:-1]]
    return [arrays[name][a:b].tolist() for a, b in zip(starts, ends, strict=True)]
