"""Figures of merit: pure functions of arrays, float64 inside.

`ranking` judges an order of items by their gains, `hits` one of items that are relevant or not,
`classification` judges a probability or a score of a click, `beyond_accuracy` says what slates are
like beside being right, `population` how unequally clicks are spread. Nothing here knows of worlds
or models.
"""

from engine.metrics.beyond_accuracy import (
    intra_list_diversity,
    mean_age,
    novelty,
    self_information,
)
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
from engine.metrics.hits import (
    average_precision_at_k,
    precision_at_k,
    reciprocal_rank_at_k,
)
from engine.metrics.population import gini, log_log_slope
from engine.metrics.ranking import (
    dcg_at_k,
    grouped_ndcg_at_k,
    ideal_dcg_at_k,
    ndcg_at_k,
    recall_at_k,
    recall_with_ties,
)

__all__ = [
    "average_precision",
    "average_precision_at_k",
    "calibration_bins",
    "calibration_ratio",
    "dcg_at_k",
    "expected_auc",
    "expected_calibration_error",
    "expected_log_loss",
    "gini",
    "grouped_ndcg_at_k",
    "ideal_dcg_at_k",
    "intra_list_diversity",
    "log_log_slope",
    "log_loss",
    "mean_age",
    "midranks",
    "ndcg_at_k",
    "normalized_entropy",
    "novelty",
    "pointwise_log_loss",
    "precision_at_k",
    "recall_at_k",
    "recall_with_ties",
    "reciprocal_rank_at_k",
    "roc_auc",
    "self_information",
]
