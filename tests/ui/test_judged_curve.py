"""A measured design is shown before its quality over candidates is judged, and says so."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engine.evaluation import quality_curve
from engine.latest import Latest
from tests.small_app import small_scenario
from ui.captions import captions
from ui.prepared import Prepared
from ui.studio import Studio

BETWEEN = small_scenario(index__ef_search="117")
"""Of a width that the grid does not hold."""


def test_the_first_view_stands_between_points_of_the_grid_and_the_next_is_judged(
    app_studio: Studio, ready: Prepared
) -> None:
    ready = replace(ready, curves=Latest(10))
    first = app_studio.measured(ready, BETWEEN).result(60)
    assert not first.curve_judged
    assert "quality: grid" in captions(first)["over_candidates"]
    assert first.curve.ndcg.tolist() == ready.quality.curve(BETWEEN.design).ndcg.tolist()
    assert app_studio.with_judged_curve(ready, first) is first

    app_studio.judge_curve(ready, BETWEEN.design)
    app_studio._judging_curve.result(60)
    then = app_studio.with_judged_curve(ready, first)
    own = quality_curve(ready.evaluator, ready.system_of(BETWEEN.design))
    assert then.curve_judged
    assert "quality: simulated" in captions(then)["over_candidates"]
    np.testing.assert_array_equal(then.curve.ndcg, own.ndcg)
    assert then.figures == first.figures  # the design's own, from the first


def test_a_width_of_the_grid_is_judged_from_the_start(ready: Prepared) -> None:
    held = replace(BETWEEN.design.index, ef_search=int(ready.quality.knobs[1]))
    curve, judged = ready.curve_at_hand(ready.system_of(replace(BETWEEN.design, index=held)))
    assert judged
    own = quality_curve(ready.evaluator, ready.system_of(replace(BETWEEN.design, index=held)))
    np.testing.assert_allclose(curve.ndcg, own.ndcg)
