from __future__ import annotations

import numpy as np
import pytest

from engine.index.contract import Vectors
from engine.search_walk import project


def test_positions_are_those_of_the_full_decomposition(vectors: Vectors) -> None:
    where = project(vectors)
    apart = vectors.astype(np.float64) - vectors.mean(axis=0, dtype=np.float64)
    variances = np.linalg.eigvalsh(apart.T @ apart)[::-1]
    assert where.positions.shape == (len(vectors), 2)
    assert where.share == pytest.approx(variances[:2].sum() / variances.sum())
    assert where.positions.var(axis=0, dtype=np.float64) * len(vectors) == pytest.approx(
        variances[:2], rel=1e-4
    )


def test_equal_arguments_give_equal_positions_with_the_sign_of_the_largest_part(
    vectors: Vectors,
) -> None:
    first, again = project(vectors, seed=4), project(vectors.copy(), seed=4)
    assert np.array_equal(first.positions, again.positions)
    for axis in first.axes:
        assert axis[np.abs(axis).argmax()] > 0


def test_place_puts_an_item_where_it_is(vectors: Vectors) -> None:
    where = project(vectors)
    np.testing.assert_allclose(where.place(vectors[7]), where.positions[7], atol=1e-4)
    np.testing.assert_allclose(where.place(vectors[:3]), where.positions[:3], atol=1e-4)
    with pytest.raises(ValueError, match="24 dimensions"):
        where.place(np.zeros(3, np.float32))


def test_a_line_lies_on_the_first_axis_and_one_dimension_is_enough() -> None:
    line = np.array([[1.0], [2.0], [4.0]], np.float32)
    where = project(line)
    np.testing.assert_allclose(where.positions[:, 0], line[:, 0] - line.mean(), atol=1e-6)
    assert not where.positions[:, 1].any()
    assert where.share == pytest.approx(1)
    assert project(line[:1]).share == 1
