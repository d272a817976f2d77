"""Which features a click model lives on: what it loses when one of them is shuffled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.clicks.days import days_of
from engine.clicks.design import TREES, ClickDesign
from engine.clicks.judging import judged_auc, judged_entropy
from engine.clicks.log import ClickLog
from engine.clicks.study import ClickModel, click_model
from engine.figures import Estimate
from engine.progress import Progress, silent
from engine.seeding import stream
from engine.store import PartStore, Recipe, default_store, part_key
from engine.table import FeatureTable

ROWS = 10_000
"""Test rows that are shuffled, at most."""


@dataclass(frozen=True, slots=True)
class ClickImportance:
    """One feature of a model.

    name, group : of the column.
    more_entropy : normalised entropy gained when its values are shuffled among rows, paired;
        NaN where there are no probabilities. less_auc : AUC lost by the same.
    gain : its share in what the splits of the trees gained in training; None for other models.
    """

    name: str
    group: str
    more_entropy: Estimate
    less_auc: Estimate
    gain: float | None


def click_importance(
    log: ClickLog,
    design: ClickDesign,
    store: PartStore | None = None,
    progress: Progress | None = None,
) -> list[ClickImportance]:
    """Permutation importance on the test days, the most important first, and the trees' gain.

    A feature that another one can stand in for loses little. Raises as `run_clicks`.

    Source: Breiman (2001), "Random forests", by shuffling.
    """
    store = store or default_store()
    model = click_model(log, design, store, progress)
    key = part_key("click-importance", log.identity, design)
    return store.part(
        key, Recipe(make=lambda report: _importance(log, design, model, report)), progress or silent
    )


def _importance(
    log: ClickLog, design: ClickDesign, model: ClickModel, progress: Progress
) -> list[ClickImportance]:
    seed = log.config.seed
    part = log.between(*days_of(log.config, design).test)
    which = np.arange(part.start, part.stop)
    if len(which) > ROWS:
        which = np.sort(stream(seed, "clicks/importance/rows").permutation(which)[:ROWS])
    table, truth = model.features.table(log.rows.rows(which)), log.p[which]
    whole = model.finished(model.ranker.scores(table))
    auc, entropy = judged_auc(truth, whole), judged_entropy(truth, whole)
    gains = model.ranker.gain()
    found = []
    for place, column in enumerate(table.schema):
        if column.kind == "id" and isinstance(design.model, TREES):
            continue  # trees do not see it
        progress("shuffling features", place / len(table.schema))
        scores = model.finished(model.ranker.scores(_shuffled(table, place, seed)))
        more = judged_entropy(truth, scores).less(entropy) if model.gives_probabilities else None
        found.append(
            ClickImportance(
                name=column.name,
                group=column.group,
                more_entropy=_NOTHING if more is None else more.estimate,
                less_auc=auc.less(judged_auc(truth, scores)).estimate,
                gain=None if gains is None else gains.get(column.name, 0.0),
            )
        )
    return sorted(found, key=lambda one: -one.less_auc.value)


_NOTHING = Estimate(float("nan"), float("nan"), float("nan"), 0)


def _shuffled(table: FeatureTable, place: int, seed: int) -> FeatureTable:
    values: NDArray[np.float32] = table.values.copy()
    order = stream(seed, "clicks/importance/shuffle", place).permutation(len(table))
    values[:, place] = values[order, place]
    return FeatureTable(values, table.schema)
