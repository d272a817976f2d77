"""Which choices differ, what may be said of a difference, and which design is clearly the best."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.clicks import ClickDesign
from engine.comparison import inside_noise
from engine.design import Design
from engine.figures import Estimate, MeasuredDifference
from engine.generators import Popularity
from engine.index import HNSW, IVFPQ, Exact
from engine.rerankers import Rules
from engine.side_by_side import Verdict, choices, clearly_best, click_choices, verdict
from engine.training import Training
from tests.engine.test_ad_study import designs as click_designs
from tests.engine.test_scenario import designs

NAN = math.nan


@pytest.mark.parametrize(
    ("low", "value", "high", "higher", "expected"),
    [
        (0.01, 0.02, 0.03, True, Verdict.BETTER),
        (0.01, 0.02, 0.03, False, Verdict.WORSE),
        (0.01, 0.02, 0.03, None, Verdict.DIFFERENT),
        (-0.03, -0.02, -0.01, True, Verdict.WORSE),
        (-0.03, -0.02, -0.01, False, Verdict.BETTER),
        (-0.01, 0.02, 0.05, True, Verdict.NOISE),
        (0.0, 0.02, 0.04, True, Verdict.NOISE),
        (0.0, 0.0, 0.0, True, Verdict.SAME),
        (NAN, 0.02, NAN, True, Verdict.NOISE),  # nothing tells it from noise
        (NAN, NAN, NAN, True, Verdict.UNKNOWN),
    ],
)
def test_a_difference_is_called_what_its_interval_allows(
    low: float, value: float, high: float, higher: bool | None, expected: Verdict
) -> None:
    assert verdict(Estimate(value, low, high, 500), higher) is expected
    measured = MeasuredDifference(value, low, high, "ms", 1_000, 0.0)
    assert verdict(measured, higher) is expected


def test_no_difference_is_unknown() -> None:
    assert verdict(None, True) is Verdict.UNKNOWN


@given(st.floats(-1, 1), st.floats(0, 1), st.sampled_from([True, False, None]))
def test_what_is_clear_is_what_the_comparison_calls_outside_the_noise(
    value: float, half: float, higher: bool | None
) -> None:
    difference = Estimate(value, value - half, value + half, 100)
    found = verdict(difference, higher)
    assert found.is_clear is not inside_noise(difference)


def less(values: dict[str, float], half: float) -> object:
    def of(name: str, other: str) -> Estimate:
        value = values[name] - values[other]
        return Estimate(value, value - half, value + half, 500)

    return of


@pytest.mark.parametrize(
    ("values", "higher", "best"),
    [
        ({"A": 0.1, "B": 0.3, "C": 0.2}, True, "B"),
        ({"A": 0.1, "B": 0.3, "C": 0.2}, False, "A"),
        ({"A": 0.1, "B": 0.3, "C": 0.27}, True, None),  # B and C are not told apart
        ({"A": 0.1, "B": 0.1}, True, None),
        ({"A": 0.1}, True, None),
    ],
)
def test_the_best_is_clearly_better_than_each_other(
    values: dict[str, float], higher: bool, best: str | None
) -> None:
    assert clearly_best(list(values), less(values, 0.05), higher) == best  # type: ignore[arg-type]


def test_a_difference_that_is_not_known_leaves_the_best_open() -> None:
    assert clearly_best(["A", "B"], lambda *_: None, True) is None


def told(found: tuple) -> dict[str, tuple[str | None, ...]]:
    return {choice.name: choice.values for choice in found if choice.differs}


def test_choices_that_differ_stand_first_under_their_names_in_a_link() -> None:
    a = Design()
    b = Design(index=HNSW(ef_search=100), candidates=100, training=Training(without=("ids",)))
    found = choices([a, b, a])
    assert told(found) == {
        "index.ef_search": ("400", "100", "400"),
        "candidates": ("300", "100", "300"),
        "training.without": ("nothing", "ids", "nothing"),
    }
    assert [choice.differs for choice in found] == sorted(
        (choice.differs for choice in found), reverse=True
    )
    names = [choice.name for choice in found]
    assert {"generator", "generator.factors", "ranker.trees", "rerank", "slate"} < set(names)


def test_parts_of_several_kinds_are_one_choice_each_with_its_knobs() -> None:
    found = choices([Design(), Design(index=IVFPQ(nprobe=8)), Design(index=Exact())])
    assert told(found) == {
        "index": (
            "hnsw (M 32, ef_construction 200, ef_search 400)",
            "ivfpq (nlist 64, nprobe 8, m 16, nbits 8, refine 4)",
            "exact",
        )
    }


def test_an_index_that_searches_nothing_is_no_choice() -> None:
    idle = Design(generator=Popularity()), Design(generator=Popularity(), index=Exact())
    assert told(choices(idle)) == {}
    assert told(choices([Design(), idle[0]]))["index"][1] is None
    assert told(choices([Design(), Design(rerank=Rules())]))["rerank"][0] == "none"


def test_choices_of_click_models() -> None:
    a = ClickDesign()
    b = ClickDesign(model="logistic", negatives=0.1, correct=False, calibration="platt")  # type: ignore[arg-type]
    assert told(click_choices([a, b])) == {
        "model": ("gbdt (trees 150, leaves 31, learning_rate 0.08)", "logistic (C 1)"),
        "negatives": ("1", "0.1"),
        "correct": ("1", "0"),
        "calibration": ("none", "platt"),
    }


@given(st.lists(designs, min_size=1, max_size=4))
def test_designs_differ_in_a_choice_unless_only_an_idle_index_does(several: list[Design]) -> None:
    found = choices(several)
    assert all(len(choice.values) == len(several) for choice in found)
    seen = {(d.generator.has_vectors and d.index, d.generator, d.ranker, d.rerank) for d in several}
    others = {(d.candidates, d.slate, d.training) for d in several}
    assert bool(told(found)) is (len(seen) > 1 or len(others) > 1)


@given(st.lists(click_designs, min_size=1, max_size=4))
def test_click_designs_differ_in_a_choice(several: list[ClickDesign]) -> None:
    assert bool(told(click_choices(several))) is (len(set(several)) > 1)
