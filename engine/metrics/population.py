"""How unequally clicks are spread over items or users."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def gini(counts: ArrayLike) -> float:
    """Gini coefficient: 0 if all counts are equal, (n - 1) / n if one holds everything.

    Parameters
    ----------
    counts : (n,) real, >= 0
        One per item (or user). Those with a count of 0 belong to the population.

    Raises
    ------
    ValueError
        Not one axis, empty, a negative or non-finite count, or all counts 0.

    Source: Gini (1912), in the form 2 sum(i x_i) / (n sum(x)) - (n + 1) / n, x ascending, i from 1.
    """
    ascending = np.sort(_checked_counts(counts))
    n, total = ascending.size, ascending.sum()
    if total == 0:
        raise ValueError("counts: all are 0; at least one must be positive")
    place = np.arange(1, n + 1)
    return float(2.0 * (place @ ascending) / (n * total) - (n + 1) / n)


def log_log_slope(counts: ArrayLike, first: int, last: int) -> float:
    """Slope of log count against log rank, by least squares: -s for counts that follow Zipf's law.

    Parameters
    ----------
    counts : (n,) real, >= 0
        In any order; sorted descending here, zeros left out, rank from 1.
    first, last : int
        The ranks in the fit, both included, 1 <= first < last <= number of positive counts.

    Raises
    ------
    ValueError
        Not one axis, empty, a negative or non-finite count, or ranks outside the range.
    """
    checked = _checked_counts(counts)
    descending = np.sort(checked[checked > 0])[::-1]
    if not 1 <= first < last <= descending.size:
        raise ValueError(
            f"first={first!r}, last={last!r}: must be ranks with 1 <= first < last <= "
            f"{descending.size}, the number of positive counts"
        )
    log_rank = np.log(np.arange(first, last + 1))
    log_count = np.log(descending[first - 1 : last])
    centred = log_rank - log_rank.mean()
    return float(centred @ log_count / (centred @ centred))


def _checked_counts(counts: ArrayLike) -> NDArray[np.float64]:
    array = np.asarray(counts, dtype=np.float64)
    if array.ndim != 1 or array.size == 0:
        raise ValueError(f"counts: shape {array.shape} must be one axis with at least one count")
    if not (array.min() >= 0 and array.max() < np.inf):
        raise ValueError("counts: must be finite and not negative")
    return array
