"""What a slider shows between knots: which parts of a scene move, and how."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.in_between import Scene, tracks

KNOTS = (10, 100, 1_000)


def figure_tracks(*figures: dict[str, Any]) -> list[Any]:
    return tracks(KNOTS, [Scene({"chart": figure}) for figure in figures])


def text_tracks(*texts: str) -> list[Any]:
    return tracks(KNOTS, [Scene({}, texts={"line": text}) for text in texts])


def test_what_is_equal_in_all_scenes_has_no_track() -> None:
    still = {"data": [{"y": np.array([1.0, 2.0]), "name": "a"}], "layout": {"shapes": []}}
    assert figure_tracks(still, still, still) == []


def test_a_number_that_differs_moves_on_a_line() -> None:
    figures = [{"layout": {"top": top}} for top in (1.0, 2.5, 7)]
    assert figure_tracks(*figures) == [
        [["figures", "chart", "layout", "top"], "line", [1.0, 2.5, 7.0]]
    ]


def test_a_number_that_is_the_sliders_value_is_said_to_be() -> None:
    figures = [{"data": [{"x0": knot, "x": [knot]}]} for knot in KNOTS]
    path = ["figures", "chart", "data", 0]
    assert figure_tracks(*figures) == [
        [[*path, "x0"], "is", None],
        [[*path, "x", 0], "is", None],
    ]


def test_an_array_that_holds_the_sliders_value_moves_entry_by_entry() -> None:
    figures = [{"x": [knot, knot], "y": [0.0, knot / 10]} for knot in KNOTS]
    path = ["figures", "chart"]
    assert figure_tracks(*figures) == [
        [[*path, "x", 0], "is", None],
        [[*path, "x", 1], "is", None],
        [[*path, "y"], "line", [[0.0, 1.0], [0.0, 10.0], [0.0, 100.0]]],
    ]


def test_an_array_moves_whole_and_numpy_is_as_good_as_a_list() -> None:
    figures = [{"y": np.array([0.5, 1.0])}, {"y": [0.6, 1.0]}, {"y": np.array([0.75, 1.0])}]
    path = ["figures", "chart", "y"]
    assert figure_tracks(*figures) == [[path, "line", [[0.5, 1.0], [0.6, 1.0], [0.75, 1.0]]]]


def test_what_is_missing_at_a_knot_moves_in_steps() -> None:
    figures = [{"y": [float("nan"), 1.0]}, {"y": [0.5, 1.0]}, {"y": [0.5]}]
    assert figure_tracks(*figures) == [
        [
            ["figures", "chart", "y"],
            "step",
            {"values": [[None, 1.0], [0.5, 1.0], [0.5]], "which": [0, 1, 2]},
        ]
    ]


def test_a_word_that_differs_moves_in_steps() -> None:
    (track,) = text_tracks("right", "right", "left")
    assert track == [["texts", "line"], "step", {"values": ["right", "left"], "which": [0, 0, 1]}]


def test_the_numbers_of_a_text_move_and_the_words_stay() -> None:
    (track,) = text_tracks("10 of 9.50 ms", "100 of 12.25 ms", "1,000 of 1,234.00 ms")
    path, kind, what = track
    assert (path, kind) == (["texts", "line"], "text")
    assert what[0]["pieces"] == ["", " of ", " ms"]
    assert [slot["kind"] for slot in what[0]["slots"]] == ["is", "line"]
    assert what[0]["slots"][1]["values"] == [9.5, 12.25, 1234.0]
    assert what[0]["slots"][1]["digits"] == [2, 2, 2]


def test_a_comma_after_a_number_is_a_word() -> None:
    (track,) = text_tracks("a 64, b 1", "a 64, b 2", "a 64, b 4")
    assert track[2][0]["pieces"] == ["a 64, b ", ""]


def test_a_number_that_stays_is_as_it_was_written() -> None:
    (track,) = text_tracks("2026-11-26: 1", "2026-11-26: 2", "2026-11-26: 3")
    assert track[2][0]["pieces"] == ["2026-11-26: ", ""]
    assert len(track[2][0]["slots"]) == 1


@pytest.mark.parametrize(("thousand", "grouped"), [("1,000", True), ("1000", False)])
def test_thousands_are_grouped_where_they_are(thousand: str, grouped: bool) -> None:
    (track,) = text_tracks("ef 10", "ef 100", f"ef {thousand}")
    assert track[2][0]["slots"][0]["grouped"] is grouped


def test_where_the_words_differ_numbers_move_among_those_with_the_same() -> None:
    (track,) = text_tracks("k 10: none", "k 100, 2.0 ms", "k 1,000, 4.0 ms")
    none, some = track[2]
    assert (none["first"], none["last"], none["pieces"]) == (0, 0, ["k 10: none"])
    assert (some["first"], some["last"]) == (1, 2)
    assert [slot["kind"] for slot in some["slots"]] == ["is", "line"]
    assert some["slots"][1]["values"] == [2, 4]


def test_the_sign_of_a_number_is_kept_with_it() -> None:
    (track,) = text_tracks("+0.010", "0.000", "−0.020")
    (slot,) = track[2][0]["slots"]
    assert slot["signed"]
    assert slot["values"] == [0.01, 0.0, -0.02]


@given(st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=3))
def test_tracks_are_json_without_nan(values: list[float]) -> None:
    found = figure_tracks(*({"y": [value, float("nan")], "z": value} for value in values))
    json.loads(json.dumps(found, allow_nan=False))


def test_scenes_and_knots_must_pair() -> None:
    with pytest.raises(ValueError, match="scenes=1: must be one for each of 2 knots"):
        tracks((1, 2), [Scene({})])


def test_scenes_hold_the_same_names_for_the_browser_finds_what_moves_by_them() -> None:
    with pytest.raises(ValueError, match="scenes: at 2 names must be those of the first"):
        tracks((1, 2), [Scene({}, texts={"recall@1": "a"}), Scene({}, texts={"recall@2": "a"})])
    with pytest.raises(ValueError, match="figure"):
        tracks((1, 2), [Scene({"one": {}}), Scene({})])


def test_arrays_travel_however_they_lie_in_memory_and_gaps_as_null() -> None:
    lying = np.array([[1.0, 2.0], [3.0, np.nan]]).T
    chart = {"data": [{"y": lying[0], "z": lying, "text": np.array(["a", "b"], dtype=object)}]}
    plain = Scene({"chart": chart}).plain()["figures"]["chart"]["data"][0]
    assert plain == {"y": [1.0, 3.0], "z": [[1.0, 3.0], [2.0, None]], "text": ["a", "b"]}


def test_what_no_browser_can_read_is_refused_by_its_type() -> None:
    with pytest.raises(TypeError, match="not JSON serializable: set"):
        Scene({"chart": {"data": [{"y": {1, 2}}]}}).plain()


def test_the_range_of_an_axis_moves_as_one() -> None:
    figures = [{"layout": {"xaxis": {"range": [0.0, end]}}} for end in (5.0, 5.0, 8.0)]
    path = ["figures", "chart", "layout", "xaxis", "range"]
    assert figure_tracks(*figures) == [[path, "range", [[0.0, 5.0], [0.0, 5.0], [0.0, 8.0]]]]
