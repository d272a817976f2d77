"""Which days, rows and parts each fitted part comes from."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
import pytest

from engine.fitting import (
    FittedRanker,
    build_index,
    fit_generator,
    fit_ranker,
    index_is_built,
    statistics,
)
from engine.generators import interactions_before
from engine.index import HNSW, IVFPQ
from engine.knobs import Knob
from engine.log import clicks_before, split_days
from engine.pipeline import System, build
from engine.progress import Progress, silent
from engine.rankers import RANKERS, Examples, NoRanker, Ranker
from engine.store import PartStore
from engine.training import Corrected, Training
from engine.world import World
from tests.engine.conftest import QUICK, quick_design

MF_QUICK = QUICK["mf"]


class Given(NamedTuple):
    train: Examples
    validation: Examples
    seed: int


@dataclass(frozen=True, slots=True)
class Spy:
    """A ranker that keeps what it is given to learn from."""

    name: ClassVar[str] = "spy"
    knobs: ClassVar[dict[str, Knob]] = {}
    size: ClassVar[tuple[str, ...]] = ()
    given: ClassVar[list[Given]] = []

    def fit(self, train: Examples, validation: Examples, seed: int, progress: Progress) -> Ranker:
        self.given.append(Given(train, validation, seed))
        return NoRanker().fit(train, validation, seed, progress)

    def load(self, directory: Path) -> Ranker:
        return NoRanker().load(directory)


@pytest.fixture
def given() -> list[Given]:
    """What spies were given in this test."""
    Spy.given.clear()
    return Spy.given


def rows_to_learn_from(world: World, span: tuple[float, float], early: float) -> list[int]:
    """Rows of some days whose pair the user had not clicked before the early day."""
    log = world.impressions
    pairs = list(zip(log.user.tolist(), log.item.tolist(), strict=True))
    known = {
        pair
        for pair, at, click in zip(pairs, log.at, log.clicked, strict=True)
        if click and at < early
    }
    within = np.flatnonzero((log.at >= span[0]) & (log.at < span[1]))
    return [row for row in within.tolist() if pairs[row] not in known]


def learned(world: World, store: PartStore, ranker: Any, **training: Any) -> FittedRanker:
    return fit_ranker(world, MF_QUICK, ranker, Training(**training), store)


def test_designs_share_the_parts_that_they_have_in_common(
    tiny_world: World, tiny_store: PartStore
) -> None:
    first = build(tiny_world, quick_design("mf", "hnsw", "none"), store=tiny_store)
    second = build(tiny_world, quick_design("mf", "hnsw", "gbdt", 60), store=tiny_store)
    third = build(tiny_world, quick_design("mf", "exact", "gbdt"), store=tiny_store)
    assert first.generator is second.generator is third.generator
    assert first.features is second.features is third.features
    assert first.index.graph is second.index.graph  # type: ignore[union-attr]
    assert second.ranker is third.ranker


def test_generator_sees_the_clicks_before_its_day_and_no_later_one(
    tiny_world: World, tiny_store: PartStore
) -> None:
    split = split_days(tiny_world.config.days)
    early = fit_generator(tiny_world, MF_QUICK, split.early[1], tiny_store)
    late = fit_generator(tiny_world, MF_QUICK, split.serving[1], tiny_store)
    for fitted, day in ((early, split.early[1]), (late, split.serving[1])):
        alone = MF_QUICK.fit(interactions_before(tiny_world, day), tiny_world.config.seed, silent)
        np.testing.assert_array_equal(fitted.item_vectors, alone.item_vectors)
    assert not np.array_equal(early.item_vectors, late.item_vectors)


def test_statistics_and_their_generator_are_of_the_same_days(
    tiny_world: World, tiny_store: PartStore
) -> None:
    gathered = statistics(tiny_world, MF_QUICK, 9.0, tiny_store)
    assert gathered.until == 9.0
    assert gathered.generator is fit_generator(tiny_world, MF_QUICK, 9.0, tiny_store)


def test_index_holds_the_items_with_a_vector_in_the_order_of_their_ids(
    tiny_world: World, tiny_store: PartStore
) -> None:
    serving = split_days(tiny_world.config.days).serving[1]
    generator = fit_generator(tiny_world, MF_QUICK, serving, tiny_store)
    ids, index = build_index(tiny_world, MF_QUICK, QUICK["hnsw"], tiny_store)  # type: ignore[misc]
    clicked = np.flatnonzero(np.asarray(clicks_before(tiny_world, serving).sum(axis=0)).ravel())
    np.testing.assert_array_equal(ids, clicked)
    assert index.size == len(ids) < len(tiny_world.items)
    for place in (0, 100, len(ids) - 1):
        query = generator.item_vectors[ids[place]]  # type: ignore[index]
        found, scores = index.search(query, 1)
        np.testing.assert_allclose(
            scores[0], generator.item_vectors[ids[found[0]]] @ query, rtol=1e-5
        )


def test_generator_without_vectors_has_no_index(tiny_world: World, tiny_store: PartStore) -> None:
    assert build_index(tiny_world, quick_design("popularity", "hnsw", "none").generator,
                       HNSW(), tiny_store) is None  # fmt: skip


def test_index_is_built_once_for_all_values_of_its_query_knob(
    tiny_world: World, tmp_path: Path
) -> None:
    store = PartStore(tmp_path)
    narrow, wide = (HNSW(M=4, ef_construction=20, ef_search=ef) for ef in (10, 300))
    assert not index_is_built(tiny_world, MF_QUICK, narrow, store)
    _, first = build_index(tiny_world, MF_QUICK, narrow, store)  # type: ignore[misc]
    assert index_is_built(tiny_world, MF_QUICK, wide, store)
    _, second = build_index(tiny_world, MF_QUICK, wide, store)  # type: ignore[misc]
    assert (first.config, second.config) == (narrow, wide)
    assert first.graph is second.graph  # type: ignore[attr-defined]


def test_query_knob_out_of_range_is_named_and_leaves_the_entry_on_disk_alone(
    tiny_world: World, tmp_path: Path
) -> None:
    good = IVFPQ(nlist=16, nprobe=3, m=4, nbits=5)
    build_index(tiny_world, MF_QUICK, good, PartStore(tmp_path))
    [entry] = tmp_path.glob("index-*/complete.json")
    written = entry.stat().st_ino

    store = PartStore(tmp_path)
    with pytest.raises(ValueError, match="nprobe=17: must be at most nlist=16"):
        build_index(tiny_world, MF_QUICK, IVFPQ(nlist=16, nprobe=17, m=4, nbits=5), store)
    assert entry.stat().st_ino == written
    assert store.notices == []


class TestExamples:
    def test_are_of_later_days_than_the_statistics_that_they_lean_on(
        self, tiny_world: World, given: list[Given]
    ) -> None:
        store = PartStore(None)
        learned(tiny_world, store, Spy())
        [(train, validation, seed)] = given
        assert seed == tiny_world.config.seed
        log, split = tiny_world.impressions, split_days(tiny_world.config.days)
        early = statistics(tiny_world, MF_QUICK, split.early[1], store)
        for examples, span in ((train, split.ranking), (validation, split.validation)):
            rows = rows_to_learn_from(tiny_world, span, split.early[1])
            assert 0 < len(rows) < len(log.between(*span))
            assert np.array_equal(examples.clicked, log.clicked[rows])
            assert np.array_equal(examples.request, log.request[rows])
            plain = early.table(log.user[rows], log.item[rows], log.at[rows], log.position[rows])
            assert examples.table.schema == plain.schema
            assert np.array_equal(examples.table.values, plain.values, equal_nan=True)
            np.testing.assert_allclose(
                examples.table.column("log_position"), np.log(log.position[rows]), rtol=1e-6
            )

    @pytest.mark.parametrize("days", [1, 3, 6])
    def test_are_of_as_many_days_as_are_asked_for(
        self, tiny_world: World, days: int, given: list[Given]
    ) -> None:
        learned(tiny_world, PartStore(None), Spy(), days=days)
        [(train, validation, _)] = given
        request = tiny_world.impressions.request
        at = tiny_world.impressions.at[np.searchsorted(request, train.request)]
        assert 12 - days <= at.min() < 12 - days + 0.2
        assert 11.8 < at.max() < 12
        assert len(np.intersect1d(train.request, validation.request)) == 0

    def test_leave_out_the_groups_that_are_not_wanted_and_nothing_else(
        self, tiny_world: World, given: list[Given]
    ) -> None:
        store = PartStore(None)
        learned(tiny_world, store, Spy())
        learned(tiny_world, store, Spy(), without=("ids", "moment"))
        whole, rest = given
        for before, after in ((whole.train, rest.train), (whole.validation, rest.validation)):
            groups = [{c.group for c in part.table.schema} for part in (before, after)]
            assert groups[0] - groups[1] == {"ids", "moment"}
            for name in after.table.columns:
                assert np.array_equal(
                    after.table.column(name), before.table.column(name), equal_nan=True
                )
            assert np.array_equal(after.clicked, before.clicked)

    def test_that_stop_a_ranker_keep_as_many_rows_without_a_click_as_those_that_train_it(
        self, tiny_world: World, given: list[Given]
    ) -> None:
        store = PartStore(None)
        learned(tiny_world, store, Spy())
        learned(tiny_world, store, Spy(), negatives=0.2, rows=2_000)
        (whole, all_later, _), (train, later, _) = given
        assert np.count_nonzero(~train.clicked) < 2_000 * 0.25
        assert later.clicked.sum() == all_later.clicked.sum()
        share = np.count_nonzero(~later.clicked) / np.count_nonzero(~all_later.clicked)
        assert share == pytest.approx(0.2, abs=0.05)
        assert set(train.request.tolist()) < set(whole.request.tolist())

    def test_hang_on_nothing_of_the_last_day(
        self, tiny_world: World, tiny_store: PartStore, given: list[Given]
    ) -> None:
        log = tiny_world.impressions
        past = replace(tiny_world, impressions=log.rows(log.at < 13), identity="past")
        for world, store in ((tiny_world, tiny_store), (past, PartStore(None))):
            learned(world, store, Spy(), rows=3_000, negatives=0.4)
        whole, known = given
        for before, after in ((whole.train, known.train), (whole.validation, known.validation)):
            assert before.table.values.tobytes() == after.table.values.tobytes()
            assert np.array_equal(before.clicked, after.clicked)

    def test_of_no_click_are_refused(self, tiny_world: World) -> None:
        quiet = replace(
            tiny_world,
            impressions=replace(
                tiny_world.impressions, clicked=tiny_world.impressions.clicked & _early(tiny_world)
            ),
            identity="quiet",
        )
        with pytest.raises(ValueError, match=r"^clicked: must hold clicks .*found no click$"):
            learned(quiet, PartStore(None), RANKERS["gbdt"]())


def _early(world: World) -> Any:
    return world.impressions.at < 8


class TestRecord:
    @pytest.mark.parametrize("name", RANKERS)
    def test_of_a_fit_survives_the_disk(self, tiny_world: World, tmp_path: Path, name: str) -> None:
        made = learned(tiny_world, PartStore(tmp_path), QUICK[name])
        store = PartStore(tmp_path)
        read = learned(tiny_world, store, QUICK[name])
        assert read is not made
        assert store.notices == []
        for field in fields(FittedRanker):
            if field.name != "ranker":
                assert getattr(read, field.name) == getattr(made, field.name), field.name
        assert read.course == made.ranker.course
        table = statistics(tiny_world, MF_QUICK, 13.0, store).table(3, np.arange(50), 13.5)
        assert np.array_equal(read.ranker.scores(table), made.ranker.scores(table))

    def test_counts_what_was_learned_from(self, tiny_world: World, given: list[Given]) -> None:
        made = learned(tiny_world, PartStore(None), Spy(), negatives=0.5)
        [(train, validation, _)] = given
        assert (made.rows, made.clicks) == (len(train), np.count_nonzero(train.clicked))
        assert made.validation_rows == len(validation)
        assert 0 <= made.seconds < 60
        assert 0 < made.clicks < made.rows

    def test_tells_the_order_on_the_validation_day(
        self, tiny_world: World, given: list[Given]
    ) -> None:
        """By hand: the mean of each request's DCG of clicks over its best."""
        made = learned(tiny_world, PartStore(None), Spy())
        [(_, validation, _)] = given
        scores = validation.table.column("generator_score")
        discount = 1 / np.log2(np.arange(2, 12))
        lists = []
        for request in np.unique(validation.request):
            rows = np.flatnonzero(validation.request == request)
            clicked = validation.clicked[rows][np.argsort(-scores[rows], kind="stable")]
            if clicked.any():
                best = discount[: clicked.sum()].sum()
                lists.append(clicked @ discount[: len(rows)] / best)
        assert made.validation_ndcg == pytest.approx(np.mean(lists), abs=1e-6)

    @pytest.mark.parametrize("ranker", [NoRanker(), QUICK["gbdt"]], ids=["none", "gbdt"])
    def test_is_there_whatever_the_ranker_learns_without(
        self, tiny_world: World, ranker: Any
    ) -> None:
        made = learned(tiny_world, PartStore(None), ranker, without=("generator", "history"))
        assert 0 < made.validation_ndcg < 1


class TestFittedOnce:
    def test_from_the_same_choices(
        self, tiny_world: World, tmp_path: Path, given: list[Given]
    ) -> None:
        store = PartStore(tmp_path)
        first = learned(tiny_world, store, Spy())
        assert learned(tiny_world, store, Spy()) is first
        learned(tiny_world, PartStore(tmp_path), Spy())  # read from disk
        assert len(given) == 1

    @pytest.mark.parametrize(
        "change",
        [
            {"correct": 0},
            {"negatives": 0.3, "correct": 0},
            {"negatives": 0.3, "correct": 1},
            {"without": ("title", "ids")},
            {"without": ("ids", "title")},
            {"days": 6},
            {"days": 7},
            {"days": 30},
            {"rows": 4_999_999},
        ],
        ids=str,
    )
    def test_under_each_name_of_the_same_choices(
        self, tiny_world: World, tiny_store: PartStore, change: dict[str, Any]
    ) -> None:
        twins = {
            "days": {"days": 6}, "without": {"without": ("ids", "title")},
            "negatives": {"negatives": 0.3}, "rows": {}, "correct": {},
        }  # fmt: skip
        plain = learned(tiny_world, tiny_store, QUICK["gbdt"], **twins[next(iter(change))])
        assert learned(tiny_world, tiny_store, QUICK["gbdt"], **change) is plain

    @pytest.mark.parametrize(
        "change",
        [{"days": 3}, {"rows": 1_500}, {"negatives": 0.3}, {"without": ("ids",)}],
        ids=str,
    )
    def test_and_another_time_from_others(
        self, tiny_world: World, tiny_store: PartStore, change: dict[str, Any]
    ) -> None:
        plain = learned(tiny_world, tiny_store, QUICK["logistic"])
        other = learned(tiny_world, tiny_store, QUICK["logistic"], **change)
        assert other is not plain
        table = statistics(tiny_world, MF_QUICK, 13.0, tiny_store).table(3, np.arange(50), 13.5)
        assert not np.array_equal(other.ranker.scores(table), plain.ranker.scores(table))
        assert (other.rows < plain.rows) == ("without" not in change)


class TestCorrection:
    def test_needs_no_fit(self, tiny_world: World, tiny_store: PartStore) -> None:
        corrected = _system(tiny_world, tiny_store, negatives=0.2, correct=1)
        plain = _system(tiny_world, tiny_store, negatives=0.2, correct=0)
        assert corrected.learned is plain.learned
        assert corrected.tuned(plain.design).calibrated is plain.learned.ranker
        assert isinstance(corrected.calibrated, Corrected)
        assert corrected.calibrated.kept == 0.2
        assert plain.calibrated is plain.learned.ranker

    def test_moves_probabilities_and_no_slate(
        self, tiny_world: World, tiny_store: PartStore
    ) -> None:
        corrected = _system(tiny_world, tiny_store, negatives=0.2, correct=1)
        plain = _system(tiny_world, tiny_store, negatives=0.2, correct=0)
        for user in range(0, 200, 9):
            one, two = corrected.recommend(user), plain.recommend(user)
            assert np.array_equal(one.items, two.items)
            assert np.array_equal(one.scores, two.scores)
            table = plain.features.table(user, one.items, one.at)
            p, q = plain.calibrated.scores(table), corrected.calibrated.scores(table)
            np.testing.assert_allclose(q / (1 - q), 0.2 * p / (1 - p), rtol=1e-4)

    @pytest.mark.parametrize(
        ("ranker", "training"),
        [("gbdt", {}), ("none", {"negatives": 0.2}), ("lambdarank", {"negatives": 0.2})],
    )
    def test_is_left_out_where_there_is_nothing_to_correct(
        self, tiny_world: World, tiny_store: PartStore, ranker: str, training: dict[str, Any]
    ) -> None:
        system = _system(tiny_world, tiny_store, ranker, **training)
        assert system.calibrated is system.learned.ranker


def _system(world: World, store: PartStore, ranker: str = "gbdt", **training: Any) -> System:
    design = replace(quick_design("mf", "hnsw", ranker), training=Training(**training))
    return build(world, design, store=store)
