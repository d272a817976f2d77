"""The ranking page as a whole, without a browser: what it shows, and that it is true."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

import engine
from engine.comparison import compare
from engine.design import Design
from engine.evaluation import Report
from engine.features import GROUPS
from engine.live_measurement import MeasuringError
from engine.presets import PRESETS
from engine.progress import Progress
from engine.rankers import RANKERS
from engine.scenario import Scenario
from engine.store import PartStore
from engine.world import World
from tests.small_app import small, small_scenario
from tests.ui.appreader import figures, headers, tables
from tests.ui.ranking.ranking_reader import (
    CHARTS,
    LABELS,
    TITLE,
    assert_whole,
    at_rest,
    bench_of,
    eventually,
    headlines,
    sentence,
    simulated,
    source,
    versus,
)
from tests.ui.ranking.rankings import a_frame, a_ladder, importances
from tests.ui.two_stage_reader import trace, warnings
from ui import job_book
from ui.ranking import bench as benches_file
from ui.ranking import words
from ui.ranking.bench import benches
from ui.ranking.rungs import NAMES
from ui.studio import studio

Open = Callable[..., AppTest]
WITHOUT_CLICKS = {
    "world.mean_relevance": "0.005",
    "world.position_bias": "2",
    "world.policy_skill": "0",
    "world.policy_popularity": "0",
    "world.days": "60",
    "world.impressions": "10000",
    "world.items": "20000",
}


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is found out later begins at once."""
    monkeypatch.setattr(job_book, "_CALM_S", 0.0)
    monkeypatch.setattr(job_book, "_BREATH_S", 0.01)


@pytest.fixture
def page(open_page: Open) -> Callable[..., AppTest]:
    """`page(ranker="none")` -> the ranking page of a small link, all known."""

    def opened(query: dict[str, Any] | None = None, **changes: str) -> AppTest:
        return at_rest(open_page(small(**changes) if query is None else query, "ranking"))

    return opened


@pytest.fixture(scope="module")
def judged(own_world: World, own_store: PartStore) -> Callable[[Scenario], Report]:
    """What the engine's front door says of a scenario of the small world."""

    def report(scenario: Scenario) -> Report:
        system = engine.build(own_world, scenario.design, store=own_store)
        return engine.evaluate(system, users=len(own_world.users), store=own_store)

    return report


Page = Callable[..., AppTest]
Judged = Callable[[Scenario], Report]


def assert_shows_what_is_judged(at: AppTest, report: Report) -> None:
    shown = headlines(at)
    for label, name in zip(
        LABELS, ("ndcg@10", "auc", "log_loss", "normalized_entropy"), strict=False
    ):
        figure = report[name]
        expected = f"{figure.value:.3f}", f"simulated ± {figure.half_width:.3f}"
        assert shown[label][:2] == expected, name


def here_in_learning(at: AppTest) -> list[dict[str, Any]]:
    """The two marks of the learning curve: NDCG and AUC."""
    drawn = figures(at)["learning"]["data"]
    return [trace for trace in drawn if trace.get("name") == "you are here"]


# What it shows --------------------------------------------------------------------------------


def test_a_small_link_shows_its_ranker_judged_timed_and_taken_apart(
    page: Page, judged: Judged
) -> None:
    at = page()
    assert_whole(at)
    assert warnings(at) == []
    assert_shows_what_is_judged(at, judged(small_scenario()))
    assert sentence(at).startswith(f"**GBDT** reaches **{headlines(at)[LABELS[0]][0]} NDCG**")
    assert headlines(at)[LABELS[4]][1] == "measured"
    assert re.search("timed over 100 requests a point, (just now|.* ago)", source(at))
    assert headlines(at)[LABELS[5]][1].startswith("measured, ")


def test_every_chart_has_a_title_units_alt_text_a_table_and_its_design_below(page: Page) -> None:
    at = page()
    for key in CHARTS:
        about = headers(at)[key]
        assert about["title"]
        assert about["units"]
        assert about["at"] == {"st-key-slide_Candidates": 20}
        if key != "learning":  # whose points are not known here
            assert len(tables(at)[key]) >= 1
    assert len(tables(at)["over_rows"]) == 6
    groups = tables(at)["importance"]["group"]
    assert set(groups) == set(GROUPS) - {"ids", "title"}  # which trees leave alone


def test_figures_in_words_charts_and_tables_are_the_same(page: Page) -> None:
    at = page()
    row = tables(at)["ladder"].set_index("ranker").loc["◆ GBDT"]
    ndcg, time = (trace(at, "ladder", "you are here")[axis][0] for axis in ("y", "x"))
    assert row["NDCG@10"] == pytest.approx(ndcg, abs=5e-5)
    assert row["p95 of 20, ms"] == pytest.approx(time, abs=5e-4)
    assert headlines(at)[LABELS[0]][0] == f"{ndcg:.3f}"
    assert trace(at, "over_rows", "you are here")["y"] == [time]
    assert [t["y"] for t in here_in_learning(at)] == [[ndcg], [pytest.approx(row["AUC"], abs=5e-5)]]
    misplaced = trace(at, "to_the_oracle", "lost in ranking")["x"][0]
    assert row["to the best slate"] == pytest.approx(misplaced, abs=5e-5)
    assert f"**{misplaced:.3f}** of what the candidates allow" in sentence(at)


# What can be changed --------------------------------------------------------------------------


OTHERS = [
    pytest.param(name, marks=pytest.mark.slow if "epochs" in kind.knobs else ())
    for name, kind in RANKERS.items()
    if name != "gbdt"
]


@pytest.mark.parametrize("name", OTHERS)
def test_every_ranker_can_be_chosen_on_the_page(page: Page, judged: Judged, name: str) -> None:
    at = page()
    at.button_group(key="choose_ranker").set_value(name).run()
    at_rest(at)
    ranker = replace(small_scenario().design, ranker=RANKERS[name]())
    scenario = replace(small_scenario(), design=ranker)
    assert at.session_state["scenario"] == scenario
    bench = bench_of(scenario)
    missing = [] if bench.system.learned.course.losses else ["fit_course"]
    if not bench.importances:
        missing.append("importance")
        assert name == "prior"
        assert "No feature changes a score of this ranker." in [c.value for c in at.caption]
    assert_whole(at, without=tuple(missing))
    label = NAMES[name]
    assert sentence(at).startswith(f"**{label[0].upper()}{label[1:]}** reaches")
    report = judged(scenario)
    assert headlines(at)[LABELS[0]][0] == f"{report['ndcg@10'].value:.3f}"
    assert headlines(at)[LABELS[1]][0] == f"{report['auc'].value:.3f}"
    if report["log_loss"].n == 0:
        assert headlines(at)["LogLoss"] == ("–", "not defined", "no probabilities")
    else:
        assert_shows_what_is_judged(at, report)


def test_size_rows_and_negatives_give_the_figures_of_their_link(page: Page, judged: Judged) -> None:
    at = page()
    at.select_slider(key="size_trees").set_value(10).run()
    at.select_slider(key="training_rows").set_value(2_000).run()
    at.select_slider(key="training_negatives").set_value(0.5).run()
    at_rest(at)
    assert_whole(at)
    there = small_scenario(ranker__trees="10", training__rows="2000", training__negatives="0.5")
    assert at.query_params == there.to_query()
    assert_shows_what_is_judged(at, judged(there))
    assert simulated(at) == simulated(page(dict(at.query_params)))
    rows = bench_of(there).system.learned.rows
    assert rows < 1_500
    assert headlines(at)[LABELS[5]][1] == f"measured, {rows:,} rows"
    assert [t["x"] for t in here_in_learning(at)] == [[rows], [rows]]


def test_the_correction_moves_probabilities_and_no_slate(page: Page, judged: Judged) -> None:
    at = page(training__negatives="0.2")
    before = simulated(at)
    at.toggle(key="training_correct").set_value(False).run()
    assert_whole(at)
    there = small_scenario(training__negatives="0.2", training__correct="0")
    assert at.query_params == there.to_query()
    assert simulated(at)[LABELS[0]] == before[LABELS[0]]
    assert simulated(at)[LABELS[1]][:2] == before[LABELS[1]][:2]
    assert float(simulated(at)["LogLoss"][0]) > float(before["LogLoss"][0])
    assert_shows_what_is_judged(at, judged(there))


def test_groups_of_features_are_left_out(page: Page, judged: Judged) -> None:
    at = page()
    at.multiselect[0].set_value([g for g in GROUPS if g not in ("generator", "history")]).run()
    at_rest(at)
    assert_whole(at)
    there = small_scenario(training__without="generator.history")
    assert at.query_params == there.to_query()
    assert_shows_what_is_judged(at, judged(there))
    left = set(tables(at)["importance"]["group"])
    assert left == set(GROUPS) - {"generator", "history", "ids", "title"}
    at.multiselect[0].set_value([]).run()
    assert_whole(at)
    assert len(warnings(at)) == 1
    assert at.query_params == there.to_query()


def test_the_slider_of_candidates_is_answered_with_what_is_judged(
    page: Page, judged: Judged
) -> None:
    at = page()
    at.slider(key="slide_Candidates").set_value(70).run()
    at.run()
    assert_whole(at)
    report = judged(small_scenario(candidates="70"))
    assert_shows_what_is_judged(at, report)
    assert trace(at, "ladder", "you are here")["y"] == [
        pytest.approx(report["ndcg@10"].value, abs=1e-9)
    ]


def test_another_world_is_chosen_by_its_name(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    world = small_scenario().world
    monkeypatch.setitem(PRESETS, "default", world)
    monkeypatch.setitem(PRESETS, "crosses", replace(world, seed=4, cross_weight=1.5))
    monkeypatch.setattr("ui.ranking.rungs._frame", a_frame)
    at = page()
    assert at.button_group(key="choose_preset").value == "default"
    at.button_group(key="choose_preset").set_value("crosses").run()
    at_rest(at)
    assert_whole(at)
    assert (at.query_params["seed"], at.query_params["world.cross_weight"]) == ("4", "1.5")
    assert at.session_state["scenario"].design == small_scenario().design


# The ladder -----------------------------------------------------------------------------------


def marked(figure: dict[str, Any]) -> list[str]:
    """Names of what stands as a point on a chart, where it can be seen."""
    seen = (t for t in figure["data"] if "markers" in t["mode"] and t["marker"].get("opacity") != 0)
    return [trace["name"] for trace in seen]


def test_in_a_preset_world_the_shipped_ladder_stands_around_the_design(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = small_scenario().world
    monkeypatch.setitem(PRESETS, "default", world)
    monkeypatch.setattr("ui.ranking.rungs._frame", a_frame)
    at = page(Scenario(world=world).to_query())
    assert_whole(at)
    shown = marked(figures(at)["ladder"])
    assert shown == [*(rung.name for rung in a_ladder()), "you are here"]
    assert len(tables(at)["ladder"]) == len(a_ladder()) + 1
    assert "ladder shipped, 2,000 users" in headers(at)["ladder"]["caption"]
    assert len(tables(at)["learning"]) == 4
    assert not [button for button in at.button if button.label.startswith("Fit the")]
    assert "The metrics disagree about the ladder" in sentence(at)


def test_a_ladder_file_that_cannot_be_read_is_told_in_one_line(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> None:
        raise ValueError("ladder.csv: FileNotFoundError; make it again with `make ladder`")

    world = small_scenario().world
    monkeypatch.setitem(PRESETS, "default", world)
    monkeypatch.setattr("ui.ranking.rungs._frame", missing)
    at = page(Scenario(world=world).to_query())
    assert_whole(at)
    (line,) = warnings(at)
    assert line.startswith("The shipped ladder cannot be read: ladder.csv")
    assert "`make ladder`" in line
    shown = marked(figures(at)["ladder"])
    assert shown == ["you are here"]


def test_a_ladder_can_be_fitted_here_and_serves_whichever_of_its_rungs_is_shown(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = {name: RANKERS[name] for name in ("none", "logistic", "gbdt")}
    monkeypatch.setattr("engine.ladder.RANKERS", quick)
    at = page(ranker="logistic")
    assert len(tables(at)["ladder"]) == 1
    (fit,) = [button for button in at.button if button.label == "Fit the whole ladder here"]
    fit.click().run()
    assert not at.exception
    job = benches().study(small_scenario(ranker="logistic"), "ladder")
    assert job is not None
    eventually(lambda: job.ended)
    at.run()
    assert_whole(at, without=("fit_course",))
    frame = tables(at)["ladder"]
    assert frame["ranker"].tolist() == [*(NAMES[name] for name in quick), "◆ logistic"]
    assert "ladder fitted in this app" in headers(at)["ladder"]["caption"]
    twin, here = (frame.set_index("ranker").loc[name] for name in ("logistic", "◆ logistic"))
    assert twin["NDCG@10"] == here["NDCG@10"]
    assert not [button for button in at.button if button.label == "Fit the whole ladder here"]
    at.button_group(key="choose_ranker").set_value("none").run()
    assert len(tables(at)["ladder"]) == len(quick) + 1


def test_a_study_that_runs_shows_how_far_it_is_and_can_be_cancelled(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    def endless(work: object, scenario: object, report: Progress) -> None:
        while True:
            report("fitting the ladder", 0.5)
            time.sleep(0.01)

    monkeypatch.setattr(studio().long_fits, "result", endless)
    at = page(ranker__trees="13")
    (fit,) = [button for button in at.button if button.label == "Fit the learning curve here"]
    fit.click().run()
    assert_whole(at)
    job = benches().study(small_scenario(ranker__trees="13"), "learning")
    assert job is not None
    at.run()
    (cancel,) = [button for button in at.button if button.label == "Cancel"]
    cancel.click().run()
    assert job.wait(10)
    assert_whole(at)
    assert [b.label for b in at.button if b.label.startswith("Fit the learning")]


# Against A ------------------------------------------------------------------------------------


def test_a_pinned_ranker_is_compared_user_by_user(page: Page, judged: Judged) -> None:
    at = page()
    (pin,) = [button for button in at.button if button.label == "Pin this design as A"]
    pin.click().run()
    at_rest(at)
    assert "This is the pinned design A itself." in sentence(at)
    at.button_group(key="choose_ranker").set_value("none").run()
    at_rest(at)
    assert_whole(at, without=("fit_course",))
    a, b = judged(small_scenario()), judged(small_scenario(ranker="none"))
    gain = compare(a, b)["ndcg@10"]
    sign = "−" if gain.value < 0 else "+"
    assert f"Against A: **{sign}{abs(gain.value):.3f} NDCG**" in sentence(at)
    assert len(versus(at)) == len(LABELS)
    assert versus(at)[0].startswith(f"{sign}{abs(gain.value):.3f}")
    dot = trace(at, "ladder", "A")
    assert dot["y"] == [pytest.approx(a["ndcg@10"].value, abs=1e-9)]
    assert dot["x"][0] > 0
    assert (
        at.query_params["pin"]
        == replace(small_scenario(), pins=(small_scenario().design,)).to_query()["pin"]
    )
    shared = page(dict(at.query_params))
    assert sentence(shared).split(" for **")[0] == sentence(at).split(" for **")[0]
    (unpin,) = [button for button in at.button if button.label == "Unpin A"]
    unpin.click().run()
    assert versus(at) == []
    assert "Against A" not in sentence(at)


def test_a_design_a_that_cannot_be_had_is_told_and_the_page_stays(
    page: Page, open_page: Open
) -> None:
    no_columns = small_scenario(training__without=".".join(g for g in GROUPS if g != "ids"))
    query = replace(small_scenario(), pins=(no_columns.design,)).to_query()
    at = open_page(query, "ranking")
    eventually(lambda: benches().open(no_columns).ended)
    at.run()
    assert not at.exception
    (line,) = warnings(at)
    assert line.startswith("The pinned design could not be made ready: table: must have a column")
    assert headlines(at)[LABELS[0]] == headlines(page())[LABELS[0]]


def test_what_comes_to_be_known_while_the_page_is_drawn_is_drawn_too(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario = small_scenario(ranker__trees="8")
    monkeypatch.setattr(benches_file.Benches, "look_on", lambda *_: None)
    captions = words.captions
    drawn: list[bool] = []

    def slow(*arguments: Any) -> dict[str, str]:
        drawn.append(bench_of(scenario).importances is not None)
        bench_of(scenario).importances = importances()
        return captions(*arguments)

    monkeypatch.setattr(words, "captions", slow)
    at = open_page(small(ranker__trees="8"), "ranking")
    assert not at.exception
    assert drawn[0] is False
    assert "importance" in figures(at)


# What is wrong --------------------------------------------------------------------------------

BROKEN: dict[str, tuple[dict[str, str], dict[str, str | None]]] = {
    "negatives": ({"training.negatives": "7"}, {"training.negatives": None}),
    "unknown group": ({"training.without": "foo"}, {"training.without": None}),
    "unknown group and a known one": (
        {"training.without": "ids.foo"},
        {"training.without": "ids"},
    ),
    "every group": ({"training.without": ".".join(GROUPS)}, {"training.without": None}),
    "unknown ranker": ({"ranker": "bar"}, {"ranker": "gbdt"}),
    "rows": ({"training.rows": "abc"}, {"training.rows": None}),
    "few rows": ({"training.rows": "3"}, {"training.rows": "500"}),
    "days": ({"training.days": "1e9"}, {"training.days": "6"}),
    "correction": ({"training.correct": "0.5"}, {"training.correct": "0"}),
    "unknown knob": ({"training.colour": "red"}, {"training.colour": None}),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_link_is_repaired_with_one_line_and_nothing_else_is_lost(
    page: Page, name: str
) -> None:
    wrong, mended = BROKEN[name]
    start = small(candidates="30", training__negatives="0.5", user="7")
    at = page(start | wrong)
    assert_whole(at)
    assert len(warnings(at)) == (2 if name == "days" else 1)
    for parameter, value in mended.items():
        assert at.query_params.get(parameter) == value
    untouched = {k: v for k, v in start.items() if k not in wrong and k not in mended}
    if "ranker" in wrong:
        untouched.pop("ranker", None)
    assert {k: at.query_params[k] for k in untouched if k in at.query_params} == untouched
    assert Scenario.from_query(dict(at.query_params)) == (at.session_state["scenario"], [])


def test_an_index_that_the_vectors_do_not_allow_is_repaired_and_told(page: Page) -> None:
    query = {k: v for k, v in small().items() if not k.startswith("index.")}
    at = page(query | {"index": "ivfpq", "index.nlist": "300", "index.nprobe": "9"})
    assert_whole(at)
    (line,) = [line for line in warnings(at) if "nlist" in line]
    assert "nlist is now" in line
    assert int(at.query_params["index.nlist"]) < 300


def test_a_world_without_clicks_gives_one_clear_line_and_a_way_out(
    open_page: Open, page: Page
) -> None:
    at = open_page(small() | WITHOUT_CLICKS, "ranking")
    assert not at.exception
    assert [title.value for title in at.title] == [TITLE]
    (line,) = at.error
    assert line.value.startswith("This design cannot be built: ")
    assert "click" in line.value
    assert figures(at) == {}
    assert at.query_params["world.days"] == "60"
    assert [b for b in at.button if b.label == "Back to the default design"]
    at.button_group(key="choose_ranker").set_value("none").run()
    assert not at.exception


def test_features_that_a_ranker_cannot_learn_from_give_one_line_and_can_be_taken_back(
    open_page: Open,
) -> None:
    at = open_page(small(training__without=".".join(g for g in GROUPS if g != "ids")), "ranking")
    assert not at.exception
    (line,) = at.error
    assert "must have a column" in line.value
    at.multiselect[0].set_value(list(GROUPS)).run()
    assert not at.exception
    assert not at.error
    assert list(headlines(at))[:4] == LABELS[:4]


def test_without_the_measuring_process_all_but_the_times_is_shown(
    page: Page, app_studio: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise MeasuringError("the measuring process stopped")

    monkeypatch.setattr(app_studio.process, "call", broken)
    at = page(ranker__trees="6")
    assert not at.exception
    assert headlines(at)["500 candidates, p95"][:2] == ("–", "not measured")
    assert "not timed: the measuring process failed" in source(at)
    assert list(figures(at)) == [key for key in CHARTS if key != "over_rows"]
    assert any("could be timed" in caption.value for caption in at.caption)


def test_a_fit_that_failed_once_can_be_had_later(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise OSError("secret path /root")

    with monkeypatch.context() as patched:
        patched.setattr(studio().fits, "result", broken)
        at = open_page(small(ranker__trees="4"), "ranking")
        (line,) = at.error
        assert line.value == "This design could not be made ready (OSError)."
    at.run()
    at_rest(at)
    assert_whole(at)
    assert at.query_params["ranker.trees"] == "4"


def test_the_default_design_is_not_touched_by_what_one_viewer_chooses(page: Page) -> None:
    one, other = page(), page(ranker="logistic")
    one.slider(key="slide_Candidates").set_value(40).run()
    other.run()
    assert other.session_state["scenario"] == small_scenario(ranker="logistic")
    assert one.session_state["scenario"] == small_scenario(candidates="40")
    assert Design().candidates == 300
