"""The page of ad clicks as a whole, without a browser: what it shows, and that it is true."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from engine.clicks import run_auction, run_clicks
from engine.scenario import Scenario
from tests.ui.appreader import figures, headers, tables
from tests.ui.ctr.studies import AUCTION, DESIGN, QUERY, STORE, a_log
from tests.ui.two_stage_reader import FIGURE, blocks, trace, warnings
from ui import job_book
from ui.ctr import times as times_file
from ui.ctr.benches import benches
from ui.sliders import slider_key

Open = Callable[..., AppTest]
CHARTS = [
    *("reliability", "auction", "roc", "precision", "importance", "by_age", "by_views"),
    *("budget", "over_ads"),
]
PATIENCE_S = 60.0


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is found out later begins at once."""
    monkeypatch.setattr(job_book, "_CALM_S", 0.0)
    monkeypatch.setattr(job_book, "_BREATH_S", 0.01)
    monkeypatch.setattr(times_file, "_CALM_S", 0.0)


@pytest.fixture
def page(open_page: Open) -> Callable[..., AppTest]:
    """`page(negatives="0.05")` -> the page of a small log's link, all known."""

    def opened(**changes: str) -> AppTest:
        query = QUERY | {f"ads.{name.replace('__', '.')}": v for name, v in changes.items()}
        return at_rest(open_page(query, "ctr"))

    return opened


Page = Callable[..., AppTest]


def at_rest(at: AppTest) -> AppTest:
    """The page once all is known of its model."""
    study = at.session_state["scenario"].ads
    job = benches().open(study)
    assert job.wait(PATIENCE_S)
    if job.error is not None:
        return at.run()
    deadline = time.monotonic() + PATIENCE_S
    while benches().pending(job.result, study):
        assert time.monotonic() < deadline, benches().pending(job.result, study)
        benches().look_on(job.result, study)
        time.sleep(0.02)
    return at.run()


def headlines(at: AppTest) -> dict[str, tuple[str, str, str]]:
    """Label -> value, kind and note of each large figure."""
    return {
        label: (value, kind, note)
        for block in blocks(at)
        for label, value, kind, note in FIGURE.findall(block)
    }


def sentence(at: AppTest) -> str:
    return str(at.markdown[0].value)


def assert_whole(at: AppTest, without: tuple[str, ...] = ()) -> None:
    """Title, figures and charts are there, and nothing went wrong."""
    assert not at.exception
    assert not at.error
    assert [title.value for title in at.title] == ["Will this ad be clicked?"]
    assert list(headlines(at))[:5] == [
        *("Norm. entropy", "AUC", "LogLoss", "Calibration ratio", "ECE"),
    ]
    assert set(CHARTS) - set(without) <= set(figures(at))
    assert "nan" not in sentence(at)
    scenario: Scenario = at.session_state["scenario"]
    assert at.query_params == scenario.to_query()


def test_every_chart_has_a_title_units_alt_text_a_table_and_its_design_below(page: Page) -> None:
    at = page()
    assert_whole(at)
    assert warnings(at) == []
    for key, about in headers(at).items():
        assert about["title"], key
        assert about["units"], key
        assert "GBDT" in about["caption"], key
        assert "simulated" in about["caption"] or "measured" in about["caption"], key
        assert len(tables(at)[key]) >= 1, key


def test_the_large_figures_are_those_of_the_engines_front_door(page: Page) -> None:
    shown, report = headlines(page()), run_clicks(a_log(), DESIGN, STORE)
    for label, name, digits in (
        ("Norm. entropy", "normalized_entropy", 3),
        ("AUC", "auc", 3),
        ("LogLoss", "log_loss", 3),
        ("Calibration ratio", "calibration_ratio", 2),
        ("ECE", "ece", 3),
    ):
        assert shown[label][0] == f"{report[name].value:.{digits}f}"
        assert shown[label][1] == f"simulated ± {report[name].half_width:.3f}"
    value, kind, note = shown["p99 of 20 ads"]
    assert float(value.removesuffix(" ms")) > 0
    assert kind == "measured, of 30 ms"
    assert note.startswith("p50 ")


def test_sampling_breaks_the_probabilities_and_the_switch_mends_them(page: Page) -> None:
    at = page(negatives="0.05", correct="0")
    assert float(headlines(at)["Calibration ratio"][0]) > 2
    assert "no price can rest on them" in sentence(at)
    auc = headlines(at)["AUC"]
    at.toggle(key="click_correct").set_value(True).run()
    at.run()
    assert_whole(at)
    assert "ads.correct" not in at.query_params
    assert float(headlines(at)["Calibration ratio"][0]) == pytest.approx(1.0, abs=0.12)
    assert headlines(at)["AUC"] == auc


def test_calibration_mends_them_as_well(page: Page) -> None:
    at = page(negatives="0.05", correct="0")
    at.button_group(key="choose_click_calibration").set_value("isotonic").run()
    assert_whole(at_rest(at))
    assert at.query_params["ads.calibration"] == "isotonic"
    assert float(headlines(at)["Calibration ratio"][0]) == pytest.approx(1.0, abs=0.1)


def test_the_auction_is_that_of_the_engine_and_follows_its_sliders(page: Page) -> None:
    at = page()
    at.slider(key=slider_key("Stretch log-odds by")).set_value(2.5).run()
    at.run()
    assert at.query_params["ads.auction.stretch"] == "2.5"
    here = trace(at, "auction", "you are here")
    sold = run_auction(a_log(), DESIGN, replace(AUCTION, stretch=2.5), STORE)
    assert here["x"] == [2.5]
    assert here["y"][0] == pytest.approx(sold["welfare_regret"].value)
    assert f"loses **{sold['welfare_regret'].value:.1%}**" in sentence(at)


def test_more_ads_in_a_request_are_sold_and_timed(page: Page) -> None:
    at = page()
    at.select_slider(key="auction_ads").set_value(100).run()
    at_rest(at)
    assert_whole(at)
    assert "p99 of 100 ads" in headlines(at)
    assert "requests of 100 ads" in headers(at)["auction"]["caption"]
    at.select_slider(key="auction_ads").set_value(5).run()
    assert_whole(at_rest(at))


def test_no_more_slots_are_offered_than_ads_bid(page: Page) -> None:
    at = page(auction__ads="3")
    assert at.number_input(key="auction_slots").max == 3
    at.number_input(key="auction_slots").set_value(2).run()
    assert at.query_params["ads.auction.slots"] == "2"
    assert_whole(at_rest(at))


@pytest.mark.parametrize("model", ["prior", "logistic", "lambdarank"])
def test_every_model_can_be_chosen(page: Page, model: str) -> None:
    at = page(model__trees="150")  # the default, beside which the ladder shows the others
    at.button_group(key="choose_click_model").set_value(model).run()
    at_rest(at)
    of_probabilities = ("reliability", "auction") if model == "lambdarank" else ()
    assert_whole(at, without=of_probabilities)
    assert at.query_params["ads.model"] == model
    assert {"GBDT", "you are here"} <= {t["name"] for t in figures(at)["ladder"]["data"]}
    if model == "lambdarank":
        assert headlines(at)["Norm. entropy"][0] == "–"
        at.button_group(key="choose_click_calibration").set_value("platt").run()
        assert_whole(at_rest(at))


def test_pinned_design_stands_beside_and_in_the_link(page: Page) -> None:
    at = page()
    pin = [button for button in at.button if button.label == "Pin this click model as A"]
    pin[0].click().run()
    at.select_slider(key="click_negatives").set_value(0.1).run()
    at_rest(at)
    assert_whole(at)
    assert at.query_params["ads.pin"] == "model.trees-20"
    assert "Against A" in sentence(at)
    versus = [line for b in blocks(at) for line in re.findall(r'sl-versus"[^>]*>([^<]*)<', b)]
    assert len(versus) == 6
    assert trace(at, "roc", "A")["x"]
    (back,) = [button for button in at.button if button.label == "Go to model A"]
    back.click().run()
    assert "ads.negatives" not in at.query_params
    assert "This is the pinned design A itself." in sentence(at)


def test_a_link_opened_elsewhere_shows_the_same_figures(page: Page, open_page: Open) -> None:
    at = page(negatives="0.2", calibration="platt", age_days="3")
    there = at_rest(open_page(dict(at.query_params), "ctr"))
    assert there.query_params == at.query_params

    def simulated(shown: AppTest) -> Any:
        return list(headlines(shown).items())[:5], sentence(shown)

    assert simulated(there) == simulated(at)


def test_the_trap_is_taught_where_it_is_chosen(page: Page) -> None:
    page()
    at = page(encoding="leave_one_out")
    assert_whole(at)
    (lesson,) = [info.value for info in at.info]
    assert lesson.startswith("**The trap.**")
    assert "with rates of earlier days" in lesson


def test_ages_are_fitted_on_demand(page: Page) -> None:
    at = page(negatives="0.41")  # whose models no other test fits: what is on disk is shown
    assert "freshness" not in figures(at)
    at.button(key="fit_freshness").click().run()
    job = benches().study(at.session_state["scenario"].ads, "freshness")
    assert job is not None
    assert job.wait(PATIENCE_S)
    at_rest(at)
    assert_whole(at)
    assert trace(at, "freshness", "GBDT")["x"] == [0, 1, 3, 5, 7]


def test_a_log_without_clicks_is_told_in_a_line_with_a_way_back(open_page: Open) -> None:
    query = QUERY | {"ads.log.rows": "5000", "ads.log.base_rate": "0.001", "ads.train_days": "1"}
    at = open_page(query | {"candidates": "123"}, "ctr")
    assert not at.exception
    (line,) = [error.value for error in at.error]
    assert "must hold clicks and other rows" in line
    (back,) = [button for button in at.button if button.label == "Back to the default design"]
    back.click().run()
    at.run()
    assert not at.exception
    assert not at.error
    assert at.query_params["candidates"] == "123", "nothing else is lost"


def test_what_is_odd_in_a_thin_log_is_said(page: Page) -> None:
    at = page(log__rows="5000", log__base_rate="0.02")
    assert_whole(at)
    assert any("clicks train the model" in caption.value for caption in at.caption)


def test_a_wrong_link_is_repaired_in_lines(open_page: Open) -> None:
    query = QUERY | {"ads.negatives": "7", "ads.calibration": "<b>", "ads.age_days": "30"}
    at = at_rest(open_page(query, "ctr"))
    assert_whole(at)
    assert len(warnings(at)) == 3
    assert all("<" not in line for line in warnings(at))
