"""The control rail: what can be chosen, within which bounds, and what a choice does."""

from __future__ import annotations

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from engine.design import Design
from engine.generators import EASE, GENERATORS
from engine.index import INDEXES
from engine.rankers import RANKERS
from engine.rerankers import NoReranking, Rules
from engine.scenario import Scenario
from tests.small_app import small, small_scenario

FAMILIES = {"generator": GENERATORS, "index": INDEXES, "ranker": RANKERS}
CHOICES = [(field, name) for field, family in FAMILIES.items() for name in family]


def rail() -> None:
    import streamlit as st

    from ui import session
    from ui.controls import design_controls

    @st.fragment(key=session.FIGURES)
    def figures() -> None:
        st.text(session.scenario().design.candidates)

    session.open_link()
    session.show_repairs()
    design_controls(session.scenario())
    figures()


def opened(**changes: str) -> AppTest:
    at = AppTest.from_function(rail)
    at.query_params.update(small(**changes))
    at.run()
    assert not at.exception
    return at


def design(at: AppTest) -> Design:
    scenario: Scenario = at.session_state["scenario"]
    return scenario.design


def say_twice(at: AppTest) -> None:
    """Run with what the widgets hold now, and once more: as a fragment of the page does when it
    runs by the clock before the browser has heard which widgets are left.
    """
    said = at._tree.get_widget_states()
    at.run()
    at._run(said)


def labels(at: AppTest) -> list[str]:
    return [slider.label for slider in at.slider]


def test_there_are_five_primary_controls_and_the_rest_is_folded_away() -> None:
    at = opened()
    assert [group.proto.label for group in at.button_group] == ["Generator", "Index", "Ranker"]
    assert labels(at) == ["ef_search", "Candidates"]
    assert [folded.proto.label for folded in at.expander] == ["Re-ranking", "More settings"]
    assert not any(folded.proto.expanded for folded in at.expander)
    assert len(at.number_input) == sum(len(folded.number_input) for folded in at.expander)


def test_re_ranking_is_switched_on_and_its_rules_go_into_the_link() -> None:
    at = opened()
    assert not at.toggle(key="choose_rerank").value
    at.toggle(key="choose_rerank").set_value(True).run()
    assert design(at).rerank == Rules()
    assert labels(at) == ["ef_search", "Candidates", "Diversity", "Freshness"]
    at.number_input(key="rule_topic_cap").set_value(2).run()
    at.checkbox(key="rule_distinct").set_value(False).run()
    assert design(at).rerank == Rules(topic_cap=2, distinct=0)
    assert at.query_params["rerank.topic_cap"] == "2"
    at.toggle(key="choose_rerank").set_value(False).run()
    assert design(at).rerank == NoReranking()
    assert "rerank" not in at.query_params


def test_re_ranking_stays_off_though_the_browser_has_yet_to_hear_of_it() -> None:
    at = opened(rerank="rules", rerank__topic_cap="2")
    at.toggle(key="choose_rerank").set_value(False)
    say_twice(at)
    assert not at.exception
    assert design(at).rerank == NoReranking()
    assert "rerank" not in at.query_params


@pytest.mark.parametrize(("label", "value"), [("Diversity", 0.45), ("Freshness", 1.2)])
def test_a_slider_of_re_ranking_moves_its_own_knob(label: str, value: float) -> None:
    at = opened(rerank="rules")
    at.slider(key=f"slide_{label}").set_value(value).run()
    assert design(at).rerank == replace(Rules(), **{label.lower(): value})


@pytest.mark.parametrize(("field", "name"), CHOICES)
def test_every_part_can_be_chosen_and_the_rail_and_the_link_follow(field: str, name: str) -> None:
    start = next(other for other in FAMILIES[field] if other != name)
    at = opened(**{field: start})
    at.button_group(key=f"choose_{field}").set_value(name).run()
    assert not at.exception
    assert getattr(design(at), field).name == name
    assert at.button_group(key=f"choose_{field}").value == name
    assert at.query_params[field] == name


@pytest.mark.parametrize("name", [name for name in INDEXES if name != "hnsw"])
def test_the_knob_of_an_index_that_was_left_is_ignored(name: str) -> None:
    at = opened(index="hnsw")
    at.button_group(key="choose_index").set_value(name)
    say_twice(at)
    assert not at.exception
    assert design(at).index == INDEXES[name]()


def test_generator_that_the_catalogue_rules_out_is_refused_in_one_line() -> None:
    at = opened(world__items="6000", generator="popularity")
    at.button_group(key="choose_generator").set_value("ease").run()
    assert not at.exception
    expected = f"{EASE().why_not(6_000)} The generator is now mf."
    assert [warning.value for warning in at.warning] == [expected]
    assert design(at).generator == Design().generator
    assert at.button_group(key="choose_generator").value == "mf"
    assert at.query_params["generator"] == "mf"
    at.slider(key="slide_Candidates").set_value(70).run()
    assert not at.warning


def test_catalogue_that_outgrows_the_generator_changes_it_in_one_line() -> None:
    at = opened(generator="ease")
    at.number_input(key="more_world.items").set_value(7_000)
    at.button[0].click().run()
    assert not at.exception
    expected = f"{EASE().why_not(7_000)} The generator is now mf."
    assert [warning.value for warning in at.warning] == [expected]
    assert at.button_group(key="choose_generator").value == "mf"


def test_the_names_on_the_rail_are_the_registries_in_their_order() -> None:
    at = opened()
    for field, family in FAMILIES.items():
        assert len(at.button_group(key=f"choose_{field}").options) == len(family)


def test_a_slider_changes_the_design_the_link_and_runs_the_figures() -> None:
    at = opened()
    at.slider(key="slide_Candidates").set_value(70).run()
    assert not at.exception
    assert design(at).candidates == 70
    assert at.query_params["candidates"] == "70"
    assert [text.value for text in at.text] == ["70"]
    at.run()
    assert at.slider(key="slide_Candidates").value == 70


@pytest.mark.parametrize(
    ("changes", "bounds"),
    [({}, (10, 300)), ({"slate": "20"}, (20, 300)), ({"world__items": "5000"}, (10, 1000))],
    ids=["small catalogue", "long slate", "large catalogue"],
)
def test_candidates_range_from_the_slate_to_the_catalogue(
    changes: dict[str, str], bounds: tuple[int, int]
) -> None:
    slider = opened(**changes).slider(key="slide_Candidates")
    assert (slider.min, slider.max) == bounds


@pytest.mark.parametrize(
    ("index", "knob"),
    [("exact", None), ("hnsw", "ef_search"), ("ivfflat", "nprobe"), ("ivfpq", "nprobe")],
)
def test_the_slider_of_the_search_is_the_indexs_own(index: str, knob: str | None) -> None:
    at = opened(index=index, index__nlist="64")
    assert labels(at) == ([knob] if knob else []) + ["Candidates"]


@pytest.mark.parametrize("index", ["ivfflat", "ivfpq"])
@pytest.mark.parametrize(("nlist", "shown"), [("64", True), ("2", True), ("1", False)])
def test_no_more_lists_can_be_probed_than_there_are(index: str, nlist: str, shown: bool) -> None:
    at = opened(index=index, index__nlist=nlist)
    assert ("nprobe" in labels(at)) == shown
    if shown:
        assert at.slider(key="slide_nprobe").max == int(nlist)


@pytest.mark.parametrize("name", GENERATORS)
def test_the_search_of_a_generator_without_vectors_cannot_be_tuned(name: str) -> None:
    slider = opened(generator=name).slider(key="slide_ef_search")
    assert slider.disabled == (not GENERATORS[name].has_vectors)


@pytest.mark.parametrize(("width", "end"), [("5000", 1000), ("3", 10)])
def test_a_width_beyond_the_slider_stays_in_the_design_until_it_is_moved(
    width: str, end: int
) -> None:
    at = opened(index__ef_search=width)
    assert at.slider(key="slide_ef_search").value == end
    assert at.query_params["index.ef_search"] == width
    at.slider(key="slide_Candidates").set_value(30).run()
    assert at.query_params["index.ef_search"] == width
    at.run()
    at.slider(key="slide_ef_search").set_value(500).run()
    assert at.query_params["index.ef_search"] == "500"


def test_folded_settings_are_applied_together() -> None:
    at = opened()
    at.number_input(key="more_generator.factors").set_value(32)
    at.number_input(key="more_ranker.trees").set_value(9)
    at.number_input(key="more_world.users").set_value(150)
    at.button[0].click().run()
    assert not at.exception
    scenario: Scenario = at.session_state["scenario"]
    assert scenario == small_scenario(
        generator__factors="32", ranker__trees="9", world__users="150"
    )
    assert at.query_params == scenario.to_query()


def test_folded_settings_that_do_not_fit_together_are_repaired_and_told() -> None:
    at = opened(index="ivfpq", index__nlist="64", index__m="16")
    at.number_input(key="more_generator.factors").set_value(50)
    at.button[0].click().run()
    assert not at.exception
    assert [warning.value for warning in at.warning] == [
        "50 dimensions cannot be cut into 16 equal parts: m is now 10 (was 16)."
    ]


def test_a_world_with_fewer_users_takes_the_last_of_them() -> None:
    at = opened(user="119")
    at.number_input(key="more_world.users").set_value(100)
    at.button[0].click().run()
    assert at.query_params["user"] == "99"


def test_a_number_that_no_browser_would_send_cannot_break_the_page() -> None:
    at = opened()
    at.number_input(key="more_ranker.trees").set_value(10**9)
    at.button[0].click().run()
    assert not at.exception
    assert 1 <= int(at.query_params["ranker.trees"]) <= 1000
