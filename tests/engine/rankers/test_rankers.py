"""What sets the rankers apart: lines, crosses, orders, and no model at all."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import expit

from engine.features import COLUMNS, SCHEMA
from engine.metrics import roc_auc
from engine.rankers import (
    GBDT,
    Examples,
    LambdaRank,
    Logistic,
    NoRanker,
    Prior,
    Ranker,
    RankerConfig,
)
from engine.rankers.boosting import tree_columns
from engine.rankers.lambdarank import sizes
from engine.table import FeatureTable

SMALL_WORLD = {"category": 4, "cycle": 24, "id": 30, "token": 50}
Logits = Callable[[FeatureTable], NDArray[np.floating]]


def made_up(n: int, seed: int) -> FeatureTable:
    """Standard normal numbers, four topics, few ids and words, hours; nothing missing."""
    rng = np.random.default_rng(seed)
    values = rng.standard_normal((n, len(SCHEMA))).astype(np.float32)
    for place, column in enumerate(SCHEMA):
        if column.kind != "number":
            values[:, place] = rng.integers(SMALL_WORLD[column.kind], size=n)
    return FeatureTable(values, SCHEMA)


def draw(logits: NDArray[np.floating], seed: int) -> NDArray[np.bool_]:
    return np.random.default_rng(seed).random(len(logits)) < expit(logits)


def shown(table: FeatureTable, logits: NDArray[np.floating], seed: int) -> Examples:
    """Clicks drawn with these log-odds, ten rows a request."""
    return Examples(table, draw(logits, seed), np.arange(len(table)) // 10)


def fit(config: RankerConfig, logits: Logits, n: int = 8_000) -> Ranker:
    train, validation = made_up(n, 1), made_up(2_000, 11)
    return config.fit(
        shown(train, logits(train), 3), shown(validation, logits(validation), 13), 0, progress
    )


def progress(what: str, done: float) -> None:
    pass


def auc(ranker: Ranker, logits: Logits) -> float:
    unseen = made_up(8_000, 2)
    return roc_auc(draw(logits(unseen), 4), ranker.scores(unseen))


def changed(table: FeatureTable, name: str, value: float) -> FeatureTable:
    values = table.values.copy()
    values[:, COLUMNS.index(name)] = value
    return FeatureTable(values, SCHEMA)


def cross(table: FeatureTable) -> NDArray[np.floating]:
    """Long items are liked when new, short ones when old: no column tells alone."""
    return 3.0 * np.sign(table.column("duration_gap") * table.column("item_age"))


def middle(table: FeatureTable) -> NDArray[np.floating]:
    return 2 - 2 * table.column("duration_gap") ** 2


def of_age(table: FeatureTable) -> NDArray[np.floating]:
    return 1.5 * table.column("item_age") - 1


class TestTrees:
    @pytest.mark.parametrize("config", [GBDT(), LambdaRank()], ids=["gbdt", "lambdarank"])
    def test_learn_a_cross_that_a_line_cannot(self, config: RankerConfig) -> None:
        assert auc(fit(config, cross), cross) > 0.9
        assert abs(auc(fit(Logistic(), cross), cross) - 0.5) < 0.03

    @pytest.mark.parametrize("leaves", [2, 31])
    def test_of_two_leaves_cannot_cross(self, leaves: int) -> None:
        found = auc(fit(GBDT(leaves=leaves, trees=50), cross), cross)
        assert found > 0.9 if leaves == 31 else abs(found - 0.5) < 0.05

    def test_learn_that_the_middle_is_best(self) -> None:
        assert auc(fit(GBDT(), middle), middle) > 0.8
        assert abs(auc(fit(Logistic(), middle), middle) - 0.5) < 0.05

    def test_stop_early_where_there_is_little_to_learn(self) -> None:
        kept = {
            name: fit(GBDT(trees=300), logits, 3_000).course.kept
            for name, logits in {
                "noise": lambda t: np.zeros(len(t)),
                "much": lambda t: 3 * np.sin(2 * t.column("item_age") * t.column("topic_taste")),
            }.items()
        }
        assert kept["noise"] < 10 < 30 < kept["much"]

    def test_do_not_split_on_ids_and_words(self) -> None:
        def of_ids(table: FeatureTable) -> NDArray[np.floating]:
            return 2.0 * (table.column("user") % 2) + 2.0 * (table.column("title_1") % 2) - 2

        assert {SCHEMA[place].kind for place in tree_columns(SCHEMA)} == {
            "number", "cycle", "category",
        }  # fmt: skip
        assert abs(auc(fit(GBDT(), of_ids), of_ids) - 0.5) < 0.05
        assert auc(fit(Logistic(), of_ids), of_ids) > 0.65

    def test_gain_is_that_of_the_feature_that_they_split_on(self) -> None:
        for config in (GBDT(trees=10), LambdaRank(trees=10)):
            gain = fit(config, of_age).gain()
            assert gain is not None
            assert max(gain, key=gain.__getitem__) == "item_age"
            assert gain["item_age"] > 0.75

    def test_parameters_are_two_a_split_and_one_a_leaf(self) -> None:
        ranker = fit(GBDT(trees=1, leaves=2), of_age)
        assert ranker.parameters == 2 * 1 + 2
        many = fit(GBDT(trees=7, leaves=4, learning_rate=0.02), of_age)
        assert many.course.kept == 7
        assert many.parameters == 7 * (2 * 3 + 4)

    def test_contributions_are_those_of_the_features_that_they_split_on(self) -> None:
        table = made_up(4_000, 1)
        clicks = shown(table, 4 * table.column("item_age"), 3)
        made = GBDT(trees=10).fit(clicks, clicks.rows(slice(0, 0))).contributions(table)
        spread = np.abs(made.values).mean(axis=0)
        assert made.names[spread.argmax()] == "item_age"
        assert spread.max() > 10 * np.sort(spread)[-2]
        # Shapley values are told from what trees give on average: over the training rows they
        # cancel.
        assert abs(made.values.sum(axis=1).mean()) < 0.01


class TestLambdaRank:
    def test_learns_little_of_what_all_rows_of_a_request_share(self) -> None:
        """The mood of a request moves its clicks more than age does, and its order not at all."""
        table, unseen = made_up(8_000, 1), made_up(2_000, 2)
        mood = np.repeat(np.random.default_rng(7).standard_normal(800), 10)
        table.values[:, COLUMNS.index("user_log_clicks")] = mood
        clicks = shown(table, 3 * mood + table.column("item_age"), 3)

        def effect(ranker: Ranker, name: str) -> float:
            low, high = (ranker.scores(changed(unseen, name, value)).mean() for value in (-1, 1))
            return float(high - low)

        order = LambdaRank(trees=40, leaves=7).fit(clicks, clicks.rows(slice(0, 0)))
        odds = GBDT(trees=40, leaves=7).fit(clicks, clicks.rows(slice(0, 0)))
        assert effect(odds, "user_log_clicks") > 2 * effect(odds, "item_age") > 0
        assert effect(order, "item_age") > 2 * abs(effect(order, "user_log_clicks"))

    def test_sizes_are_those_of_the_requests_in_their_order(self) -> None:
        assert sizes(np.array([7, 7, 7, 3, 9, 9])).tolist() == [3, 1, 2]
        assert sizes(np.array([0, 0], dtype=np.int32)).tolist() == [2]
        assert sizes(np.array([], dtype=np.int32)).tolist() == []

    def test_loss_told_is_what_ndcg_lacks_to_one(self) -> None:
        """By hand: one request a row of ten, gain 1 a click, discount log2; no click counts 1."""
        train, validation = made_up(4_000, 1), made_up(500, 11)
        later = shown(validation, of_age(validation) - 1, 13)
        ranker = LambdaRank(trees=15).fit(shown(train, of_age(train), 3), later)
        discount = 1 / np.log2(np.arange(2, 12))
        scores = ranker.scores(validation)
        lists = []
        for request in range(50):
            rows = np.flatnonzero(later.request == request)
            clicked = later.clicked[rows]
            gained = clicked[np.argsort(-scores[rows], kind="stable")] @ discount
            lists.append(gained / discount[: clicked.sum()].sum() if clicked.any() else 1.0)
        assert 0.0 < np.mean(np.array(lists) == 1.0) < 1.0
        losses, kept, loss = ranker.course
        assert loss == "1 - NDCG@10"
        assert losses[kept - 1] == pytest.approx(1 - np.mean(lists), abs=0.005)


class TestLine:
    def test_finds_the_probabilities_of_a_linear_truth(self) -> None:
        def logits(t: FeatureTable) -> NDArray[np.floating]:
            topic = np.array([0.8, 0.0, -0.8, 0.2])[t.column("topic").astype(int)]
            noon = np.cos(2 * np.pi * (t.column("hour") - 12) / 24)
            creator = np.where(t.column("creator") == 3, 1.5, 0.0)
            return (
                t.column("item_age") - 0.5 * t.column("generator_score")
                + topic + noon + creator - 1
            )  # fmt: skip

        unseen = made_up(5_000, 2)
        p = fit(Logistic(C=1.0), logits, 20_000).scores(unseen)
        error = np.abs(p - expit(logits(unseen)))
        assert error.mean() < 0.03

    def test_stronger_penalty_pulls_towards_the_mean(self) -> None:
        table = made_up(2_000, 1)
        spread = [
            fit(Logistic(C=C), lambda t: 2 * t.column("item_age"), 2_000).scores(table).std()
            for C in (1e-4, 1e-2, 1.0)
        ]
        assert spread == sorted(spread)
        assert spread[0] < 0.5 * spread[2]

    def test_weighs_a_title_by_the_mean_of_its_known_words(self) -> None:
        def logits(table: FeatureTable) -> NDArray[np.floating]:
            return 4.0 * (table.values[:, -6:] == 7).any(axis=1) - 1

        ranker = fit(Logistic(), logits, 20_000)
        row = made_up(1, 5)
        words = np.array([[7, 8, np.nan], [8, 7, np.nan], [7, 8, 4_095], [7, np.nan, np.nan],
                          [8, np.nan, np.nan], [np.nan] * 3, [4_095] * 3])  # fmt: skip
        values = np.repeat(row.values, len(words), axis=0)
        values[:, -6:] = np.nan
        values[:, -6:-3] = words
        raw = ranker.contributions(FeatureTable(values, SCHEMA)).values.sum(axis=1)
        both, turned, stranger, seven, eight, nothing, unknown = raw
        assert both == turned == stranger  # neither order nor a word never seen matters
        assert nothing == unknown
        assert both - nothing == pytest.approx(
            ((seven - nothing) + (eight - nothing)) / 2, abs=1e-9
        )
        assert seven > eight + 1

    def test_parameters_are_one_a_column_a_value_and_the_intercept(self) -> None:
        numbers = sum(column.kind == "number" for column in SCHEMA)
        kinds = [column.kind for column in SCHEMA]
        values = 4 * kinds.count("category") + 30 * kinds.count("id") + 50  # one bag of words
        assert fit(Logistic(), of_age).parameters == numbers + 2 + values + 1

    def test_contributions_are_the_weights_times_the_standardised_features(self) -> None:
        table = made_up(4_000, 2)
        made = fit(Logistic(C=100.0), of_age).contributions(table)
        age = table.column("item_age").astype(np.float64)
        told = made.values[:, COLUMNS.index("item_age")]
        slope = np.polyfit((age - age.mean()) / age.std(), told, 1)
        np.testing.assert_allclose(slope, [1.5, 0.0], atol=0.15)
        assert np.ptp(told) > 5 * np.ptp(made.values[:, COLUMNS.index("user_log_clicks")])

    def test_contributions_gather_hour_topic_and_absence_under_their_feature(self) -> None:
        """Changing one feature changes what that feature adds, and nothing else."""
        table = made_up(2_000, 1)
        table.values[::5, COLUMNS.index("duration_gap")] = np.nan
        missing = np.isnan(table.column("duration_gap"))
        hour, topic = table.column("hour"), table.column("topic")
        clicks = shown(table, 2.0 * missing + (hour > 12) + 1.5 * (topic == 2) - 1, 3)
        ranker = Logistic().fit(clicks, clicks)
        before = ranker.contributions(table).values
        for name, value in {"hour": 23.0, "topic": 2.0, "duration_gap": np.nan}.items():
            after = ranker.contributions(changed(table, name, value)).values
            moved = np.abs(after - before).max(axis=0)
            assert np.flatnonzero(moved > 1e-9).tolist() == [COLUMNS.index(name)]
            assert moved.max() > 0.3

    def test_contributions_of_words_stand_under_the_first_of_them(self) -> None:
        table = made_up(2_000, 1)
        clicks = shown(table, 2.0 * (table.column("title_3") < 25) - 1, 3)
        ranker = Logistic().fit(clicks, clicks)
        after = ranker.contributions(changed(table, "title_3", 1.0)).values
        moved = np.abs(after - ranker.contributions(table).values).max(axis=0)
        assert np.flatnonzero(moved > 1e-9).tolist() == [COLUMNS.index("title_1")]

    def test_learns_without_any_category_id_or_word(self) -> None:
        numbers = tuple(column for column in SCHEMA if column.kind == "number")
        table = made_up(2_000, 1).only(numbers)
        clicks = shown(table, of_age(table), 3)
        assert roc_auc(clicks.clicked, Logistic().fit(clicks, clicks).scores(table)) > 0.75


class TestNoModel:
    def test_no_ranker_hands_the_generator_s_score_through(self) -> None:
        ranker, table = fit(NoRanker(), of_age), made_up(50, 2)
        assert np.array_equal(ranker.scores(table), table.column("generator_score"))
        assert not ranker.gives_probabilities

    def test_no_ranker_s_score_is_all_the_generator_s(self) -> None:
        table = made_up(50, 2)
        values, names, base = fit(NoRanker(), of_age).contributions(table)
        assert (names, base) == (("generator_score",), 0.0)
        assert np.array_equal(values[:, 0], table.column("generator_score").astype(np.float64))

    def test_no_ranker_needs_no_click(self) -> None:
        table = made_up(50, 1)
        quiet = Examples(table, np.zeros(50, dtype=bool), np.arange(50))
        assert len(NoRanker().fit(quiet, quiet).scores(table)) == 50

    def test_prior_is_the_click_rate_of_what_it_learned_from(self) -> None:
        table = made_up(8, 1)
        clicked = np.array([1, 0, 0, 0, 1, 0, 0, 0], dtype=bool)
        examples = Examples(table, clicked, np.arange(8))
        ranker = Prior().fit(examples, examples.rows(slice(0, 1)))
        assert ranker.scores(made_up(3, 2)).tolist() == [0.25] * 3
        assert ranker.contributions(table).base == pytest.approx(np.log(1 / 3))
        assert not ranker.contributions(table).values.any()
