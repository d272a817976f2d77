"""Who is fastest is said with its own time, and not where two are level."""

from __future__ import annotations

from dataclasses import replace

from engine.index import HNSW, Exact, IVFFlat
from tests.ui.retrieval.searches import SWEEP, point
from ui.retrieval.words import fastest_words

EXACT = point(Exact(), 1.0, 1.0)


def test_each_recall_has_the_time_of_its_own_winner() -> None:
    quick, good = point(IVFFlat(nprobe=4), 0.905, 0.1), point(IVFFlat(nprobe=8), 0.97, 0.2)
    told = fastest_words(replace(SWEEP, points=(EXACT, quick, good)))
    assert "**IVF-Flat** at recall 0.9 (only just) and 0.95, **0.10 and 0.20 ms**" in told
    assert "(at least 5 times as fast as exact search); **exact search** at recall 0.99" in told


def test_two_types_within_a_tenth_are_level() -> None:
    flat = point(IVFFlat(), 0.999, 0.10)
    near, far = point(HNSW(), 0.999, 0.105), point(HNSW(), 0.999, 0.115)
    assert ", level with HNSW." in fastest_words(replace(SWEEP, points=(EXACT, flat, near)))
    assert "level" not in fastest_words(replace(SWEEP, points=(EXACT, flat, far)))
    quick = point(IVFFlat(nprobe=4), 0.92, 0.05)
    told = fastest_words(replace(SWEEP, points=(EXACT, quick, flat, near)))
    assert ", level with HNSW at 0.95 and 0.99." in told
    slower = point(HNSW(), 0.999, 1.05)
    assert ", level with HNSW." in fastest_words(replace(SWEEP, points=(EXACT, slower)))
