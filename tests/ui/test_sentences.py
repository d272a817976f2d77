"""The sentence under the question: each thing it can say, and that it is computed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.design import Design
from engine.evaluation import Further
from engine.figures import Estimate
from engine.measurement import WHOLE
from tests.ui.views import (
    LOSS,
    a_preview,
    a_timing,
    a_view,
    reranked,
    without_index,
    without_times,
)
from ui.sentences import two_stage_sentence
from ui.view import Latency


def gain(value: float, half_width: float) -> Estimate:
    return Estimate(value, value - half_width, value + half_width, 500)


def test_it_names_the_stage_that_takes_most_of_the_median_and_its_share() -> None:
    view = a_view()
    assert view.latency is not None
    share = view.latency.p50["ranking"] / view.latency.p50[WHOLE]
    assert "At **300 candidates** ranking takes" in two_stage_sentence(view)
    assert f"**{share:.0%}** of a median **{view.latency.p50[WHOLE]:.2g} ms**." in (
        two_stage_sentence(view)
    )


@pytest.mark.parametrize(
    ("stage", "words"),
    [
        ("generation", "looking up the user takes"),
        ("index", "the search takes"),
        ("features", "joining features takes"),
    ],
)
def test_stages_are_named_by_what_they_do(stage: str, words: str) -> None:
    view = a_view()
    assert view.latency is not None
    slow = replace(view.latency, p50=view.latency.p50 | {stage: 50.0})
    assert words in two_stage_sentence(replace(view, latency=slow))


@pytest.mark.parametrize(
    ("median_ms", "words"),
    [(0.123, "0.12 ms"), (4.26, "4.3 ms"), (43, "43 ms"), (1234, "1,234 ms")],
)
def test_milliseconds_are_read_aloud_without_exponents(median_ms: float, words: str) -> None:
    latency = Latency.measured(a_timing())
    view = a_view(latency=replace(latency, p50=latency.p50 | {WHOLE: median_ms}))
    assert f"a median **{words}**" in two_stage_sentence(view)


def test_it_says_that_no_time_could_be_measured() -> None:
    sentence = two_stage_sentence(without_times())
    assert "At **300 candidates** no time could be measured." in sentence
    assert "ms" not in sentence


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (gain(0.021, 0.004), "Going on to 700 would buy **+0.021 NDCG** (± 0.004)."),
        (gain(0.003, 0.004), "Going on to 700 would buy **+0.003 NDCG**, inside the noise."),
        (gain(-0.003, 0.004), "Going on to 700 would buy **−0.003 NDCG**, inside the noise."),
        (gain(-0.021, 0.004), "Going on to 700 would cost **0.021 NDCG**."),
        (gain(0.0, 0.0), "Going on to 700 would buy **0.000 NDCG**, inside the noise."),
    ],
    ids=["a gain", "noise above", "noise below", "a loss", "nothing at all"],
)
def test_more_candidates_are_called_a_gain_or_a_loss_only_outside_the_noise(
    more: Estimate, words: str
) -> None:
    assert words in two_stage_sentence(a_view(further=Further(700, more)))


def test_where_there_are_no_more_candidates_it_does_not_speak_of_more() -> None:
    sentence = two_stage_sentence(a_view(further=None))
    assert "Going on" not in sentence
    assert "  " not in sentence


@pytest.mark.parametrize(
    ("lost", "words"),
    [
        (LOSS, "Most quality is lost in **ranking** (0.100); the index costs 0.020."),
        (
            {"generation": 0.2, "index": 0.0004, "ranking": 0.1},
            "Most quality is lost in **generation** (0.200); the index costs nothing you can see.",
        ),
        (
            {"generation": 0.2, "index": -0.003, "ranking": 0.1},
            "Most quality is lost in **generation** (0.200); the index happens to gain 0.003.",
        ),
        (
            {"generation": 0.02, "index": 0.3, "ranking": 0.1},
            "Most quality is lost in **index** (0.300).",
        ),
    ],
    ids=["costs", "nothing to see", "gains", "costs most"],
)
def test_it_names_who_loses_most_and_what_the_index_costs(
    lost: dict[str, float], words: str
) -> None:
    assert two_stage_sentence(a_view(lost)).endswith(words)


def test_re_ranking_is_named_where_it_loses_or_takes_most() -> None:
    view = reranked()
    assert view.latency is not None
    slow = replace(view.latency, p50=view.latency.p50 | {"reranking": 50.0})
    loss = view.loss | {"reranking": (0.4, 0.01)}
    sentence = two_stage_sentence(replace(view, latency=slow, loss=loss))
    assert "At **300 candidates** re-ranking takes" in sentence
    assert "Most quality is lost in **re-ranking** (0.400)" in sentence


def test_a_generator_without_vectors_is_not_charged_for_an_index() -> None:
    sentence = two_stage_sentence(without_index())
    assert sentence.endswith(
        "Most quality is lost in **generation** (0.300); this generator needs no index."
    )


def test_a_preview_speaks_of_its_own_design() -> None:
    sentence = two_stage_sentence(a_preview(Design(candidates=1000)))
    assert "At **1,000 candidates**" in sentence
    assert "oubling" not in sentence
