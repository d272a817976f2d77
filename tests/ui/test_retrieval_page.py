"""The retrieval page as a whole, without a browser: what it shows, and that it is true."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from engine.index import IVFPQ
from engine.presets import GENERATOR_PRESETS
from engine.retrieval import VectorData, measure_group, open_vectors, query_recalls
from engine.scenario import Scenario
from engine.store import PartStore
from engine.world import World
from tests.small_app import small, small_scenario
from tests.ui.appreader import figures, headers, tables
from tests.ui.two_stage_reader import headlines, source, trace, warnings
from ui import job_book
from ui.retrieval import bench as bench_file
from ui.retrieval import size_studies as size_file
from ui.retrieval import sweep_studies as sweep_file
from ui.retrieval import sweeps
from ui.retrieval.bench import benches
from ui.retrieval.hard_studies import hard_studies
from ui.retrieval.logit import places
from ui.retrieval.size_studies import size_studies
from ui.retrieval.sweep_studies import sweep_studies
from ui.retrieval.tradeoff import link_of, with_knobs

Open = Callable[..., AppTest]
Page = Callable[..., AppTest]
TITLE = "Which few hundred?"
PATIENCE_S = 60.0
CODED = {"index": "ivfpq", "index__nlist": "8", "index__nprobe": "4", "index__m": "4"}


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is found out later begins at once."""
    for file in (bench_file, job_book):
        monkeypatch.setattr(file, "_CALM_S", 0.0)
    monkeypatch.setattr(bench_file, "_BREATH_S", 0.01)
    monkeypatch.setattr(bench_file, "_REFINED_AFTER_S", 0.0)


@pytest.fixture
def page(open_page: Open) -> Page:
    """`page(index="ivfpq")` -> the retrieval page of a small link, all known."""

    def opened(**changes: str) -> AppTest:
        return at_rest(open_page(small(**changes), "retrieval"))

    return opened


def at_rest(at: AppTest) -> AppTest:
    """The page once all is known of its search."""
    scenario: Scenario = at.session_state["scenario"]
    if not (scenario.vectors.synthetic or scenario.design.generator.has_vectors):
        return at
    bench = benches().open(scenario).result

    def known() -> bool:
        benches().look_on(bench, scenario)
        return bench.grid(scenario.design) is not None and benches().refined(scenario)

    eventually(known)
    return at.run()


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.01)


def button(at: AppTest, key: str) -> Any:
    (found,) = [one for one in at.button if one.key == key]
    return found


def assert_whole(at: AppTest) -> None:
    assert not at.exception
    assert not at.error
    assert [title.value for title in at.title] == [TITLE]
    scenario: Scenario = at.session_state["scenario"]
    assert at.query_params == scenario.to_query()
    assert "nan" not in " ".join(" ".join(parts) for parts in headlines(at).values())
    for key in ("tradeoff", "two_recalls", "per_query"):
        if key in headers(at):
            about = headers(at)[key]
            assert with_knobs(scenario.design.index) in about["caption"]
            assert about["title"]
            assert about["units"]


def measured(world: World, store: PartStore, scenario: Scenario) -> Any:
    """What the engine says of a scenario's search, apart from the app."""
    generator, k = scenario.design.generator, scenario.design.candidates
    vectors = open_vectors(scenario.vectors, world, generator, store)
    (point,) = measure_group(vectors, [scenario.design.index], k, world, store)
    return point, query_recalls(vectors, scenario.design.index, k, store)


# What it shows --------------------------------------------------------------------------------


def test_a_small_link_shows_its_search_as_the_engine_measures_it(
    page: Page, own_world: World, own_store: PartStore
) -> None:
    at = page()
    assert_whole(at)
    assert warnings(at) == []
    point, recalls = measured(own_world, own_store, small_scenario())
    shown = headlines(at)
    assert shown["ANN recall@20"][:2] == (
        f"{point.recall.value:.3f}", f"simulated ± {point.recall.half_width:.3f}",
    )  # fmt: skip
    assert shown["True top-10 retrieved"][0] == f"{point.top10.value:.1%}"
    assert shown["One search, p50"][1] == "measured"
    assert shown["Index memory"][0] == f"{point.memory_bytes / 1e3:.1f} kB"
    assert re.search("120 single searches timed, (just now|.* ago)", source(at))
    table = tables(at)["per_query"]
    assert sorted(table["recall"]) == pytest.approx(sorted(recalls), abs=1e-5)
    here = trace(at, "tradeoff", "you are here")
    assert here["y"] == pytest.approx(places([point.recall.value]))


def test_charts_are_those_of_the_values_of_the_sliders(page: Page) -> None:
    at = page()
    for key in ("tradeoff", "two_recalls", "per_query"):
        assert headers(at)[key]["at"] == {
            "st-key-slide_Candidates": 20, "st-key-slide_ef_search": 100,
        }  # fmt: skip
    curve = trace(at, "two_recalls", "ANN recall")
    assert len(curve["x"]) >= 5
    assert np.all(np.diff(curve["y"]) >= -0.02)


def test_a_step_of_the_knob_builds_nothing_and_shows_its_own_search(page: Page) -> None:
    at = page()
    before = headlines(at)
    builds = len(benches()._jobs._jobs)
    at = at_rest(at.slider(key="slide_ef_search").set_value(10).run())
    assert_whole(at)
    assert len(benches()._jobs._jobs) == builds
    assert at.session_state["scenario"].design.index.ef_search == 10
    assert headlines(at)["ANN recall@20"][0] <= before["ANN recall@20"][0]
    assert headlines(at)["Index memory"] == before["Index memory"]


def test_refining_lifts_the_plateau_of_codes_without_a_build(page: Page) -> None:
    at = page(**CODED, index__refine="0")
    plateau = float(headlines(at)["ANN recall@20"][0])
    builds = len(benches()._jobs._jobs)
    at = at_rest(at.select_slider(key="search_refine").set_value(8).run())
    assert_whole(at)
    assert len(benches()._jobs._jobs) == builds
    assert isinstance(at.session_state["scenario"].design.index, IVFPQ)
    assert float(headlines(at)["ANN recall@20"][0]) > plateau


def test_an_impossible_index_is_repaired_with_a_line(open_page: Open) -> None:
    at = open_page(small(index="ivfpq", index__nlist="4000", index__nprobe="4"), "retrieval")
    assert_whole(at)
    assert any("nlist is now" in line for line in warnings(at))


def test_a_generator_without_vectors_has_nothing_to_search_but_stands_among_the_others(
    page: Page,
) -> None:
    at = page(generator="popularity")
    assert_whole(at)
    assert "keeps no vectors" in at.info[0].value
    assert "tradeoff" not in figures(at)
    assert button(at, "begin_generators")


def test_hard_data_needs_no_users_and_is_in_the_link(page: Page) -> None:
    at = page(vectors__kind="isotropic", vectors__n="1000", vectors__d="8", generator="popularity")
    assert_whole(at)
    assert headlines(at)["True top-10 retrieved"][0] == "–"
    assert at.session_state["scenario"].vectors == VectorData(kind="isotropic", n=1_000, d=8)
    at.segmented_control(key="choose_vectors").set_value("clustered").run()
    assert at.query_params["vectors.kind"] == "clustered"


def test_a_pinned_search_is_compared(page: Page) -> None:
    at = page(index__ef_search="10")
    held: Scenario = at.session_state["scenario"]
    wider = small_scenario(index__ef_search="200").design
    at.session_state["scenario"] = replace(held, pins=(wider,))
    at.run()
    eventually(lambda: any(t["name"] == "A" for t in figures(at.run())["tradeoff"]["data"]))
    assert any("Against A:" in text.value for text in at.markdown)


# What is measured on demand -------------------------------------------------------------------


def test_a_sweep_streams_its_points_and_is_there_at_once_the_next_time(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    def few(k: int, n: int, d: int) -> list[Any]:
        return configs

    at = page()
    graph = at.session_state["scenario"].design.index
    configs = [replace(graph, ef_search=ef) for ef in (20, 40, 80)] + [
        IVFPQ(nlist=8, nprobe=4, m=4, nbits=4)
    ]
    monkeypatch.setattr(sweep_file, "index_configs", few)
    button(at, "begin_sweep").click().run()
    scenario: Scenario = at.session_state["scenario"]
    sweep = sweep_studies().known(scenario)
    assert sweep is not None
    assert sweep.job.wait(PATIENCE_S)
    at.run()
    assert_whole(at)
    assert len(tables(at)["tradeoff"]) == 5
    assert "measured here, 4 indexes" in headers(at)["tradeoff"]["caption"]
    assert trace(at, "equal_recall", "recall 0.9")["y"]
    sweep_studies()._held.clear()  # as after a new start
    again = sweeps.sweep_of(scenario)
    assert again is not None
    assert [link_of(p.config) for p in again.points] == [link_of(c) for c in configs]


def test_a_sweep_can_be_cancelled(page: Page) -> None:
    at = page(candidates="30")
    button(at, "begin_sweep").click().run()
    scenario: Scenario = at.session_state["scenario"]
    sweep = sweep_studies().known(scenario)
    assert sweep is not None
    button(at, "cancel_sweep").click().run()
    assert sweep.job.wait(PATIENCE_S)
    assert sweep_studies().known(scenario) is None
    assert_whole(at)
    assert button(at, "begin_sweep")


def test_a_case_of_hard_vectors_is_shown_on_the_whole_page(page: Page) -> None:
    at = page()
    assert hard_studies().known(at.session_state["scenario"]) is None
    (unit,) = [one for one in at.button if one.label == "MF, unit length"]
    at = at_rest(unit.click().run())
    assert_whole(at)
    assert at.query_params["vectors.normalised"] == "1"
    assert "unit length" in headers(at)["tradeoff"]["caption"]


def test_another_world_is_opened_by_its_own_slider(page: Page) -> None:
    at = page()
    at.select_slider(key="world_cold_users").set_value(0.5).run()
    assert_whole(at)
    assert at.query_params["world.cold_users"] == "0.5"


def test_presets_of_worlds_are_those_in_which_another_generator_wins(page: Page) -> None:
    at = page()
    worlds = at.segmented_control(key="choose_generator_world")
    assert worlds.value == "as in the link"
    names = ["default", *GENERATOR_PRESETS]
    assert [option.content for option in worlds.proto.options[:-1]] == [
        name.replace("_", " ") for name in names
    ]


def test_sizes_of_ones_own_vectors_are_measured_on_demand_and_kept(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(size_file, "HERE", (100, 200))
    at = page()
    button(at, "begin_sizes").click().run()
    scenario: Scenario = at.session_state["scenario"]
    study = size_studies().known(scenario)
    assert study is not None
    assert study.job.wait(PATIENCE_S)
    assert study.job.error is None
    at.run()
    assert_whole(at)
    assert set(tables(at)["size_time"]["vectors"]) == {100, 200}
    assert headers(at)["size_time"]["caption"].startswith("measured here")
    size_studies()._held.clear()  # as after a new start
    again = size_studies().known(scenario)
    assert again is not None
    assert again.found[0]["n"].tolist() == tables(at)["size_time"]["vectors"].tolist()
