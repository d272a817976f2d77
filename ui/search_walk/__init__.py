"""A search that plays in the browser: every step of a walk, on all items of the index.

The server sends the whole walk at once (`payload`); playing, stepping and scrubbing need no round
trip. Beside the map stand the layers or cells that the search is in and its distances by step,
below it a table of the steps and downloads. Colours come from the viewer's theme.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from engine.search_walk import HNSWWalk, IVFWalk, Projection
from engine.topk import best_first
from ui import theme
from ui.live_figure import FILENAME, SHARED_JS, STYLES
from ui.search_walk import words
from ui.search_walk.film import Frame, frames, table
from ui.search_walk.words import Walk
from ui.write_up.provenance import source
from ui.write_up.sent import chart_from
from ui.write_up.served import downloads_url
from ui.write_up.shown import put

_HTML = Path(__file__).with_name("component.html").read_text("utf-8")
_MARKS = {name: theme.colour(name) for name in ("index", "truth", "loss")}
_PARTS = ("component.js", "player.js", "film.js", "stage.js", "map.js", "side.js", "picture.js")
_STEPS = 2**16 - 1  # of a quantised position


def _source(name: str) -> str:
    return Path(__file__).with_name(name).read_text("utf-8")


_mount = st.components.v2.component(
    "search_walk",
    html=_HTML,
    # Heading, table and tools look as those of every other figure.
    css=STYLES.replace("live-figure", "search-walk") + _source("component.css"),
    js=SHARED_JS
    + f"const MARKS = {json.dumps(_MARKS)};\n"
    + "".join(_source(name) for name in _PARTS),
    isolate_styles=False,
)


def search_walk(
    walk: Walk,
    projection: Projection,
    *,
    key: str,
    title: str,
    caption: str = "",
    names: Sequence[str] | None = None,
    height: int = 520,
    filename: str = "search-walk",
) -> None:
    """Show a search, or put another in the place of the one under this key.

    It never starts by itself: what is shown first is the end, with the answer.

    Parameters
    ----------
    walk, projection : of one index: a search of it, and where its vectors lie.
    key : constant and unique on the page.
    title, caption : above the figure in bold; below it, the design and the kind of number.
    names : of the items, one a row of the index; without them an item has its number.
    height : of the map in px, from 320 to 900; on a narrow screen it is lower.
    filename : of the downloads, without an extension.

    Raises
    ------
    ValueError
        If a parameter is outside what is said above.
    """
    show_sent(
        payload(walk, projection, key, title, caption, names, height, filename, source()), key
    )


def show_sent(data: bytes, key: str) -> None:
    """As `search_walk`, where its `payload` is at hand. key : that of the payload."""
    put(lambda: chart_from(data, is_plotly=False))
    _mount(key=key, data=data)


def payload(
    walk: Walk,
    projection: Projection,
    key: str,
    title: str,
    caption: str = "",
    names: Sequence[str] | None = None,
    height: int = 520,
    filename: str = "search-walk",
    source: Mapping[str, str] | None = None,
) -> bytes:
    """What the browser is sent: a line of JSON, a line feed, arrays one behind the other.

    The line holds under `arrays` for each its type (u1, u2, u4, i4, f4, little-endian), where its
    first byte lies behind the line feed, and how many numbers it has.
    """
    _check(walk, projection, key, title, names, height, filename)
    told = frames(walk, words.item if names is None else lambda item: f"“{names[item]}”")
    arrays = _arrays(walk, projection, told)
    header: dict[str, Any] = {
        "key": key,
        "title": title,
        "caption": caption,
        "alt": f"{title}. {words.summary(walk)}",
        "filename": filename,
        "source": dict(source or {}),
        "downloads": downloads_url(),
        "height": height,
        "kind": walk.kind,
        "n": walk.n,
        "k": len(walk.ids),
        "share": round(projection.share, 4),
        "spans": [float(span) for span in _frame_of(projection)[1]],
        "query": _unit(projection, projection.place(walk.query)).tolist(),
        "texts": [frame.text for frame in told],
        "table": table(told),
        "names": _named(walk, told, names),
        **_of_kind(walk),
    }
    header["arrays"], body = _packed(arrays)
    header["stamp"] = zlib.crc32(body)
    head = json.dumps(header, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return head.encode() + b"\n" + body


def _check(
    walk: Walk,
    projection: Projection,
    key: str,
    title: str,
    names: Sequence[str] | None,
    height: int,
    filename: str,
) -> None:
    for name, value in (("key", key), ("title", title)):
        if not value.strip():
            raise ValueError(f"{name}={value!r}: must not be empty")
    if not isinstance(height, int) or not 320 <= height <= 900:
        raise ValueError(f"height={height!r}: must be an integer from 320 to 900 (px)")
    if not FILENAME.fullmatch(filename):
        raise ValueError(
            f"filename={filename!r}: must be up to 100 letters, digits, dots, dashes and "
            "underscores, beginning with a letter or digit, without an extension"
        )
    if len(projection.positions) != walk.n:
        raise ValueError(
            f"projection: {len(projection.positions):,} positions must be as many as the "
            f"{walk.n:,} vectors that were searched"
        )
    if names is not None and len(names) != walk.n:
        raise ValueError(f"names: {len(names):,} must be as many as the {walk.n:,} vectors")


def _of_kind(walk: Walk) -> dict[str, Any]:
    """What only one kind of index has."""
    if isinstance(walk, HNSWWalk):
        return {"places": walk.ef, "layers": list(walk.layer_sizes)}
    if isinstance(walk, IVFWalk):
        return {"places": walk.depth, "probed": walk.nprobe, "coded": walk.coded}
    return {"places": walk.k}


def _arrays(walk: Walk, projection: Projection, told: list[Frame]) -> dict[str, NDArray[Any]]:
    unit = _unit(projection, projection.positions)
    ranks = np.empty(walk.n, np.int64)
    ranks[best_first(-walk.distances, walk.n)] = np.arange(walk.n)
    arrays: dict[str, NDArray[Any]] = {
        "places": np.round(unit * _STEPS).astype(np.uint16),
        "ranks": ranks,
        "answer": walk.ids,
        "missed": walk.missed,
        "node": np.array([frame.node for frame in told], np.int32),
        "layer": np.array([frame.layer for frame in told], np.uint8),
    }
    for part in ("expanded", "touched", "entered", "evicted"):
        lists = [getattr(frame, part) for frame in told]
        arrays[part] = np.concatenate(lists)
        arrays[f"{part}_ends"] = np.cumsum([len(items) for items in lists])
    arrays["parents"] = np.concatenate([frame.parents for frame in told])
    if isinstance(walk, HNSWWalk):
        arrays["levels"] = walk.levels.astype(np.uint8)
    if isinstance(walk, IVFWalk):
        order = best_first(walk.cell_scores, walk.nlist)
        probed = [probe.cell for probe in walk.probes]
        arrays["cells"] = walk.cells
        arrays["cell_order"] = np.array(probed + [c for c in order if c not in set(probed)])
        arrays["risen"], arrays["fallen"] = walk.risen, walk.fallen
    return arrays


def _packed(arrays: Mapping[str, NDArray[Any]]) -> tuple[dict[str, Any], bytes]:
    """Where each array lies, and all of them behind one another; ids take 32 bits."""
    places, body = {}, b""
    for name, array in arrays.items():
        kept = array.astype(np.uint32) if array.dtype == np.int64 else array
        places[name] = [f"{kept.dtype.kind}{kept.dtype.itemsize}", len(body), kept.size]
        body += kept.astype(kept.dtype.newbyteorder("<")).tobytes()
    return places, body


def _frame_of(projection: Projection) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The lower left corner of the items on the map, and its width and height."""
    low = projection.positions.min(axis=0).astype(np.float64)
    span = projection.positions.max(axis=0) - low
    return low, np.where(span > 0, span, 1.0)


def _unit(projection: Projection, positions: NDArray[np.float32]) -> NDArray[np.float64]:
    """Positions as shares of the map's width and height; the items' own are from 0 to 1."""
    low, span = _frame_of(projection)
    unit: NDArray[np.float64] = (positions - low) / span
    return unit


def _named(walk: Walk, told: list[Frame], names: Sequence[str] | None) -> dict[int, str]:
    """Names of the items that a step or the answer speaks of."""
    if names is None:
        return {}
    at_centre = [] if isinstance(walk, IVFWalk) else [f.node for f in told if f.node >= 0]
    spoken = np.concatenate([walk.ids, walk.missed, np.array(at_centre, np.int64)])
    return {item: str(names[item]) for item in np.unique(spoken).tolist()}
