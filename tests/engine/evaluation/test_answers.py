"""Answers shared between numbers of candidates equal a fresh search for each."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.evaluation import Evaluator
from engine.evaluation.answers import AnswerBook, exact_answers
from engine.index import HNSW, IVFPQ, Exact, IndexConfig
from engine.pipeline import System, build
from engine.progress import silent
from engine.store import PartStore
from engine.world import World
from tests.engine.conftest import QUICK, SystemOf, quick_design

COUNTS = (10, 15, 20, 40, 60, 100, 200, 280, 300, 350, 400)
INDEXES = {
    "exact": Exact(),
    "hnsw-narrow": QUICK["hnsw"],
    "hnsw-wide": HNSW(M=8, ef_construction=40, ef_search=150),
    "ivfpq": QUICK["ivfpq"],
    "ivfpq-codes": IVFPQ(nlist=16, nprobe=5, m=8, nbits=8, refine=0),
}


@pytest.fixture(params=INDEXES.values(), ids=INDEXES)
def system(request: pytest.FixtureRequest, tiny_world: World, tiny_store: PartStore) -> System:
    index: IndexConfig = request.param
    return build(
        tiny_world, replace(quick_design("mf", "exact", "none"), index=index), store=tiny_store
    )


def fresh(system: System, evaluator: Evaluator, n: int) -> list[list[int]]:
    panel = evaluator.panel
    rows = zip(panel.users.tolist(), panel.at.tolist(), strict=True)
    return [system.retrieve(user, at, n)[0].tolist() for user, at in rows]


def unpadded(answers: np.ndarray) -> list[list[int]]:
    return [[item for item in row if item >= 0] for row in answers.tolist()]


def assert_same_up_to_ties(
    system: System, evaluator: Evaluator, answers: np.ndarray, n: int
) -> None:
    """Items of equal score may change places, at the cut too; nothing else may."""
    users = evaluator.panel.users.tolist()
    for user, mine, plain in zip(
        users, unpadded(answers), fresh(system, evaluator, n), strict=True
    ):
        assert len(mine) == len(set(mine)) == len(plain)
        scores = [system.generator.scores(user, np.array(items)) for items in (mine, plain)]
        np.testing.assert_allclose(*scores, rtol=1e-6)


@pytest.mark.parametrize("counts", [COUNTS, COUNTS[::-1]], ids=["rising", "falling"])
def test_shared_answer_is_that_of_a_fresh_search(
    system: System, tiny_evaluator: Evaluator, counts: tuple[int, ...]
) -> None:
    book = AnswerBook(tiny_evaluator.panel)
    for n in counts:
        answers = book.look_up(system, n)
        assert answers.shape == (len(tiny_evaluator.panel), n)
        assert_same_up_to_ties(system, tiny_evaluator, answers, n)


def test_shared_answer_is_fresh_for_every_width_of_one_graph(
    tiny_evaluator: Evaluator, system_of: SystemOf
) -> None:
    # Below the number asked for, the width has no effect; the answer must not come from another.
    narrow = system_of("mf", "hnsw", "none")
    book = AnswerBook(tiny_evaluator.panel)
    for ef in (1, 20, 60, 120, 300):
        index = replace(QUICK["hnsw"], ef_search=ef)
        system = narrow.tuned(replace(narrow.design, index=index))
        for n in (10, 30, 100):
            assert unpadded(book.look_up(system, n)) == fresh(system, tiny_evaluator, n)


def test_search_of_equal_reach_is_asked_once(
    tiny_evaluator: Evaluator, system_of: SystemOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = system_of("mf", "exact", "none")
    asked: list[int] = []
    retrieve = System.retrieve

    def counted(self: System, user: int, at: float, n: int) -> object:
        asked.append(user)
        return retrieve(self, user, at, n)

    monkeypatch.setattr(System, "retrieve", counted)
    book = AnswerBook(tiny_evaluator.panel)
    for n in COUNTS:
        book.look_up(system, n)
    assert len(asked) == len(tiny_evaluator.panel)


def test_padding_begins_where_the_answer_ends(
    tiny_evaluator: Evaluator, system_of: SystemOf
) -> None:
    system = system_of("mf", "ivfpq", "none")
    answers = AnswerBook(tiny_evaluator.panel).look_up(system, 400)
    ends = (answers >= 0).sum(axis=1)
    assert ends.max() < 400
    for row, end in zip(answers, ends.tolist(), strict=True):
        assert (row[end:] == -1).all()


def test_evaluator_finds_the_same_one_by_one_and_over_a_grid(
    system: System, tiny_evaluator: Evaluator
) -> None:
    over_a_grid = Evaluator(tiny_evaluator.panel, PartStore(None))
    for n in reversed(COUNTS):
        judged = over_a_grid.returned(system, n)
        alone = Evaluator(tiny_evaluator.panel, PartStore(None)).returned(system, n)
        np.testing.assert_array_equal(judged.items, alone.items)
        np.testing.assert_array_equal(judged.scores, alone.scores)


def test_exact_answers_hold_the_generators_best_in_order(
    tiny_evaluator: Evaluator, system_of: SystemOf
) -> None:
    for generator in ("mf", "popularity"):
        system = system_of(generator, "exact", "none")
        answers = exact_answers(system, tiny_evaluator.panel, silent)
        assert answers.shape == (len(tiny_evaluator.panel), 400)
        panel = tiny_evaluator.panel
        for row, (user, at) in enumerate(zip(panel.users.tolist(), panel.at.tolist(), strict=True)):
            found = unpadded(answers)[row]
            assert found == system.exact_candidates(user, at, 400).tolist()
            assert set(found) == set(system.generator.top(user, 400).tolist()) - set(
                panel.excluded[row].tolist()
            )
