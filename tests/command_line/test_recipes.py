"""Recipes of the gallery: figures in words come from the page, and what is wrong is named."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from command_line.recipes import Recipe, filled, recipes
from ui.write_up.document import Chart, Document, Figure, Figures, Provenance, Table, Words

TABLE = Table("bars", ("stage", "p50, ms"), (("2\u2009000", "0.1234"), ("ranking", "1.5")))
CHART = Chart("bars", "Bars", "ms", "measured", "Bars.", "bars", 300, '{"data": []}', TABLE)
PAGE = Document(
    "A page?",
    "/two_stage",
    Provenance("mf", "7", "a machine", datetime(2026, 1, 1, tzinfo=UTC), "0.1.0"),
    (
        Words("The first sentence."),
        Figures((
            Figure("NDCG@10", "0.726", "± 0.026", "simulated", "a note", "+0.01 to A"),
            Figure("p95", "2 ms", kind="measured"),
        )),
        CHART,
        replace(CHART, key="other"),
        Words("Below", "heading"),
        Words("Said **below**."),
        Figures((Figure("NDCG@10", "0.1"),)),
    ),
)  # fmt: skip


def told(words: str) -> tuple[str, dict[str, str]]:
    recipe = Recipe("one", "A title", "two_stage", "candidates=50", ("bars",), words)
    document, simulated = filled(recipe, PAGE)
    [text] = [part.text for part in document.parts if isinstance(part, Words)]
    return text, simulated


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ("{NDCG@10}", "0.726"),
        ("{NDCG@10 | interval}", "± 0.026"),
        ("{NDCG@10 | versus}", "+0.01 to A"),
        ("{~p95}", "2 ms"),
        ("{~bars | ranking | p50, ms}", "1.5"),
        ("{~bars | 2,000 | p50, ms # 2}", "0.12"),
        ("{~bars | ranking & 1.5 | stage}", "ranking"),
        ("{sentence}", "The first sentence."),
        ("{~sentence | Below}", "Said **below**."),
    ],
)
def test_figure_in_braces_is_that_of_the_page(asked: str, text: str) -> None:
    assert told(f"It is {asked}, so.")[0] == f"It is {text}, so."


def test_figures_that_are_not_measured_are_handed_back() -> None:
    assert told("{NDCG@10}, {~p95}, {NDCG@10 | note}")[1] == {
        "NDCG@10": "0.726",
        "NDCG@10 | note": "a note",
    }


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ("{AUC}", "must be a figure of the page or a chart's cell"),
        ("{p95}", "is measured: see the mark ~"),
        ("{~NDCG@10}", "is simulated: see the mark ~"),
        ("{NDCG@10 | kind}", "has value, interval, note, versus"),
        ("{~bars | index | p50, ms}", "has no cell 'index'"),
        ("{~bars | ranking | p99, ms}", "columns stage, p50, ms"),
        ("{sentence | Nowhere}", "says nothing below 'Nowhere'"),
    ],
)
def test_figure_that_the_page_does_not_show_is_named(asked: str, why: str) -> None:
    with pytest.raises(ValueError, match=rf"^one: .*{why}"):
        told(asked)


def test_write_up_holds_words_large_figures_and_chosen_charts_in_this_order() -> None:
    recipe = Recipe("one", "A title", "two_stage", "candidates=50", ("bars",), "Words.")
    document, _ = filled(recipe, PAGE)
    assert document.title == "A title"
    assert document.parts == (Words("Words."), PAGE.parts[1], CHART)
    assert document.provenance == PAGE.provenance
    with pytest.raises(ValueError, match="chart 'nothing' must be one of bars, other"):
        filled(replace(recipe, charts=("nothing",)), PAGE)


def test_every_shipped_recipe_is_a_view_without_repairs() -> None:
    found = recipes()
    assert len(found) == 6
    for recipe in found.values():
        assert recipe.scenario.to_query()  # reads without a repair
        assert 2 <= len(recipe.charts) <= 3
        assert 3 <= recipe.words.strip().count("\n\n") + 1 <= 6


def test_link_that_needs_a_repair_and_an_unknown_page_are_refused(tmp_path: Path) -> None:
    recipe = Recipe("one", "A title", "two_stage", "candidates=99999", ("bars",), "Words.")
    with pytest.raises(ValueError, match=r"^one: link: candidates=99999"):
        _ = recipe.scenario
    with pytest.raises(ValueError, match="must hold recipes"):
        recipes(tmp_path)
    (tmp_path / "one.toml").write_text('page = "machines"\n')
    with pytest.raises(ValueError, match=r"^one.toml: page='machines'"):
        recipes(tmp_path)
