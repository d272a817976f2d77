"""Fitted parts: made once, kept whole, bounded, and made again where they are damaged."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import engine.store as store_module
from engine.pipeline import build
from engine.progress import Progress
from engine.store import PartStore, Recipe, code_version, default_store, part_key
from engine.world import World
from tests.engine.conftest import quick_design

KEY = "numbers-0123"
TWICE = """
import sys, time
from pathlib import Path
import numpy as np
from engine.store import PartStore, Recipe
directory = Path(sys.argv[1])

def make(progress):
    with (directory / "made.txt").open("a") as made:
        made.write("x")
    time.sleep(0.3)
    return np.arange(5)

recipe = Recipe(make, lambda part, d: np.save(d / "n.npy", part), lambda d: np.load(d / "n.npy"))
print(PartStore(directory / "parts").part("numbers-0123", recipe).sum())
"""
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


class Workshop:
    """Makes arrays, and counts how often."""

    def __init__(self, size: int = 10, seconds: float = 0.0) -> None:
        self.made = 0
        self.size = size
        self.seconds = seconds

    def recipe(self) -> Recipe[np.ndarray]:
        return Recipe(self._make, self._save, self._load)

    def _make(self, _: Progress) -> np.ndarray:
        time.sleep(self.seconds)
        self.made += 1
        return np.arange(self.size)

    def _save(self, part: np.ndarray, directory: Path) -> None:
        np.save(directory / "a.npy", part)
        (directory / "b.txt").write_text(str(part.sum()))

    def _load(self, directory: Path) -> np.ndarray:
        assert (directory / "b.txt").exists()
        return np.load(directory / "a.npy")


def entries(directory: Path) -> set[str]:
    return {path.name for path in directory.iterdir() if path.is_dir()}


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def garble(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    path.write_bytes(content)


def empty(path: Path) -> None:
    path.write_bytes(b"")


DAMAGES = [truncate, garble, empty, Path.unlink]


def test_part_is_remembered_and_read_back_by_another_store(tmp_path: Path) -> None:
    shop, first = Workshop(), PartStore(tmp_path)
    part = first.part(KEY, shop.recipe())
    assert first.part(KEY, shop.recipe()) is part
    np.testing.assert_array_equal(PartStore(tmp_path).part(KEY, shop.recipe()), part)
    assert shop.made == 1
    assert first.has(KEY)
    assert PartStore(tmp_path).has(KEY)
    assert not first.has("numbers-4567")


@pytest.mark.parametrize("on_disk", [True, False])
def test_threads_that_ask_at_once_make_a_part_once(tmp_path: Path, on_disk: bool) -> None:
    shop, store = Workshop(seconds=0.05), PartStore(tmp_path if on_disk else None)
    start = threading.Barrier(8)

    def ask(_: int) -> np.ndarray:
        start.wait()
        return store.part(KEY, shop.recipe())

    with ThreadPoolExecutor(8) as pool:
        parts = list(pool.map(ask, range(8)))
    assert shop.made == 1
    assert all(part is parts[0] for part in parts)


def test_threads_make_different_parts_side_by_side() -> None:
    store, both = PartStore(None), threading.Barrier(2, timeout=5)

    def make(_: Progress) -> int:
        both.wait()  # breaks unless the other is being made too
        return 1

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(lambda key: store.part(key, Recipe(make)), "ab")) == [1, 1]


def test_processes_that_ask_at_once_make_a_part_once(tmp_path: Path) -> None:
    command = [sys.executable, "-c", TWICE, str(tmp_path)]
    running = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    assert [process.communicate()[0].strip() for process in running] == ["10", "10"]
    assert (tmp_path / "made.txt").read_text() == "x"


def test_part_may_be_made_of_parts() -> None:
    store, shop = PartStore(None), Workshop()
    whole = Recipe(lambda _: store.part(KEY, shop.recipe()).sum())
    assert store.part("sum", whole) == 45


def test_failure_to_make_is_raised_and_the_next_ask_tries_again(tmp_path: Path) -> None:
    store, shop = PartStore(tmp_path), Workshop()

    def fail(_: Progress) -> np.ndarray:
        raise ZeroDivisionError

    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            store.part(KEY, Recipe(fail, shop._save, shop._load))
    assert entries(tmp_path) == set()
    assert len(store.part(KEY, shop.recipe())) == 10


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", ["a.npy", "b.txt", "complete.json"])
def test_damaged_entry_is_made_again_with_a_notice_that_names_it(
    tmp_path: Path, name: str, damage: Callable[[Path], None]
) -> None:
    shop = Workshop()
    PartStore(tmp_path).part(KEY, shop.recipe())
    damage(tmp_path / KEY / name)

    store = PartStore(tmp_path)
    np.testing.assert_array_equal(store.part(KEY, shop.recipe()), np.arange(10))
    assert shop.made == 2
    [notice] = store.notices
    assert "numbers" in notice
    assert "made again" in notice

    healed = PartStore(tmp_path)
    healed.part(KEY, shop.recipe())
    assert (shop.made, healed.notices) == (2, [])


@pytest.mark.parametrize("damage", [truncate, garble])
def test_every_file_of_fitted_parts_may_be_damaged_without_a_change_of_answer(
    tmp_path: Path, tiny_world: World, damage: Callable[[Path], None]
) -> None:
    designs = [quick_design("mf", index, "gbdt") for index in ("exact", "hnsw", "ivfpq")]
    designs += [quick_design("popularity", "exact", "logistic")]

    def slates(store: PartStore) -> list[list[int]]:
        return [
            build(tiny_world, design, store=store).recommend(user).items.tolist()
            for design in designs
            for user in range(20)
        ]

    before = slates(PartStore(tmp_path))
    files = [path for path in tmp_path.glob("*/*") if path.is_file()]
    kinds = {path.parent.name.rsplit("-", 1)[0] for path in files}
    assert kinds == {"generator", "index", "ranker"}
    for path in files:
        damage(path)
    store = PartStore(tmp_path)
    assert slates(store) == before
    assert all(any(kind in notice for notice in store.notices) for kind in kinds)


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


def test_memory_forgets_the_least_recently_used_part() -> None:
    store, shop = PartStore(None, max_parts=2), Workshop()
    for key in ("a", "b", "a", "c", "a"):  # b is the oldest when c comes
        store.part(key, shop.recipe())
    assert shop.made == 3
    store.part("b", shop.recipe())
    assert shop.made == 4


def test_forgotten_part_is_made_anew_in_memory_and_on_disk(tmp_path: Path) -> None:
    store, shop = PartStore(tmp_path), Workshop()
    store.part(KEY, shop.recipe())
    store.forget(KEY)
    assert not store.has(KEY)
    store.part(KEY, shop.recipe())
    assert shop.made == 2
    store.forget("never seen")


def test_progress_reaches_who_makes_the_part_and_nobody_else(tmp_path: Path) -> None:
    seen: list[float] = []

    def make(progress: Progress) -> np.ndarray:
        progress("working", 0.5)
        return np.arange(3)

    shop = Workshop()
    for _ in range(2):
        recipe = Recipe(make, shop._save, shop._load)
        PartStore(tmp_path).part(KEY, recipe, lambda what, done: seen.append(done))
    assert seen == [0.5]


def test_key_holds_all_that_a_part_depends_on(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = [
        part_key("index", "world", quick_design("mf", "hnsw", "none")),
        part_key("index", "world", quick_design("mf", "exact", "none")),
        part_key("index", "other", quick_design("mf", "hnsw", "none")),
        part_key("ranker", "world", quick_design("mf", "hnsw", "none")),
    ]
    assert part_key("index", "world", quick_design("mf", "hnsw", "none")) == keys[0]
    monkeypatch.setattr(store_module, "code_version", lambda: "another")
    keys.append(part_key("index", "world", quick_design("mf", "hnsw", "none")))
    assert len(set(keys)) == len(keys)
    assert all("/" not in key and len(key) < 80 for key in keys)


def test_code_version_follows_source_and_libraries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compute = code_version.__wrapped__
    (tmp_path / "store.py").write_text("a = 1\n")
    monkeypatch.setattr(store_module, "__file__", str(tmp_path / "store.py"))
    versions = [compute()]
    assert compute() == versions[0]
    (tmp_path / "store.py").write_text("a = 2\n")
    versions.append(compute())
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "deep.py").write_text("")
    versions.append(compute())
    monkeypatch.setattr(store_module, "version", lambda name: f"0.{len(name)}")
    versions.append(compute())
    assert len(set(versions)) == 4


def test_process_shares_one_store_at_the_place_that_the_environment_names(own_cache: Path) -> None:
    assert default_store() is default_store()
    assert default_store().directory == own_cache


def test_complete_entry_lists_its_files(tmp_path: Path) -> None:
    PartStore(tmp_path).part(KEY, Workshop().recipe())
    written = json.loads((tmp_path / KEY / "complete.json").read_text())
    assert set(written["files"]) == {"a.npy", "b.txt"}
