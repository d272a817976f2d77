"""One colour per concept, never colour alone, and no named colour left unfilled."""

from __future__ import annotations

import json
from typing import Literal

import plotly.graph_objects as go
import pytest

from ui import theme

DESIGNED = {
    "generation": "#0072B2",
    "index": "#56B4E9",
    "features": "#CC79A7",
    "ranking": "#E69F00",
    "reranking": "#8C6BB1",
    "truth": "#009E73",
    "budget": "#D55E00",
    "loss": "#D55E00",
    "here": theme.INK,
}


def test_each_concept_has_the_colour_that_was_designed_for_it() -> None:
    assert {name: theme.colour(name) for name in DESIGNED} == DESIGNED
    assert theme.CONCEPTS["truth"].dash == "dash"
    assert theme.CONCEPTS["pinned"].dash == "dot"
    assert theme.CONCEPTS["here"].symbol == "diamond"


def test_no_two_concepts_differ_by_colour_alone() -> None:
    assert len({mark.dash for mark in theme.CONCEPTS.values()}) >= len(theme.CONCEPTS) - 1
    assert len({mark.symbol for mark in theme.CONCEPTS.values()}) == len(theme.CONCEPTS)


@pytest.mark.parametrize("concept", theme.CONCEPTS)
def test_plotly_accepts_every_style_of_every_concept(concept: str) -> None:
    styled = {"line": theme.line(concept), "marker": theme.marker(concept)}
    figure = go.Figure(
        [
            {"type": "scatter", "fillcolor": theme.band(concept), **styled},
            {"type": "scatter", **theme.area(concept)},
            {"type": "bar", "marker": theme.bar(concept)},
        ]
    )
    assert len(figure.data) == 3


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_a_filled_in_template_is_valid_and_names_no_colour(mode: Literal["light", "dark"]) -> None:
    filled = theme.template(mode)
    assert "var(" not in json.dumps(filled)
    assert go.layout.Template(filled).layout.font.family == theme.FONT


def test_ink_on_paper_is_what_the_mode_says() -> None:
    assert theme.template("light")["layout"]["hoverlabel"]["bgcolor"] == "#ffffff"
    assert theme.template("dark")["layout"]["hoverlabel"]["bgcolor"] == "#0e1117"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: theme.line("speed"), "concept='speed': must be one of generation, "),
        (lambda: theme.ink(101), "percent=101: must be an integer from 0 to 100"),
        (lambda: theme.template("sepia"), "mode='sepia': must be one of light, dark"),  # type: ignore[arg-type]
    ],
)
def test_a_wrong_argument_is_named_with_its_value(call: object, message: str) -> None:
    assert callable(call)
    with pytest.raises(ValueError, match=f"^{message}"):
        call()


def test_figures_are_made_without_a_template() -> None:
    assert go.Figure().layout.template.to_plotly_json() == {}
