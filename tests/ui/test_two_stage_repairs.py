"""The two-stage page where a link, a choice or the machine is wrong: a line, and a way on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from engine.live_measurement import MeasuringError
from engine.scenario import Scenario
from tests.small_app import PAGE_TITLE, small, small_scenario
from tests.ui.appreader import figures
from tests.ui.two_stage_reader import (
    CHARTS,
    assert_shows,
    assert_whole,
    headlines,
    source,
    warnings,
)
from ui.studio import Studio

Open = Callable[..., AppTest]

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
    open_page: Open,
    app_studio: Studio,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    words: str,
) -> None:
    def broken(*_: Any) -> None:
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(app_studio.fits, "result", broken)
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
    open_page: Open, app_studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise OSError("no room")

    with monkeypatch.context() as patched:
        patched.setattr(app_studio.fits, "result", broken)
        at = open_page(small(ranker__trees="4"))
        assert len(at.error) == 1
    at.run()
    assert_whole(at)
    assert at.query_params["ranker.trees"] == "4"


def test_without_the_measuring_process_all_but_the_times_is_shown(
    open_page: Open, app_studio: Studio, monkeypatch: pytest.MonkeyPatch
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
    open_page: Open, app_studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise OSError("no room")

    at = open_page(small())
    with monkeypatch.context() as patched:
        patched.setattr(app_studio, "_judge", broken)
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
