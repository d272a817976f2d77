"""A click log on disk: rows, clicks, true probabilities and the truth, exact, without pickle."""

from __future__ import annotations

import hashlib
import io
import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, fields
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.clicks.catalogue import Catalogue
from engine.clicks.config import ClickLogConfig
from engine.clicks.log import ClickLog
from engine.clicks.rows import COUNTS, AdRows
from engine.clicks.truth import ClickTruth, Effects

MANIFEST = "clicks.json"
FILES = ("truth.npz", "rows.parquet")
_FORMAT = 1
_REMEDY = "save the click log again"


def save_clicks(log: ClickLog, directory: Path) -> None:
    """Write a log, and `MANIFEST` with the checksums of its files.

    ``rows.parquet`` holds what was shown, the clicks and their true probabilities, ``truth.npz``
    users and ads and what moves them.
    """
    import pyarrow as pa
    from pyarrow import parquet

    directory.mkdir(parents=True, exist_ok=True)
    np.savez(directory / "truth.npz", **_truth_arrays(log.truth))  # type: ignore[arg-type]
    parquet.write_table(
        pa.table(_columns(log)), directory / "rows.parquet", compression="zstd", compression_level=9
    )
    content: dict[str, Any] = {
        "format": _FORMAT,
        "config": asdict(log.config),
        "versions": {"python": platform.python_version()}
        | {name: version(name) for name in ("numpy", "pyarrow")},
        "files": {name: _checksum((directory / name).read_bytes()) for name in FILES},
    }
    content["checksum"] = _checksum_of_content(content)
    (directory / MANIFEST).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def read_clicks(directory: Path, remedy: str = _REMEDY) -> ClickLog:
    """Read what `save_clicks` wrote, after a check of every file.

    Parameters
    ----------
    remedy : what the error tells the reader to do.

    Raises
    ------
    ValueError : a file is damaged, missing or of another format; it is named.
    """
    content, config = _read_manifest(directory, remedy)
    blobs = []
    for name in FILES:
        blob = _read(directory / name, remedy)
        if _checksum(blob) != content["files"].get(name):
            raise _damaged(directory / name, remedy)
        blobs.append(blob)
    with np.load(io.BytesIO(blobs[0]), allow_pickle=False) as saved:
        arrays = {name: saved[name] for name in saved.files}
    columns = _read_parquet(blobs[1])
    counts = np.column_stack([columns.pop(name) for name, _ in COUNTS])
    clicked, p = columns.pop("clicked"), columns.pop("p")
    effects: dict[str, Any] = _prefixed(arrays, "effects")
    effects["intercept"] = float(effects["intercept"])
    catalogue = Catalogue(**_prefixed(arrays, "catalogue"))
    return ClickLog(
        truth=ClickTruth(config, catalogue, Effects(**effects)),
        rows=AdRows(counts=counts, **columns),
        clicked=clicked,
        p=p,
        identity=f"saved:{content['checksum']}",
    )


def saved_clicks_config(directory: Path, remedy: str = _REMEDY) -> ClickLogConfig:
    """The configuration of the log in a directory, without reading the log itself.

    Raises
    ------
    ValueError : as `read_clicks`, of the manifest alone.
    """
    return _read_manifest(directory, remedy)[1]


def _read_manifest(directory: Path, remedy: str) -> tuple[dict[str, Any], ClickLogConfig]:
    path = directory / MANIFEST
    blob = _read(path, remedy)
    try:
        content: dict[str, Any] = json.loads(blob)
        whole = content.get("checksum") == _checksum_of_content(content)
        if not whole or content["format"] != _FORMAT:
            raise _damaged(path, remedy)
        return content, ClickLogConfig(**content["config"])
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise _damaged(path, remedy) from error


def _truth_arrays(truth: ClickTruth) -> dict[str, NDArray[Any] | float]:
    catalogue = {f"catalogue.{f.name}": getattr(truth.catalogue, f.name) for f in fields(Catalogue)}
    return catalogue | {
        f"effects.{f.name}": getattr(truth.effects, f.name) for f in fields(Effects)
    }


def _columns(log: ClickLog) -> dict[str, Any]:
    rows = {f.name: getattr(log.rows, f.name) for f in fields(AdRows) if f.name != "counts"}
    counts = {name: log.rows.counts[:, column] for column, (name, _) in enumerate(COUNTS)}
    return rows | counts | {"clicked": log.clicked, "p": log.p}


def _prefixed(arrays: Mapping[str, NDArray[Any]], owner: str) -> dict[str, NDArray[Any]]:
    start = f"{owner}."
    return {name.removeprefix(start): a for name, a in arrays.items() if name.startswith(start)}


def _read_parquet(blob: bytes) -> dict[str, NDArray[Any]]:
    import pyarrow as pa
    from pyarrow import parquet

    table = parquet.read_table(pa.BufferReader(blob), use_threads=False)
    return {name: table.column(name).to_numpy() for name in table.column_names}


def _read(path: Path, remedy: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise _damaged(path, remedy) from error


def _checksum(blob: bytes) -> str:
    return hashlib.sha256(blob).hexdigest()


def _checksum_of_content(content: Mapping[str, Any]) -> str:
    rest = {name: value for name, value in content.items() if name != "checksum"}
    return _checksum(json.dumps(rest, sort_keys=True).encode())


def _damaged(path: Path, remedy: str) -> ValueError:
    return ValueError(f"{path}: damaged, missing or of another format; {remedy}")
