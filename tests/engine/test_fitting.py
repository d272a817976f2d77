"""Which days, rows and parts each fitted part comes from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from engine.features import COLUMNS, FeatureTable
from engine.fitting import build_index, fit_generator, fit_ranker, index_is_built, statistics
from engine.index import HNSW, IVFPQ
from engine.knobs import Knob
from engine.log import clicks_before, split_days
from engine.pipeline import build
from engine.progress import silent
from engine.rankers import NoRanker
from engine.store import PartStore
from engine.world import World
from tests.engine.conftest import QUICK, quick_design

MF_QUICK = QUICK["mf"]


@dataclass(frozen=True, slots=True)
class Spy:
    """A ranker that keeps what it is given to learn from."""

    name: ClassVar[str] = "spy"
    knobs: ClassVar[dict[str, Knob]] = {}
    given: ClassVar[list[tuple[FeatureTable, Any, int]]] = []

    def fit(self, table: FeatureTable, clicked: Any, seed: int, progress: Any) -> Any:
        self.given.append((table, clicked, seed))
        return NoRanker().fit(table, clicked, seed, progress)

    def load(self, directory: Path) -> Any:
        return NoRanker().load(directory)


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
        alone = MF_QUICK.fit(clicks_before(tiny_world, day), tiny_world.config.seed, silent)
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


def test_ranker_learns_from_later_days_than_the_statistics_it_leans_on(
    tiny_world: World,
) -> None:
    Spy.given.clear()
    store = PartStore(None)
    fit_ranker(tiny_world, MF_QUICK, Spy(), store)
    [(table, clicked, seed)] = Spy.given
    assert seed == tiny_world.config.seed

    log, split = tiny_world.impressions, split_days(tiny_world.config.days)
    known = {
        pair
        for pair, at, click in zip(
            zip(log.user.tolist(), log.item.tolist(), strict=True), log.at, log.clicked, strict=True
        )
        if click and at < split.early[1]
    }
    rows = [
        row
        for row in np.flatnonzero((log.at >= split.ranking[0]) & (log.at < split.ranking[1]))
        if (int(log.user[row]), int(log.item[row])) not in known
    ]
    assert 0 < len(rows) < np.count_nonzero((log.at >= split.ranking[0]) & (log.at < 13))
    np.testing.assert_array_equal(clicked, log.clicked[rows])
    early = statistics(tiny_world, MF_QUICK, split.early[1], store)
    plain = early.table(log.user[rows], log.item[rows], log.at[rows], log.position[rows])
    np.testing.assert_array_equal(table.values, plain.values)
    np.testing.assert_allclose(
        table.values[:, COLUMNS.index("log_position")], np.log(log.position[rows]), rtol=1e-6
    )
