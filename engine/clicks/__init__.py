"""The second case: will this ad be clicked? A log of ads whose true probabilities are known.

In the order of imports::

    config -> catalogue -> rows -> truth -> log -> storage, sample
           -> design -> days -> encoding -> features -> fitting (fitted once)
           -> calibration, ceilings, judging -> report -> study (design -> report)
           -> curves, slices, freshness, importance, auction, inference
"""

from engine.clicks.auction import MOST_SOLD, Auction, AuctionReport, affordable, run_auction
from engine.clicks.catalogue import Catalogue
from engine.clicks.config import CLICK_PRESETS, KNOBS, SLOTS, ClickLogConfig
from engine.clicks.curves import (
    Curve,
    Reliability,
    precision_recall_points,
    reliability,
    roc_points,
)
from engine.clicks.days import ClickDays, days_of, most_age
from engine.clicks.design import MODELS, ClickDesign, click_ladder
from engine.clicks.freshness import FreshnessPoint, freshness_curve
from engine.clicks.importance import ClickImportance, click_importance
from engine.clicks.inference import BUDGET_MS, InferenceTiming, measure_clicks
from engine.clicks.log import ClickLog, make_clicks
from engine.clicks.report import (
    CEILINGS,
    FIGURES,
    ClickReport,
    compare_clicks,
    relative_difference,
)
from engine.clicks.rows import COUNTS, AdRows
from engine.clicks.sample import SAMPLE_CONFIG, load_clicks, open_clicks
from engine.clicks.slices import Slice, slices_by_ad_age, slices_by_views
from engine.clicks.storage import read_clicks, save_clicks, saved_clicks_config
from engine.clicks.study import ClickModel, choose_model, click_model, run_clicks
from engine.clicks.truth import ClickTruth

__all__ = [
    "BUDGET_MS",
    "CEILINGS",
    "CLICK_PRESETS",
    "COUNTS",
    "FIGURES",
    "KNOBS",
    "MODELS",
    "MOST_SOLD",
    "SAMPLE_CONFIG",
    "SLOTS",
    "AdRows",
    "Auction",
    "AuctionReport",
    "Catalogue",
    "ClickDays",
    "ClickDesign",
    "ClickImportance",
    "ClickLog",
    "ClickLogConfig",
    "ClickModel",
    "ClickReport",
    "ClickTruth",
    "Curve",
    "FreshnessPoint",
    "InferenceTiming",
    "Reliability",
    "Slice",
    "affordable",
    "choose_model",
    "click_importance",
    "click_ladder",
    "click_model",
    "compare_clicks",
    "days_of",
    "freshness_curve",
    "load_clicks",
    "make_clicks",
    "measure_clicks",
    "most_age",
    "open_clicks",
    "precision_recall_points",
    "read_clicks",
    "relative_difference",
    "reliability",
    "roc_points",
    "run_auction",
    "run_clicks",
    "save_clicks",
    "saved_clicks_config",
    "slices_by_ad_age",
    "slices_by_views",
]
