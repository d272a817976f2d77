"""What every ranker promises, held over all of them."""

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import expit

from engine.features import COLUMNS, GROUPS, FeatureStore
from engine.generators import MF, Interactions
from engine.log import clicks_before, split_days
from engine.metrics import log_loss, roc_auc
from engine.progress import silent
from engine.rankers import RANKERS, Course, Examples, Ranker, RankerConfig
from engine.table import Column, FeatureTable
from engine.world import World
from tests.engine.conftest import quick_ranker, rounds_of, with_rounds

SEED = 3
MAY_BE_MISSING = ("log_duration", "duration_gap", "declared_match")
IDS = ("cohort", "creator", "user", "item")
LEFT_OUT = ("item_counts", "moment", "ids", "title")
LEARNING = [name for name in RANKERS if name != "none"]
ORDERING = [name for name in RANKERS if name != "prior"]  # a constant puts nothing in order
IN_ROUNDS = [name for name in RANKERS if rounds_of(RANKERS[name]()) is not None]


@dataclass(frozen=True)
class Fitted:
    config: RankerConfig
    ranker: Ranker
    told: list[float]  # the shares done that the fit told
    changed: bool  # whether it wrote into what it was given


def with_column(table: FeatureTable, values: dict[str, object]) -> FeatureTable:
    changed = table.values.copy()
    for name, value in values.items():
        changed[:, table.columns.index(name)] = value
    return FeatureTable(changed, table.schema)


def of_table(examples: Examples, table: FeatureTable) -> Examples:
    return Examples(table, examples.clicked, examples.request)


def first(examples: Examples, rows: int) -> Examples:
    return examples.rows(slice(0, rows))


def told_by(ranker: Ranker, table: FeatureTable) -> NDArray[np.float64]:
    """The scores that a ranker's contributions add up to."""
    made = ranker.contributions(table)
    raw = made.base + made.values.sum(axis=1)
    return expit(raw) if ranker.gives_probabilities else raw


@pytest.fixture(scope="module")
def days(small_world: World) -> tuple[Examples, Examples, Examples]:
    """Examples of the training days, the validation day and the last day."""
    split = split_days(small_world.config.days)
    until = split.early[1]
    generator = MF(factors=16).fit(Interactions.of_clicks(clicks_before(small_world, until)), 7)
    store = FeatureStore(small_world, generator, until)

    def examples(span: tuple[float, float]) -> Examples:
        rows = small_world.impressions.between(*span)
        table = store.table(rows.user, rows.item, rows.at, rows.position)
        return Examples(table, rows.clicked, rows.request)

    return examples(split.ranking), examples(split.validation), examples(split.test)


@pytest.fixture(scope="module")
def train(days: tuple[Examples, Examples, Examples]) -> Examples:
    return days[0]


@pytest.fixture(scope="module")
def validation(days: tuple[Examples, Examples, Examples]) -> Examples:
    return days[1]


@pytest.fixture(scope="module")
def later(days: tuple[Examples, Examples, Examples]) -> Examples:
    return days[2]


@pytest.fixture(scope="module")
def few(days: tuple[Examples, Examples, Examples]) -> tuple[Examples, Examples]:
    """Enough to learn something from, and soon done."""
    return first(days[0], 3_000), first(days[1], 1_000)


@pytest.fixture(scope="module", params=RANKERS)
def fitted(request: pytest.FixtureRequest, train: Examples, validation: Examples) -> Fitted:
    config, told = quick_ranker(request.param), list[float]()
    before = [part.table.values.tobytes() for part in (train, validation)]
    ranker = config.fit(train, validation, SEED, lambda what, done: told.append(done))
    after = [part.table.values.tobytes() for part in (train, validation)]
    return Fitted(config, ranker, told, changed=before != after)


@pytest.fixture(scope="module")
def ranker(fitted: Fitted) -> Ranker:
    return fitted.ranker


class TestConfiguration:
    @pytest.mark.parametrize("name", RANKERS)
    def test_name_is_that_of_the_register(self, name: str) -> None:
        assert RANKERS[name].name == name

    @pytest.mark.parametrize("kind", RANKERS.values(), ids=RANKERS)
    def test_configuration_is_a_value(self, kind: type[RankerConfig]) -> None:
        assert {kind(): 1}[kind()] == 1

    @pytest.mark.parametrize("kind", RANKERS.values(), ids=RANKERS)
    def test_knobs_of_size_are_among_the_knobs(self, kind: type[RankerConfig]) -> None:
        assert set(kind.size) <= set(kind.knobs)
        assert len(set(kind.size)) == len(kind.size)

    @pytest.mark.parametrize("kind", RANKERS.values(), ids=RANKERS)
    def test_every_knob_is_a_field_and_its_bounds_hold(self, kind: type[RankerConfig]) -> None:
        for name, knob in kind.knobs.items():
            assert getattr(kind(**{name: knob.low}), name) == knob.low
            for wrong in (knob.high * 2, knob.low - 1, "many", None):
                with pytest.raises(ValueError, match=f"^{name}={wrong!r}: must be"):
                    kind(**{name: wrong})


class TestScores:
    def test_are_finite_float32_one_a_row(self, ranker: Ranker, later: Examples) -> None:
        scores = ranker.scores(later.table)
        assert scores.dtype == np.float32
        assert scores.shape == (len(later),)
        assert np.isfinite(scores).all()

    def test_of_no_row_are_none(self, ranker: Ranker, later: Examples) -> None:
        nothing = ranker.scores(first(later, 0).table)
        assert nothing.dtype == np.float32
        assert nothing.shape == (0,)

    def test_of_a_row_are_the_same_whatever_stands_beside_it(
        self, ranker: Ranker, later: Examples
    ) -> None:
        whole = ranker.scores(later.table)
        for row in (0, 17, 300):
            alone = ranker.scores(later.table.rows(slice(row, row + 1)))
            np.testing.assert_allclose(alone, whole[row : row + 1], rtol=1e-5, atol=1e-6)

    def test_of_clicked_rows_are_higher_on_later_days(
        self, fitted: Fitted, later: Examples
    ) -> None:
        auc = roc_auc(later.clicked, fitted.ranker.scores(later.table))
        assert auc > 0.55 if fitted.config.name in ORDERING else auc == 0.5

    def test_that_claim_to_be_probabilities_are_such_and_hit_the_click_rate(
        self, ranker: Ranker, train: Examples
    ) -> None:
        scores = ranker.scores(train.table)
        hit = scores.mean() == pytest.approx(train.clicked.mean(), rel=0.1)
        assert ranker.gives_probabilities == bool(hit and 0 < scores.min() <= scores.max() < 1)

    def test_of_the_first_place_are_above_those_of_the_last(
        self, fitted: Fitted, later: Examples
    ) -> None:
        at = {
            k: fitted.ranker.scores(with_column(later.table, {"log_position": np.log(k)})).mean()
            for k in (1, 10)
        }
        if fitted.config.name in ("none", "prior"):
            assert at[1] == at[10]
        elif fitted.ranker.gives_probabilities:
            assert at[1] > 1.3 * at[10]
        else:
            assert at[1] > at[10] + 0.1 * fitted.ranker.scores(later.table).std()

    @pytest.mark.parametrize("value", [np.nan, 2.0**24, 70_000.0, -1.0])
    def test_are_told_of_missing_and_unseen_ids(
        self, ranker: Ranker, later: Examples, value: float
    ) -> None:
        strangers = with_column(first(later, 200).table, dict.fromkeys((*IDS, "topic"), value))
        assert np.isfinite(ranker.scores(strangers)).all()

    def test_are_told_where_a_column_is_missing(self, ranker: Ranker, later: Examples) -> None:
        for name in COLUMNS:
            if name == "generator_score" and not ranker.parameters:
                continue  # it has nothing else to tell
            nothing = with_column(first(later, 50).table, {name: np.nan})
            assert np.isfinite(ranker.scores(nothing)).all(), name

    def test_are_picked_from_whatever_else_a_table_holds(
        self, ranker: Ranker, later: Examples
    ) -> None:
        table = first(later, 500).table
        order = np.random.default_rng(1).permutation(len(COLUMNS))
        price = np.arange(500, dtype=np.float32)
        more = FeatureTable(
            np.column_stack([price, table.values[:, order]]),
            (Column("price"), *(table.schema[place] for place in order)),
        )
        assert np.array_equal(ranker.scores(more), ranker.scores(table))
        some = slice(0, 20)
        told, plain = ranker.contributions(more.rows(some)), ranker.contributions(table.rows(some))
        if "price" not in told.names:  # what says nothing of any column may say so of all
            assert told.names == plain.names
        np.testing.assert_allclose(told.values.sum(axis=1), plain.values.sum(axis=1), atol=1e-9)

    def test_are_refused_where_a_column_lacks_which_is_named(
        self, fitted: Fitted, later: Examples
    ) -> None:
        groups = [c.group for c in later.table.schema if c.name == "generator_score"]
        table = first(later, 10).table.without(groups)
        assert "generator_score" not in table.columns
        if fitted.config.name == "prior":
            assert np.isfinite(fitted.ranker.scores(table)).all()
            return
        for ask in (fitted.ranker.scores, fitted.ranker.contributions):
            with pytest.raises(ValueError, match=r"^(table|column)\b.*\bgenerator_score\b"):
                ask(table)


class TestContributions:
    def test_and_base_add_up_to_the_raw_score(self, fitted: Fitted, later: Examples) -> None:
        table, ranker = first(later, 200).table, fitted.ranker
        made = ranker.contributions(table)
        assert made.values.dtype == np.float64
        assert made.values.shape == (200, len(made.names))
        np.testing.assert_allclose(told_by(ranker, table), ranker.scores(table), rtol=2e-6)
        spread = np.ptp(made.values.sum(axis=1))
        assert spread > 0.1 if fitted.config.name in ORDERING else spread == 0

    def test_are_of_columns_of_the_table(self, ranker: Ranker, later: Examples) -> None:
        names = ranker.contributions(first(later, 1).table).names
        assert len(set(names)) == len(names)
        assert set(names) <= set(COLUMNS)

    def test_of_a_row_are_the_same_whatever_stands_beside_it(
        self, ranker: Ranker, later: Examples
    ) -> None:
        table = first(later, 40).table
        whole = ranker.contributions(table)
        for row in (0, 17, 39):
            alone = ranker.contributions(table.rows(slice(row, row + 1)))
            np.testing.assert_allclose(alone.values[0], whole.values[row], rtol=0, atol=1e-6)
            assert alone.base == pytest.approx(whole.base, abs=1e-6)

    def test_of_no_row_are_none_and_the_base_is_the_same(
        self, ranker: Ranker, later: Examples
    ) -> None:
        nothing = ranker.contributions(first(later, 0).table)
        one = ranker.contributions(first(later, 1).table)
        assert nothing.values.shape == (0, len(one.names))
        assert nothing.base == pytest.approx(one.base, abs=1e-6)

    def test_are_told_of_missing_values(self, ranker: Ranker, later: Examples) -> None:
        gone = dict.fromkeys((*MAY_BE_MISSING, *IDS), np.nan)
        table = with_column(first(later, 50).table, gone)
        np.testing.assert_allclose(told_by(ranker, table), ranker.scores(table), rtol=2e-6)


class TestFit:
    def test_leaves_its_examples_as_they_were(self, fitted: Fitted) -> None:
        assert not fitted.changed

    def test_tells_its_progress(self, fitted: Fitted) -> None:
        assert fitted.told == sorted(fitted.told)
        assert all(0 <= done <= 1 for done in fitted.told)
        assert bool(fitted.told) == (fitted.config.name in LEARNING)

    @pytest.mark.parametrize("name", RANKERS)
    def test_with_the_same_seed_scores_the_same(
        self, name: str, few: tuple[Examples, Examples], later: Examples
    ) -> None:
        one, two = (quick_ranker(name).fit(*few, SEED, silent) for _ in range(2))
        assert np.array_equal(one.scores(later.table), two.scores(later.table))
        assert one.course == two.course

    @pytest.mark.parametrize("name", LEARNING)
    @pytest.mark.parametrize(("clicked", "found"), [(True, "only clicks"), (False, "no click")])
    def test_of_one_class_alone_is_refused(
        self, name: str, clicked: bool, found: str, few: tuple[Examples, Examples]
    ) -> None:
        train, validation = few
        alone = Examples(train.table, np.full(len(train), clicked), train.request)
        with pytest.raises(ValueError, match=f"^clicked: must hold .*found {found}$"):
            RANKERS[name]().fit(alone, validation, SEED, silent)

    @pytest.mark.parametrize("name", LEARNING)
    def test_bears_two_clicks(
        self, name: str, few: tuple[Examples, Examples], later: Examples
    ) -> None:
        train, validation = few
        clicked = np.zeros(len(train), dtype=bool)
        clicked[[5, 1_234]] = True
        scarce = Examples(train.table, clicked, train.request)
        scores = quick_ranker(name).fit(scarce, validation, SEED, silent).scores(later.table)
        assert np.isfinite(scores).all()

    @pytest.mark.parametrize("name", LEARNING)
    def test_bears_fewer_rows_than_a_tree_wants_in_a_leaf(
        self, name: str, train: Examples, later: Examples
    ) -> None:
        ranker = quick_ranker(name).fit(first(train, 40), first(later, 40), SEED, silent)
        assert np.isfinite(ranker.scores(later.table)).all()
        assert ranker.parameters > 0

    @pytest.mark.parametrize("name", LEARNING)
    def test_bears_columns_that_are_missing_throughout(
        self, name: str, few: tuple[Examples, Examples], later: Examples
    ) -> None:
        gone = dict.fromkeys((*MAY_BE_MISSING, "user"), np.nan)
        absent = [of_table(part, with_column(part.table, gone)) for part in few]
        ranker = quick_ranker(name).fit(*absent, SEED, silent)
        scores = ranker.scores(later.table)
        assert np.isfinite(scores).all()
        # What was never seen says nothing.
        assert np.array_equal(scores, ranker.scores(with_column(later.table, gone)))

    @pytest.mark.parametrize("name", LEARNING)
    def test_learns_nothing_of_a_column_that_never_varies(
        self, name: str, few: tuple[Examples, Examples], later: Examples
    ) -> None:
        same = [of_table(part, with_column(part.table, {"item_age": 12.3})) for part in few]
        ranker = quick_ranker(name).fit(*same, SEED, silent)
        scores = [
            ranker.scores(with_column(later.table, {"item_age": age})) for age in (12.3, 0.0, 1e6)
        ]
        assert np.isfinite(scores[0]).all()
        np.testing.assert_allclose(scores[1], scores[0], rtol=1e-5)
        np.testing.assert_allclose(scores[2], scores[0], rtol=1e-5)

    @pytest.mark.parametrize("name", LEARNING)
    def test_without_some_groups_hangs_on_none_of_their_columns(
        self, name: str, few: tuple[Examples, Examples], later: Examples
    ) -> None:
        rest = [of_table(part, part.table.without(LEFT_OUT)) for part in few]
        ranker = quick_ranker(name).fit(*rest, SEED, silent)
        values, rng = later.table.values.copy(), np.random.default_rng(5)
        scrambled = [place for place, c in enumerate(later.table.schema) if c.group in LEFT_OUT]
        assert 0 < len(scrambled) < len(COLUMNS)
        for place in scrambled:
            values[:, place] = rng.permutation(values[:, place])
        scores = ranker.scores(later.table)
        assert np.array_equal(scores, ranker.scores(FeatureTable(values, later.table.schema)))
        assert np.array_equal(scores, ranker.scores(later.table.without(LEFT_OUT)))
        if name in ORDERING:
            assert np.ptp(scores) > 0

    @pytest.mark.parametrize("name", LEARNING)
    @pytest.mark.parametrize("group", ["moment", "ids", "title"])
    def test_on_columns_of_one_kind_is_made_or_refused_in_a_sentence(
        self, name: str, group: str, few: tuple[Examples, Examples], later: Examples
    ) -> None:
        others = [other for other in GROUPS if other != group]
        alone = [first(of_table(part, part.table.without(others)), 600) for part in few]
        if name in ("gbdt", "lambdarank") and group in ("ids", "title"):
            with pytest.raises(ValueError, match=r"^table: must have a column that trees"):
                quick_ranker(name).fit(*alone, SEED, silent)
            return
        refused = ""
        try:
            ranker = quick_ranker(name).fit(*alone, SEED, silent)
        except ValueError as refusal:
            refused = str(refusal)
        if refused:
            assert refused.startswith("table: must ")
        else:
            assert np.isfinite(ranker.scores(later.table)).all()


class TestSize:
    def test_of_a_learner_is_positive_and_holds_its_parameters(self, fitted: Fitted) -> None:
        parameters, size = fitted.ranker.parameters, fitted.ranker.size_bytes
        if fitted.config.name == "none":
            assert parameters == size == 0
        else:
            assert parameters > 0
            assert parameters * 4 <= size  # no number is kept in less than four bytes

    def test_on_disk_is_about_what_it_says(self, fitted: Fitted, tmp_path: Path) -> None:
        fitted.ranker.save(tmp_path)
        written = sum(path.stat().st_size for path in tmp_path.iterdir())
        assert fitted.ranker.size_bytes <= written <= 1.3 * fitted.ranker.size_bytes + 10_000

    def test_gain_is_shared_out_among_columns(self, ranker: Ranker, later: Examples) -> None:
        gain = ranker.gain()
        if gain is None:
            return
        assert sum(gain.values()) == pytest.approx(1)
        assert min(gain.values()) >= 0
        assert set(gain) <= set(later.table.columns)

    def test_is_that_of_the_ranker_read_back(self, fitted: Fitted, tmp_path: Path) -> None:
        fitted.ranker.save(tmp_path)
        again = fitted.config.load(tmp_path)
        assert again.parameters == fitted.ranker.parameters
        assert again.size_bytes == fitted.ranker.size_bytes
        assert again.gain() == pytest.approx(fitted.ranker.gain())


class TestDisk:
    def test_ranker_read_back_scores_identically(
        self, fitted: Fitted, later: Examples, tmp_path: Path
    ) -> None:
        fitted.ranker.save(tmp_path)
        again = fitted.config.load(tmp_path)
        assert np.array_equal(fitted.ranker.scores(later.table), again.scores(later.table))
        some = first(later, 20).table
        before, after = fitted.ranker.contributions(some), again.contributions(some)
        assert np.array_equal(before.values, after.values)
        assert (before.names, before.base) == (after.names, after.base)
        assert again.gives_probabilities == fitted.ranker.gives_probabilities

    def test_nothing_is_pickled(self, ranker: Ranker, tmp_path: Path) -> None:
        ranker.save(tmp_path)
        for path in tmp_path.iterdir():
            assert path.suffix in {".npy", ".npz", ".json", ".txt"}, path.name
            if path.suffix == ".npz":
                with np.load(path, allow_pickle=False) as arrays:
                    assert all(arrays[name].dtype.kind in "biufU" for name in arrays.files)


class TestCourse:
    def test_is_empty_for_what_has_no_rounds(self, fitted: Fitted) -> None:
        if fitted.config.name not in IN_ROUNDS:
            assert fitted.ranker.course == Course()

    @pytest.mark.parametrize("name", IN_ROUNDS)
    def test_keeps_the_round_where_the_loss_is_least(
        self, name: str, train: Examples, validation: Examples
    ) -> None:
        # So many rounds that the last ones no longer help.
        config = with_rounds(RANKERS[name](), 200 if "trees" in RANKERS[name].knobs else 20)
        ranker = config.fit(train, validation, SEED, silent)
        losses, kept, loss = ranker.course
        assert 1 <= kept < len(losses) <= (200 if "trees" in RANKERS[name].knobs else 20)
        assert losses[kept - 1] == min(losses)
        assert losses[kept - 1] < losses[0]
        assert loss
        if ranker.gives_probabilities:
            mine = log_loss(validation.clicked, ranker.scores(validation.table))
            assert mine == pytest.approx(losses[kept - 1], rel=1e-4)

    @pytest.mark.parametrize("name", IN_ROUNDS)
    def test_of_more_rounds_begins_with_that_of_fewer_and_is_never_worse(
        self, name: str, few: tuple[Examples, Examples]
    ) -> None:
        most = 40 if "trees" in RANKERS[name].knobs else 4
        courses = [
            with_rounds(RANKERS[name](), rounds).fit(*few, SEED, silent).course
            for rounds in (1, most // 2, most)
        ]
        best = [min(course.losses) for course in courses]
        assert best == sorted(best, reverse=True)
        for fewer, more in pairwise(courses):
            assert more.losses[: len(fewer.losses)] == pytest.approx(fewer.losses, rel=1e-6)

    @pytest.mark.parametrize("name", IN_ROUNDS)
    @pytest.mark.parametrize("rows", [0, 300])
    def test_without_clicks_to_stop_by_runs_all_rounds(
        self, name: str, rows: int, few: tuple[Examples, Examples]
    ) -> None:
        quiet = first(few[1], rows)
        quiet = Examples(quiet.table, np.zeros(rows, dtype=bool), quiet.request)
        config = quick_ranker(name)
        course = config.fit(few[0], quiet, SEED, silent).course
        assert course.losses == ()
        assert course.kept == getattr(config, rounds_of(config) or "")

    @pytest.mark.parametrize("name", LEARNING)
    def test_is_the_only_thing_that_validation_rows_decide(
        self, name: str, few: tuple[Examples, Examples], later: Examples
    ) -> None:
        """Nothing is learned from them: one round is one round whatever they hold."""
        train, validation = few
        config = RANKERS[name]()
        config = with_rounds(config, 1) if name in IN_ROUNDS else config
        flipped = Examples(validation.table, ~validation.clicked, validation.request)
        one, two = (config.fit(train, part, SEED, silent) for part in (validation, flipped))
        assert np.array_equal(one.scores(later.table), two.scores(later.table))
