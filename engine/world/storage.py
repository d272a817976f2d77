"""A world on disk: its truth, catalogue and log, whole and exact, without pickle."""

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

from engine.world.config import WorldConfig
from engine.world.impressions import Impressions
from engine.world.titles import topic_names
from engine.world.truth import Appeal, Items, Users
from engine.world.world import World

MANIFEST = "world.json"
FILES = ("truth.npz", "items.parquet", "impressions.parquet")
_FORMAT = 2
_HIDDEN_OF_ITEMS = ("vector", "quality", "true_duration")  # the rest a person may browse
_REMEDY = "save the world again"


def save_world(world: World, directory: Path) -> None:
    """Write a world: arrays, catalogue, log, and `MANIFEST` with their checksums.

    ``truth.npz`` holds what is hidden, ``items.parquet`` what a person may browse,
    ``impressions.parquet`` the log.
    """
    directory.mkdir(parents=True, exist_ok=True)
    np.savez(directory / "truth.npz", **_hidden_arrays(world))  # type: ignore[arg-type]
    _write_parquet(_catalogue(world), directory / "items.parquet")
    log = {field.name: getattr(world.impressions, field.name) for field in fields(Impressions)}
    _write_parquet(log, directory / "impressions.parquet")
    content: dict[str, Any] = {
        "format": _FORMAT,
        "config": asdict(world.config),
        "versions": {"python": platform.python_version()}
        | {name: version(name) for name in ("numpy", "pyarrow")},
        "files": {name: _checksum((directory / name).read_bytes()) for name in FILES},
    }
    content["checksum"] = _checksum_of_content(content)
    (directory / MANIFEST).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def load_world(directory: Path, remedy: str = _REMEDY) -> World:
    """Read what `save_world` wrote, after a check of every file.

    Parameters
    ----------
    remedy : what the error tells the reader to do.

    Raises
    ------
    ValueError : a file is damaged, missing or of another format; it is named.
    """
    content, config = _read_manifest(directory, remedy)
    parts = []
    for name in FILES:
        blob = _read(directory / name, remedy)
        if _checksum(blob) != content["files"].get(name):
            raise _damaged(directory / name, remedy)
        parts.append(blob)
    truth, catalogue, log = parts
    with np.load(io.BytesIO(truth), allow_pickle=False) as saved:
        hidden = {name: saved[name] for name in saved.files}
    return World(
        config=config,
        users=Users(**_prefixed(hidden, "users")),
        items=_items(config, _prefixed(hidden, "items"), _read_parquet(catalogue)),
        appeal=_appeal(_prefixed(hidden, "appeal")),
        impressions=Impressions(**_read_parquet(log)),
        identity=f"saved:{content['checksum']}",
    )


def saved_config(directory: Path, remedy: str = _REMEDY) -> WorldConfig:
    """The configuration of the world in a directory, without reading the world itself.

    Raises
    ------
    ValueError : as `load_world`, of the manifest alone.
    """
    return _read_manifest(directory, remedy)[1]


def _read_manifest(directory: Path, remedy: str) -> tuple[dict[str, Any], WorldConfig]:
    path = directory / MANIFEST
    blob = _read(path, remedy)
    try:
        content: dict[str, Any] = json.loads(blob)
        whole = content.get("checksum") == _checksum_of_content(content)
        if not whole or content["format"] != _FORMAT:
            raise _damaged(path, remedy)
        return content, WorldConfig(**content["config"])
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise _damaged(path, remedy) from error


def _hidden_arrays(world: World) -> dict[str, NDArray[Any] | float]:
    arrays = {f"users.{f.name}": getattr(world.users, f.name) for f in fields(Users)}
    arrays |= {f"items.{name}": getattr(world.items, name) for name in _HIDDEN_OF_ITEMS}
    arrays |= {f"appeal.{f.name}": getattr(world.appeal, f.name) for f in fields(Appeal)}
    return arrays


def _prefixed(arrays: Mapping[str, NDArray[Any]], owner: str) -> dict[str, NDArray[Any]]:
    start = f"{owner}."
    return {name.removeprefix(start): a for name, a in arrays.items() if name.startswith(start)}


def _appeal(arrays: Mapping[str, NDArray[Any]]) -> Appeal:
    values: dict[str, Any] = {name: a if a.ndim else a.item() for name, a in arrays.items()}
    return Appeal(**values)


def _catalogue(world: World) -> dict[str, Any]:
    import pyarrow as pa

    items = world.items
    return {
        "id": np.arange(len(items), dtype=np.int32),
        "title": pa.array(items.title.tolist(), pa.string()),
        "topic": pa.array(np.array(topic_names(world.config.topics))[items.topic].tolist()),
        "creator": items.creator,
        "released": items.released,
        "duration": pa.array(items.duration, mask=np.isnan(items.duration)),
    }


def _items(
    config: WorldConfig, hidden: Mapping[str, NDArray[Any]], catalogue: Mapping[str, NDArray[Any]]
) -> Items:
    place = {name: topic for topic, name in enumerate(topic_names(config.topics))}
    return Items(
        vector=hidden["vector"],
        quality=hidden["quality"],
        topic=np.array([place[name] for name in catalogue["topic"]], dtype=np.int16),
        creator=catalogue["creator"],
        released=catalogue["released"],
        true_duration=hidden["true_duration"],
        duration=catalogue["duration"],
        title=catalogue["title"].astype(np.str_),
    )


def _write_parquet(columns: Mapping[str, Any], path: Path) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    parquet.write_table(pa.table(dict(columns)), path, compression="zstd", compression_level=9)


def _read_parquet(blob: bytes) -> dict[str, NDArray[Any]]:
    """The columns, read-only; a number that is missing is NaN."""
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
