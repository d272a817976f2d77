"""The two waterfalls of an item: sums that hold, and ups and downs told without colour."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from engine.features import COLUMNS
from engine.pipeline import request_time
from tests.ui.explanations import CONTRIBUTIONS, PARTS, an_explanation
from tests.ui.test_slate import SystemOf
from ui import theme
from ui.live_figure import Figure
from ui.why_chart import (
    OF_THE_REQUEST,
    believed,
    believed_steps,
    believed_table,
    true,
    true_steps,
    true_table,
)

SEEN = an_explanation()
FIGURES = {
    "believed": (believed(SEEN, log_odds=True), SEEN.base, SEEN.raw_score),
    "true": (true(SEEN), PARTS["base"], sum(PARTS.values())),
}


def bars(figure: Figure) -> dict[str, tuple[float, float, str]]:
    """Label -> where the bar begins, what it adds, and the name of its trace."""
    return {
        label: (base, adds, trace["name"])
        for trace in figure["data"]
        if trace["type"] == "bar"
        for label, base, adds in zip(trace["y"], trace["base"], trace["x"], strict=True)
    }


def ends(figure: Figure) -> dict[str, Any]:
    (found,) = [trace for trace in figure["data"] if trace.get("mode") == "markers+text"]
    return dict(zip(found["y"], found["x"], strict=True))


@pytest.mark.parametrize("name", FIGURES)
def test_plotly_knows_every_word_of_the_figures(name: str) -> None:
    go.Figure(FIGURES[name][0])


@pytest.mark.parametrize("name", FIGURES)
def test_each_bar_begins_where_the_last_one_ended_from_base_to_total(name: str) -> None:
    figure, base, total = FIGURES[name]
    found = bars(figure)
    rows = [row for row in figure["layout"]["yaxis"]["categoryarray"] if row in found]
    assert found[rows[0]][0] == pytest.approx(base)
    for before, after in pairwise(rows):
        assert found[after][0] == pytest.approx(found[before][0] + found[before][1])
    assert found[rows[-1]][0] + found[rows[-1]][1] == pytest.approx(total)
    assert list(ends(figure).values()) == pytest.approx([base, total])


@pytest.mark.parametrize("name", FIGURES)
def test_what_takes_away_is_hollow_named_and_signed(name: str) -> None:
    figure = FIGURES[name][0]
    for _, adds, trace in bars(figure).values():
        assert trace == ("adds" if adds >= 0 else "takes away")
    up, down = (trace for trace in figure["data"] if trace["type"] == "bar")
    assert up["marker"]["color"] != theme.PAPER
    assert down["marker"]["color"] == theme.PAPER
    (labels,) = [trace for trace in figure["data"] if trace.get("mode") == "text"]
    for label, text in zip(labels["y"], labels["text"], strict=True):
        assert text.strip()[0] == ("+" if bars(figure)[label][1] > 0 else "−")


def test_the_largest_comes_first_and_at_most_ten_bars_are_shown() -> None:
    steps = believed_steps(SEEN)
    assert len(steps) == 10
    sizes = [abs(step.adds) for step in steps[:-1]]
    assert sizes == sorted(sizes, reverse=True)
    assert steps[-1].label == "other (2)"
    assert steps[-1].adds == pytest.approx(0.01 + 0.02)
    assert [step.label for step in true_steps(SEEN)][:2] == ["affinity", "freshness"]


def test_features_of_the_request_are_one_bar() -> None:
    steps = {step.label: step.adds for step in believed_steps(SEEN)}
    assert steps["the request"] == pytest.approx(0.1 - 0.2 + 2.0)
    assert not any("position" in label for label in steps)


def test_a_label_shows_the_value_that_the_ranker_was_shown() -> None:
    labels = [step.label for step in believed_steps(an_explanation())]
    assert "generator score −1.5" in labels
    without = dict.fromkeys(CONTRIBUTIONS, 0.0) | {"topic": 1.0, "declared_match": 0.5}
    labels = [step.label for step in believed_steps(an_explanation(contributions=without))]
    assert labels[:2] == ["topic Nature", "declared match missing"]


def test_the_units_are_log_odds_only_where_the_ranker_gives_probabilities() -> None:
    heading = believed(SEEN, log_odds=True)["layout"]["title"]["subtitle"]["text"]
    assert "log-odds" in heading
    assert "log-odds" not in believed(SEEN, log_odds=False)["layout"]["title"]["subtitle"]["text"]


def test_the_tables_hold_every_feature_and_every_part_and_their_sums() -> None:
    rows = believed_table(SEEN).set_index("feature")["contribution"]
    assert set(rows.index) == {*CONTRIBUTIONS, "base", "raw score"}
    assert rows.drop("raw score").sum() == pytest.approx(rows["raw score"], abs=1e-3)
    parts = true_table(SEEN).set_index("part")["logits"]
    assert parts.drop("truth").sum() == pytest.approx(parts["truth"], abs=1e-3)


def test_features_of_the_request_are_those_alike_for_all_candidates(own_system: SystemOf) -> None:
    system = own_system(candidates="60")
    for user in (0, 17):
        at = request_time(system.world, user)
        returned = system.retrieve(user, at, 60)[0]
        values = system.features.table(user, returned, at).values
        alike = {name for place, name in enumerate(COLUMNS) if np.ptp(values[:, place]) == 0}
        assert set(OF_THE_REQUEST) <= alike
        assert set(OF_THE_REQUEST) >= alike - {"declared_match", "topic_taste"}
