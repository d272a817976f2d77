"""No mending is claimed that was not found, and no cause for what did not happen."""

from __future__ import annotations

from engine.index import HNSW
from tests.ui.retrieval.searches import point
from ui.retrieval.hard import hard_words

RAW, UNIT = "MF, raw inner product", "MF, unit length"


def told(unit_recall: float, unit_top10: float) -> str:
    raw = point(HNSW(), 0.9, 0.1, top10=0.4)
    return hard_words({RAW: raw, UNIT: point(HNSW(), unit_recall, 0.1, top10=unit_top10)})


def test_unit_length_mends_where_recall_rose_beyond_the_noise() -> None:
    assert "Unit length alone mends the search but loses 20 points" in told(0.99, 0.2)
    assert "Unit length alone does not mend the search and loses" in told(0.91, 0.2)


def test_the_cause_of_a_gap_is_told_where_there_is_one() -> None:
    assert "An inner product is no distance" in told(0.99, 0.4)
    assert "An inner product is no distance" not in told(0.915, 0.4)  # within ± .01 of each


def test_lengths_are_blamed_for_a_loss_alone() -> None:
    assert told(0.99, 0.2).endswith("the lengths held how good an item is for all.")
    assert told(0.99, 0.4).endswith("keeps the true top-10.")
    assert told(0.99, 0.5).endswith("gains 10 points of the true top-10.")
