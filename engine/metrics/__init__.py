"""Figures of merit: pure functions of arrays, float64 inside.

`ranking` judges an order of items, `classification` judges a probability or a score of a click,
`population` describes how unequally clicks are spread. Nothing here knows of worlds or models.
"""

from engine.metrics.classification import (
    average_precision,
    calibration_bins,
    calibration_ratio,
    expected_auc,
    expected_calibration_error,
    expected_log_loss,
    log_loss,
    midranks,
    normalized_entropy,
    pointwise_log_loss,
    roc_auc,
)
from engine.metrics.population import gini, log_log_slope
from engine.metrics.ranking import (
    dcg_at_k,
    ideal_dcg_at_k,
    ndcg_at_k,
    recall_at_k,
    recall_with_ties,
)

__all__ = [
    "average_precision",
    "calibration_bins",
    "calibration_ratio",
    "dcg_at_k",
    "expected_auc",
    "expected_calibration_error",
    "expected_log_loss",
    "gini",
    "ideal_dcg_at_k",
    "log_log_slope",
    "log_loss",
    "midranks",
    "ndcg_at_k",
    "normalized_entropy",
    "pointwise_log_loss",
    "recall_at_k",
    "recall_with_ties",
    "roc_auc",
]
