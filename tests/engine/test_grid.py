"""Figures measured beforehand: exact at their own points, between neighbours elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import engine.grid as grid_module
from engine.design import Design
from engine.evaluation import Curve, Evaluator, quality_curve
from engine.generators import MF
from engine.grid import (
    KNOB_GRID,
    LatencyGrid,
    QualityGrid,
    family,
    knob_values,
    latency_grid,
    load_latency_grid,
    load_quality_grid,
    quality_grid,
    save_grid,
    with_knob,
)
from engine.index import HNSW, IVFPQ, Exact
from engine.measurement import Timing, split_percentile, this_machine
from engine.pipeline import System, build
from engine.store import PartStore
from engine.world import World
from tests.engine.conftest import QUICK, SystemOf, quick_design

FIGURES = [field.name for field in fields(Curve) if field.name != "candidates"]


@pytest.fixture(scope="module", params=["hnsw", "ivfflat", "ivfpq", "exact"])
def system(request: pytest.FixtureRequest, system_of: SystemOf) -> System:
    return system_of("mf", request.param, "gbdt")


@pytest.fixture(scope="module")
def quality(system: System, tiny_evaluator: Evaluator) -> QualityGrid:
    return quality_grid(tiny_evaluator, system)


def times_of(system: System, requests: int) -> Timing:
    """Times that tell of which design they are, as far as it has an effect."""
    knob = system.design.index.query_knob
    value = getattr(system.design.index, knob) if knob else 0
    value = max(value, system.design.candidates) if knob == "ef_search" else value
    base = 1_000_000 * value + 1_000 * system.design.candidates
    stages = base + 10 * np.arange(5 * requests).reshape(requests, 5)
    rows = np.hstack([stages, stages.sum(axis=1, keepdims=True)]).astype(np.int64)
    return Timing(rows, rows[:, -1], rows[0], 5.0, this_machine())


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[Design]:
    """The designs that a latency grid measures, at made-up times."""
    designs: list[Design] = []

    class MadeUp:
        def __init__(self, systems: Sequence[System], requests: int) -> None:
            designs.extend(system.design for system in systems)
            self.systems, self.requests = systems, requests

        def go_on(self, seconds: float) -> bool:
            return seconds > 0

        def timings(self) -> list[Timing]:
            return [times_of(system, self.requests) for system in self.systems]

    monkeypatch.setattr(grid_module, "InterleavedRun", MadeUp)
    return designs


def test_quality_at_a_point_of_the_grid_is_what_was_judged_there(
    system: System, quality: QualityGrid, tiny_evaluator: Evaluator
) -> None:
    for knob in quality.knobs.astype(int).tolist():
        design = with_knob(system.design, knob)
        plain = quality_curve(tiny_evaluator, system.tuned(design))
        curve = quality.curve(design)
        assert curve.candidates == plain.candidates
        for name in FIGURES:
            np.testing.assert_array_equal(getattr(curve, name), getattr(plain, name))


def test_quality_between_points_stays_between_its_neighbours(
    system: System, quality: QualityGrid
) -> None:
    knob = system.design.index.query_knob
    if knob is None:
        assert len(quality.knobs) == 1
        return
    for low, high in zip(
        quality.knobs[:-1].astype(int), quality.knobs[1:].astype(int), strict=True
    ):
        for value in range(int(low), int(high) + 1, max(1, (int(high) - int(low)) // 3)):
            curve = quality.curve(with_knob(system.design, value))
            ends = [quality.curve(with_knob(system.design, int(end))) for end in (low, high)]
            for name in FIGURES:
                bounds = np.sort([getattr(end, name) for end in ends], axis=0)
                here = getattr(curve, name)
                assert (bounds[0] - 1e-12 <= here).all()
                assert (here <= bounds[1] + 1e-12).all()


def test_quality_beyond_the_grid_is_that_of_its_end(system_of: SystemOf) -> None:
    values = np.arange(6.0).reshape(3, 2)
    grid = QualityGrid(np.array([10.0, 50.0, 100.0]), np.array([10.0, 20.0]), *[values] * 7)
    for ef, row in ((1, 0), (10, 0), (100, 2), (90_000, 2)):
        np.testing.assert_array_equal(
            grid.curve(Design(index=HNSW(ef_search=ef))).ndcg, values[row]
        )
    halfway = grid.curve(Design(index=HNSW(ef_search=30)))
    np.testing.assert_allclose(halfway.ndcg, [1.0, 2.0])


def test_widths_below_what_is_asked_for_share_one_measurement(
    system_of: SystemOf, measured: list[Design]
) -> None:
    system = system_of("mf", "hnsw", "none")
    grid = latency_grid(system, requests=5)
    pairs = [(design.index.ef_search, design.candidates) for design in measured]  # type: ignore[attr-defined]
    effective = [(max(ef, n), n) for ef, n in pairs]
    assert len(set(effective)) == len(effective) < grid.p50[..., 0].size
    assert set(effective) == {
        (max(int(ef), int(n)), int(n)) for ef in grid.knobs for n in grid.candidates
    }
    for n in (200, 300):
        designs = [replace(with_knob(system.design, ef), candidates=n) for ef in (10, 200)]
        np.testing.assert_array_equal(*(grid.at(design, 50) for design in designs))


@pytest.mark.parametrize("index", ["hnsw", "ivfflat", "ivfpq", "exact"])
def test_latency_at_a_point_of_the_grid_is_what_was_measured_there(
    system_of: SystemOf, measured: list[Design], index: str
) -> None:
    system = system_of("mf", index, "none")
    grid = latency_grid(system, requests=40)
    timings = {design: times_of(replace(system, design=design), 40) for design in measured}
    by_reach = {}
    for design, timing in timings.items():
        ef = getattr(design.index, "ef_search", None)
        knob = max(ef, design.candidates) if ef else getattr(design.index, "nprobe", 0)
        by_reach[knob, design.candidates] = timing
    for knob in grid.knobs.astype(int).tolist():
        for n in grid.candidates.astype(int).tolist():
            design = replace(with_knob(system.design, knob), candidates=n)
            rows = by_reach[max(knob, n) if index == "hnsw" else knob, n].nanoseconds
            for q in (50, 95):
                whole = np.percentile(rows[:, -1], q) / 1e6
                expected = [*split_percentile(rows, q), whole]
                np.testing.assert_allclose(grid.at(design, q), expected, rtol=1e-12)
                column = grid.candidates.tolist().index(n)
                np.testing.assert_allclose(grid.over_candidates(design, q)[column], expected)


def test_latency_between_points_stays_between_its_neighbours(
    system_of: SystemOf, measured: list[Design]
) -> None:
    system = system_of("mf", "hnsw", "none")
    grid = latency_grid(system, requests=5)
    for ef in (10, 77, 199, 650):
        design = with_knob(system.design, ef)
        for low, n, high in ((10, 33, 50), (100, 150, 200), (200, 299, 300)):
            rows = [grid.at(replace(design, candidates=c), 95) for c in (low, n, high)]
            assert (np.minimum(rows[0], rows[2]) <= rows[1]).all()
            assert (rows[1] <= np.maximum(rows[0], rows[2])).all()
            np.testing.assert_allclose(rows[1][:-1].sum(), rows[1][-1])  # parts add up here too


def test_latency_grid_keeps_to_the_catalogue_and_reports_itself(
    system_of: SystemOf, measured: list[Design]
) -> None:
    grid = latency_grid(system_of(), requests=5)
    assert grid.candidates.max() <= 400
    assert (grid.requests, grid.taken_at, grid.held_up) == (5, 5.0, 0.0)
    assert all(design.generator == QUICK["mf"] for design in measured)


@pytest.mark.parametrize("q", [0, 49, 99])
def test_only_the_percentiles_of_the_grid_can_be_asked_for(q: int) -> None:
    one = np.ones(1)
    grid = LatencyGrid(one, one, np.ones((1, 1, 6)), np.ones((1, 1, 6)), 1, 0.0, 0.0)
    for ask in (grid.at, grid.over_candidates):
        with pytest.raises(ValueError, match=f"^q={q}: must be 50 or 95$"):
            ask(Design(), q)


def test_latency_grid_is_timed_for_real(system_of: SystemOf) -> None:
    grid = latency_grid(system_of("mf", "exact", "none"), requests=6)
    assert grid.p50.shape == grid.p95.shape == (1, len(grid.candidates), 6)
    assert (grid.p50[..., :-2] > 0).all()
    assert (grid.p50[..., -2] == 0).all()  # nothing re-ranks
    assert (grid.p50[..., -1] <= grid.p95[..., -1]).all()


def test_grids_are_read_back_as_they_were_written(
    tmp_path: Path, quality: QualityGrid, system_of: SystemOf, measured: list[Design]
) -> None:
    latency = latency_grid(system_of(), requests=5)
    for name, grid, load in (
        ("quality", quality, load_quality_grid),
        ("latency", latency, load_latency_grid),
    ):
        (tmp_path / name).mkdir()
        save_grid(grid, tmp_path / name)
        read: Any = load(tmp_path / name)
        assert type(read) is type(grid)
        for field in fields(grid):
            np.testing.assert_array_equal(getattr(read, field.name), getattr(grid, field.name))
            assert type(getattr(read, field.name)) is type(getattr(grid, field.name))


@pytest.mark.parametrize(
    ("nlist", "values"),
    [
        (1, [1]),
        (2, [1, 2]),
        (3, [1, 2, 3]),
        (16, [1, 2, 4, 8, 16]),
        (100, [1, 2, 4, 8, 16, 32, 64, 100]),
        (256, list(KNOB_GRID["nprobe"])),
        (65_536, list(KNOB_GRID["nprobe"])),
    ],
)
def test_knob_never_passes_the_number_of_lists(nlist: int, values: list[int]) -> None:
    assert knob_values(IVFPQ(nlist=nlist, nprobe=1), KNOB_GRID) == values


def test_index_without_a_query_knob_has_one_column() -> None:
    assert knob_values(Exact(), KNOB_GRID) == [0]
    assert with_knob(Design(index="exact"), 0) == Design(index="exact")
    assert knob_values(HNSW(), KNOB_GRID) == list(KNOB_GRID["ef_search"])


def test_designs_of_a_family_differ_in_candidates_and_query_knob_alone() -> None:
    design = Design(index=HNSW(M=16))
    kin = [replace(design, candidates=20), replace(design, index=HNSW(M=16, ef_search=77))]
    others = [
        Design(index=HNSW(M=17)),
        replace(design, generator=MF(factors=8)),
        replace(design, ranker="none"),
        replace(design, index="exact"),
        replace(design, rerank="rules"),
    ]
    assert {family(one) for one in kin} == {family(design)}
    codes = Design(index=IVFPQ(refine=0))  # takes effect at query time, but no grid spans it
    assert family(codes) != family(Design(index=IVFPQ()))
    assert family(codes) == family(Design(index=IVFPQ(refine=0, nprobe=7)))
    assert family(design) not in {family(one) for one in others}


def test_small_lists_can_be_judged_over_the_whole_grid(
    tiny_world: World, tiny_store: PartStore, tiny_evaluator: Evaluator
) -> None:
    design = replace(
        quick_design("mf", "exact", "none"), index=IVFPQ(nlist=3, nprobe=2, m=4, nbits=5)
    )
    system = build(tiny_world, design, store=tiny_store)
    grid = quality_grid(tiny_evaluator, system)
    assert grid.knobs.tolist() == [1, 2, 3]
    assert (np.diff(grid.recall.mean(axis=1)) > 0).all()


def test_a_grid_holds_its_own_knobs_and_none_between(
    system: System, quality: QualityGrid, tiny_evaluator: Evaluator
) -> None:
    own = with_knob(system.design, int(quality.knobs[-1]))
    assert quality.holds(own)
    judged = quality_curve(tiny_evaluator, system.tuned(own))
    for name in FIGURES:
        np.testing.assert_array_equal(getattr(quality.curve(own), name), getattr(judged, name))
    if system.design.index.query_knob is not None:
        assert not quality.holds(with_knob(system.design, int(quality.knobs[-1]) - 1))


def test_a_grid_of_one_curve_shows_it_for_every_knob(
    system: System, tiny_evaluator: Evaluator
) -> None:
    curve = quality_curve(tiny_evaluator, system)
    one = QualityGrid.of_one(curve)
    for design in (system.design, with_knob(system.design, 1)):
        shown = one.curve(design)
        assert shown.candidates == curve.candidates
        for name in FIGURES:
            np.testing.assert_array_equal(getattr(shown, name), getattr(curve, name))


@pytest.mark.usefixtures("measured")
def test_re_ranking_adds_its_time_to_its_stage_and_to_the_whole(system: System) -> None:
    plain = latency_grid(system, requests=3)
    more = plain.with_reranking(0.25, 0.5)
    np.testing.assert_allclose((more.p50 - plain.p50)[..., [4, 5]], 0.25)
    np.testing.assert_allclose((more.p95 - plain.p95)[..., [4, 5]], 0.5)
    np.testing.assert_array_equal(more.p95[..., :4], plain.p95[..., :4])
