"""Fitted parts, kept in memory and in a bounded cache on disk, and never fitted twice."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Generic, TypeVar

from engine.progress import Progress, silent

T = TypeVar("T")
_LIBRARIES = ("numpy", "scipy", "implicit", "hnswlib", "faiss-cpu", "scikit-learn", "lightgbm")
_DONE = "complete.json"


@cache
def code_version() -> str:
    """A hash of the library's own source and of the libraries that fit and search."""
    digest = hashlib.sha256()
    root = Path(__file__).parent
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    for name in _LIBRARIES:
        digest.update(f"{name}={version(name)}".encode())
    return digest.hexdigest()[:16]


def part_key(kind: str, *identity: object) -> str:
    """The name of a part on disk: what it is, and a hash of all that it depends on."""
    text = "\n".join([code_version(), kind, *map(repr, identity)])
    return f"{kind}-{hashlib.sha256(text.encode()).hexdigest()[:24]}"


@dataclass(frozen=True, slots=True)
class Recipe(Generic[T]):
    """How a part is made, written and read; without the last two it stays in memory."""

    make: Callable[[Progress], T]
    save: Callable[[T, Path], None] | None = None
    load: Callable[[Path], T] | None = None


@dataclass(slots=True)
class PartStore:
    """A cache of parts: in memory by least recent use, on disk up to a number of bytes.

    Entries on disk are written under a temporary name and renamed, so that a reader sees
    a whole entry or none; one lock an entry, so that processes do not make it twice.

    directory : where entries lie; None keeps them in memory alone.
    max_bytes : what the directory may hold; the least recently used go first.
    max_parts : what memory may hold.
    """

    directory: Path | None = None
    max_bytes: int = 2_000_000_000
    max_parts: int = 64
    notices: list[str] = field(default_factory=list)
    _parts: OrderedDict[str, Any] = field(default_factory=OrderedDict)
    _locks: dict[str, threading.Lock] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def part(self, key: str, recipe: Recipe[T], progress: Progress = silent) -> T:
        """The part of this key: remembered, read from disk, or made now."""
        with self._guard:
            if key in self._parts:
                self._parts.move_to_end(key)
                remembered: T = self._parts[key]
                return remembered
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            if key in self._parts:
                part: T = self._parts[key]
                return part
            part = self._from_disk_or_made(key, recipe, progress)
            with self._guard:
                self._parts[key] = part
                while len(self._parts) > self.max_parts:
                    forgotten, _ = self._parts.popitem(last=False)
                    self._locks.pop(forgotten, None)
        return part

    def has(self, key: str) -> bool:
        """Whether the part would not have to be made."""
        return key in self._parts or (
            self.directory is not None and (self.directory / key / _DONE).exists()
        )

    def keep(self, key: str, part: T, recipe: Recipe[T]) -> None:
        """Put a part under its key, in place of what was there."""
        with self._guard:
            self._parts[key] = part
        if self.directory is None or recipe.save is None:
            return
        with self._entry_lock(key) as writable:
            if writable:
                shutil.rmtree(self.directory / key, ignore_errors=True)
                self._write(key, part, recipe.save, 0.0)

    def _from_disk_or_made(self, key: str, recipe: Recipe[T], progress: Progress) -> T:
        if self.directory is None or recipe.save is None or recipe.load is None:
            return recipe.make(progress)
        with self._entry_lock(key) as writable:
            entry = self.directory / key
            if (entry / _DONE).exists():
                try:
                    part = recipe.load(entry)
                    os.utime(entry / _DONE)
                    return part
                except Exception as error:
                    self.notices.append(
                        f"The cached {key.rsplit('-', 1)[0]} could not be read "
                        f"({type(error).__name__}); it was made again."
                    )
                    shutil.rmtree(entry, ignore_errors=True)
            started = time.perf_counter()
            part = recipe.make(progress)
            if writable:
                self._write(key, part, recipe.save, time.perf_counter() - started)
        return part

    def _write(
        self, key: str, part: Any, save: Callable[[Any, Path], None], seconds: float
    ) -> None:
        assert self.directory is not None
        scratch = Path(mkdtemp(prefix=".making-", dir=self.directory))
        try:
            save(part, scratch)
            (scratch / _DONE).write_text(json.dumps({"seconds": round(seconds, 3)}))
            scratch.rename(self.directory / key)
        except OSError as error:
            shutil.rmtree(scratch, ignore_errors=True)
            self.notices.append(f"A fitted part could not be kept on disk: {error.strerror}.")
        self._make_room()

    def _make_room(self) -> None:
        """Remove the least recently used entries until the directory fits its bound."""
        assert self.directory is not None
        entries = []
        for done in self.directory.glob(f"*/{_DONE}"):
            try:
                size = sum(f.stat().st_size for f in done.parent.iterdir())
                entries.append((done.stat().st_mtime, size, done.parent))
            except OSError:
                continue
        total = sum(size for _, size, _ in entries)
        for _, size, entry in sorted(entries)[:-1]:
            if total <= self.max_bytes:
                break
            shutil.rmtree(entry, ignore_errors=True)
            (self.directory / f"{entry.name}.lock").unlink(missing_ok=True)
            total -= size

    @contextmanager
    def _entry_lock(self, key: str) -> Iterator[bool]:
        """Hold an entry against other processes; False where the disk cannot be written."""
        assert self.directory is not None
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            handle = (self.directory / f"{key}.lock").open("w")
        except OSError as error:
            self.notices.append(f"Fitted parts cannot be kept on disk: {error.strerror}.")
            yield False
            return
        with handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield True


def default_directory() -> Path:
    """Where parts are kept: ``SHORTLIST_CACHE``, or ``.cache/parts`` beside the app."""
    named = os.environ.get("SHORTLIST_CACHE")
    return Path(named) if named else Path(__file__).parent.parent / ".cache" / "parts"


@cache
def default_store() -> PartStore:
    """The store that everybody in this process shares."""
    return PartStore(default_directory())
