"""Training by the gradient: when it stops, what it keeps, and that serving needs no JAX."""

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.preparation import PreparedRows
from engine.progress import Progress, silent
from engine.rankers import DCN, FM, Course
from engine.rankers.fm import FMRanker
from engine.rankers.gradient import (
    PATIENCE,
    Descent,
    GradientRanker,
    Labelled,
    Params,
    batch_size,
    descend,
    log_loss_of,
    raw,
)
from engine.table import FeatureTable
from tests.engine.rankers.small_tables import examples, table

ROOT = Path(__file__).parents[3]
KINDS = {"fm": FM(epochs=3), "dcn": DCN(epochs=3)}


def line(params: Mapping[str, Any], dense: Any, places: Any, words: Any, xp: Any) -> Any:
    return dense @ params["dense"] + params["places"][places].sum(axis=1)


def rows(n: int, seed: int, flipped: bool = False) -> Labelled:
    """One number that clicks hang on, and an id of three that is often unknown."""
    rng = np.random.default_rng(seed)
    dense = rng.standard_normal((n, 1)).astype(np.float32)
    places = rng.integers(4, size=(n, 1)).astype(np.int32)
    clicked = (dense[:, 0] + rng.standard_normal(n) > 0) ^ flipped
    return Labelled(PreparedRows(dense, places, np.empty((n, 0), dtype=np.int32)), clicked)


DESCENT = Descent(line, ("places",), {"places": 1.0}, learning_rate=0.02, epochs=12)
START = {"dense": np.zeros(1), "places": np.zeros(4)}


def trained(
    descent: Descent = DESCENT,
    validation: Labelled | None = None,
    progress: Progress = silent,
    start: Mapping[str, NDArray[Any]] = START,
) -> tuple[Params, Course]:
    rng = np.random.default_rng(5)
    return descend(descent, start, rows(2_000, 1), validation, rng, progress)


def fitted(name: str) -> GradientRanker:
    def logits(t: FeatureTable) -> NDArray[np.floating]:
        return t.column("size") + np.isnan(t.column("age")) - 1.0

    train, validation = examples(3_000, logits, 1), examples(1_000, logits, 2)
    train.table.values[::6, [1, 3, 5]] = np.nan
    ranker = KINDS[name].fit(train, validation, 7)
    assert isinstance(ranker, GradientRanker)
    return ranker


@pytest.fixture(scope="module", params=KINDS)
def ranker(request: pytest.FixtureRequest) -> GradientRanker:
    return fitted(request.param)


def test_weight_of_the_number_is_learned() -> None:
    """Adam with a small step comes near the maximum of the likelihood, 1.6 or so."""
    params, _ = trained(replace(DESCENT, epochs=50))
    assert params["dense"][0] == pytest.approx(1.65, abs=0.2)
    assert params["dense"].dtype == np.float32


def test_course_tells_the_loss_of_each_epoch_and_keeps_the_least() -> None:
    validation = rows(1_000, 2)
    params, course = trained(replace(DESCENT, epochs=6), validation)
    assert len(course.losses) == 6
    assert course.kept == 1 + int(np.argmin(course.losses))
    kept = log_loss_of(raw(line, params, validation.rows), validation.clicked)
    assert kept == pytest.approx(course.losses[course.kept - 1])
    assert course.losses[-1] < course.losses[0]


def test_training_stops_where_validation_gains_no_more_and_takes_the_best_back() -> None:
    """Whatever is learned of these clicks is wrong of the others from the first epoch on."""
    params, course = trained(validation=rows(1_000, 2, flipped=True))
    assert (course.kept, len(course.losses)) == (1, 1 + PATIENCE)
    one, _ = trained(replace(DESCENT, epochs=1))
    assert np.array_equal(params["dense"], one["dense"])


def test_without_validation_all_epochs_are_run() -> None:
    params, course = trained()
    assert course == Course((), 12)
    assert params["dense"][0] > trained(replace(DESCENT, epochs=3))[0]["dense"][0]


def test_row_of_the_unknown_gets_no_gradient() -> None:
    params, _ = trained()
    assert params["places"][0] == 0.0
    assert params["places"][1:].all()


def test_penalty_pulls_to_zero() -> None:
    weak, strong = (
        np.abs(trained(replace(DESCENT, penalties={"dense": p}))[0]["dense"][0])
        for p in (0.0, 10_000.0)
    )
    assert strong < 0.1 * weak


def test_step_that_is_far_too_long_leaves_the_start() -> None:
    def cubed(params: Mapping[str, Any], dense: Any, places: Any, words: Any, xp: Any) -> Any:
        return (dense @ params["dense"]) ** 3

    wild = Descent(cubed, (), {}, learning_rate=1e30, epochs=5)
    start = {"dense": np.array([0.25])}
    params, course = trained(wild, rows(500, 2), start=start)
    assert params["dense"].tolist() == [0.25]
    assert course.kept == 0


def test_progress_is_told_each_epoch_and_may_end_the_training() -> None:
    told: list[float] = []
    trained(progress=lambda what, done: told.append(done))
    assert told == [epoch / 12 for epoch in range(12)]

    def stop(what: str, done: float) -> None:
        if done > 0.2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trained(progress=stop)


@pytest.mark.parametrize(
    ("n", "rows_a_batch"),
    [(2, 2), (31, 31), (500, 32), (6_500, 64), (12_799, 64), (12_800, 128), (10**6, 1024)],
)
def test_batches_are_powers_of_two_for_about_a_hundred_steps(n: int, rows_a_batch: int) -> None:
    assert batch_size(n) == rows_a_batch


def test_log_odds_of_many_rows_are_those_of_each() -> None:
    many = rows(9_000, 3).rows
    params = {"dense": np.array([2.0], dtype=np.float32), "places": np.arange(4, dtype=np.float32)}
    whole = raw(line, params, many)
    np.testing.assert_allclose(whole, 2.0 * many.dense[:, 0] + many.places[:, 0], rtol=1e-6)
    assert raw(line, params, many.rows(slice(0, 0))).shape == (0,)


def test_log_loss_of_log_odds() -> None:
    z = np.array([0.0, np.log(3.0), -1_000.0])
    loss = log_loss_of(z, np.array([True, False, False]))
    assert loss == pytest.approx((np.log(2.0) + np.log(4.0) + 0.0) / 3)


def test_numpy_and_jax_agree(ranker: GradientRanker) -> None:
    import jax

    prepared = ranker.preparation.rows(table(300, 4))
    row = (prepared.dense, prepared.places, prepared.words)
    forward = type(ranker).logits
    mine = forward(ranker.params, *row, np)
    theirs = jax.jit(lambda params, *row: forward(params, *row, jax.numpy))(ranker.params, *row)
    assert mine.dtype == np.float32
    np.testing.assert_allclose(mine, theirs, atol=1e-5)
    assert np.ptp(mine) > 0.5


def test_probabilities_stay_inside_zero_and_one(ranker: GradientRanker) -> None:
    sure = dict(ranker.params)
    for bias in (-1_000.0, 1_000.0):
        sure["bias"] = np.array(bias, dtype=np.float32)
        scores = type(ranker)(ranker.preparation, sure).scores(table(5, 4))
        assert ((scores > 0) & (scores < 1)).all()
        assert np.abs(scores - (bias > 0)).max() < 1e-6


SERVE = """
import sys
from pathlib import Path
import numpy as np
import engine
from engine.table import FeatureTable
from tests.engine.rankers.small_tables import table
ranker = engine.RANKERS[sys.argv[1]]().load(Path(sys.argv[2]))
rows = table(50, 4)
np.save(Path(sys.argv[2]) / "scores.npy", ranker.scores(rows))
ranker.contributions(rows.rows(slice(0, 2)))
assert "jax" not in sys.modules and "optax" not in sys.modules
"""
FIT = """
import os, sys
from pathlib import Path
import numpy as np
import engine
from tests.engine.rankers.small_tables import table
from tests.engine.rankers.test_gradient import KINDS, fitted
before = dict(os.environ)
for name in KINDS:
    np.save(Path(sys.argv[1]) / name, fitted(name).scores(table(50, 4)))
assert dict(os.environ) == before
import jax
assert jax.default_backend() == "cpu"
"""


def process(code: str, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)


def test_scoring_what_was_read_back_loads_no_jax(ranker: GradientRanker, tmp_path: Path) -> None:
    ranker.save(tmp_path)
    name = "fm" if isinstance(ranker, FMRanker) else "dcn"
    _, errors = process(SERVE, name, str(tmp_path)).communicate()
    assert not errors
    assert np.array_equal(np.load(tmp_path / "scores.npy"), ranker.scores(table(50, 4)))


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What another process scores whose fits are those of this one."""
    place = tmp_path_factory.mktemp("elsewhere")
    assert not process(FIT, str(place)).communicate()[1]
    return place


@pytest.mark.slow
def test_two_processes_fit_the_same(ranker: GradientRanker, elsewhere: Path) -> None:
    """And leave the environment as it was, whatever JAX is told there."""
    name = "fm" if isinstance(ranker, FMRanker) else "dcn"
    here, there = ranker.scores(table(50, 4)), np.load(elsewhere / f"{name}.npy")
    np.testing.assert_allclose(here, there, atol=1e-6)
    assert np.ptp(here) > 0.01
