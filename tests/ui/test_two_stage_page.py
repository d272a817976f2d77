"""The two-stage page as a whole, without a browser: what it shows for every kind of link."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

import engine
from engine.design import Design
from engine.evaluation import LOSS_STAGES
from engine.generators import GENERATORS
from engine.index import INDEXES
from engine.live_measurement import MeasuringError
from engine.rankers import RANKERS
from engine.scenario import Scenario
from engine.store import PartStore
from engine.world import World
from tests.small_app import PAGE_TITLE, small, small_scenario
from tests.ui.appreader import figures, headers, tables
from ui import theme
from ui.studio import PANEL_USERS

Open = Callable[..., AppTest]
CHARTS = ["over_candidates", "loss_by_stage", "time_by_stage"]
HEADLINES = [
    "NDCG@10, true",
    "p95 latency",
    "True top-10 among candidates",
    "ANN recall",
    "AUC of the ranker",
    "Index memory",
]
FIGURE = re.compile(
    r"<dt>([^<]*)</dt><dd[^>]*>([^<]*)</dd><dd[^>]*>([^<]*)</dd><dd[^>]*>([^<]*)</dd>"
)


def blocks(at: AppTest) -> list[str]:
    return [element.proto.body for element in at.get("html")]


def headlines(at: AppTest) -> dict[str, tuple[str, str, str]]:
    """Label -> value, kind and note of each large figure."""
    return {
        label: (value, kind, note)
        for block in blocks(at)
        for label, value, kind, note in FIGURE.findall(block)
    }


def simulated(at: AppTest) -> dict[str, Any]:
    """All figures on the page but those of a stopwatch."""
    shown = headlines(at)
    loss = figures(at)["loss_by_stage"]["data"]
    return {
        "figures": {label: shown[label] for label in HEADLINES if label != "p95 latency"},
        "losses": [trace["text"] for trace in loss if "text" in trace],
        "table": tables(at)["loss_by_stage"].to_json(),
    }


def source(at: AppTest) -> str:
    (line,) = [block for block in blocks(at) if 'class="sl-source' in block]
    return line


def cards(at: AppTest) -> int:
    return sum(block.count('class="sl-card"') for block in blocks(at))


def trace(at: AppTest, chart: str, name: str) -> dict[str, Any]:
    (found,) = [t for t in figures(at)[chart]["data"] if t.get("name") == name]
    return found


def warnings(at: AppTest) -> list[str]:
    return [warning.value for warning in at.warning]


def assert_whole(at: AppTest, slate: int = 10) -> None:
    """Title, controls, figures, charts and slate are there, and nothing went wrong."""
    assert not at.exception
    assert [title.value for title in at.title] == [PAGE_TITLE]
    assert not at.error
    assert list(headlines(at)) == HEADLINES
    assert list(figures(at)) == CHARTS
    assert cards(at) == slate
    assert "sl-measured" in source(at)
    assert "nan" not in "".join(" ".join(parts) for parts in headlines(at).values())


def assert_shows(at: AppTest, scenario: Scenario) -> None:
    """The page, its link and its charts are of one design."""
    assert at.query_params == scenario.to_query()
    design = scenario.design
    assert trace(at, "over_candidates", "you are here")["x"] == [design.candidates]
    for about in headers(at).values():
        assert f"→ {design.candidates:,} " in about["caption"]
        assert f"→ {design.candidates:,} candidates →" in about["alt"]


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
        assert len(tables(at)[key]) >= 3


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
    for stage in LOSS_STAGES:
        assert lost[f"lost in {stage}"] == pytest.approx(report.loss[stage].value, abs=1e-5)


def test_the_losses_shown_add_up_to_what_the_ndcg_shown_falls_short_of(open_page: Open) -> None:
    at = open_page(small())
    rows = tables(at)["loss_by_stage"].set_index("stage")["NDCG@10"]
    lost = sum(rows[f"lost in {stage}"] for stage in LOSS_STAGES)
    assert lost == pytest.approx(1 - rows["this slate"], abs=2e-5)
    assert f"{rows['this slate']:.3f}" == headlines(at)["NDCG@10, true"][0]


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
    ("generator", "popularity"),
    ("index", "exact"),
    ("index", "ivfpq"),
    ("ranker", "none"),
    ("ranker", "logistic"),
]


def test_the_list_of_parts_to_choose_is_complete() -> None:
    named = {name for _, name in PARTS}
    default = {Design().generator.name, Design().index.name, Design().ranker.name}
    assert named | default == {*GENERATORS, *INDEXES, *RANKERS}


@pytest.mark.parametrize(("field", "name"), PARTS)
def test_every_part_can_be_chosen_on_the_page(open_page: Open, field: str, name: str) -> None:
    at = open_page(small())
    at.button_group(key=f"choose_{field}").set_value(name).run()
    assert_whole(at)
    assert at.query_params[field] == name
    value, kind, _ = headlines(at)["ANN recall"]
    assert (value, kind) == ("–", "no index") if name == "popularity" else "simulated" in kind


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


# What is wrong with a link or a choice --------------------------------------------------------

BROKEN: dict[str, tuple[dict[str, Any], dict[str, str], int]] = {
    "unknown generator": ({"generator": "magic"}, {"generator": "mf"}, 1),
    "unknown index": ({"index": "<b>"}, {"index": "hnsw"}, 1),
    "unknown ranker": ({"ranker": ""}, {"ranker": "gbdt"}, 1),
    "not a number": ({"candidates": "abc"}, {"candidates": "300"}, 1),
    "negative": ({"index.ef_search": "-5"}, {"index.ef_search": "1"}, 1),
    "repeated": ({"candidates": ["10", "30"]}, {"candidates": "30"}, 1),
    "repeated, then wrong": ({"candidates": ["20", "abc"]}, {"candidates": "300"}, 2),
    "NaN": ({"candidates": "nan"}, {"candidates": "300"}, 1),
    "infinite": ({"index.ef_search": "inf"}, {"index.ef_search": "100000"}, 1),
    "huge": ({"index.ef_search": "1e300"}, {"index.ef_search": "100000"}, 1),
    "beyond the catalogue": ({"candidates": "500"}, {"candidates": "300"}, 1),
    "unknown user": ({"user": "120"}, {"user": "119"}, 1),
    "unknown names": ({"utm_source": "x", "index.width": "3"}, {}, 2),
    "m that does not divide d": ({"index": "ivfpq", "index.m": "7"}, {"index.m": "8"}, 1),
    "more lists than vectors": (
        {"index": "ivfpq", "index.nlist": "300", "index.nprobe": "99"},
        {"index.nprobe": "99"},
        1,
    ),
    "a longer slate than candidates": ({"slate": "30"}, {"slate": "30", "candidates": "30"}, 1),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_link_is_repaired_with_one_line_for_each_repair(
    open_page: Open, name: str
) -> None:
    wrong, mended, repairs = BROKEN[name]
    start = small()
    if "ivfpq" in wrong.values():
        quick = {"index.nlist": "16", "index.nprobe": "4", "index.nbits": "5", "index.m": "16"}
        start = {k: v for k, v in small().items() if not k.startswith("index.")} | quick
    at = open_page(start | wrong)
    assert_whole(at, slate=int(at.query_params["slate"]))
    assert len(warnings(at)) == repairs
    assert len(set(warnings(at))) == repairs
    given = {k: v for k, v in (start | wrong | mended).items() if k in at.query_params}
    assert {name: at.query_params[name] for name in mended} == mended
    assert "utm_source" not in at.query_params
    untouched = {k: v for k, v in given.items() if k not in wrong and k not in mended}
    assert {k: at.query_params[k] for k in untouched} == untouched
    found, left = Scenario.from_query(at.query_params)
    assert left == []
    assert found.to_query() == at.query_params


def test_more_lists_than_vectors_are_repaired_together_with_all_else(open_page: Open) -> None:
    """How many vectors there are shows late: lines that stood before must not be lost."""
    at = open_page(small(index="ivfpq", index__nlist="300", index__nprobe="99", candidates="abc"))
    assert_whole(at)
    assert len([line for line in warnings(at) if "nlist" in line]) == 1
    assert len([line for line in warnings(at) if "candidates" in line]) == 1
    shown = int(at.query_params["index.nlist"])
    assert shown < 300
    assert at.number_input(key="more_index.nlist").value == shown


def test_a_link_that_is_wrong_in_every_place_still_gives_the_page(open_page: Open) -> None:
    wrong = dict.fromkeys(small_scenario().to_query(), "☃") | {"": "", "%00": "\x00"}
    at = open_page({k: v for k, v in wrong.items() if not k.startswith("world.")})
    assert_whole(at)
    assert_shows(at, Scenario())
    assert len(warnings(at)) >= 10


def test_a_user_typed_beyond_the_world_is_repaired_and_told(open_page: Open) -> None:
    at = open_page(small())
    at.number_input(key="choose_user").set_value(10**6).run()
    assert_whole(at)
    assert warnings(at) == ["Users go from 0 to 119: user is now 119."]
    assert at.query_params["user"] == "119"
    assert at.number_input(key="choose_user").value == 119
    at.number_input(key="choose_user").set_value(3).run()
    at.run()
    assert warnings(at) == []
    assert at.subheader[0].value.startswith("The slate of user 3,")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ValueError("clicked: found no click"), "cannot be built: clicked: found no click."),
        (MemoryError("secret path /root"), "could not be made ready (MemoryError)."),
    ],
    ids=["cannot", "failed"],
)
def test_a_design_that_cannot_be_built_shows_one_line_and_a_way_out(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, error: Exception, words: str
) -> None:
    def broken(*_: Any) -> None:
        raise error

    with monkeypatch.context() as patched:
        patched.setattr("ui.studio.build", broken)
        at = open_page(small(ranker__trees="3"))
        assert not at.exception
        assert [title.value for title in at.title] == [PAGE_TITLE]
        (line,) = at.error
        assert line.value.endswith(words)
        assert figures(at) == {}
        assert at.query_params["ranker.trees"] == "3"
    (out,) = [button for button in at.button if button.label == "Back to the default design"]
    out.click().run()
    assert_whole(at)
    assert_shows(at, Scenario())
    assert at.slider(key="slide_Candidates").value == Scenario().design.candidates


def test_a_design_that_could_not_be_built_once_can_be_built_later(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise OSError("no room")

    with monkeypatch.context() as patched:
        patched.setattr("ui.studio.build", broken)
        at = open_page(small(ranker__trees="4"))
        assert len(at.error) == 1
    at.run()
    assert_whole(at)
    assert at.query_params["ranker.trees"] == "4"


def test_without_the_measuring_process_all_but_the_times_is_shown(
    open_page: Open, app_studio: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise MeasuringError("the measuring process stopped")

    with monkeypatch.context() as patched:
        patched.setattr(app_studio.process, "call", broken)
        at = open_page(small(ranker__trees="6"))
        assert_whole(at)
        assert headlines(at)["p95 latency"][:2] == ("–", "not measured")
        assert "not timed" in source(at)
        assert figures(at)["time_by_stage"]["data"] == []
        assert "no time could be measured" in at.markdown[0].value
    (again,) = [button for button in at.button if button.label == "Measure again"]
    again.click().run()
    assert_whole(at)
    assert headlines(at)["p95 latency"][0].endswith(" ms")


def test_a_measurement_that_fails_leaves_the_preview_and_a_line(
    open_page: Open, app_studio: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise OSError("no room")

    at = open_page(small())
    with monkeypatch.context() as patched:
        patched.setattr(app_studio, "_measure", broken)
        at.slider(key="slide_Candidates").set_value(90).run()
        assert not at.exception
        (line,) = at.error
        assert "could not be measured (OSError)" in line.value
        assert "sl-grid" in source(at)
        assert list(figures(at)) == CHARTS
    (again,) = [button for button in at.button if button.label == "Measure again"]
    again.click().run()
    at.run()
    assert_whole(at)
    assert at.query_params["candidates"] == "90"
