"""Tables with a column or two of each kind, and clicks drawn from any log-odds."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from engine.rankers import Examples
from engine.table import Column, FeatureTable

SCHEMA = (
    Column("size"),
    Column("age"),
    Column("hour", "cycle", period=24.0),
    Column("user", "id"),
    Column("item", "id"),
    Column("word_1", "token"),
    Column("word_2", "token"),
)
IDS, WORDS = 20, 30
Logits = Callable[[FeatureTable], NDArray[np.floating]]


def table(n: int, seed: int) -> FeatureTable:
    """Standard normal numbers, a few ids and words; nothing missing."""
    rng = np.random.default_rng(seed)
    columns = [
        *rng.standard_normal((2, n)),
        rng.integers(24, size=n),
        *rng.integers(IDS, size=(2, n)),
        *rng.integers(WORDS, size=(2, n)),
    ]
    return FeatureTable(np.column_stack(columns).astype(np.float32), SCHEMA)


def drawn(rows: FeatureTable, logits: Logits, seed: int) -> Examples:
    """Clicks with these log-odds, ten rows a request."""
    clicked = np.random.default_rng(seed).random(len(rows)) < expit(logits(rows))
    return Examples(rows, clicked, np.arange(len(rows)) // 10)


def examples(n: int, logits: Logits, seed: int = 1) -> Examples:
    """Rows, and clicks with these log-odds."""
    return drawn(table(n, seed), logits, seed + 100)
