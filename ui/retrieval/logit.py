"""A logit axis, which Plotly has not: recalls as places, and ticks that are labelled as recalls."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

_LOWEST, _HIGHEST = 1e-3, 1.0 - 2e-5
_TICKS = (0.01, 0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9999)
_ROOM = 0.3


def places(recall: ArrayLike) -> NDArray[np.float64]:
    """log10(r / (1 - r)), float64 of the same shape.

    1 stands where .99998 would, a little above all that is missed by more than that.
    """
    inside = np.clip(np.asarray(recall, dtype=np.float64), _LOWEST, _HIGHEST)
    return np.asarray(np.log10(inside / (1.0 - inside)))


def axis(recalls: ArrayLike) -> dict[str, Any]:
    """Range and ticks of an axis that holds these recalls."""
    known = np.asarray(recalls, dtype=np.float64)
    known = known[~np.isnan(known)]
    if not len(known):
        known = np.array([0.5, 0.999])
    low, high = places([known.min(), known.max()]) + np.array([-_ROOM, _ROOM])
    # All ticks whatever the range, so that an axis whose range alone changes can move.
    return {
        "range": [float(low), float(high)],
        "tickvals": places([*_TICKS, 1.0]).tolist(),
        "ticktext": [f"{tick:g}" for tick in (*_TICKS, 1.0)],
    }
