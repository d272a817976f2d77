"""Small catalogues with a few themes, as item vectors have them, and queries that suit them."""

from __future__ import annotations

import numpy as np
import pytest

from engine.index.contract import Vectors


def themed(n: int, d: int, seed: int) -> Vectors:
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(12, d))
    noise = 0.6 * rng.normal(size=(n, d))
    return (centres[rng.integers(len(centres), size=n)] + noise).astype(np.float32)


@pytest.fixture(scope="package")
def vectors() -> Vectors:
    return themed(3_000, 24, seed=1)


@pytest.fixture(scope="package")
def queries() -> Vectors:
    return themed(20, 24, seed=2)
