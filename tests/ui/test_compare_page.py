"""The compare page as a whole, without a browser: what it shows, and that it is true."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from engine.clicks import compare_clicks, run_clicks
from engine.comparison import compare
from engine.evaluation import evaluate
from engine.features import GROUPS
from engine.figures import Estimate
from engine.pipeline import System
from engine.scenario import Scenario
from engine.side_by_side import Verdict
from engine.store import PartStore
from tests.small_app import small, small_scenario
from tests.ui.appreader import figures, headers
from tests.ui.compare_reader import at_rest, difference, marked, sources, tables
from tests.ui.ctr.studies import QUERY, STORE, STUDY, a_log
from tests.ui.two_stage_reader import blocks, warnings
from ui import job_book
from ui.ctr import times as times_file

Open = Callable[..., AppTest]
FIGURES = "Figures side by side"
A, B, C, D = (
    small_scenario(**changes).design
    for changes in (
        {},
        {"index__ef_search": "20"},  # of the retrieval page
        {"candidates": "60"},  # of the main page
        {"ranker": "logistic"},  # of the ranking page
    )
)
CHARTS = ["differences", "over_candidates", "loss_by_stage", "percentiles"]


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is found out later begins at once."""
    monkeypatch.setattr(job_book, "_CALM_S", 0.0)
    monkeypatch.setattr(times_file, "_CALM_S", 0.0)


@pytest.fixture
def page(open_page: Open) -> Callable[..., AppTest]:
    """`page(a, b)` -> the page of these pinned designs, all known."""

    def opened(*pins: object) -> AppTest:
        scenario = replace(small_scenario(), pins=pins)
        return at_rest(open_page(scenario.to_query(), "compare"))

    return opened


Page = Callable[..., AppTest]


def sentence(at: AppTest) -> str:
    return str(at.markdown[0].value)


def press(at: AppTest, label: str) -> AppTest:
    (button,) = [button for button in at.button if button.label == label]
    return button.click().run()


def test_without_a_pin_the_page_says_what_to_do_and_leads_there(open_page: Open) -> None:
    at = open_page(small(), "compare")
    assert not at.exception
    assert at.title[0].value == "What did each choice change?"
    assert "Nothing is pinned yet" in at.markdown[0].value
    pages = [link.page for link in at.get("page_link")]
    assert pages == ["two_stage", "retrieval", "ranking", "ctr"]
    assert tables(at) == {}


def test_four_designs_stand_side_by_side_with_every_differing_choice_marked(page: Page) -> None:
    at = page(A, B, C, D)
    assert not at.exception
    assert marked(at) == {
        "index.ef_search": [False, True, False, False],
        "candidates": [False, False, True, False],
        "ranker": [False, False, False, True],
    }
    assert tables(at)["Choices"]["index.ef_search"] == ["100", "≠ 20", "100", "100"]
    assert [figures(at)[f"compare_{name}"] is not None for name in CHARTS] == [True] * 4
    for name in CHARTS[1:]:
        drawn = figures(at)[f"compare_{name}"]["data"]
        assert {"A", "B", "C", "D"} <= {trace["name"] for trace in drawn}
    caption = headers(at)["compare_percentiles"]["caption"]
    assert re.search(r"measured, [\d,]+ (or more )?requests", caption)
    assert "simulated" in headers(at)["compare_loss_by_stage"]["caption"]


def test_times_are_held_against_a_once_both_were_timed_in_turn(page: Page) -> None:
    at = at_rest(page(A, C), timed=True)
    for q in ("p50", "p95"):
        a, c = tables(at)[FIGURES][f"Latency {q}"]
        assert re.fullmatch(r"[\d.]+ ms \([\d.]+ (to [\d.]+|and more)\)", a)
        assert c.count(" ms") == 2
        assert difference(c) is not None
    assert re.search(r" (ms|requests could show)", sentence(at))
    drawn = figures(at)["compare_differences"]["data"]
    assert [trace["name"] for trace in drawn if "name" in trace] == ["B", "B"]


def test_figures_and_differences_are_those_of_the_engine(
    page: Page, own_system: Callable[..., System], own_store: PartStore
) -> None:
    at = page(A, B, D)
    a, b, d = (
        evaluate(own_system(**changes), 120, store=own_store)
        for changes in ({}, {"index__ef_search": "20"}, {"ranker": "logistic"})
    )
    shown = tables(at)[FIGURES]
    for name, label in (("ndcg@10", "True NDCG@10"), ("ann_recall", "ANN recall")):
        for report, cell in zip((a, b, d), shown[label], strict=True):
            value, half = (float(text) for text in re.findall(r"[\d.]+", cell)[:2])
            assert (value, half) == pytest.approx(
                (report[name].value, report[name].half_width), abs=6e-4
            )
        for report, cell in zip((b, d), shown[label][1:], strict=True):
            assert_told(cell, compare(a, report)[name])
    for stage in ("generation", "index", "ranking"):
        assert_told(shown[f"Lost in {stage}"][2], compare(a, d).loss[stage])
    assert_told(shown["AUC"][2], compare(a, d)["auc"])


def assert_told(cell: str, less: Estimate) -> None:
    """A cell tells this difference, and calls it better or worse only where noise allows."""
    told = difference(cell)
    if less.value == less.half_width == 0:
        assert cell.endswith("as A")
        return
    assert told is not None, cell
    assert told[:2] == pytest.approx((less.value, less.half_width), abs=6e-4)
    assert (told[2] in ("better", "worse")) is (less.low > 0 or less.high < 0)


def test_the_sentence_says_what_each_gains_and_never_calls_a_winner_inside_the_noise(
    page: Page, own_system: Callable[..., System], own_store: PartStore
) -> None:
    at = page(A, C, D)
    a, c, d = (
        evaluate(own_system(**changes), 120, store=own_store)
        for changes in ({}, {"candidates": "60"}, {"ranker": "logistic"})
    )
    for letter, report in (("B", c), ("C", d)):
        less = compare(a, report)["ndcg@10"]
        if less.low > 0 or less.high < 0:
            verb = "gains" if less.value > 0 else "loses"
            assert f"**{letter}** {verb} **{abs(less.value):.3f} NDCG**" in sentence(at)
        else:
            said = f"**{letter}** makes no difference in NDCG that 120 users could show"
            assert said in sentence(at)
    reports = {"A": a, "B": c, "C": d}
    best = [
        name
        for name, one in reports.items()
        if all(
            compare(other, one)["ndcg@10"].low > 0 for other in reports.values() if other is not one
        )
    ]
    assert ("clearly the best" in sentence(at)) is bool(best)
    assert ("more than 120 users could show" in sentence(at)) is not best


def test_a_link_opened_elsewhere_shows_the_same_simulated_figures_and_times_of_its_own(
    page: Page, open_page: Open
) -> None:
    at = page(A, C)
    there = at_rest(open_page(dict(at.query_params), "compare"))
    assert there.query_params == at.query_params

    def simulated(shown: AppTest) -> dict[str, list[str]]:
        rows = tables(shown)[FIGURES]
        return {name: cells for name, cells in rows.items() if "Latency" not in name}

    assert simulated(there) == simulated(at)
    assert "timed over" in sources(there)[0]
    assert any("Measured ones were taken here" in caption.value for caption in there.caption)


def test_a_design_that_cannot_be_had_says_why_and_the_others_go_on(page: Page) -> None:
    columns = ".".join(name for name in GROUPS if name != "ids")
    broken = small_scenario(training__without=columns).design
    at = page(A, broken, C)
    assert not at.exception
    assert "The pinned design could not be made ready: table: must have a column" in sources(at)[0]
    shown = tables(at)[FIGURES]["True NDCG@10"]
    assert shown[1] == "not to be had"
    assert re.match(r"0\.\d+ ± 0\.\d+", shown[0])
    assert "±" in shown[2]


def test_the_current_design_can_be_added(page: Page) -> None:
    at = page(C)
    assert "Pin another design" in sentence(at)
    at = press(at, "Add the current design")
    assert not at.exception
    assert Scenario.from_query(dict(at.query_params))[0].pins == (C, A)
    at = at_rest(at)
    assert marked(at) == {"candidates": [False, True]}
    assert "Add the current design" not in [button.label for button in at.button]
    at = press(at, "Unpin A")
    assert Scenario.from_query(dict(at.query_params))[0].pins == (A,)


def test_a_strangers_text_in_a_pin_is_shown_as_text(open_page: Open) -> None:
    nasty = "<img src=x onerror=alert(1)>[a](javascript:1)"
    query = small(pin=f"ranker-{nasty}~ranker.trees-9~{nasty}-1") | QUERY
    query |= {"ads.pin": f"model-{nasty}~model.trees-9", "pin.b": f"ranker.trees-8~{nasty}"}
    at = at_rest(open_page(query, "compare"))
    assert not at.exception
    assert len(warnings(at)) >= 4
    shown = [*warnings(at), *(text.value for text in at.markdown), *blocks(at)]
    assert not [text for text in shown if "onerror=" in text or "javascript:" in text]


def test_click_models_stand_side_by_side_on_the_same_rows(open_page: Open) -> None:
    pins = (STUDY.design, replace(STUDY.design, negatives=0.1, correct=False))
    scenario = replace(small_scenario(), ads=replace(STUDY, pins=pins))
    at = at_rest(open_page(scenario.to_query(), "compare"))
    assert not at.exception
    assert marked(at, "Choices of click models") == {
        "negatives": [False, True],
        "correct": [False, True],
    }
    log = a_log()
    a, b = (run_clicks(log, design, STORE) for design in pins)
    shown = tables(at)["Figures of click models side by side"]
    assert shown["Calibration"][0].startswith(f"{a['calibration_ratio'].value:.3f}"[:4])
    less = compare_clicks(a, b)["log_loss"]
    found = Verdict.WORSE if less.low > 0 else Verdict.BETTER if less.high < 0 else Verdict.NOISE
    assert shown["LogLoss"][1].endswith(str(found))
    assert {"A", "B"} <= {t["name"] for t in figures(at)["compare_reliability"]["data"]}
    assert "Against A, **B**" in str(at.markdown[0].value)
    assert QUERY.items() <= dict(at.query_params).items()
