"""The two-stage page as a whole, without a browser: what it shows, and that it is true."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

import engine
from engine.design import Design
from engine.evaluation import LOSS_STAGES, PANEL_USERS
from engine.generators import GENERATORS
from engine.index import INDEXES
from engine.rankers import RANKERS
from engine.scenario import Scenario
from engine.store import PartStore
from engine.world import World
from tests.small_app import small, small_scenario
from tests.ui.appreader import figures, headers, tables
from tests.ui.two_stage_reader import (
    CHARTS,
    assert_shows,
    assert_whole,
    blocks,
    headlines,
    simulated,
    source,
    trace,
    warnings,
)
from ui import theme

STAGES_SHOWN = [stage for stage in LOSS_STAGES if stage != "reranking"]

Open = Callable[..., AppTest]


# The default page -----------------------------------------------------------------------------


def test_the_bare_page_shows_the_shipped_world_and_the_default_design(open_page: Open) -> None:
    at = open_page()
    assert_whole(at)
    assert_shows(at, Scenario())
    assert warnings(at) == []
    assert [group.proto.label for group in at.button_group] == ["Generator", "Index", "Ranker"]
    assert [slider.label for slider in at.slider] == ["ef_search", "Candidates"]
    assert f"judged on {PANEL_USERS} users" in source(at)


# A small world --------------------------------------------------------------------------------


def test_every_chart_has_a_title_units_alt_text_a_table_and_its_design_below(
    open_page: Open,
) -> None:
    at = open_page(small())
    assert_whole(at)
    assert_shows(at, small_scenario())
    for key in CHARTS:
        about = headers(at)[key]
        assert about["title"]
        assert about["units"]
        assert about["caption"]
        assert "mf (factors 64" in about["alt"]
        assert "hnsw (M 4" in about["alt"]
        assert len(tables(at)[key]) >= (1 if key == "frontier_chart" else 3)


def test_the_large_figures_are_those_of_the_engines_front_door(
    open_page: Open, own_world: World, own_store: PartStore
) -> None:
    at = open_page(small())
    at.slider(key="slide_Candidates").set_value(70).run()
    at.run()
    at.slider(key="slide_ef_search").set_value(60).run()
    assert not at.exception
    assert "sl-measured" in source(at)
    scenario = small_scenario(candidates="70", index__ef_search="60")
    assert at.query_params == scenario.to_query()
    system = engine.build(own_world, scenario.design, store=own_store)
    report = engine.evaluate(system, users=len(own_world.users), store=own_store)
    shown = headlines(at)

    def as_shown(name: str) -> tuple[str, str]:
        return f"{report[name].value:.3f}", f"simulated ± {report[name].half_width:.3f}"

    assert shown["NDCG@10, true"][:2] == as_shown("ndcg@10")
    assert shown["ANN recall"][:2] == as_shown("ann_recall")
    assert shown["AUC of the ranker"][0] == as_shown("auc")[0]
    assert shown["True top-10 among candidates"][0] == f"{report['recall@candidates'].value:.1%}"
    lost = tables(at)["loss_by_stage"].set_index("stage")["NDCG@10"]
    for stage in STAGES_SHOWN:
        assert lost[f"lost in {stage}"] == pytest.approx(report.loss[stage].value, abs=1e-5)


def test_the_losses_shown_add_up_to_what_the_ndcg_shown_falls_short_of(open_page: Open) -> None:
    at = open_page(small())
    rows = tables(at)["loss_by_stage"].set_index("stage")["NDCG@10"]
    lost = sum(rows[f"lost in {stage}"] for stage in STAGES_SHOWN)
    assert lost == pytest.approx(1 - rows["this slate"], abs=2e-5)
    assert f"{rows['this slate']:.3f}" == headlines(at)["NDCG@10, true"][0]


def test_a_link_with_re_ranking_shows_what_it_loses_and_takes(open_page: Open) -> None:
    at = open_page(small(rerank="rules", rerank__diversity="0.8"))
    rows = tables(at)["loss_by_stage"].set_index("stage")["NDCG@10"]
    lost = sum(rows[f"lost in {stage}"] for stage in LOSS_STAGES)
    assert lost == pytest.approx(1 - rows["this slate"], abs=3e-5)
    assert rows["lost in reranking"] != 0
    times = tables(at)["time_by_stage"].set_index("stage")
    assert times.loc["reranking", "part of p50, ms"] > 0


def test_you_are_here_stands_on_the_measured_figures(open_page: Open) -> None:
    at = open_page(small())
    rows = tables(at)["loss_by_stage"].set_index("stage")["NDCG@10"]
    here = trace(at, "over_candidates", "you are here")
    assert here["x"] == [20]
    assert here["y"][0] == pytest.approx(rows["this slate"], abs=1e-5)
    p95 = trace(at, "over_candidates", "p95 of this design")["y"][0]
    assert headlines(at)["p95 latency"][0] == f"{p95:.2f} ms"


def test_the_oracle_line_is_there_and_never_below_the_design(open_page: Open) -> None:
    at = open_page(small())
    truth = theme.line("truth")
    (oracle,) = [t for t in figures(at)["over_candidates"]["data"] if t.get("line", {}) == truth]
    design = trace(at, "over_candidates", "this design")
    assert oracle["x"] == design["x"]
    assert all(best >= mine for best, mine in zip(oracle["y"], design["y"], strict=True))


PARTS = [
    pytest.param(
        field,
        name,
        marks=pytest.mark.slow if "epochs" in getattr(family[name], "knobs", ()) else (),
    )
    for field, family in (("generator", GENERATORS), ("index", INDEXES), ("ranker", RANKERS))
    for name in family
    if name != getattr(Design(), field).name
]


@pytest.mark.parametrize(("field", "name"), PARTS)
def test_every_part_can_be_chosen_on_the_page(open_page: Open, field: str, name: str) -> None:
    # An exact search has no width, so that times over candidates are all of a ranker's grid.
    at = open_page(small(index="exact") if field == "ranker" else small())
    at.button_group(key=f"choose_{field}").set_value(name).run()
    assert_whole(at)
    assert at.query_params[field] == name
    value, kind, _ = headlines(at)["ANN recall"]
    searched = GENERATORS[name].has_vectors if field == "generator" else True
    assert "simulated" in kind if searched else (value, kind) == ("–", "no index")


def test_a_link_opened_elsewhere_shows_the_same_simulated_figures(open_page: Open) -> None:
    at = open_page(small())
    at.button_group(key="choose_ranker").set_value("logistic").run()
    at.slider(key="slide_Candidates").set_value(45).run()
    at.run()
    at.number_input(key="choose_user").set_value(64).run()
    at.run()
    there = open_page(dict(at.query_params))
    assert_whole(there)
    assert warnings(there) == []
    assert there.query_params == at.query_params
    assert simulated(there) == simulated(at)
    slates = [[b for b in blocks(page) if 'class="sl-slate' in b] for page in (at, there)]
    assert slates[0] == slates[1]
    assert there.subheader[0].value.startswith("The slate of user 64,")


def test_settings_applied_in_the_fold_give_the_figures_of_their_link(open_page: Open) -> None:
    at = open_page(small())
    at.number_input(key="more_ranker.trees").set_value(5)
    at.number_input(key="more_world.seed").set_value(4)
    (apply,) = [button for button in at.button if button.label == "Apply"]
    apply.click().run()
    assert_whole(at)
    assert simulated(at) == simulated(open_page(small(ranker__trees="5", seed="4")))
    assert simulated(at) != simulated(open_page(small()))


def test_measuring_again_takes_new_times_and_leaves_quality_alone(open_page: Open) -> None:
    at = open_page(small())
    before = simulated(at)
    (again,) = [button for button in at.button if button.label == "Measure again"]
    again.click().run()
    assert_whole(at)
    assert simulated(at) == before
    assert "just now" in source(at)
