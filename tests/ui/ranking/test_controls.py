"""The rail of the ranking page: what can be chosen, and what a choice does."""

from __future__ import annotations

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from engine.design import Design
from engine.features import GROUPS
from engine.ladder import LEARNING_ROWS
from engine.presets import PRESETS
from engine.rankers import GBDT, RANKERS
from engine.scenario import Scenario
from engine.training import Training
from engine.world import WorldConfig
from tests.small_app import small, small_scenario
from ui.ranking.rungs import NAMES

SIZED = {name: kind for name, kind in RANKERS.items() if "C" in kind.knobs or kind.size}


def rail() -> None:
    import streamlit as st

    from ui import session
    from ui.ranking.controls import ranker_controls, world_choice

    @st.fragment(key=session.FIGURES)
    def figures() -> None:
        st.text(session.scenario().design.candidates)

    session.open_link()
    session.show_repairs()
    world_choice(session.scenario())
    ranker_controls(session.scenario())
    figures()


def opened(query: dict[str, str] | None = None, **changes: str) -> AppTest:
    at = AppTest.from_function(rail)
    at.query_params.update(small(**changes) if query is None else query)
    at.run()
    assert not at.exception
    return at


def scenario(at: AppTest) -> Scenario:
    held: Scenario = at.session_state["scenario"]
    return held


def design(at: AppTest) -> Design:
    return scenario(at).design


def training(at: AppTest) -> Training:
    return design(at).training


def warnings(at: AppTest) -> list[str]:
    return [warning.value for warning in at.warning]


# What there is --------------------------------------------------------------------------------


def test_there_are_five_primary_controls_and_the_rest_is_folded_away() -> None:
    at = opened()
    assert [group.proto.label for group in at.button_group] == ["The world", "Ranker"]
    assert [slider.label for slider in at.select_slider] == [
        "Size: trees at most",
        "Training rows",
        "Negatives kept",
    ]
    assert [slider.label for slider in at.slider] == ["Candidates"]
    (folded,) = at.expander
    assert folded.proto.label == "More settings"
    assert not folded.proto.expanded
    assert len(at.number_input) == len(folded.number_input)


def test_choices_are_those_of_the_registries_in_their_order() -> None:
    at = opened(Scenario().to_query())
    shown = list(at.button_group(key="choose_ranker").options)
    assert shown == [NAMES[name] for name in RANKERS]
    worlds = list(at.button_group(key="choose_preset").options)
    assert worlds == list(PRESETS)
    (groups,) = at.multiselect
    assert groups.options == [group.replace("_", " ") for group in GROUPS]
    assert groups.value == list(GROUPS)


@pytest.mark.parametrize("name", RANKERS)
def test_every_ranker_can_be_chosen_with_its_size_and_its_knobs(name: str) -> None:
    at = opened(ranker="none" if name != "none" else "gbdt")
    at.button_group(key="choose_ranker").set_value(name).run()
    assert not at.exception
    assert design(at).ranker == RANKERS[name]()
    assert at.query_params["ranker"] == name
    sized = [one for one in at.select_slider if one.label.startswith("Size")]
    assert len(sized) == (name in SIZED)
    knobs = [one.key for one in at.number_input]
    assert knobs == [f"more_ranker.{knob}" for knob in RANKERS[name].knobs] + ["more_training.days"]


@pytest.mark.parametrize("name", SIZED)
def test_the_size_of_a_model_moves_its_own_knob_within_what_it_allows(name: str) -> None:
    at = opened({"ranker": name})
    (size,) = [one for one in at.select_slider if one.label.startswith("Size")]
    knob = size.key.removeprefix("size_")
    usual, bounds = design(at).ranker, RANKERS[name].knobs[knob]
    steps = [float(option) for option in size.options]
    assert getattr(usual, knob) in steps
    assert all(bounds.low <= step <= bounds.high for step in steps)
    for step in (steps[0], steps[-1]):
        at.select_slider(key=size.key).set_value(step).run()
        assert not at.exception
        assert design(at).ranker == replace(usual, **{knob: type(getattr(usual, knob))(step)})  # type: ignore[type-var]


@pytest.mark.parametrize("name", RANKERS)
def test_the_size_of_a_ranker_that_was_left_is_ignored(name: str) -> None:
    at = opened(ranker="gbdt" if name == "logistic" else "logistic")
    at.button_group(key="choose_ranker").set_value(name)
    said = at._tree.get_widget_states()
    at.run()
    at._run(said)  # as the page does by the clock, before the browser has heard of the change
    assert not at.exception
    assert design(at).ranker == RANKERS[name]()


# What a choice does ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in PRESETS if name != "default"])
def test_a_world_is_chosen_by_its_name_and_the_design_stays(name: str) -> None:
    query = Scenario(design=Design(ranker="logistic"), user=4_900).to_query()  # type: ignore[arg-type]
    at = opened(query)
    at.button_group(key="choose_preset").set_value(name).run()
    assert not at.exception
    assert scenario(at).world == PRESETS[name]
    assert design(at) == Design(ranker="logistic")  # type: ignore[arg-type]
    assert scenario(at).user == min(4_900, PRESETS[name].users - 1)
    assert at.button_group(key="choose_preset").value == name


def test_a_world_of_the_links_own_is_shown_as_such_until_another_is_chosen() -> None:
    at = opened()
    group = at.button_group(key="choose_preset")
    assert group.value == "as in the link"
    assert list(group.options) == [*PRESETS, "as in the link"]
    group.set_value("default").run()
    assert scenario(at).world == WorldConfig()
    assert len(at.button_group(key="choose_preset").options) == len(PRESETS)


def test_rows_and_negatives_go_into_the_training_and_the_link() -> None:
    at = opened()
    at.select_slider(key="training_rows").set_value(5_000).run()
    at.select_slider(key="training_negatives").set_value(0.2).run()
    assert not at.exception
    assert training(at) == Training(rows=5_000, negatives=0.2)
    assert at.query_params["training.rows"] == "5000"
    assert at.query_params["training.negatives"] == "0.2"
    at.select_slider(key="training_rows").set_value(Training().rows).run()
    assert training(at) == Training(negatives=0.2)
    assert "training.rows" not in at.query_params


def test_the_steps_of_rows_are_those_of_the_learning_curve_and_all() -> None:
    shown = [f"{rows:,}" for rows in LEARNING_ROWS]
    assert opened().select_slider(key="training_rows").options == [*shown, "all"]


@pytest.mark.parametrize(
    ("key", "query", "value", "steps"),
    [
        ("training_rows", {"training.rows": "7000"}, 7_000, len(LEARNING_ROWS) + 2),
        ("training_negatives", {"training.negatives": "0.3"}, 0.3, 8),
        ("training_negatives", {"training.negatives": "0.496"}, 0.496, 8),
        ("training_negatives", {"training.negatives": "0.2"}, 0.2, 7),
        ("size_trees", {"ranker.trees": "77"}, 77, 9),
        ("size_C", {"ranker": "logistic", "ranker.C": "0.02"}, 0.02, 6),
    ],
)
def test_a_value_that_a_link_brings_joins_the_steps_and_stays_what_it_is(
    key: str, query: dict[str, str], value: float, steps: int
) -> None:
    at = opened(small() | query)
    slider = at.select_slider(key=key)
    assert slider.value == value
    assert len(slider.options) == len(set(slider.options)) == steps
    before = scenario(at)
    at.slider(key="slide_Candidates").set_value(30).run()  # the browser tells all it holds
    at.run()
    assert not at.exception
    assert scenario(at) == replace(before, design=before.design.with_candidates(30))


def test_the_slider_of_candidates_changes_them_alone() -> None:
    at = opened()
    at.slider(key="slide_Candidates").set_value(70).run()
    assert design(at) == small_scenario(candidates="70").design
    assert [text.value for text in at.text] == ["70"]


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


def test_the_correction_can_be_switched_off_where_rows_were_left_out() -> None:
    assert opened().toggle(key="training_correct").disabled
    at = opened(training__negatives="0.5")
    toggle = at.toggle(key="training_correct")
    assert toggle.value
    assert not toggle.disabled
    toggle.set_value(False).run()
    assert training(at) == Training(negatives=0.5, correct=0)
    assert at.query_params["training.correct"] == "0"


def test_groups_of_features_are_left_out_and_taken_back() -> None:
    at = opened(training__without="ids")
    (groups,) = at.multiselect
    assert groups.value == [group for group in GROUPS if group != "ids"]
    groups.set_value(["history", "content"]).run()
    assert not at.exception
    kept = {"history", "content"}
    assert set(training(at).without) == set(GROUPS) - kept
    assert at.query_params["training.without"].split(".") == list(training(at).without)
    at.multiselect[0].set_value(list(GROUPS)).run()
    assert training(at) == Training()
    assert "training.without" not in at.query_params


def test_without_any_group_the_ranker_stays_as_it_is_and_a_line_says_why() -> None:
    at = opened(training__without="ids")
    at.multiselect[0].set_value([]).run()
    assert not at.exception
    assert training(at) == Training(without=("ids",))
    (line,) = warnings(at)
    assert "group of features" in line
    assert at.multiselect[0].value == [group for group in GROUPS if group != "ids"]


def test_folded_settings_are_applied_together() -> None:
    at = opened()
    at.number_input(key="more_ranker.trees").set_value(9)
    at.number_input(key="more_ranker.learning_rate").set_value(0.2)
    at.number_input(key="more_training.days").set_value(2)
    at.button[0].click().run()
    assert not at.exception
    assert design(at).ranker == replace(
        small_scenario().design.ranker,
        trees=9,
        learning_rate=0.2,  # type: ignore[type-var]
    )
    assert training(at) == Training(days=2)
    assert at.query_params["training.days"] == "2"


# What comes from a browser --------------------------------------------------------------------


def test_numbers_that_no_browser_would_send_cannot_break_the_page() -> None:
    at = opened()
    at.number_input(key="more_ranker.trees").set_value(10**9)
    at.number_input(key="more_training.days").set_value(-3)
    at.button[0].click().run()
    assert not at.exception
    assert 1 <= int(at.query_params["ranker.trees"]) <= 1000
    assert training(at).days >= 1


@pytest.mark.parametrize(
    ("key", "sent"),
    [
        ("training_rows", 3),
        ("training_negatives", 0.99),
        ("training_negatives", -1.0),
        ("size_trees", 100_000),
    ],
)
def test_a_step_that_there_is_not_leaves_a_legal_design(key: str, sent: float) -> None:
    at = opened()
    at.select_slider(key=key).set_value(sent).run()
    assert not at.exception
    assert Scenario.from_query(dict(at.query_params)) == (scenario(at), [])
    assert replace(design(at), ranker=GBDT(), training=Training()) == replace(
        small_scenario().design, ranker=GBDT()
    )
