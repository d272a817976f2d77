"""What a ranker is trained on: samples that nest, and what undoes them in its probabilities."""

from dataclasses import FrozenInstanceError, replace
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.special import expit, logit

from engine.features import GROUPS
from engine.metrics import calibration_ratio, log_loss
from engine.rankers import GBDT, Examples, LambdaRank, Logistic, Prior
from engine.table import Column, FeatureTable
from engine.training import Corrected, Training, kept_negatives, sampled, undo_sampling

SEED = 7
SCHEMA = (Column("row"), Column("age"))


@cache
def examples(n: int = 20_000, seed: int = 1) -> Examples:
    """Requests of 1 to 10 rows; clicks whose log-odds rise with age; each row has its number."""
    rng = np.random.default_rng(seed)
    age = rng.standard_normal(n)
    request = np.repeat(np.arange(n) * 3, rng.integers(1, 11, size=n))[:n]
    table = FeatureTable(np.column_stack([np.arange(n), age]).astype(np.float32), SCHEMA)
    return Examples(table, rng.random(n) < expit(age - 2), request)


def numbers(of: Examples) -> set[int]:
    return set(of.table.column("row").astype(int).tolist())


def sample(rows: int = 5_000_000, negatives: float = 1.0, seed: int = SEED) -> Examples:
    return sampled(examples(), Training(rows=rows, negatives=negatives), seed)


class TestChoices:
    def test_are_a_frozen_value(self) -> None:
        assert {Training(days=3): 1}[Training(days=3)] == 1
        with pytest.raises(FrozenInstanceError):
            Training().days = 2  # type: ignore[misc]

    @pytest.mark.parametrize("name", Training.knobs)
    def test_out_of_range_are_named(self, name: str) -> None:
        knob = Training.knobs[name]
        for end in (knob.low, knob.high):
            assert getattr(Training(**{name: end}), name) == end
        for wrong in (knob.low - 1, knob.high * 2 + 1, None, "4", True, float("nan")):
            with pytest.raises(ValueError, match=f"^{name}={wrong!r}: must be"):
                Training(**{name: wrong})

    def test_unknown_group_is_named_with_those_there_are(self) -> None:
        with pytest.raises(ValueError, match=r"^without='colour': must be one of item_counts, co"):
            Training(without=("ids", "colour"))

    def test_something_must_be_left(self) -> None:
        with pytest.raises(ValueError, match=r"^without=.*: must leave a group of features$"):
            Training(without=tuple(GROUPS))
        for left in GROUPS:
            assert len(Training(without=tuple(g for g in GROUPS if g != left)).without) > 1

    @given(st.lists(st.sampled_from(list(GROUPS)), max_size=len(GROUPS) - 1))
    def test_are_equal_whatever_the_order_of_the_groups(self, groups: list[str]) -> None:
        one, two = Training(without=tuple(groups)), Training(without=tuple(sorted(groups)))
        assert one == two
        assert repr(one) == repr(two)  # which names what was fitted
        assert set(one.without) == set(groups)
        assert len(one.without) == len(set(groups))

    def test_correction_needs_no_fit(self) -> None:
        one, two = Training(negatives=0.1, correct=0), Training(negatives=0.1, correct=1)
        assert one != two
        assert one.fitted_part == two.fitted_part
        for change in ({"days": 2}, {"rows": 900}, {"negatives": 0.2}, {"without": ("ids",)}):
            assert replace(one, **change).fitted_part != one.fitted_part  # type: ignore[arg-type]


class TestRows:
    def test_that_are_all_wanted_are_the_examples_themselves(self) -> None:
        assert sample() is examples()
        assert sample(rows=len(examples())) is examples()

    @pytest.mark.parametrize("rows", [500, 3_000, 19_999])
    def test_are_as_many_as_whole_requests_allow(self, rows: int) -> None:
        kept = sample(rows=rows)
        assert rows - 10 < len(kept) <= rows
        whole = dict(zip(*np.unique(examples().request, return_counts=True), strict=True))
        for request, count in zip(*np.unique(kept.request, return_counts=True), strict=True):
            assert count == whole[request]

    def test_stay_in_their_order_with_their_clicks_and_requests(self) -> None:
        kept, whole = sample(rows=2_000, negatives=0.3), examples()
        row = kept.table.column("row").astype(int)
        assert np.all(np.diff(row) > 0)
        assert np.array_equal(kept.clicked, whole.clicked[row])
        assert np.array_equal(kept.request, whole.request[row])
        assert np.array_equal(kept.table.values, whole.table.values[row])

    @pytest.mark.parametrize("negatives", [1.0, 0.2])
    def test_of_a_smaller_sample_are_part_of_a_larger(self, negatives: float) -> None:
        kept = [numbers(sample(rows, negatives)) for rows in (500, 1_000, 5_000, 15_000)]
        for fewer, more in zip(
            kept, [*kept[1:], numbers(sample(negatives=negatives))], strict=True
        ):
            assert fewer < more

    def test_are_drawn_evenly_from_all_of_the_log(self) -> None:
        row = np.array(sorted(numbers(sample(rows=5_000))))
        quarters = np.bincount(row // 5_000, minlength=4) / len(row)
        np.testing.assert_allclose(quarters, 0.25, atol=0.04)
        assert sample(rows=5_000).clicked.mean() == pytest.approx(
            examples().clicked.mean(), abs=0.02
        )

    def test_hang_on_the_seed_alone(self) -> None:
        assert numbers(sample(1_000, 0.5)) == numbers(sample(1_000, 0.5))
        assert numbers(sample(1_000, 0.5)) != numbers(sample(1_000, 0.5, seed=8))


class TestNegatives:
    @pytest.mark.parametrize("share", [0.01, 0.1, 0.5])
    def test_are_kept_by_their_share_and_every_click_is(self, share: float) -> None:
        whole, kept = examples(), sample(negatives=share)
        assert kept.clicked.sum() == whole.clicked.sum() > 1_000
        left, all_ = np.count_nonzero(~kept.clicked), np.count_nonzero(~whole.clicked)
        assert abs(left - share * all_) < 4 * np.sqrt(all_ * share * (1 - share))

    def test_of_a_smaller_share_are_part_of_a_larger(self) -> None:
        masks = [kept_negatives(examples(), share, SEED) for share in (0.01, 0.1, 0.6, 1.0)]
        for fewer, more in pairwise(masks):
            assert np.all(more[fewer])
            assert more.sum() > fewer.sum()
        assert masks[-1].all()


class TestUndoing:
    def test_by_hand(self) -> None:
        # Of 100 rows 10 are clicks. With a tenth of the others kept, 10 of 19 are.
        assert undo_sampling(np.array([10 / 19]), 0.1) == pytest.approx([0.1])
        assert undo_sampling(np.array([0.5, 0.0, 1.0]), 0.25).tolist() == [0.2, 0.0, 1.0]

    @given(st.integers(1, 10**6), st.integers(1, 10**6), st.floats(0.01, 1.0))
    def test_gives_back_the_rate_before_the_sampling(
        self, clicks: int, others: int, kept: float
    ) -> None:
        rate = clicks / (clicks + kept * others)
        whole = clicks / (clicks + others)
        assert undo_sampling(np.array([rate]), kept)[0] == pytest.approx(whole, rel=1e-9)

    @given(st.floats(1e-6, 1 - 1e-6), st.floats(0.01, 1.0))
    def test_moves_the_log_odds_by_the_log_of_the_share(self, p: float, kept: float) -> None:
        moved = logit(undo_sampling(np.array([p]), kept)[0])
        assert moved == pytest.approx(logit(p) + np.log(kept), abs=1e-8)

    @given(st.lists(st.floats(0, 1, width=32), min_size=2, max_size=20), st.floats(0.01, 1.0))
    def test_keeps_the_order(self, p: list[float], kept: float) -> None:
        before = np.sort(np.array(p, dtype=np.float32))
        after = undo_sampling(before, kept)
        assert after.dtype == np.float64
        assert np.all(np.diff(after) >= 0)
        assert np.all((after >= 0) & (after <= before.astype(np.float64) + 1e-12))

    def test_of_all_rows_changes_nothing(self) -> None:
        p = np.linspace(0, 1, 11)
        np.testing.assert_allclose(undo_sampling(p, 1.0), p, rtol=1e-15)


def of_age(rows: Examples) -> Examples:
    return Examples(rows.table.only((SCHEMA[1],)), rows.clicked, rows.request)


def truth(rows: Examples) -> NDArray[np.float64]:
    return expit(rows.table.column("age").astype(np.float64) - 2)


class TestCorrected:
    @pytest.mark.parametrize(
        "config", [Prior(), Logistic(), GBDT(trees=40, leaves=7)], ids=lambda c: c.name
    )
    @pytest.mark.parametrize("kept", [0.05, 0.3])
    def test_ranker_of_sampled_rows_is_calibrated_on_all_of_them(
        self, config: Prior | Logistic | GBDT, kept: float
    ) -> None:
        unseen = of_age(examples(40_000, 2))
        train = of_age(sampled(examples(), Training(negatives=kept), SEED))
        ranker = config.fit(train, train.rows(slice(0, 0)))
        corrected = Corrected(ranker, kept).scores(unseen.table)
        assert corrected.dtype == np.float32
        # The clicks trained on and those judged on, and the rows kept, are counts with noise.
        clicks, others = examples().clicked.sum(), (~train.clicked).sum()
        noise = np.sqrt(1 / clicks + 1 / others + 1 / unseen.clicked.sum())
        ratio = calibration_ratio(unseen.clicked, corrected)
        assert abs(np.log(ratio)) < 4 * noise
        assert calibration_ratio(unseen.clicked, ranker.scores(unseen.table)) > 1.5
        assert log_loss(unseen.clicked, corrected) < log_loss(
            unseen.clicked, ranker.scores(unseen.table)
        )

    def test_line_of_sampled_rows_finds_the_true_probabilities(self) -> None:
        unseen = of_age(examples(40_000, 2))
        train = of_age(sampled(examples(), Training(negatives=0.3), SEED))
        ranker = Corrected(Logistic().fit(train, train), 0.3)
        error = np.abs(ranker.scores(unseen.table) - truth(unseen))
        assert error.mean() < 0.01

    def test_ranker_keeps_its_order_and_what_features_add(self) -> None:
        train = of_age(sample(negatives=0.2))
        ranker = Logistic().fit(train, train)
        corrected = Corrected(ranker, 0.2)
        table = of_age(examples(500, 3)).table
        before, after = ranker.contributions(table), corrected.contributions(table)
        assert np.array_equal(before.values, after.values)
        assert before.names == after.names
        assert after.base == pytest.approx(before.base + np.log(0.2))
        raw = after.base + after.values.sum(axis=1)
        np.testing.assert_allclose(expit(raw), corrected.scores(table), rtol=1e-5)
        order = np.argsort(ranker.scores(table), kind="stable")
        assert np.array_equal(order, np.argsort(corrected.scores(table), kind="stable"))

    def test_ranker_tells_of_itself_as_before(self) -> None:
        train = of_age(sample(rows=3_000))
        for config in (GBDT(trees=5), LambdaRank(trees=5), Logistic()):
            ranker = config.fit(train, train)
            corrected = Corrected(ranker, 0.5)
            for name in ("course", "parameters", "size_bytes"):
                assert getattr(corrected, name) == getattr(ranker, name)
            assert corrected.gain() == ranker.gain()

    def test_correction_is_not_saved(self) -> None:
        train = of_age(sample(rows=3_000))
        with pytest.raises(TypeError, match="a correction is not saved"):
            Corrected(Prior().fit(train, train), 0.5).save(".")
