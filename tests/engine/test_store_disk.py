"""Parts on disk: bounded, whole whatever happens, and no need where there is no disk."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import engine.store as store_module
from engine.store import PartStore, Recipe
from tests.engine.conftest import Workshop, entries

KEY = "numbers-0123"
KILLED = """
import os, sys
from pathlib import Path
from engine.store import PartStore, Recipe

def save(part, directory):
    (directory / "half.txt").write_text("ha")
    os._exit(9)

PartStore(Path(sys.argv[1])).part("numbers-0123", Recipe(lambda _: 1, save, lambda d: 1))
"""
ROOT = Path(__file__).parents[2]


def test_directory_that_cannot_be_made_is_told_once_and_all_works(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    store, shop = PartStore(tmp_path / "file" / "parts"), Workshop()
    for key in (KEY, "numbers-4567"):
        assert len(store.part(key, shop.recipe())) == 10
    [notice] = store.notices
    assert notice.startswith("Fitted parts cannot be kept on disk: ")


def test_directory_that_cannot_be_written_keeps_what_is_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(store_module, "mkdtemp", refuse)
    store, shop = PartStore(tmp_path), Workshop()
    assert store.part(KEY, shop.recipe()) is store.part(KEY, shop.recipe())
    assert store.notices == ["A fitted part could not be kept on disk: Permission denied."]


def test_entry_that_cannot_be_touched_is_read_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Workshop()
    PartStore(tmp_path).part(KEY, shop.recipe())

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "utime", refuse)
    store = PartStore(tmp_path)
    store.part(KEY, shop.recipe())
    assert (shop.made, store.notices) == (1, [])


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), RuntimeError("library")])
def test_crash_in_save_leaves_no_half_entry_and_the_part_is_served(
    tmp_path: Path, error: Exception
) -> None:
    def save(part: np.ndarray, directory: Path) -> None:
        (directory / "a.npy").write_text("half")
        raise error

    store, shop = PartStore(tmp_path), Workshop()
    assert len(store.part(KEY, Recipe(shop._make, save, shop._load))) == 10
    assert entries(tmp_path) == set()
    [notice] = store.notices
    assert "could not be kept on disk" in notice


def test_process_killed_in_save_leaves_nothing_that_is_read_and_is_cleared_away(
    tmp_path: Path,
) -> None:
    command = [sys.executable, "-c", KILLED, str(tmp_path)]
    assert subprocess.run(command, cwd=ROOT).returncode == 9
    [left] = entries(tmp_path)
    shop = Workshop()
    PartStore(tmp_path).part(KEY, shop.recipe())
    assert shop.made == 1
    assert entries(tmp_path) == {left, KEY}  # it might still be at it

    os.utime(tmp_path / left, (time.time() - 100_000,) * 2)
    PartStore(tmp_path).part("numbers-4567", shop.recipe())
    assert entries(tmp_path) == {KEY, "numbers-4567"}


def used(directory: Path, key: str, age_s: float) -> None:
    os.utime(directory / key / "complete.json", (time.time() - age_s,) * 2)


def test_least_recently_used_entries_go_when_the_bound_is_passed(tmp_path: Path) -> None:
    shop = Workshop(size=1_000)  # 8 kB
    store = PartStore(tmp_path, max_bytes=30_000)
    for age, key in ((30, "a"), (20, "b"), (10, "c")):
        store.part(key, shop.recipe())
        used(tmp_path, key, age)
    PartStore(tmp_path, max_bytes=30_000).part("a", shop.recipe())  # read, so it is recent
    store.part("d", shop.recipe())
    assert entries(tmp_path) == {"a", "c", "d"}
    assert not (tmp_path / "b.lock").exists()


def test_newest_entry_stays_even_where_it_passes_the_bound_alone(tmp_path: Path) -> None:
    store = PartStore(tmp_path, max_bytes=100)
    store.part("a", Workshop(size=1_000).recipe())
    used(tmp_path, "a", 10)
    store.part("b", Workshop(size=1_000).recipe())
    assert entries(tmp_path) == {"b"}


def test_entry_that_somebody_reads_is_not_removed(tmp_path: Path) -> None:
    store, shop = PartStore(tmp_path, max_bytes=10_000), Workshop(size=1_000)
    store.part("a", shop.recipe())
    used(tmp_path, "a", 10)
    with (tmp_path / "a.lock").open("w") as reader:
        fcntl.flock(reader, fcntl.LOCK_EX)
        store.part("b", shop.recipe())
        assert entries(tmp_path) == {"a", "b"}
    used(tmp_path, "b", 5)
    store.part("c", shop.recipe())
    assert entries(tmp_path) == {"c"}


def test_lock_that_was_removed_while_it_was_waited_for_is_taken_anew(tmp_path: Path) -> None:
    shop = Workshop(seconds=0.2)
    stores = PartStore(tmp_path), PartStore(tmp_path)
    lock = tmp_path / f"{KEY}.lock"
    with ThreadPoolExecutor(2) as pool:
        with lock.open("w") as remover:
            fcntl.flock(remover, fcntl.LOCK_EX)
            early = pool.submit(stores[0].part, KEY, shop.recipe())
            time.sleep(0.1)  # it waits for the lock that goes now
            lock.unlink()
            late = pool.submit(stores[1].part, KEY, shop.recipe())
            time.sleep(0.05)
        np.testing.assert_array_equal(early.result(10), late.result(10))
    assert shop.made == 1
    assert [store.notices for store in stores] == [[], []]
