"""Labels that say what a figure is, and what it does not compare with."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from engine.evaluation.slates import exposure_gini
from tests.ui.retrieval.searches import view
from ui.retrieval import words
from ui.retrieval.generator_charts import generator_table


def test_a_previewed_place_is_not_called_measured() -> None:
    shown = replace(view(), source="grid")
    assert "you are here: preview ·" in words.captions(shown, None)["tradeoff"]
    assert "you are here: measured" in words.captions(view(), None)["tradeoff"]


def test_exposure_of_groups_of_users_is_told_with_their_number() -> None:
    """Slates of the same kind, spread evenly: a tenth of the users makes exposure look uneven."""
    slates = np.random.default_rng(0).permuted(np.tile(np.arange(500), (100, 1)), axis=1)[:, :10]
    assert exposure_gini(slates[:10], 500).value > 2 * exposure_gini(slates, 500).value
    names = ("ceiling", "recall", "ndcg", "novelty", "coverage", "exposure_gini")
    row = {f"{name}{end}": 0.5 for name in names for end in ("", "_low", "_high")}
    rest = {"generator": "mf", "group": "cold", "users": 10, "fit_seconds": 1, "memory_bytes": 1}
    columns = generator_table(pd.DataFrame([row | rest])).columns
    assert {"n", "coverage by so many users", "Gini by so many users"} <= set(columns)
