"""A built index on disk: the library's own files beside a manifest with their checksums."""

import json
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from engine.index.contract import Index, IndexConfig, Vectors

MANIFEST = "index.json"
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the files of an index do not say themselves: d, and how long the build took."""

    dim: int
    build_seconds: float


def write_manifest(index: Index, directory: Path, files: Sequence[str]) -> None:
    """Describe the saved ``files`` of ``index``. Call it last: without it nothing is loaded."""
    part = index.config.build_part
    content = {
        "format": _FORMAT,
        "name": part.name,
        "build_part": asdict(part),
        "dim": index.dim,
        "build_seconds": index.build_seconds,
        "files": {file: _file_checksum(directory / file) for file in files},
    }
    text = json.dumps({**content, "checksum": _content_checksum(content)}, indent=1)
    (directory / MANIFEST).write_text(text, encoding="utf-8")


def read_manifest(config: IndexConfig, directory: Path, files: Sequence[str]) -> Manifest:
    """The manifest of ``directory``, once all ``files`` are found whole.

    Raises
    ------
    ValueError
        Naming the first file that is damaged or missing, or if another build part was saved.
    """
    path = directory / MANIFEST
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        whole = content.pop("checksum") == _content_checksum(content)
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise damaged(path) from error
    if not whole or content.get("format") != _FORMAT:
        raise damaged(path)
    wanted = config.build_part
    if (content["name"], content["build_part"]) != (wanted.name, asdict(wanted)):
        raise ValueError(
            f"{path}: holds {content['name']} {content['build_part']}; must hold {wanted!r}"
        )
    for file in files:
        if _file_checksum(directory / file) != content["files"].get(file):
            raise damaged(directory / file)
    return Manifest(dim=content["dim"], build_seconds=content["build_seconds"])


def read_vectors(path: Path) -> Vectors:
    """The float32 [n, d] of a ``.npy`` file, read-only; ValueError names a damaged file."""
    try:
        vectors: Vectors = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise damaged(path) from error
    vectors.flags.writeable = False
    return vectors


def damaged(path: Path) -> ValueError:
    """The error that names a file which cannot be read back, and the remedy."""
    return ValueError(f"{path}: damaged, missing or of another format; build the index again")


def _content_checksum(content: dict[str, Any]) -> int:
    return zlib.crc32(json.dumps(content, sort_keys=True).encode())


def _file_checksum(path: Path) -> int:
    # Libraries may crash on flipped bytes, so damaged files must never reach them.
    checksum = 0
    try:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                checksum = zlib.crc32(block, checksum)
    except OSError as error:
        raise damaged(path) from error
    return checksum
