"""Fitted parts: made once, kept whole, bounded, and made again where they are damaged."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import engine.store as store_module
from engine.pipeline import build
from engine.progress import Progress
from engine.store import (
    NotAtHandError,
    PartStore,
    Recipe,
    at_hand_only,
    code_version,
    default_store,
    part_key,
)
from engine.world import World
from tests.engine.conftest import Workshop, entries, quick_design

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
ROOT = Path(__file__).parents[2]


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


def test_part_that_memory_is_not_to_hold_is_read_from_disk_each_time(tmp_path: Path) -> None:
    shop, store = Workshop(), PartStore(tmp_path)
    recipe = replace(shop.recipe(), remembered=False)
    first, second, third = (store.part(KEY, recipe) for _ in range(3))
    assert shop.made == 1
    assert second is not third
    for part in (second, third):
        np.testing.assert_array_equal(part, first)


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


# At hand only ---------------------------------------------------------------------------------


def test_what_is_at_hand_is_remembered_on_disk_or_not_kept_on_disk_at_all(tmp_path: Path) -> None:
    workshop = Workshop()
    store = PartStore(tmp_path)
    with at_hand_only(), pytest.raises(NotAtHandError, match=KEY):
        store.part(KEY, workshop.recipe())
    assert workshop.made == 0
    store.part(KEY, workshop.recipe())
    with at_hand_only():
        for holder in (store, PartStore(tmp_path)):
            assert len(holder.part(KEY, workshop.recipe())) == 10
        assert store.part("scratch", Recipe(make=lambda _: 7)) == 7
        assert len(PartStore(None).part(KEY, workshop.recipe())) == 10
    assert workshop.made == 2
    store.forget(KEY)
    store.part(KEY, workshop.recipe())  # without the restriction again
    assert workshop.made == 3


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_damaged_is_not_at_hand_and_is_made_again_by_who_may(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    workshop = Workshop()
    PartStore(tmp_path).part(KEY, workshop.recipe())
    damage(next((tmp_path / KEY).glob("*.npy")))
    with at_hand_only(), pytest.raises(NotAtHandError):
        PartStore(tmp_path).part(KEY, workshop.recipe())
    assert workshop.made == 1
    assert len(PartStore(tmp_path).part(KEY, workshop.recipe())) == 10
    assert workshop.made == 2


def test_the_restriction_to_what_is_at_hand_is_that_of_one_thread(tmp_path: Path) -> None:
    workshop = Workshop()
    with at_hand_only(), ThreadPoolExecutor(1) as pool:
        made = pool.submit(PartStore(tmp_path).part, KEY, workshop.recipe())
        assert len(made.result(10)) == 10


def test_who_may_only_use_what_is_at_hand_does_not_wait_for_who_makes_it(tmp_path: Path) -> None:
    began, gate = threading.Event(), threading.Event()

    def slow(_: Progress) -> np.ndarray:
        began.set()
        assert gate.wait(10)
        return np.arange(10)

    workshop = Workshop().recipe()
    with ThreadPoolExecutor(1) as pool:
        making = pool.submit(
            PartStore(tmp_path).part, KEY, Recipe(slow, workshop.save, workshop.load)
        )
        assert began.wait(10)
        with at_hand_only(), pytest.raises(NotAtHandError):
            PartStore(tmp_path).part(KEY, workshop)
        gate.set()
        making.result(10)
