"""Results on paper: tables for people, JSON and CSV for programs."""

from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path

import click
import numpy as np
import pytest

from command_line.printing import as_csv, as_json, as_table, figure, figure_rows, put
from engine.figures import Estimate, MeasuredDifference, Measurement

NAN = math.nan


def test_figure_keeps_its_kind_bounds_and_number() -> None:
    assert figure(Estimate(0.5, 0.4, 0.6, 500)) == {
        "value": 0.5, "low": 0.4, "high": 0.6, "n": 500, "kind": "simulated",
    }  # fmt: skip
    assert figure(Measurement(2.0, "ms", 200, 0.0))["kind"] == "measured"
    assert figure(MeasuredDifference(0.1, 0.0, 0.2, "ms", 200, 0.0))["kind"] == "measured"


def test_rows_tell_the_unit_beside_the_name() -> None:
    rows = figure_rows({"p95": Measurement(2.0, "ms", 200, 0.0), "auc": Estimate(0.8, 0.7, 0.9, 9)})
    assert rows[0] == ["p95, ms", 2.0, None, None, 200, "measured"]
    assert rows[1][0] == "auc"


def test_json_holds_no_nan_and_no_types_of_numpy() -> None:
    text = as_json({"a": NAN, "b": [np.float32(0.5), np.int64(3)], "c": (math.inf, "x")})
    assert json.loads(text) == {"a": None, "b": [0.5, 3], "c": [None, "x"]}


def test_table_aligns_numbers_to_the_right_and_text_to_the_left() -> None:
    table = as_table(["name", "value"], [["a", 1.5], ["long", 12_345], ["none", None]])
    assert table.splitlines() == ["name   value", "a      1.500", "long  12,345", "none       -"]


def test_csv_takes_the_meaning_from_formulas_and_leaves_numbers_numbers() -> None:
    text = as_csv(["name", "value"], [["=1+1", -0.5], ["@x", NAN], ["plain, text", 2]])
    assert list(csv.reader(io.StringIO(text))) == [
        ["name", "value"], ["'=1+1", "-0.5"], ["'@x", ""], ["plain, text", "2"],
    ]  # fmt: skip


def test_text_goes_to_a_file_or_to_standard_output(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put("words\n", None)
    assert capsys.readouterr().out == "words\n"
    put("words\n", tmp_path / "out.txt")
    assert (tmp_path / "out.txt").read_text() == "words\n"
    assert capsys.readouterr().out == ""


def test_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(click.ClickException) as caught:
        put("words\n", tmp_path / "nowhere" / "out.txt")
    assert "out.txt" in caught.value.format_message()
