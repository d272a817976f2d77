"""The retrieval page in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.generators import Popularity
from engine.index import HNSW, Exact
from engine.retrieval import VectorData
from tests.ui.retrieval.searches import POINTS, SWEEP, grid, point, view
from ui.headline import NOT_DEFINED
from ui.retrieval import words
from ui.retrieval.view import with_grid


def test_the_fastest_at_each_recall_is_named_with_its_lead_over_exact_search() -> None:
    told = words.fastest_words(SWEEP)
    assert told == (
        "On these 10,000 vectors, 100 retrieved, fastest is **HNSW** at recall 0.9 and 0.95, "
        "**0.10 and 0.20 ms** (at least 10 times as fast as exact search); "
        "**exact search** at recall 0.99, **2.00 ms**."
    )


def test_a_lead_that_the_interval_does_not_hold_is_only_just_one() -> None:
    close = replace(SWEEP, points=(POINTS[0], point(HNSW(), 0.905, 0.1)))
    assert "at recall 0.9 (only just)" in words.fastest_words(close)


def test_what_nothing_reaches_is_said() -> None:
    poor = replace(SWEEP, points=(point(HNSW(), 0.5, 0.1),))
    assert "nothing reaches recall 0.9, 0.95 and 0.99" in words.fastest_words(poor)
    assert words.fastest_words(None) == ""


def test_the_loss_is_split_between_generator_and_index() -> None:
    told = words.sentence(with_grid(view(), grid()), None)
    assert "finds **97.0%** of the exact answer, yet **40.0%** of the ten items" in told
    assert "exact search itself would bring 70.0%" in told
    assert "the generator loses **30 points** and the index **30.0**" in told


def test_an_index_that_loses_nothing_is_let_off() -> None:
    lossless = replace(view(point(HNSW(), 0.999, 0.2, top10=0.699)), lost=0.001)
    assert words.sentence(lossless, None).endswith("and the index nothing you can see.")
    assert "**99.90%** of the exact answer" in words.sentence(lossless, None)


def test_beside_points_of_another_k_the_sentence_tells_the_searchs_own() -> None:
    at_50 = words.sentence(view(point(HNSW(), 0.9, 0.2, k=50)), SWEEP)
    assert "100 retrieved, fastest is" in at_50
    assert "This one, with 50 retrieved, finds **90.0%**" in at_50
    assert "This one finds **97.0%**" in words.sentence(view(), SWEEP)
    line = words.captions(view(point(HNSW(), 0.9, 0.2, k=50)), SWEEP)["tradeoff"]
    assert "measured on this machine, at another k than the points' 100: recalls do not" in line


def test_vectors_without_users_have_one_recall() -> None:
    drawn = view(point(HNSW(), 0.9, 0.1, top10=None), VectorData(kind="isotropic"))
    assert words.sentence(drawn, None) == "This index finds **90.0%** of the exact answer."
    top10 = words.headlines(drawn)[1]
    assert (top10.value, top10.kind) == (NOT_DEFINED, "not defined")
    assert "isotropic, 10,000 × 64" in words.in_short(drawn)


def test_figures_name_their_kind_and_interval() -> None:
    told = {h.label: (h.value, h.kind) for h in words.headlines(view())}
    assert told["ANN recall@100"] == ("0.970", "simulated ± 0.010")
    assert told["True top-10 retrieved"] == ("40.0%", "simulated ± 2.0")
    assert told["One search, p50"] == ("0.20 ms", "measured")
    assert words.headlines(view())[2].note == "p95 0.30, SLO 1 ms"
    assert told["Index memory"] == ("4.0 MB", "measured")
    assert told["Build"] == ("2.0 s", "measured")


def test_a_preview_is_called_one() -> None:
    shown = replace(view(), source="grid")
    assert [h.kind for h in words.headlines(shown)][:3] == ["preview"] * 3
    assert words.source_line(shown).startswith("preview from searches measured around it")


@pytest.mark.parametrize(
    ("seconds", "age"), [(5, "just now"), (120, "2 min ago"), (7_200, "2 h ago")]
)
def test_a_measured_figure_has_its_age(seconds: float, age: str) -> None:
    assert words.source_line(view(), 1_000.0 + seconds) == f"500 single searches timed, {age}"
    held = replace(view(), held_up=0.2)
    assert "20% of them held up" in words.source_line(held, 1_000.0)


def test_the_pinned_search_is_compared_figure_by_figure() -> None:
    both = replace(view(POINTS[2]), pinned=view(POINTS[1]))
    assert [h.versus for h in words.headlines(both)] == [
        "+0.050 to A", "0.0 points to A", "+0.100 ms to A", "A 4.0 MB", "A 2.0 s",
    ]  # fmt: skip
    assert "Against A: **+0.050 recall** for **+0.100 ms** p50" in words.sentence(both, None)
    same = replace(view(POINTS[2]), pinned=view(POINTS[2]))
    assert words.sentence(same, None).endswith("This is the pinned search A itself.")


def test_a_generator_without_vectors_has_nothing_to_search() -> None:
    told = words.nothing_to_search(Popularity())
    assert told.startswith("**Popularity** keeps no vectors")


def test_captions_name_where_points_come_from_and_the_design() -> None:
    lines = words.captions(view(), SWEEP)
    assert lines["tradeoff"].startswith("shipped: six indexes · you are here: measured")
    assert all("→ 100" in lines[key] for key in ("tradeoff", "two_recalls", "per_query"))
    assert words.captions(view(POINTS[0]), None)["tradeoff"].startswith("no points yet")
    assert "exact" in words.in_short(view(point(Exact(), 1.0, 2.0)))
