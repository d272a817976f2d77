"""The sentences of the compare page: what each gains, and what noise leaves open."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.comparison import Comparison
from engine.design import Design
from engine.figures import Estimate, MeasuredDifference
from engine.glossary import METRICS
from tests.small_app import small_scenario
from tests.ui.views import a_timing, a_view
from ui.compare import columns as columns_file
from ui.compare import words
from ui.compare.columns import Column, columns
from ui.pinned import Held, Pinned
from ui.remembered import Remembered
from ui.view import Latency

NOTHING = Estimate(0.0, 0.0, 0.0, 500)


def differing(**figures: Estimate) -> Comparison:
    """All figures equal but these, with `ndcg` for "ndcg@10"."""
    told = {name.replace("ndcg", "ndcg@10"): one for name, one in figures.items()}
    return Comparison(dict.fromkeys(METRICS, NOTHING) | told, {})


def slower(value: float, half: float) -> dict[str, MeasuredDifference]:
    one = MeasuredDifference(value, value - half, value + half, "ms", 1_000, 0.0)
    return dict.fromkeys(("p50", "p95", "p99"), one)


def column(letter: str, ndcg: tuple[float, float] | None = None, **more: object) -> Column:
    timing = a_timing()
    view = a_view(timing=timing, latency=Latency.measured(timing))
    less = None
    if ndcg is not None:
        value, half = ndcg
        less = differing(ndcg=Estimate(value, value - half, value + half, 500))
    return Column(letter, Design(), view, less, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("ndcg", "times", "said"),
    [
        ((0.02, 0.005), None, "**B** gains **0.020 NDCG** (± 0.005)."),
        (
            (-0.02, 0.005),
            (-1.5, 0.2),
            "**B** loses **0.020 NDCG** (± 0.005) and saves **1.50 ms** at p95 (± 0.20).",
        ),
        (
            (0.02, 0.005),
            (0.1, 0.2),
            "**B** gains **0.020 NDCG** (± 0.005) at no difference in p95 that 1,000 requests "
            "could show.",
        ),
        (
            (0.002, 0.005),
            (0.1, 0.2),
            "**B** makes no difference in NDCG that 500 users could show, and none in p95 that "
            "1,000 requests could show.",
        ),
        (
            (0.0, 0.0),
            (2.0, 0.5),
            "**B** shows slates as good as A's for every user and takes **2.00 ms more** at p95 "
            "(± 0.50).",
        ),
    ],
)
def test_a_design_is_told_by_what_it_gains_and_pays(
    ndcg: tuple[float, float], times: tuple[float, float] | None, said: str
) -> None:
    b = column("B", ndcg, times_less_a=None if times is None else slower(*times))
    assert words.sentence([column("A"), b]) == f"Against A, {said}"


def test_the_metrics_that_disagree_are_named() -> None:
    up, down = Estimate(0.1, 0.05, 0.15, 500), Estimate(-0.1, -0.15, -0.05, 500)
    b = replace(column("B"), less_a=differing(ndcg=up, auc=down))
    assert words.sentence([column("A"), b]).endswith(
        "The metrics disagree about B: better in True NDCG@10, worse in AUC."
    )


def test_which_of_three_is_the_best_is_left_open_or_told(monkeypatch: pytest.MonkeyPatch) -> None:
    three = [column("A"), column("B", (0.02, 0.005)), column("C", (0.021, 0.005))]
    monkeypatch.setattr(words, "best_slate", lambda _: None)
    line = "Which has the best slates is more than 500 users could show."
    assert words.sentence(three).endswith(line)
    monkeypatch.setattr(words, "best_slate", lambda _: "C")
    assert words.sentence(three).endswith("**C** has clearly the best slates of all.")


def test_what_is_not_known_yet_is_said() -> None:
    waiting = Column("B", Design(), waiting="fitting")
    assert words.sentence([waiting]) == "The designs are being made ready, A first."
    assert "once they are" in words.sentence([column("A"), waiting])
    assert "Pin another design" in words.sentence([column("A")])
    broken = Column("A", Design(), error="It could not be fitted.")
    assert words.sentence([broken, column("B")]).endswith("unpin it.")
    assert words.source_line(broken, 0.0) == "It could not be fitted."
    assert words.source_line(waiting, 0.0) == "fitting …"
    told = words.source_line(column("A"), 1_005.0)
    assert told.startswith("timed over 1,000 requests, just now")


def test_designs_are_made_ready_one_by_one_and_one_that_fails_holds_nobody_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    designs = tuple(small_scenario(candidates=str(n)).design for n in (20, 40, 60, 80))
    found = {20: Held(Pinned(a_view())), 40: Held(error="no"), 60: Held(pending=True, what="fits")}
    asked = []

    def figures_of(scenario: object) -> Held:
        n = scenario.design.candidates  # type: ignore[attr-defined]
        asked.append(n)
        return found[n]

    monkeypatch.setattr(columns_file, "figures_of", figures_of)
    told = columns(replace(small_scenario(), pins=designs))
    assert asked == [20, 40, 60]  # the last waits for the one before
    assert [(c.letter, c.waiting, c.error) for c in told] == [
        ("A", "", ""),
        ("B", "", "no"),
        ("C", "fits", ""),
        ("D", "waits for its turn", ""),
    ]


def test_each_pair_is_worked_out_once_and_known_by_its_objects() -> None:
    calls = []

    def less(a: np.ndarray, b: np.ndarray) -> float:
        calls.append(1)
        return float((b - a).sum())

    remembered = Remembered(less)
    a, b = np.array([1.0]), np.array([3.0])
    assert (remembered(a, b), remembered(a, b), remembered(b, a)) == (2.0, 2.0, -2.0)
    assert len(calls) == 2
    for n in range(100):  # the oldest are forgotten
        remembered(a, np.array([float(n)]))
    remembered(a, b)
    assert len(calls) == 103
