"""Answers found ahead are those of a fresh search, and are used where a search would find them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.evaluation import Evaluator, can_find_ahead, evaluator_for, find_ahead
from engine.evaluation import ahead as ahead_file
from engine.evaluation.ahead import known_ahead
from engine.evaluation.answers import AnswerBook
from engine.index import HNSW
from engine.pipeline import System
from engine.store import PartStore
from tests.engine.conftest import SystemOf

NUMBERS = range(20, 101, 20)


@pytest.fixture(autouse=True)
def few_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead_file, "AHEAD_STEP", 20)
    monkeypatch.setattr(ahead_file, "TOGETHER", 100)


@pytest.fixture
def store(tmp_path: Path) -> PartStore:
    return PartStore(tmp_path)


@pytest.fixture
def system(system_of: SystemOf) -> System:
    return system_of("mf", "hnsw", "none")


def with_ef(system: System, ef_search: int) -> System:
    config = system.design.index
    assert isinstance(config, HNSW)
    return system.tuned(replace(system.design, index=replace(config, ef_search=ef_search)))


def fresh(system: System, evaluator: Evaluator, n: int) -> list[list[int]]:
    rows = zip(evaluator.panel.users.tolist(), evaluator.panel.at.tolist(), strict=True)
    return [system.retrieve(user, at, n)[0].tolist() for user, at in rows]


def forbid_searches(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the index was searched")

    monkeypatch.setattr(System, "retrieve", refuse)


def test_each_number_has_the_answers_of_a_fresh_search_though_the_design_searches_wider(
    system: System, tiny_evaluator: Evaluator, store: PartStore
) -> None:
    panel = tiny_evaluator.panel
    rows = range(len(panel))
    found = find_ahead(with_ef(system, 150), panel, 40, store)
    assert found.numbers == NUMBERS
    for n in NUMBERS:
        answers = [found.to_candidates(row, n).tolist() for row in rows]
        assert answers == fresh(with_ef(system, 1), tiny_evaluator, n)
        for row, answer in enumerate(fresh(with_ef(system, n), tiny_evaluator, 10)):
            whole = found.of_width(row, n).tolist()
            left_out = len(system.skipped.of(panel.users[row], panel.at[row]))
            if 10 + left_out <= n:  # else the knob is narrower than what is asked
                assert whole[:10] == answer
            assert len(whole) <= max(n - left_out, 0)


def test_a_book_takes_them_instead_of_a_search_and_from_disk(
    system: System, tiny_evaluator: Evaluator, store: PartStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    narrow, panel = with_ef(system, 5), tiny_evaluator.panel
    wanted = {n: fresh(narrow, tiny_evaluator, n) for n in NUMBERS}
    find_ahead(system, panel, NUMBERS[0], store)
    forbid_searches(monkeypatch)
    book = AnswerBook(panel)
    for n in NUMBERS:
        book.look_ahead(narrow, n, PartStore(store.directory))
        answers = book.look_up(narrow, n)
        assert [[item for item in row if item >= 0] for row in answers.tolist()] == wanted[n]


def test_a_book_takes_the_answers_of_a_wide_search_at_any_number_of_candidates(
    system: System, tiny_evaluator: Evaluator, store: PartStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    wide, panel = with_ef(system, 100), tiny_evaluator.panel
    numbers = [n for n in (20, 35, 60) if n + most_left_out(system, tiny_evaluator) < 100]
    assert len(numbers) > 1
    wanted = {n: AnswerBook(panel).look_up(wide, n) for n in numbers}
    find_ahead(system, panel, 100, store)
    forbid_searches(monkeypatch)
    book = AnswerBook(panel)
    for n in numbers:
        book.look_ahead(wide, n, store)
        np.testing.assert_array_equal(book.look_up(wide, n), wanted[n])


def most_left_out(system: System, evaluator: Evaluator) -> int:
    rows = zip(evaluator.panel.users.tolist(), evaluator.panel.at.tolist(), strict=True)
    return max(len(system.skipped.of(user, at)) for user, at in rows)


def test_they_are_read_before_anybody_asks(
    system: System, tiny_evaluator: Evaluator, store: PartStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    narrow, panel = with_ef(system, 5), tiny_evaluator.panel
    find_ahead(system, panel, NUMBERS[0], store)
    evaluator = Evaluator(panel, store)
    evaluator.look_ahead(narrow, NUMBERS[0])
    forbid_searches(monkeypatch)
    # The disk has them no more.
    monkeypatch.setattr("engine.evaluation.answers.known_ahead", lambda *_: None)
    returned = evaluator.returned(narrow, NUMBERS[0]).items
    found = find_ahead(system, panel, NUMBERS[0], store)
    for row, items in enumerate(returned.tolist()):
        kept = [item for item in items if item >= 0]
        assert kept == found.to_candidates(row, NUMBERS[0]).tolist()


def test_a_search_of_another_width_finds_for_itself(
    system: System, tiny_evaluator: Evaluator, store: PartStore
) -> None:
    wide, panel = with_ef(system, 200), tiny_evaluator.panel
    find_ahead(system, panel, 20, store)
    book, plain = AnswerBook(panel), AnswerBook(panel)
    book.look_ahead(wide, 20, store)
    np.testing.assert_array_equal(book.look_up(wide, 20), plain.look_up(wide, 20))
    narrow = AnswerBook(panel).look_up(with_ef(system, 1), 20)
    assert not np.array_equal(book.look_up(wide, 20), narrow)


def test_a_report_is_the_same_with_and_without_them(
    system_of: SystemOf, tiny_evaluator: Evaluator, store: PartStore
) -> None:
    system = with_ef(system_of("mf", "hnsw", "gbdt", candidates=60), 5)
    users = tiny_evaluator.panel.users.tolist()
    find_ahead(system, tiny_evaluator.panel, 60, store)
    evaluator = evaluator_for(system.world, users, store)
    with pytest.MonkeyPatch.context() as patch:
        forbid_searches(patch)
        assert evaluator.returned(system, 60).items.shape[1] == 60
    ahead = evaluator.report(system)
    plain = Evaluator(tiny_evaluator.panel, PartStore(None)).report(system)
    assert {name: ahead[name].value for name in ahead} == pytest.approx(
        {name: plain[name].value for name in plain}, abs=1e-12, nan_ok=True
    )


def test_what_was_not_found_or_is_gone_is_not_known(
    system: System, tiny_evaluator: Evaluator, store: PartStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel = tiny_evaluator.panel
    assert known_ahead(system, panel, 40, store) is None
    find_ahead(system, panel, 40, store)
    assert known_ahead(system, panel, 40, store) is not None
    assert known_ahead(system, panel, 41, store) is None
    assert known_ahead(system, panel, 120, store) is None
    (name,) = [entry.name for entry in Path(str(store.directory)).iterdir() if entry.is_dir()]
    store.forget(name)
    monkeypatch.setattr(PartStore, "has", lambda *_: True)  # it was there a moment ago
    assert known_ahead(system, panel, 40, store) is None


@pytest.mark.parametrize(("generator", "index"), [("mf", "ivfpq"), ("popularity", "hnsw")])
def test_only_graphs_find_ahead(
    generator: str, index: str, system_of: SystemOf, tiny_evaluator: Evaluator, store: PartStore
) -> None:
    system = system_of(generator, index, "none")
    assert not can_find_ahead(system)
    assert known_ahead(system, tiny_evaluator.panel, 40, store) is None
    with pytest.raises(ValueError, match="must be HNSW"):
        find_ahead(system, tiny_evaluator.panel, 40, store)
