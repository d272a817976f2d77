"""Fitted parts, kept in memory and in a bounded cache on disk, and never fitted twice."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import threading
import time
import zlib
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Generic, TextIO, TypeVar

from engine.progress import Progress, silent

T = TypeVar("T")
_LIBRARIES = (
    "numpy",
    "scipy",
    "implicit",
    "hnswlib",
    "faiss-cpu",
    "scikit-learn",
    "lightgbm",
    "jax",
    "optax",
)
_DONE = "complete.json"
_AT_HAND_ONLY = ContextVar("at_hand_only", default=False)
_SCRATCH = ".making-"
_ABANDONED_S = 86_400.0


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


class NotAtHandError(LookupError):
    """A part would have to be made, where only those that are at hand may be used."""


@contextmanager
def at_hand_only() -> Iterator[None]:
    """On this thread: a part that belongs on disk, and is neither there nor remembered, is not
    made; `NotAtHandError` is raised instead."""
    token = _AT_HAND_ONLY.set(True)
    try:
        yield
    finally:
        _AT_HAND_ONLY.reset(token)


@dataclass(frozen=True, slots=True)
class Recipe(Generic[T]):
    """How a part is made, written and read; without the last two it stays in memory.

    remembered : whether memory is to hold it; False for what is mapped from its file.
    """

    make: Callable[[Progress], T]
    save: Callable[[T, Path], None] | None = None
    load: Callable[[Path], T] | None = None
    remembered: bool = True


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
        """The part of this key: remembered, read from disk, or made now.

        Raises
        ------
        NotAtHandError : it would be made now, within `at_hand_only`.
        """
        with self._guard:
            if key in self._parts:
                self._parts.move_to_end(key)
                remembered: T = self._parts[key]
                return remembered
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            with self._guard:
                if key in self._parts:
                    made_meanwhile: T = self._parts[key]
                    return made_meanwhile
            part = self._from_disk_or_made(key, recipe, progress)
            if not recipe.remembered:
                return part
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

    def forget(self, key: str) -> None:
        """Have the part made anew when it is next asked for."""
        with self._guard:
            self._parts.pop(key, None)
        if self.directory is not None:
            with self._entry_lock(key) as writable:
                if writable:
                    shutil.rmtree(self.directory / key, ignore_errors=True)

    def _from_disk_or_made(self, key: str, recipe: Recipe[T], progress: Progress) -> T:
        if self.directory is None or recipe.save is None or recipe.load is None:
            return recipe.make(progress)
        entry = self.directory / key
        if _AT_HAND_ONLY.get() and not entry.exists():  # else who makes it would be waited for
            raise NotAtHandError(key)
        with self._entry_lock(key) as writable:
            if entry.exists():
                try:
                    _check(entry)
                    part = recipe.load(entry)
                except Exception as error:
                    self._note(
                        f"The cached {key.rsplit('-', 1)[0]} could not be read "
                        f"({type(error).__name__}); it was made again."
                    )
                    shutil.rmtree(entry, ignore_errors=True)
                else:
                    with suppress(OSError):  # a cache that may only be read serves all the same
                        os.utime(entry / _DONE)
                    return part
            if _AT_HAND_ONLY.get():
                raise NotAtHandError(key)
            part = recipe.make(progress)
            if writable:
                self._write(key, part, recipe.save)
        return part

    def _write(self, key: str, part: Any, save: Callable[[Any, Path], None]) -> None:
        assert self.directory is not None
        scratch = None
        try:
            scratch = Path(mkdtemp(prefix=_SCRATCH, dir=self.directory))
            save(part, scratch)
            (scratch / _DONE).write_text(json.dumps({"files": _checksums(scratch)}))
            scratch.rename(self.directory / key)
        except Exception as error:  # each library that saves has errors of its own
            reason = getattr(error, "strerror", None) or type(error).__name__
            self._note(f"A fitted part could not be kept on disk: {reason}.")
        finally:
            if scratch is not None:
                shutil.rmtree(scratch, ignore_errors=True)
        self._make_room()

    def _make_room(self) -> None:
        """Remove the least recently used entries until the directory fits its bound."""
        assert self.directory is not None
        entries = []
        for done in self.directory.glob(f"[!.]*/{_DONE}"):
            try:
                size = sum(f.stat().st_size for f in done.parent.iterdir())
                entries.append((done.stat().st_mtime, size, done.parent))
            except OSError:
                continue
        total = sum(size for _, size, _ in entries)
        for _, size, entry in sorted(entries)[:-1]:
            if total <= self.max_bytes:
                break
            total -= size if self._removed(entry) else 0
        for scratch in self.directory.glob(f"{_SCRATCH}*"):
            with suppress(OSError):  # left by a process that was killed
                if time.time() - scratch.stat().st_mtime > _ABANDONED_S:
                    shutil.rmtree(scratch, ignore_errors=True)

    def _removed(self, entry: Path) -> bool:
        """Remove an entry, unless somebody is reading or making it."""
        lock = entry.with_name(f"{entry.name}.lock")
        try:
            with lock.open("w") as handle:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(entry, ignore_errors=True)
                lock.unlink(missing_ok=True)
        except OSError:
            return False
        return True

    @contextmanager
    def _entry_lock(self, key: str) -> Iterator[bool]:
        """Hold an entry against other processes; False where the disk cannot be written."""
        assert self.directory is not None
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            handle = _locked(self.directory / f"{key}.lock")
        except OSError as error:
            self._note(f"Fitted parts cannot be kept on disk: {error.strerror}.")
            handle = None
        if handle is None:
            yield False
            return
        with handle:
            yield True

    def _note(self, line: str) -> None:
        """Put a line under `notices`, once."""
        if line not in self.notices:
            self.notices.append(line)


def _locked(path: Path) -> TextIO:
    """The file at a path, open and locked against other processes."""
    while True:
        handle = path.open("w")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            # Who removes an entry removes its lock: one that was waited for may be gone by now.
            if os.path.samestat(os.fstat(handle.fileno()), path.stat()):
                return handle
        except FileNotFoundError:
            pass
        except BaseException:
            handle.close()
            raise
        handle.close()


def _checksums(entry: Path) -> dict[str, int]:
    """CRC-32 of each file of an entry."""
    files = (path for path in sorted(entry.iterdir()) if path.name != _DONE)
    return {path.name: zlib.crc32(path.read_bytes()) for path in files}


def _check(entry: Path) -> None:
    """Raise ValueError for an entry whose files are not those that were written."""
    # Libraries may crash on flipped bytes, or read a wrong number out of them.
    if json.loads((entry / _DONE).read_text())["files"] != _checksums(entry):
        raise ValueError(f"{entry}: damaged")


def default_directory() -> Path:
    """Where parts are kept: ``SHORTLIST_CACHE``, or ``.cache/parts`` beside the app."""
    named = os.environ.get("SHORTLIST_CACHE")
    return Path(named) if named else Path(__file__).parent.parent / ".cache" / "parts"


@cache
def default_store() -> PartStore:
    """The store that everybody in this process shares."""
    return PartStore(default_directory())
