"""One request in words and rows, recounted from the walk's own sets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from engine.pipeline import STAGES, System
from engine.walk import Walk, walk
from tests.ui.views import a_timing
from ui.one_request import (
    ROWS,
    Times,
    milliseconds,
    rows_of,
    sentence,
    steps,
    times_of,
)

SystemOf = Callable[..., System]
NAMES = ["Catalogue", "Candidates", "Scored", "Slate"]


@pytest.fixture
def seen(own_system: SystemOf) -> Walk:
    return walk(own_system(candidates="120", index__ef_search="10"), 17)


# Steps ----------------------------------------------------------------------------------------


def test_steps_count_the_items_that_each_hands_on(seen: Walk) -> None:
    chain = steps(seen)
    assert [step.name for step in chain] == NAMES
    returned = seen.system.retrieve(17, seen.at, 120)[0]
    assert [step.items for step in chain] == [300, len(returned), len(returned), 10]


def test_steps_name_the_real_parts_by_stage(seen: Walk) -> None:
    parts = {stage: part for step in steps(seen) for stage, part in step.parts.items()}
    assert parts == {
        "generation": "MF",
        "index": "HNSW",
        "features": "features",
        "ranking": "GBDT",
    }


def test_a_generator_without_vectors_names_no_index(own_system: SystemOf) -> None:
    chain = steps(walk(own_system(generator="popularity", ranker="none"), 17))
    assert chain[1].parts == {"generation": "popularity"}
    assert chain[2].parts["ranking"] == "no ranker"


def test_re_ranking_is_a_step_only_where_the_design_re_ranks(own_system: SystemOf) -> None:
    chain = steps(walk(own_system(candidates="120", rerank="rules", rerank__depth="40"), 17))
    assert [step.name for step in chain] == [*NAMES[:3], "Re-ranked", "Slate"]
    assert chain[3].items == 40
    assert list(chain[3].parts) == ["reranking"]


# Times ----------------------------------------------------------------------------------------


def test_times_are_the_stopwatchs_medians_where_there_are_any(seen: Walk) -> None:
    timing = a_timing(requests=200)
    times = times_of(seen, timing)
    assert times.whole == pytest.approx(timing.percentile(50).value)
    assert sum(times.parts.values()) == pytest.approx(times.whole)
    assert times.kind == "measured, median (p50) of 200 requests one at a time"


def test_without_a_stopwatch_the_walks_one_reading_is_shown_and_called_so(seen: Walk) -> None:
    times = times_of(seen, None)
    assert times.parts == {stage: seen.milliseconds[stage].value for stage in STAGES}
    assert times.whole == pytest.approx(sum(times.parts.values()))
    assert "once, on this very request" in times.kind


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.004, "< 0.01 ms"),
        (0.0149, "0.01 ms"),
        (0.456, "0.46 ms"),
        (2.06, "2.1 ms"),
        (163.2, "163 ms"),
    ],
)
def test_a_time_is_told_to_two_digits(value: float, text: str) -> None:
    assert milliseconds(value) == text


# The sentence ---------------------------------------------------------------------------------


def test_the_sentence_counts_the_ten_best_among_candidates_and_in_the_slate(seen: Walk) -> None:
    text = sentence(seen, Times(dict.fromkeys(STAGES, 0.25), 1.25, 100))
    ideal = set(seen.ideal.tolist())
    among = len(ideal & set(seen.system.retrieve(17, seen.at, 120)[0].tolist()))
    shown = len(ideal & set(seen.system.recommend(17).items.tolist()))
    assert 0 < shown < among < 10, "else the counts could not be told apart"
    assert "Of **300 items**, **120** reach the ranker within **0.50 ms**" in text
    assert f"**{among}** of this user's 10 truly best are among them, **{shown}** " in text
    assert f"worth **{seen.ndcg:.2f}** of the best" in text


@pytest.mark.parametrize("stage", ["generation", "index", "ranking", "reranking"])
def test_the_sentence_blames_the_stage_that_lost_most(seen: Walk, stage: str) -> None:
    loss = dict.fromkeys(seen.loss, 0.01) | {stage: 0.42}
    text = sentence(replace(seen, loss=loss), times_of(seen, None))
    name = {"reranking": "re-ranking"}.get(stage, stage)
    assert f"most is lost in **{name}** (0.42)." in text


def test_a_slate_of_other_items_that_is_nearly_perfect_is_said_to_be_so(seen: Walk) -> None:
    times = times_of(seen, None)
    strangers = np.setdiff1d(np.arange(seen.catalogue), seen.ideal)[:10]
    other = replace(seen, survivors=seen.survivors | {"reranking": strangers})
    assert "**0** are shown, the others nearly as good." in sentence(
        replace(other, ndcg=0.95), times
    )
    assert "nearly as good" not in sentence(replace(other, ndcg=0.5), times)
    best = replace(seen, survivors=seen.survivors | {"reranking": seen.ideal})
    assert "nearly as good" not in sentence(replace(best, ndcg=0.95), times)


def test_a_perfect_slate_loses_nothing(seen: Walk) -> None:
    perfect = replace(seen, loss=dict.fromkeys(seen.loss, 0.0), ndcg=1.0)
    assert sentence(perfect, times_of(seen, None)).endswith("nobody could make a better slate.")


def sated(system: System, spared: int = 0) -> System:
    """The same system where user 0 has clicked all but so many of the items."""
    out = np.arange(len(system.world.items))[spared:]
    offsets = np.concatenate([[0], np.full(len(system.world.users), len(out))])
    rules = replace(system.exclusions, offsets=offsets, clicked=out)
    return replace(system, exclusions=rules, skipped=rules)


def test_a_user_who_clicked_everything_is_told_so_and_every_step_still_stands(
    own_system: SystemOf,
) -> None:
    seen = walk(sated(own_system()), 0)
    assert sentence(seen, times_of(seen, None)).startswith("This user has clicked every item")
    assert [step.items for step in steps(seen)] == [300, 0, 0, 0]
    for name in NAMES:
        assert len(rows_of(seen, name).kept) == 0
    assert "**not defined**" in rows_of(seen, "Slate").line


# Rows -----------------------------------------------------------------------------------------


def test_the_catalogues_rows_are_what_the_generator_proposes_and_the_best_of_the_rest(
    seen: Walk,
) -> None:
    rows = rows_of(seen, "Catalogue")
    titles = seen.system.world.items.title
    proposed = seen.system.exact_candidates(17, seen.at, 120)
    assert rows.kept["title"].tolist() == titles[proposed[:ROWS]].tolist()
    assert rows.kept["rank"].tolist() == list(range(1, ROWS + 1))
    rest = np.setdiff1d(np.arange(300), proposed)
    best_first = np.sort(seen.relevance[rest])[::-1]
    assert rows.cut["true relevance"].to_numpy() == pytest.approx(best_first[:ROWS])
    assert rows.kept_title == "**Kept**, by rank: 100 of 120"
    assert rows.cut_title == "**Cut**, truly best first: 100 of 180"
    assert "best **120** are to be found, **180** are cut" in rows.line


def test_the_candidates_rows_are_what_the_search_returned_and_passed_by(seen: Walk) -> None:
    rows = rows_of(seen, "Candidates")
    assert len(seen.passed_by) > 0, "else nothing is cut"
    assert len(rows.cut) == len(seen.passed_by)
    assert set(rows.cut["why"]) == {"the search passed it by"}
    exact = seen.system.exact_candidates(17, seen.at, 120).tolist()
    places = sorted(exact.index(item) + 1 for item in seen.passed_by.tolist())
    assert sorted(rows.cut["exact rank"]) == places
    assert "rank" not in rows.cut, "nothing passed by has one"
    assert "looks at a part only" in rows.line
    assert f"passes by **{len(seen.passed_by)}**" in rows.line
    assert rows.kept["rank"].tolist() == list(range(1, ROWS + 1))


def test_an_exact_search_looks_at_all_and_passes_nothing_by(own_system: SystemOf) -> None:
    rows = rows_of(walk(own_system(index="exact"), 17), "Candidates")
    assert "compares the user with every item vector" in rows.line
    assert len(rows.cut) == 0


def test_the_scored_rows_are_the_ranked_slate_and_the_candidates_left_behind(seen: Walk) -> None:
    rows = rows_of(seen, "Scored")
    slate = seen.system.recommend(17).items
    assert rows.kept["title"].tolist() == seen.system.world.items.title[slate].tolist()
    assert rows.cut_title == "**Cut**, truly best first: 100 of 110"
    assert "**GBDT** scores each candidate" in rows.line


def test_the_slates_rows_are_what_is_shown_and_the_ten_best_that_are_missing(seen: Walk) -> None:
    rows = rows_of(seen, "Slate")
    titles = seen.system.world.items.title
    slate = seen.system.recommend(17).items
    assert rows.kept["title"].tolist() == titles[slate].tolist()
    assert rows.cut["title"].tolist() == titles[seen.ideal[~np.isin(seen.ideal, slate)]].tolist()
    assert (rows.cut["why"] != "in the slate").all()


def test_a_design_without_search_or_ranker_says_so(own_system: SystemOf) -> None:
    seen = walk(own_system(generator="popularity", ranker="none"), 17)
    assert "no search is needed" in rows_of(seen, "Candidates").line
    assert len(rows_of(seen, "Candidates").cut) == 0
    assert rows_of(seen, "Scored").line.startswith("Without a ranker")


def test_re_ranked_rows_are_what_made_way(own_system: SystemOf) -> None:
    system = own_system(candidates="120", rerank="rules", rerank__diversity="0.9")
    seen = walk(system, 17)
    made_way = np.setdiff1d(seen.survivors["ranking"], seen.slate)
    assert len(made_way) > 0, "else nothing was re-ranked"
    rows = rows_of(seen, "Re-ranked")
    assert len(rows.cut) == len(made_way)
    assert rows.kept["place"].tolist() == list(range(1, 11))
    assert f"**{len(made_way)}** of the 10 best ranked" in rows.line
