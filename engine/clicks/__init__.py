"""The second case: will this ad be clicked? A log of ads whose true probabilities are known."""

from engine.clicks.catalogue import Catalogue
from engine.clicks.config import CLICK_PRESETS, KNOBS, SLOTS, ClickLogConfig
from engine.clicks.log import ClickLog, make_clicks
from engine.clicks.rows import COUNTS, AdRows
from engine.clicks.sample import SAMPLE_CONFIG, load_clicks, open_clicks
from engine.clicks.storage import read_clicks, save_clicks, saved_clicks_config
from engine.clicks.truth import ClickTruth

__all__ = [
    "CLICK_PRESETS",
    "COUNTS",
    "KNOBS",
    "SAMPLE_CONFIG",
    "SLOTS",
    "AdRows",
    "Catalogue",
    "ClickLog",
    "ClickLogConfig",
    "ClickTruth",
    "load_clicks",
    "make_clicks",
    "open_clicks",
    "read_clicks",
    "save_clicks",
    "saved_clicks_config",
]
