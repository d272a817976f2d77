"""A row is the same whether it trains a ranker or is asked for in serving."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.features import COLUMNS
from engine.fitting import ranking_examples, statistics
from engine.log import split_days
from engine.pipeline import System, build
from engine.preparation import Preparation
from engine.rankers import Examples
from engine.store import PartStore
from engine.table import FeatureTable
from engine.training import Training
from engine.world import World
from tests.engine.conftest import quick_design

REQUESTS = 120
ALL_ITEMS = 350


@dataclass
class Listener:
    """A ranker that keeps the tables that it is asked to score."""

    heard: list[FeatureTable] = field(default_factory=list)
    gives_probabilities: bool = False

    def scores(self, table: FeatureTable) -> NDArray[np.float32]:
        self.heard.append(table)
        return table.column("generator_score")


@dataclass(frozen=True)
class Rows:
    """Rows of training, and the same ones as serving built them."""

    training: FeatureTable
    serving: FeatureTable
    position: NDArray[np.float32]
    preparation: Preparation


def serving_on(system: System, store: PartStore, listener: Listener) -> System:
    """The system with the statistics of the days before those that train its ranker."""
    until = split_days(system.world.config.days).early[1]
    return replace(
        system,
        features=statistics(system.world, system.design.generator, until, store),
        learned=replace(system.learned, ranker=listener),  # type: ignore[arg-type]
    )


@pytest.fixture(scope="module", params=["mf", "popularity"])
def rows(request: pytest.FixtureRequest, tiny_world: World, tiny_store: PartStore) -> Rows:
    design = quick_design(request.param, "exact", "none", ALL_ITEMS)
    train, _ = ranking_examples(tiny_world, design.generator, Training(), tiny_store)
    listener = Listener()
    system = serving_on(build(tiny_world, design, store=tiny_store), tiny_store, listener)
    trained, served = [], []
    for one in np.unique(train.request)[:: len(np.unique(train.request)) // REQUESTS]:
        shown = train.rows(train.request == one)
        table = asked(system, listener, shown)
        place = {item: row for row, item in enumerate(table.column("item").tolist())}
        for row, item in enumerate(shown.table.column("item").tolist()):
            if item in place:
                trained.append(shown.table.values[row])
                served.append(table.values[place[item]])
    schema = train.table.schema
    training = FeatureTable(np.array(trained), schema)
    return Rows(
        training,
        FeatureTable(np.array(served), schema),
        training.column("log_position"),
        Preparation.fitted(train.table),
    )


def asked(system: System, listener: Listener, shown: Examples) -> FeatureTable:
    """What serving builds for the user and the time of a request of the log."""
    log = system.world.impressions
    row = int(np.searchsorted(log.request, shown.request[0]))
    listener.heard.clear()
    system.recommend(int(log.user[row]), float(log.at[row]))
    [table] = listener.heard
    return table


def first_place(table: FeatureTable) -> FeatureTable:
    values = table.values.copy()
    values[:, COLUMNS.index("log_position")] = 0.0
    return FeatureTable(values, table.schema)


def test_serving_meets_many_of_the_rows_that_trained(rows: Rows) -> None:
    assert len(rows.training) > 500
    assert len(np.unique(rows.training.column("user"))) > 50
    assert len(np.unique(rows.training.column("item"))) > 100
    assert np.isnan(rows.training.values).any()


def test_rows_are_equal_bit_for_bit_but_for_the_position(rows: Rows) -> None:
    assert rows.serving.schema == rows.training.schema
    for name in COLUMNS:
        if name != "log_position":
            before, after = rows.training.column(name), rows.serving.column(name)
            assert before.tobytes() == after.tobytes(), name


def test_serving_asks_for_the_first_place(rows: Rows) -> None:
    assert not rows.serving.column("log_position").any()
    assert len(np.unique(rows.position)) == 10
    top = rows.position == 0
    assert top.sum() > 30
    one, other = rows.training.rows(top).values, rows.serving.rows(top).values
    assert one.tobytes() == other.tobytes()


@pytest.mark.parametrize("part", ["dense", "places", "words"])
def test_prepared_rows_are_equal_bit_for_bit(rows: Rows, part: str) -> None:
    prepare = rows.preparation.rows
    training, serving = prepare(first_place(rows.training)), prepare(rows.serving)
    whole: Any = getattr(training, part)
    assert whole.size > 0
    assert whole.tobytes() == getattr(serving, part).tobytes()
    # One candidate alone, as the last of a thin index, is prepared no other way.
    alone = prepare(rows.serving.rows(slice(7, 8)))
    assert getattr(alone, part).tobytes() == whole[7:8].tobytes()


def test_preparation_knows_what_serving_brings(rows: Rows) -> None:
    """Rows that trained have no unknown ids: a mismatch of the two ways would make some."""
    prepared = rows.preparation.rows(rows.serving)
    assert np.all(prepared.places > 0)
    assert np.array_equal(prepared.words > 0, ~np.isnan(rows.serving.values[:, -6:]))
