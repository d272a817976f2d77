"""What stands among the generator's own best is found by its place, the rest in the books."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.evaluation import Evaluator, places
from engine.evaluation.judged import Judged
from engine.evaluation.places import PlaceTable
from engine.store import PartStore
from tests.engine.conftest import SystemOf

EXACT = Judged(
    np.array([[4, 0, 2], [1, 3, -1]], dtype=np.int32),
    np.array([[0.4, 0.0, 0.2], [0.1, 0.3, 0.0]]),
    np.array([[5.0, 3.0, 1.0], [2.0, 9.0, -np.inf]]),
    np.array([[0.9, 0.8, 0.7], [0.6, 0.5, -np.inf]]),
)


def test_items_have_the_figures_of_their_place_and_others_are_told_as_absent() -> None:
    rows = np.array([1, 0])
    items = np.array([[3, 4, -1], [2, 1, 4]], dtype=np.int32)
    judged, absent = PlaceTable(EXACT, 5).look_up(rows, items)
    assert judged.items is items
    assert judged.relevance.tolist() == [[0.3, 0.0, 0.0], [0.2, 0.0, 0.4]]
    assert judged.scores.tolist() == [[9.0, -np.inf, -np.inf], [1.0, -np.inf, 5.0]]
    assert judged.generator_scores.tolist() == [[0.5, -np.inf, -np.inf], [0.7, -np.inf, 0.9]]
    assert absent.tolist() == [[False, True, False], [False, True, False]]


@given(st.data())
def test_every_item_of_any_answer_is_found_at_its_place(data: st.DataObject) -> None:
    catalogue = data.draw(st.integers(1, 40))
    depth = data.draw(st.integers(1, catalogue))
    orders = data.draw(st.lists(st.permutations(range(catalogue)), min_size=1, max_size=4))
    items = np.array([order[:depth] for order in orders], dtype=np.int32)
    ends = data.draw(st.lists(st.integers(0, depth), min_size=len(items), max_size=len(items)))
    for row, end in zip(items, ends, strict=True):
        row[end:] = -1
    values = np.arange(items.size, dtype=np.float64).reshape(items.shape) + 1
    exact = Judged(items, values, values + 0.25, values + 0.5)
    asked = np.tile(np.arange(-1, catalogue, dtype=np.int32), (len(items), 1))
    judged, absent = PlaceTable(exact, catalogue).look_up(np.arange(len(items)), asked)
    for row, item in np.ndindex(asked.shape):
        at = np.flatnonzero(items[row] == asked[row, item]) if item else np.empty(0)
        known = values[row, at[0]] if len(at) else 0.0
        assert judged.relevance[row, item] == known
        assert absent[row, item] == (item > 0 and not len(at))


def test_a_catalogue_too_large_for_a_table_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "MOST_CELLS", 9)
    with pytest.raises(ValueError, match="items=5: must be at most 4"):
        PlaceTable(EXACT, 5)


@pytest.mark.parametrize("index", ["hnsw", "ivfpq"])
def test_a_report_is_the_same_by_places_and_by_books(
    system_of: SystemOf,
    tiny_evaluator: Evaluator,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    index: str,
) -> None:
    system = system_of("mf", index, "gbdt", candidates=60)
    by_place = Evaluator(tiny_evaluator.panel, PartStore(tmp_path_factory.mktemp("places")))
    by_place.prepare(system)
    found = by_place.returned(system, 60)
    figures = by_place.report(system).figures
    monkeypatch.setattr("engine.evaluation.evaluator.MOST_CELLS", 0)
    by_book = Evaluator(tiny_evaluator.panel, PartStore(tmp_path_factory.mktemp("books")))
    by_book.prepare(system)
    again = by_book.returned(system, 60)
    for field in fields(Judged):
        np.testing.assert_array_equal(getattr(found, field.name), getattr(again, field.name))
    assert repr(figures) == repr(by_book.report(system).figures)


def test_what_a_slate_is_worth_at_another_depth_is_judged_once(
    system_of: SystemOf, tiny_evaluator: Evaluator, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluator = Evaluator(tiny_evaluator.panel, PartStore(None))
    system = system_of("mf", "hnsw", "gbdt", candidates=20)
    _, wanted = evaluator.ndcg(system, evaluator.returned(system, 80))
    first = evaluator.shown_ndcg(system, 80)
    np.testing.assert_array_equal(first, wanted)
    monkeypatch.setattr(evaluator, "ndcg", None)
    wider = system.tuned(system.design.with_candidates(40))
    assert evaluator.shown_ndcg(wider, 80) is first
