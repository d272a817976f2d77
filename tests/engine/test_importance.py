"""What a ranker loses when a feature is shuffled: against shuffling by hand, and what must hold."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engine import importance
from engine.evaluation.impressions import held_out_impressions
from engine.features import GROUPS, SCHEMA
from engine.importance import importances
from engine.intervals import auc_difference
from engine.metrics import roc_auc
from engine.pipeline import System, build
from engine.rankers import Contributions, Ranker
from engine.store import PartStore
from engine.table import FeatureTable
from engine.training import Training
from engine.world import World
from tests.engine.conftest import SystemOf, quick_design

NAMES = {column.name for column in SCHEMA if column.kind != "token"} | {"title"}


class OneColumn(Ranker):
    """Scores by one column alone."""

    gives_probabilities = False
    parameters = size_bytes = 0

    def __init__(self, name: str) -> None:
        self.name = name

    def scores(self, table: FeatureTable) -> np.ndarray:
        return table.column(self.name)

    def contributions(self, table: FeatureTable) -> Contributions:
        raise NotImplementedError

    def save(self, directory: object) -> None:
        raise NotImplementedError


def by(system: System, ranker: Ranker) -> System:
    return replace(system, learned=replace(system.learned, ranker=ranker))


def test_ranker_of_one_column_lives_on_that_column_alone(system_of: SystemOf) -> None:
    found = importances(by(system_of(), OneColumn("item_click_rate")))
    first, *others = found
    assert (first.name, first.group) == ("item_click_rate", "item_counts")
    assert first.drop.value > first.drop.half_width > 0
    assert others == []  # what changes no score is left out


def test_whole_drop_is_that_from_the_auc_to_about_a_half(system_of: SystemOf) -> None:
    system = by(system_of(), OneColumn("item_click_rate"))
    shown = held_out_impressions(system)
    table = system.features.table(shown.user, shown.item, shown.at, shown.position)
    auc = roc_auc(shown.clicked, table.column("item_click_rate"))
    drop = importances(system)[0].drop
    assert abs(auc - drop.value - 0.5) < 3 * drop.half_width
    assert drop.n == len(shown)


def test_drop_is_the_auc_less_that_of_a_shuffle_by_hand(
    system_of: SystemOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = system_of(ranker="logistic")
    seen: list[np.ndarray] = []
    real = importance.stream

    class Watched:
        def __init__(self, *names: Any) -> None:
            self.rng = real(*names)

        def permutation(self, n: int) -> np.ndarray:
            seen.append(self.rng.permutation(n))
            return seen[-1]

    monkeypatch.setattr(importance, "stream", Watched)
    found = {one.name: one.drop for one in importances(system)}
    shown = held_out_impressions(system)
    table = system.features.table(shown.user, shown.item, shown.at, shown.position)
    orders = iter(seen)  # one for each block, in the order of the schema
    whole = system.ranker.scores(table)
    for name in dict.fromkeys("title" if c.kind == "token" else c.name for c in SCHEMA):
        values, order = table.values.copy(), next(orders)
        mine = [
            place
            for place, column in enumerate(SCHEMA)
            if (column.kind == "token" if name == "title" else column.name == name)
        ]
        values[:, mine] = table.values[order][:, mine]
        scores = system.ranker.scores(FeatureTable(values, table.schema))
        expected = auc_difference(shown.clicked, scores, whole)
        assert found[name] == expected, name
    assert next(orders, None) is None


def test_features_come_by_falling_drop_each_once_the_words_of_the_title_together(
    system_of: SystemOf,
) -> None:
    found = importances(system_of(ranker="logistic"))
    assert {one.name for one in found} == NAMES
    assert len(found) == len(NAMES)
    drops = [one.drop.value for one in found]
    assert drops == sorted(drops, reverse=True)
    assert {one.group for one in found} == set(GROUPS)


def test_trees_tell_their_gain_and_other_models_none(system_of: SystemOf) -> None:
    gains = {one.name: one.gain for one in importances(system_of(ranker="gbdt"))}
    assert sum(gain or 0.0 for gain in gains.values()) == pytest.approx(1.0)
    assert {"user", "item", "title"}.isdisjoint(gains)  # trees leave ids alone
    assert all(one.gain is None for one in importances(system_of(ranker="logistic")))


def test_groups_that_a_ranker_was_trained_without_are_left_out(
    tiny_world: World, tiny_store: PartStore
) -> None:
    training = Training(without=("item_counts", "title"))
    design = replace(quick_design("mf", "hnsw", "logistic"), training=training)
    found = importances(build(tiny_world, design, store=tiny_store))
    assert {one.group for one in found} == set(GROUPS) - set(training.without)
    assert "title" not in {one.name for one in found}


def test_same_rows_are_shuffled_the_same_way_each_time(system_of: SystemOf) -> None:
    system = system_of(ranker="gbdt")
    assert importances(system) == importances(system)
    some = importances(system, rows=500)
    assert {one.drop.n for one in some} == {500}
    assert some == importances(system, rows=500)


def test_table_is_left_as_it_was(system_of: SystemOf) -> None:
    system = system_of(ranker="logistic")
    shown = held_out_impressions(system)
    before = system.features.table(shown.user, shown.item, shown.at, shown.position).values.copy()
    importances(system)
    after = system.features.table(shown.user, shown.item, shown.at, shown.position).values
    np.testing.assert_array_equal(before, after)


def test_progress_is_told_before_each_feature(system_of: SystemOf) -> None:
    said: list[float] = []
    importances(system_of(ranker="logistic"), progress=lambda _, done: said.append(done))
    assert said == [place / len(NAMES) for place in range(len(NAMES))]


@pytest.mark.parametrize("clicked", [True, False])
def test_where_the_last_day_has_one_class_alone_nothing_can_be_lost(
    system_of: SystemOf, clicked: bool
) -> None:
    system = system_of()
    log = system.world.impressions
    one_class = replace(log, clicked=np.full(len(log.clicked), clicked))
    assert importances(replace(system, world=replace(system.world, impressions=one_class))) == []
