"""The ranking page in words: each thing it can say, and that it is computed."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.design import Design
from engine.rankers import RANKERS
from tests.ui.ranking.rankings import (
    NONE,
    SHIPPED,
    a_ladder,
    a_ranking,
    a_rung,
    a_timing,
    against_a,
    learned,
    nothing_to_judge,
    with_auc,
    without_clicks,
    without_probabilities,
)
from ui.headline import Headline
from ui.ranking import charts, words
from ui.ranking.rungs import Origin, rung_here
from ui.ranking.view import RankingView

LABELS = [
    "NDCG@10, true",
    "AUC, last day",
    "LogLoss",
    "Norm. entropy",
    "500 candidates, p95",
    "Time of the fit",
]


def sentence(view: RankingView, *, alone: bool = False) -> str:
    others = () if alone else a_ladder()
    return words.sentence(view, [*others, rung_here(view)])


def told(view: RankingView) -> dict[str, Headline]:
    return {one.label: one for one in words.headlines(view)}


def at(ndcg: float, best: float = 0.9, ranker: str = "gbdt") -> RankingView:
    figures = a_ranking().figures | {"ndcg@10": (ndcg, 0.01)}
    return a_ranking(design=Design(ranker=RANKERS[ranker]()), figures=figures, best_slate=best)


# The sentence ---------------------------------------------------------------------------------


def test_it_tells_what_the_ranker_misplaces_and_what_never_reached_it() -> None:
    assert sentence(a_ranking(), alone=True) == (
        "**GBDT** reaches **0.800 NDCG**: it misplaces **0.100** of what the candidates allow, "
        "and **0.100** never reached it."
    )
    assert sentence(at(0.3, ranker="none"), alone=True).startswith("**No ranker** reaches")


@given(st.integers(0, 1_000), st.integers(0, 1_000))
def test_what_is_reached_misplaced_and_never_there_add_up_to_a_perfect_slate(
    ndcg: int, best: int
) -> None:
    low, high = sorted((ndcg / 1_000, best / 1_000))
    text = sentence(at(low, high), alone=True)
    reached, misplaced, before = map(float, re.findall(r"\d\.\d{3}", text))
    assert reached == pytest.approx(low)
    assert reached + misplaced == pytest.approx(high, abs=1e-9)
    assert reached + misplaced + before == pytest.approx(1.0, abs=1e-9)


def test_without_anything_to_judge_it_says_so_and_nothing_else() -> None:
    text = sentence(nothing_to_judge(), alone=True)
    assert text == "No item is left for any user: nothing can be judged."


def test_it_names_the_best_of_the_others_with_what_that_costs() -> None:
    view = a_ranking()
    slower = 3.0 / view.stage_ms(95)
    assert (
        f"**LambdaRank** is 0.010 better (± 0.016, not paired), for {slower:.2g} times its time."
        in sentence(view)
    )
    assert "**LambdaRank** is 0.010 better (± 0.016, not paired)." in sentence(
        replace(view, timing=None)
    )


def test_it_names_the_next_where_the_best_of_the_ladder_is_its_own_kind() -> None:
    assert "The next on the ladder is **GBDT**, 0.030 behind (± 0.014, not paired)." in sentence(
        at(0.81, ranker="lambdarank")
    )
    assert "The next on the ladder is **GBDT**, 0.080 ahead (± 0.014, not paired)." in sentence(
        at(0.7, ranker="lambdarank")
    )


def test_it_says_by_how_much_it_is_better_than_all_others() -> None:
    assert (
        "It is 0.040 better than **LambdaRank** (± 0.014, not paired), the best of the others."
        in sentence(at(0.85))
    )


def test_of_a_ladder_that_is_not_known_it_says_nothing() -> None:
    for word in ("ladder", "better", "behind", "ahead"):
        assert word not in sentence(a_ranking(), alone=True)


def test_where_auc_and_ndcg_order_the_ladder_differently_it_says_so() -> None:
    assert (
        "The metrics disagree about the ladder: **GBDT** has the best AUC, **LambdaRank** the best "
        "slates." in sentence(a_ranking())
    )


@pytest.mark.parametrize(
    "rungs",
    [
        (with_auc(a_rung("logistic", 0.7), 0.75), with_auc(a_rung("gbdt", 0.8), 0.82)),
        (with_auc(a_rung("none", 0.9), 0.6), with_auc(a_rung("gbdt", 0.8), 0.82)),
        (with_auc(a_rung("logistic", 0.7), float("nan")), with_auc(a_rung("gbdt", 0.8), 0.82)),
        (
            with_auc(a_rung("logistic", 0.7), float("nan")),
            with_auc(a_rung("gbdt", 0.8), float("nan")),
        ),
    ],
    ids=["agree", "one learns nothing", "one is not defined", "none is defined"],
)
def test_where_they_do_not_it_says_nothing_of_it(rungs: tuple[charts.Rung, ...]) -> None:
    view = a_ranking()
    assert "disagree" not in words.sentence(view, [*rungs, rung_here(view)])


def test_against_a_it_tells_the_gain_and_what_it_takes() -> None:
    view = against_a(ndcg_at_10=(0.05, 0.012))
    assert view.pinned is not None
    more = view.stage_ms(95) - view.pinned.view.stage_ms(95)
    assert more > 0
    assert (
        f"Against A: **+0.050 NDCG** (± 0.012) for **+{more:.2f} ms** p95 of the second stage."
        in sentence(view)
    )


@pytest.mark.parametrize("gain", [0.004, -0.004, 0.0])
def test_a_difference_inside_the_noise_is_called_so(gain: float) -> None:
    text = sentence(against_a(ndcg_at_10=(gain, 0.012)))
    assert "NDCG**, inside the noise for" in text
    assert "(±" not in text.partition("Against A")[2]


def test_against_a_without_times_no_milliseconds_are_told() -> None:
    view = replace(against_a(ndcg_at_10=(0.05, 0.012)), timing=None)
    text = sentence(view, alone=True)
    assert "Against A: **+0.050 NDCG** (± 0.012)." in text
    assert "ms" not in text


def test_figures_that_disagree_about_a_are_named() -> None:
    text = sentence(against_a(ndcg_at_10=(0.05, 0.012), auc=(-0.02, 0.005)))
    assert "The metrics disagree: better in True NDCG@10; worse in AUC." in text
    agreed = sentence(against_a(ndcg_at_10=(0.05, 0.012), auc=(0.02, 0.005)))
    assert "worse in" not in agreed


def test_the_pinned_design_itself_and_one_that_cannot_be_paired_make_no_difference() -> None:
    view = against_a(ndcg_at_10=(0.05, 0.012))
    assert view.pinned is not None
    itself = replace(view, pinned=replace(view.pinned, view=replace(view, pinned=None)))
    assert sentence(itself).endswith("This is the pinned design A itself.")
    assert "Against A" not in sentence(against_a())


# The large figures ----------------------------------------------------------------------------


def test_the_six_figures_are_those_of_the_view_with_intervals_and_ceilings() -> None:
    shown = told(a_ranking())
    assert list(shown) == LABELS
    assert [shown[label].value for label in LABELS[:4]] == ["0.800", "0.820", "0.322", "0.800"]
    assert [shown[label].kind for label in LABELS[:4]] == [
        "simulated ± 0.012",
        "simulated ± 0.006",
        "simulated ± 0.005",
        "simulated ± 0.012",
    ]
    assert shown["NDCG@10, true"].note == "best slate 0.900, perfect 1"
    assert shown["AUC, last day"].note == "oracle 0.860, 0.040 away"
    assert shown["LogLoss"].note == "oracle 0.290, error 0.012"
    assert shown["Norm. entropy"].note == "oracle 0.720, calibration 1.03"
    timing = a_timing()
    assert shown[LABELS[4]].value == f"{timing.percentile(500, 95):.2f} ms"
    assert shown[LABELS[4]].kind == "measured"
    assert shown[LABELS[4]].note == (
        f"p50 {timing.percentile(500, 50):.2f} · "
        f"100: {timing.percentile(100, 50):.2f}, {timing.percentile(100, 95):.2f}"
    )
    assert (shown[LABELS[5]].value, shown[LABELS[5]].kind) == ("1.2 s", "measured, 90,000 rows")
    assert shown[LABELS[5]].note == "3 rounds · 1,234 parameters · 56 kB"


def test_a_preview_is_called_one_and_leaves_measured_figures_alone() -> None:
    shown = told(a_ranking().preview(100))
    assert [shown[label].kind for label in LABELS[:4]] == ["preview"] * 4
    assert shown["500 candidates, p95"] == told(a_ranking())["500 candidates, p95"]


@pytest.mark.parametrize(
    ("view", "defined", "why"),
    [
        (without_probabilities(), {"AUC, last day"}, "no probabilities"),
        (without_clicks(), set(), "no click on the last day"),
    ],
    ids=["no probabilities", "no clicks"],
)
def test_what_is_not_defined_says_why(view: RankingView, defined: set[str], why: str) -> None:
    shown = told(view)
    for label in LABELS[1:4]:
        if label in defined:
            assert "simulated" in shown[label].kind
        else:
            assert (shown[label].value, shown[label].kind) == ("–", "not defined")
            assert shown[label].note == why
    assert "nan" not in " ".join(part for one in shown.values() for part in (one.value, one.note))


def test_a_small_catalogue_is_timed_at_what_it_has() -> None:
    small = a_timing((1, 10, 50))
    shown = told(a_ranking(timing=small))
    assert shown["50 candidates, p95"].value == f"{small.percentile(50, 95):.2f} ms"
    assert shown["50 candidates, p95"].note == f"p50 {small.percentile(50, 50):.2f}"


def test_without_a_stopwatch_there_is_a_dash_and_why() -> None:
    label = "500 candidates, p95"
    assert (told(a_ranking(timing=None))[label].value) == "–"
    assert told(a_ranking(timing=None))[label].kind == "not timed yet"
    failed = a_ranking(timing=None, timing_failed=True)
    assert told(failed)[label].kind == "not measured"


def test_a_fit_that_takes_no_time_and_one_without_rounds_are_told_as_such() -> None:
    quick = told(a_ranking(learned=learned(seconds=0.01)))["Time of the fit"]
    assert quick.value == "0 s"
    course = learned().course._replace(losses=(), kept=0)
    assert "rounds" not in told(a_ranking(learned=learned(course=course)))["Time of the fit"].note


def test_under_every_figure_stands_the_difference_to_a() -> None:
    view = against_a(
        ndcg_at_10=(0.05, 0.012),
        auc=(0.001, 0.005),
        log_loss=(0.0, 0.0),
        normalized_entropy=(float("nan"), float("nan")),
    )
    assert view.pinned is not None
    a = view.pinned.view
    assert a.timing is not None
    assert [one.versus for one in words.headlines(view)] == [
        "+0.050 ± 0.012 to A",
        "+0.001 to A, inside the noise",
        "as A",
        "no difference to A defined",
        f"A {a.timing.percentile(500, 95):.2f} ms",
        "A 1.2 s, 90,000 rows",
    ]
    assert all(one.versus == "" for one in words.headlines(a_ranking()))


def test_in_a_preview_a_stands_with_its_own_figures() -> None:
    preview = against_a(ndcg_at_10=(0.05, 0.012)).preview(100)
    lines = [one.versus for one in words.headlines(preview)]
    assert lines[:2] == ["A 0.750", "A 0.820"]


def test_the_time_of_a_is_told_in_a_small_catalogue_and_not_where_there_is_none() -> None:
    view, small = against_a(), a_timing((1, 10, 50))
    assert view.pinned is not None

    def line(timing: object) -> str:
        assert view.pinned is not None
        a = replace(view.pinned.view, timing=timing)
        seen = replace(view, timing=small, pinned=replace(view.pinned, view=a))
        return words.headlines(seen)[4].versus

    assert line(small) == f"A {small.percentile(50, 95):.2f} ms"
    assert line(None) == "A not timed"


# Lines ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("later", "age"),
    [(5, "just now"), (100, "2 min ago"), (5_000, "83 min ago"), (8_000, "2 h ago")],
)
def test_the_source_tells_users_requests_and_age(later: float, age: str) -> None:
    view = a_ranking()
    assert view.timing is not None
    line = words.source_line(view, view.timing.taken_at + later)
    assert line == f"judged on 500 users · timed over 12 requests a point, {age}"


def test_a_preview_is_called_one_under_the_charts_too() -> None:
    previewed = words.captions(a_ranking().preview(100), SHIPPED, SHIPPED)
    assert "you are here: preview" in previewed["ladder"]
    assert previewed["to_the_oracle"].startswith("preview")
    own = words.captions(a_ranking(), SHIPPED, SHIPPED)
    assert "you are here: judged and measured in this app" in own["ladder"]


def test_the_source_tells_of_a_preview_and_of_a_stopwatch_at_work_or_failed() -> None:
    assert words.source_line(a_ranking().preview(100)).startswith("preview between")
    waiting = a_ranking(timing=None)
    assert words.source_line(waiting) == "judged on 500 users · being timed …"
    failed = replace(waiting, timing_failed=True)
    assert "not timed: the measuring process failed" in words.source_line(failed)


@pytest.mark.parametrize(
    ("origin", "line"),
    [
        (NONE, "only this design is fitted"),
        (Origin(120, fitted_here=True), "ladder fitted in this app, 120 users"),
        (
            SHIPPED,
            "ladder shipped, 2,000 users, 300 candidates, "
            "times measured on a quiet machine, 2026-11-01",
        ),
    ],
    ids=["none", "fitted here", "shipped"],
)
def test_every_chart_has_a_line_with_its_design_and_where_its_rungs_come_from(
    origin: Origin, line: str
) -> None:
    lines = words.captions(a_ranking(), origin, origin)
    assert set(lines) == {
        "ladder",
        "to_the_oracle",
        "learning",
        "importance",
        "over_rows",
        "fit_course",
    }
    assert all("mf → hnsw → 300 → gbdt" in one for one in lines.values())
    for name in ("ladder", "to_the_oracle", "learning"):
        assert line in lines[name]
    assert "12 requests a point" in lines["over_rows"]
    assert "not timed" in words.captions(a_ranking(timing=None), origin, origin)["over_rows"]
