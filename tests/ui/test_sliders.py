"""Where previews of a slider are drawn."""

from __future__ import annotations

import pytest

from engine.design import Design
from ui.sliders import candidate_knots


@pytest.mark.parametrize(
    ("slate", "knots"),
    [
        (10, (10, 30, 100)),
        (20, (20, 30, 100)),
        (30, (30, 100)),
        (50, (50, 100)),
    ],
)
def test_a_preview_over_candidates_begins_where_the_slider_does(
    slate: int, knots: tuple[int, ...]
) -> None:
    assert candidate_knots(Design(slate=slate), (10.0, 30.0, 100.0)) == knots
