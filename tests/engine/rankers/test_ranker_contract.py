"""What every ranker promises, held over all of them."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import expit

from engine.features import COLUMNS, FeatureStore, FeatureTable
from engine.generators import MF
from engine.log import clicks_before
from engine.metrics import roc_auc
from engine.progress import silent
from engine.rankers import RANKERS, NoRanker, Ranker, RankerConfig
from engine.world import World

SEED = 3
MAY_BE_MISSING = ("log_duration", "duration_gap", "declared_match")
Sample = tuple[FeatureTable, NDArray[np.bool_]]
LEARNING = [name for name, kind in RANKERS.items() if kind is not NoRanker]


def with_column(table: FeatureTable, values: dict[str, object]) -> FeatureTable:
    changed = table.values.copy()
    for name, value in values.items():
        changed[:, COLUMNS.index(name)] = value
    return FeatureTable(changed)


@pytest.fixture(scope="module")
def store(small_world: World) -> FeatureStore:
    generator = MF(factors=16).fit(clicks_before(small_world, 9.0), 7)
    return FeatureStore(small_world, generator, 9.0)


@pytest.fixture(scope="module")
def training(small_world: World, store: FeatureStore) -> Sample:
    rows = small_world.impressions.between(9.0, 13.0)
    return store.table(rows.user, rows.item, rows.at, rows.position), rows.clicked


@pytest.fixture(scope="module")
def later(small_world: World, store: FeatureStore) -> Sample:
    rows = small_world.impressions.between(13.0, 14.0)
    return store.table(rows.user, rows.item, rows.at, rows.position), rows.clicked


@pytest.fixture(scope="module", params=RANKERS)
def config(request: pytest.FixtureRequest) -> RankerConfig:
    return RANKERS[request.param]()


@pytest.fixture(scope="module")
def ranker(config: RankerConfig, training: Sample) -> Ranker:
    return config.fit(*training, SEED, silent)


def test_name_is_that_of_the_register(config: RankerConfig) -> None:
    assert RANKERS[config.name] is type(config)


def test_configuration_is_a_value(config: RankerConfig) -> None:
    assert {config: 1}[type(config)()] == 1


def test_scores_are_finite_float32_one_a_row(ranker: Ranker, later: Sample) -> None:
    scores = ranker.scores(later[0])
    assert scores.dtype == np.float32
    assert scores.shape == (len(later[0]),)
    assert np.isfinite(scores).all()


def test_row_is_scored_the_same_whatever_stands_beside_it(ranker: Ranker, later: Sample) -> None:
    whole = ranker.scores(later[0])
    for row in (0, 17, 300):
        alone = ranker.scores(FeatureTable(later[0].values[row : row + 1]))
        np.testing.assert_allclose(alone, whole[row : row + 1], rtol=1e-5)


def test_clicked_rows_score_higher_on_later_days(ranker: Ranker, later: Sample) -> None:
    table, clicked = later
    assert roc_auc(clicked, ranker.scores(table)) > 0.55


def test_claimed_probabilities_are_such_and_hit_the_click_rate(
    ranker: Ranker, training: Sample
) -> None:
    if not ranker.gives_probabilities:
        pytest.skip("claims none")
    table, clicked = training
    scores = ranker.scores(table)
    assert scores.min() > 0
    assert scores.max() < 1
    assert scores.mean() == pytest.approx(clicked.mean(), rel=0.03)


def test_contributions_and_base_add_up_to_the_raw_score(ranker: Ranker, later: Sample) -> None:
    table = FeatureTable(later[0].values[:500])
    made = ranker.contributions(table)
    raw = made.base + made.values.sum(axis=1)
    assert made.values.dtype == np.float64
    assert made.values.shape == (500, len(made.names))
    told = expit(raw) if ranker.gives_probabilities else raw
    np.testing.assert_allclose(told, ranker.scores(table), rtol=1e-6)
    assert np.ptp(raw) > 0.1


def test_contributions_are_of_columns_of_the_table(ranker: Ranker, later: Sample) -> None:
    names = ranker.contributions(FeatureTable(later[0].values[:1])).names
    assert len(set(names)) == len(names)
    assert set(names) <= set(COLUMNS)


def test_row_is_explained_the_same_whatever_stands_beside_it(ranker: Ranker, later: Sample) -> None:
    whole = ranker.contributions(FeatureTable(later[0].values[:40]))
    for row in (0, 17, 39):
        alone = ranker.contributions(FeatureTable(later[0].values[row : row + 1]))
        np.testing.assert_allclose(alone.values[0], whole.values[row], rtol=0, atol=1e-9)
        assert alone.base == pytest.approx(whole.base, abs=1e-12)


def test_no_row_has_no_contributions_and_the_same_base(ranker: Ranker, later: Sample) -> None:
    nothing = ranker.contributions(FeatureTable(later[0].values[:0]))
    one = ranker.contributions(FeatureTable(later[0].values[:1]))
    assert nothing.values.shape == (0, len(one.names))
    assert nothing.base == pytest.approx(one.base, abs=1e-12)


def test_missing_values_are_explained(ranker: Ranker, later: Sample) -> None:
    nothing = with_column(FeatureTable(later[0].values[:50]), dict.fromkeys(MAY_BE_MISSING, np.nan))
    made = ranker.contributions(nothing)
    raw = made.base + made.values.sum(axis=1)
    told = expit(raw) if ranker.gives_probabilities else raw
    np.testing.assert_allclose(told, ranker.scores(nothing), rtol=1e-6)


def test_saved_ranker_scores_identically(
    config: RankerConfig, ranker: Ranker, later: Sample, tmp_path: Path
) -> None:
    ranker.save(tmp_path)
    again = config.load(tmp_path)
    assert np.array_equal(ranker.scores(later[0]), again.scores(later[0]))
    some = FeatureTable(later[0].values[:20])
    assert np.array_equal(ranker.contributions(some).values, again.contributions(some).values)
    assert again.gives_probabilities == ranker.gives_probabilities
    for path in tmp_path.iterdir():
        assert path.suffix in {".npy", ".npz", ".json", ".txt"}, path.name


def test_same_seed_scores_the_same(
    config: RankerConfig, ranker: Ranker, training: Sample, later: Sample
) -> None:
    again = config.fit(*training, SEED, silent)
    assert np.array_equal(ranker.scores(later[0]), again.scores(later[0]))


def test_missing_values_are_scored(ranker: Ranker, later: Sample) -> None:
    nothing = with_column(later[0], dict.fromkeys(MAY_BE_MISSING, np.nan))
    assert np.isfinite(ranker.scores(nothing)).all()


@pytest.mark.parametrize("name", LEARNING)
@pytest.mark.parametrize(("clicked", "found"), [(True, "only clicks"), (False, "no click")])
def test_one_class_alone_is_refused(name: str, clicked: bool, found: str, training: Sample) -> None:
    table = training[0]
    with pytest.raises(ValueError, match=f"^clicked: must hold .*found {found}$"):
        RANKERS[name]().fit(table, np.full(len(table), clicked), SEED, silent)


@pytest.mark.parametrize("name", LEARNING)
def test_column_that_is_always_missing_is_borne(name: str, training: Sample, later: Sample) -> None:
    nothing = dict.fromkeys(MAY_BE_MISSING, np.nan)
    ranker = RANKERS[name]().fit(with_column(training[0], nothing), training[1], SEED, silent)
    assert np.isfinite(ranker.scores(with_column(later[0], nothing))).all()
    assert np.isfinite(ranker.scores(later[0])).all()


@pytest.mark.parametrize("name", LEARNING)
def test_fitting_leaves_its_table_as_it_was(name: str, training: Sample) -> None:
    table, clicked = training
    before = table.values.tobytes()
    RANKERS[name]().fit(table, clicked, SEED, silent)
    assert table.values.tobytes() == before


@pytest.mark.parametrize("name", LEARNING)
def test_fitting_tells_its_progress(name: str, training: Sample) -> None:
    seen: list[float] = []
    RANKERS[name]().fit(*training, SEED, lambda what, done: seen.append(done))
    assert seen
    assert seen == sorted(seen)
    assert 0 <= seen[0] <= seen[-1] <= 1


@pytest.mark.parametrize("name", LEARNING)
def test_first_place_is_scored_above_the_last(name: str, training: Sample, later: Sample) -> None:
    ranker = RANKERS[name]().fit(*training, SEED, silent)
    first, last = (
        ranker.scores(with_column(later[0], {"log_position": np.log(k)})).mean() for k in (1, 10)
    )
    assert first > 1.3 * last


def test_every_knob_is_a_field_and_its_bounds_hold(config: RankerConfig) -> None:
    for name, knob in config.knobs.items():
        assert getattr(type(config)(**{name: knob.low}), name) == knob.low
        for wrong in (knob.high * 2, knob.low - 1, "many", None):
            with pytest.raises(ValueError, match=f"^{name}={wrong!r}: must be"):
                type(config)(**{name: wrong})
