"""What an `AppTest` run shows, as plain values a test can assert on."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np
import pandas as pd
from streamlit.testing.v1 import AppTest


def figures(at: AppTest) -> dict[str, dict[str, Any]]:
    """The live figures by key, in page order: {"data": [...], "layout": {...}}.

    Arrays are decoded to plain lists, so that `figures(at)["curve"]["data"][0]["x"] == [1, 2]`.
    """
    return {header["key"]: _decoded(figure) for header, figure in _parts(at)}


def headers(at: AppTest) -> dict[str, dict[str, Any]]:
    """What stands around each live figure: height, alt, filename, caption, title, units, table."""
    return {header["key"]: header for header, _ in _parts(at)}


def tables(at: AppTest) -> dict[str, pd.DataFrame]:
    """The table behind each live figure that has one."""
    return {
        key: pd.DataFrame({column["name"]: column["values"] for column in header["table"]})
        for key, header in headers(at).items()
        if header["table"] is not None
    }


def _parts(at: AppTest) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    sent = (element.proto for element in at.get("bidi_component"))
    lines = (proto.bytes.split(b"\n") for proto in sent if proto.component_name == "live_figure")
    return [(json.loads(header), json.loads(figure)) for header, figure in lines]


def _decoded(value: Any) -> Any:
    """Undo Plotly's typed arrays: {"dtype", "bdata"[, "shape"]} -> (nested) list."""
    if isinstance(value, list):
        return [_decoded(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "bdata" not in value:
        return {name: _decoded(item) for name, item in value.items()}
    flat = np.frombuffer(base64.b64decode(value["bdata"]), dtype=value["dtype"])
    shape = [int(n) for n in str(value.get("shape", flat.size)).split(",")]
    return flat.reshape(shape).tolist()
