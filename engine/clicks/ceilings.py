"""What no model can pass: with full information, and with what could be attained.

Full information: the true probability of each row, drift, new ads and all.

Attainable: the best prediction for somebody who knows the whole truth up to the day on which
the model's data end, and each row's features, but not what comes after: how far the ads that
run have walked since, and by how much ads launched since differ from their campaign. Both are
normal with known spread, so the best prediction is the mean of the true probability over them,

    p = examination(position) * E[sigmoid(known + spread * Z)],   Z standard normal.

For an ad that ran the day before the cut-off, k days before the row, what is known of its walk is
``kept**k`` of where it stood then, with ``kept`` what a day leaves of it, and spread**2 is
``1 - kept**(2 k)`` of the walks' variance. Of an ad launched since nothing is known but its
campaign, and spread**2 is the whole variance of walks and of ads within a campaign. The mean is
taken by Gauss-Hermite quadrature; that walks are centred each day, which moves them by some
hundredths of a logit, is left out. No limit of sample size enters: a model from finite data stays
below it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from engine.clicks.rows import AdRows
from engine.clicks.truth import KEPT_A_DAY, OWN_AD_SD, PARTS, ClickTruth, walk_spread

_NODES = 24


def attainable_p(truth: ClickTruth, rows: AdRows, cutoff: int) -> NDArray[np.float64]:
    """The best probability of each row for somebody who knows all before a day, (n,).

    cutoff : the first day of which nothing is known, from 1. Rows of earlier days keep their
        true probability.
    """
    config, effects = truth.config, truth.effects
    scale = float(effects.scale[PARTS.index("additive")])
    new = truth.catalogue.launched[rows.ad] >= cutoff
    own = np.where(new, scale * effects.ad[rows.ad].astype(np.float64), 0.0)
    last = np.minimum(cutoff - 1, rows.day)
    kept = np.where(new, 0.0, KEPT_A_DAY ** (rows.day - last))
    known_walk = kept * truth.drift(rows.ad, last)
    known = truth.logits(rows) - truth.drift(rows.ad, rows.day) + known_walk - own
    variance = walk_spread(config) ** 2 * (1.0 - kept**2)
    variance = variance + np.where(new, (scale * OWN_AD_SD) ** 2, 0.0)
    return truth.examined(rows) * _mean_sigmoid(known, np.sqrt(variance))


def _mean_sigmoid(mean: NDArray[np.float64], spread: NDArray[np.float64]) -> NDArray[np.float64]:
    """``E[sigmoid(mean + spread * Z)]``, Z standard normal, (n,)."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
    total = np.zeros(len(mean))
    for node, weight in zip(nodes.tolist(), (weights / weights.sum()).tolist(), strict=True):
        total += weight * expit(mean + spread * node)
    return total
