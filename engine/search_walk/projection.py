"""Vectors on a sheet of paper: the two directions in which they differ most.

Principal component analysis (Pearson, 1901), by the singular values of a seeded sample.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.index.contract import Vectors, check_vectors
from engine.seeding import stream

SAMPLE = 5_000
"""Vectors from which the two directions are found; more would turn them by a hair."""
_ROWS = 65_536  # projected at a time, in float64


@dataclass(frozen=True, slots=True, eq=False)
class Projection:
    """Where each vector lies in two dimensions.

    Two axes are far fewer than the vectors have: neighbours here need not be neighbours there.

    Attributes
    ----------
    positions : float32 [n, 2], measured from the mean of the vectors.
    share : of the variance of all vectors, what the two axes hold, from 0 to 1.
    centre, axes : float64 [d] and [2, d], what `place` goes by.
    """

    positions: NDArray[np.float32]
    share: float
    centre: NDArray[np.float64]
    axes: NDArray[np.float64]

    def place(self, vectors: Vectors) -> NDArray[np.float32]:
        """Positions of other ``vectors`` (float32 [d] or [m, d]) on the same axes."""
        if np.shape(vectors)[-1:] != self.centre.shape:
            raise ValueError(
                f"vectors: shape {np.shape(vectors)} must end with {len(self.centre)} dimensions"
            )
        placed: NDArray[np.float32] = ((vectors - self.centre) @ self.axes.T).astype(np.float32)
        return placed


def project(vectors: Vectors, seed: int = 0) -> Projection:
    """Project ``vectors`` (float32 [n, d]); equal arguments give equal positions.

    The sign of an axis, which the method leaves open, is such that its largest part is positive.

    Raises
    ------
    ValueError
        If they are none that an index would take.
    """
    vectors = check_vectors(vectors)
    n, d = vectors.shape
    rows = stream(seed, "search_walk/projection").permutation(n)[:SAMPLE]
    sample = vectors[rows].astype(np.float64)
    centre = sample.mean(axis=0)
    axes = np.zeros((2, d))
    found = np.linalg.svd(sample - centre, full_matrices=False)[2][:2]
    largest = found[np.arange(len(found)), np.abs(found).argmax(axis=1)]
    axes[: len(found)] = found * np.sign(largest)[:, np.newaxis]
    positions = np.empty((n, 2), np.float32)
    held = total = 0.0
    for first in range(0, n, _ROWS):
        apart = vectors[first : first + _ROWS] - centre
        placed = apart @ axes.T
        positions[first : first + _ROWS] = placed
        held, total = held + float((placed**2).sum()), total + float((apart**2).sum())
    positions.flags.writeable = False
    return Projection(positions, held / total if total else 1.0, centre, axes)
