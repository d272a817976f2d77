"""How long does each ranker learn from 400,000 rows, and what does LightGBM lose by our contract?

Run as ``python -m benchmarks.ranker_fits`` on a machine that does nothing else. The rows are a
made-up click table with four columns of ids; the raw call is `lightgbm.train` on arrays made by
hand, with the same parameters and the same early stopping, in turns with ours. What is fitted
first by its gradient loads JAX as well, and each of them compiles its model.
"""

from __future__ import annotations

import sys
from time import perf_counter

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from engine.progress import silent
from engine.rankers import GBDT, RANKERS, Examples, NoRanker
from engine.rankers.boosting import PATIENCE, tree_columns
from engine.seeding import stream
from engine.table import Column, FeatureTable

ROWS, LATER = 400_000, 40_000
REPEATS = 5
ALLOWED_S = {"logistic": 5.0, "fm": 10.0, "dcn": 40.0}
ALLOWED_RATIO = 1.15
IDS = {"user": 20_000, "ad": 2_000, "campaign": 200, "site": 500}
_NUMBERS = 8
SCHEMA = (
    *(Column(f"count_{place}") for place in range(_NUMBERS)),
    Column("log_position"),
    Column("hour", "cycle", period=24.0),
    Column("device", "category"),
    Column("category", "category"),
    *(Column(name, "id") for name in IDS),
)


def click_table(rows: int) -> Examples:
    """A fifth clicked; ids, steps of two numbers and a cross of site and ad tell of it."""
    rng = stream(0, "benchmark/clicks")
    counts = rng.standard_normal((rows, _NUMBERS))
    position = rng.integers(1, 5, size=rows)
    ids = {name: _popular(rng, n, rows) for name, n in IDS.items()}
    ids["campaign"] = rng.integers(IDS["campaign"], size=IDS["ad"])[ids["ad"]]
    category = rng.integers(20, size=IDS["campaign"])[ids["campaign"]]
    logits = sum(rng.normal(0.0, 0.4, n)[ids[name]] for name, n in IDS.items())
    tastes, styles = (rng.standard_normal((IDS[name], 4)) for name in ("site", "ad"))
    logits = logits + 0.25 * (tastes[ids["site"]] * styles[ids["ad"]]).sum(axis=1)
    logits += 0.5 * (counts[:, 0] > 0.3) - 0.5 * (np.abs(counts[:, 1]) < 0.6) - np.log(position)
    clicked = rng.random(rows) < expit(logits - 0.7)
    counts[rng.random(counts.shape) < 0.2] = np.nan
    columns = [
        *counts.T,
        np.log(position),
        rng.integers(24, size=rows),
        rng.integers(4, size=rows),
        category,
        *ids.values(),
    ]
    values = np.column_stack(columns).astype(np.float32)
    return Examples(FeatureTable(values, SCHEMA), clicked, np.arange(rows) // 10)


def _popular(rng: np.random.Generator, n: int, rows: int) -> NDArray[np.int64]:
    weight = 1.0 / np.arange(1, n + 1)
    return rng.choice(n, size=rows, p=weight / weight.sum())


def raw_seconds(train: Examples, later: Examples) -> float:
    """Of `lightgbm.train` as one would call it by hand."""
    import lightgbm

    kept = tree_columns(SCHEMA)
    categories = [place for place, c in enumerate(kept) if SCHEMA[c].kind == "category"]
    arrays = [(e.table.values[:, kept], e.clicked.astype(np.float32)) for e in (train, later)]
    config = GBDT()
    parameters = {
        "objective": "binary",
        "metric": "binary_logloss",
        "num_leaves": config.leaves,
        "learning_rate": config.learning_rate,
        "min_data_in_leaf": 100,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "verbose": -1,
    }
    started = perf_counter()
    (x, y), (later_x, later_y) = arrays
    quiet = {"verbose": -1}
    data = lightgbm.Dataset(x, label=y, categorical_feature=categories, params=quiet)
    validation = lightgbm.Dataset(
        later_x, label=later_y, categorical_feature=categories, reference=data, params=quiet
    )
    lightgbm.train(
        parameters,
        data,
        num_boost_round=config.trees,
        valid_sets=[validation],
        callbacks=[lightgbm.early_stopping(PATIENCE, verbose=False)],
    )
    return perf_counter() - started


def our_seconds(train: Examples, later: Examples) -> float:
    """Of the same trees by our contract."""
    started = perf_counter()
    GBDT().fit(train, later)
    return perf_counter() - started


def main() -> int:
    """Print seconds and the ratio; 1 if a bar is missed."""
    examples = click_table(ROWS + LATER)
    train, later = examples.rows(slice(0, ROWS)), examples.rows(slice(ROWS, None))
    print(f"{ROWS:,} rows, {train.clicked.mean():.1%} clicked, {len(SCHEMA)} columns")
    failed = False
    for name, kind in RANKERS.items():
        if kind is NoRanker:
            continue
        started = perf_counter()
        course = kind().fit(train, later, 0, silent).course
        seconds = perf_counter() - started
        most = ALLOWED_S.get(name)
        failed |= most is not None and seconds > most
        rounds = f", {len(course.losses)} rounds, {course.kept} kept" if course.losses else ""
        bar = f" of at most {most:.0f} s" if most else ""
        print(f"{name:10s} {seconds:6.2f} s{bar}{rounds}", flush=True)
    times = np.empty((2, REPEATS))
    for repeat in range(REPEATS):
        # The order changes by turns, so that a machine that slows down wrongs neither.
        for which in (0, 1) if repeat % 2 else (1, 0):
            seconds_of = raw_seconds if which else our_seconds
            times[which, repeat] = seconds_of(train, later)
    ours, theirs = np.median(times, axis=1)
    ratio = ours / theirs
    print(
        f"LightGBM by our contract {ours:.2f} s, by hand {theirs:.2f} s, medians of {REPEATS}: "
        f"ratio {ratio:.3f} of at most {ALLOWED_RATIO}"
    )
    return int(failed or ratio > ALLOWED_RATIO)


if __name__ == "__main__":
    sys.exit(main())
