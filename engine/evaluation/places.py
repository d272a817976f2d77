"""Candidates that stand among the generator's own best, looked up by their place there."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.evaluation.judged import Judged

MOST_CELLS = 20_000_000
"""Rows times items of a catalogue: beyond it a table of places would take too much memory."""


class PlaceTable:
    """At which place each item stands in the exact answer of each row of a panel.

    Most of what an index returns stands there, and is found faster by its place than in a sorted
    list of all pairs.

    exact : the answers judged, (n, depth).
    items : size of the catalogue.

    Raises
    ------
    ValueError : more rows times items than `MOST_CELLS`.
    """

    def __init__(self, exact: Judged, items: int) -> None:
        rows, depth = exact.items.shape
        if rows * items > MOST_CELLS:
            raise ValueError(f"items={items!r}: must be at most {MOST_CELLS // max(rows, 1):,}")
        self._exact = exact
        # The last column stands for what an answer is padded with, and has no place.
        self._places = np.full((rows, items + 1), -1, dtype=np.min_scalar_type(-depth - 1))
        np.put_along_axis(self._places, exact.items.astype(np.int64), np.arange(depth)[None], 1)
        self._places[:, -1] = -1

    def look_up(
        self, rows: NDArray[np.int64], items: NDArray[np.int32]
    ) -> tuple[Judged, NDArray[np.bool_]]:
        """What is known of items, (m, width), and which of them stand in no answer, alike.

        Those are left as candidates beyond an answer's end are.
        """
        exact = self._exact
        places = self._places[rows[:, None], items]
        absent = places < 0
        wide = places.astype(np.int64)
        relevance, scores, generator_scores = (
            np.where(absent, fill, column[rows[:, None], wide])
            for column, fill in (
                (exact.relevance, 0.0),
                (exact.scores, -np.inf),
                (exact.generator_scores, -np.inf),
            )
        )
        return Judged(items, relevance, scores, generator_scores), absent & (items >= 0)
