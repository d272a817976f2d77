"""Why an item: a sentence that the figures carry, and its way through the request."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from engine.design import Design
from engine.explanation import explain
from engine.pipeline import System
from engine.rankers import NoRanker
from engine.scenario import Scenario
from engine.walk import Fate, walk
from tests.small_app import small
from tests.ui.appreader import headers, tables
from tests.ui.explanations import CONTRIBUTIONS, PARTS, a_why
from tests.ui.test_slate import SystemOf
from tests.ui.two_stage_reader import assert_whole
from ui.facts import NONE
from ui.prepared import Prepared
from ui.slate import walked
from ui.why import Why, choices, ordinal, ranks, sentence, why_in

Open = Callable[..., AppTest]
USER = Scenario().user


def facts_of(why: Why) -> dict[str, tuple[str, str]]:
    return {fact.label: (fact.value, fact.note) for fact in ranks(why)}


LOST = {"fate": Fate.GENERATION, "why": "not among the generator's best 300", "slate_rank": None}
LOST |= {"ranking_rank": None, "index_rank": None}


# The sentence ---------------------------------------------------------------------------------


def test_a_shown_item_is_told_by_its_strongest_feature_and_its_strongest_truth() -> None:
    text = sentence(a_why())
    assert text.startswith("GBDT puts it **1st** of 300, mainly for **generator score** (+1.20).")
    assert "Truly it is this user's **14th best**, mainly for **affinity** (+3.00)." in text


def test_position_and_hour_are_never_the_reason() -> None:
    assert CONTRIBUTIONS["log_position"] == max(CONTRIBUTIONS.values())
    assert "position" not in sentence(a_why())


def test_the_part_that_score_and_truth_count_with_opposite_signs_is_named() -> None:
    assert "Its duration counts +0.50 in the score, but −0.80 in truth." in sentence(a_why())
    agreed = PARTS | {"duration": 0.8, "freshness": -0.9}
    assert "in truth." not in sentence(a_why(parts=agreed))


def test_a_contradiction_is_told_only_where_both_sides_are_clear_and_log_odds() -> None:
    faint = PARTS | {"duration": -0.01, "freshness": -0.9}
    assert "in truth." not in sentence(a_why(parts=faint))
    assert "in truth." not in sentence(a_why(log_odds=False))


BEHIND = {"item_age": -0.4, "topic_taste": 0.2, "log_position": -2.0}


def test_a_candidate_that_was_not_shown_is_told_by_where_it_falls_behind_the_slate() -> None:
    cut = {"fate": Fate.RANKING, "ranking_rank": 34, "slate_rank": None}
    text = sentence(a_why(behind=BEHIND, **cut))
    assert text.startswith(
        "GBDT puts it only **34th** of 300; it is behind the mean of the slate most in "
        "**item age** (−0.40). Truly"
    )
    assert sentence(a_why(behind={"item_age": 0.1}, **cut)).startswith(
        "GBDT puts it only **34th** of 300. Truly"
    )


def test_an_item_that_never_reached_the_ranker_is_told_with_the_rank_it_would_have_had() -> None:
    text = sentence(a_why(would_rank=89, behind=BEHIND, **LOST))
    assert "GBDT never saw it (not among the generator's best 300)" in text
    assert "it would have put it **89th**; it is behind" in text


def test_a_shown_item_without_a_feature_for_it_is_said_to_have_none() -> None:
    nothing = dict.fromkeys(CONTRIBUTIONS, -0.1)
    assert "with no feature of the item for it" in sentence(a_why(contributions=nothing))


def test_what_an_item_lacks_is_its_contribution_less_the_mean_of_the_slate(
    own_system: SystemOf,
) -> None:
    system = own_system(candidates="30")
    seen = walk(system, USER)
    shown = [explain(system, USER, item).contributions for item in seen.slate.tolist()]
    cut = int(seen.orders["ranking"][20])
    mine = explain(system, USER, cut).contributions
    behind = why_in(seen, cut).behind
    for name, adds in mine.items():
        mean = np.mean([other[name] for other in shown])
        assert behind[name] == pytest.approx(adds - mean, abs=1e-9)
    assert sum(behind.values()) < 0
    assert why_in(seen, int(seen.slate[0])).behind == {}


def test_without_a_ranker_the_generators_score_is_the_reason() -> None:
    alone = {"contributions": {"generator_score": 0.46}, "base": 0.0}
    design = Design(ranker=NoRanker())
    text = sentence(a_why(design, log_odds=False, would_rank=3, ranking_rank=3, **alone))
    assert text.startswith("Without a ranker the generator's score puts it **3rd**.")
    text = sentence(a_why(design, log_odds=False, would_rank=301, **alone, **LOST))
    assert text.startswith("It never became a candidate: not among the generator's best 300.")


def test_re_ranking_is_told_where_it_moved_the_item_or_took_it_out() -> None:
    assert "Re-ranking" not in sentence(a_why())
    assert "Re-ranking moved it to **4th**." in sentence(a_why(slate_rank=4))
    out = sentence(a_why(fate=Fate.RERANKING, ranking_rank=3, slate_rank=None))
    assert "Re-ranking took it out of the slate." in out


def test_an_item_with_nothing_in_its_favour_is_said_to_have_nothing() -> None:
    assert "with nothing in its favour" in sentence(a_why(parts=dict.fromkeys(PARTS, -1.0)))


def test_the_truly_best_item_is_not_called_the_1st_best() -> None:
    assert "this user's **best**" in sentence(a_why(true_rank=1))


@pytest.mark.parametrize(
    ("rank", "text"),
    [
        (1, "1st"),
        (2, "2nd"),
        (3, "3rd"),
        (4, "4th"),
        (11, "11th"),
        (13, "13th"),
        (1_022, "1,022nd"),
    ],
)
def test_ordinals_are_those_of_english(rank: int, text: str) -> None:
    assert ordinal(rank) == text


# Its way through the request ------------------------------------------------------------------


def test_ranks_stand_with_what_they_are_out_of() -> None:
    shown = facts_of(a_why())
    assert shown["Generator rank"] == ("48", "of 13,000")
    assert shown["Index rank"] == ("47", "of 300 returned")
    assert shown["True rank"] == ("14", "simulated, of 19,900")
    assert shown["True relevance"] == ("0.537", "simulated")


def test_a_rank_that_an_item_does_not_have_is_a_dash_with_the_reason() -> None:
    shown = facts_of(a_why(would_rank=5, **LOST))
    assert shown["Index rank"] == (NONE, "not returned")
    assert shown["Ranker rank"] == (NONE, "would be 5th")
    assert shown["Slate rank"] == (NONE, LOST["why"])
    assert facts_of(a_why(has_index=False))["Index rank"] == (NONE, "no index")


def test_the_choice_holds_the_slate_and_then_all_that_it_missed(own_system: SystemOf) -> None:
    system = own_system(candidates="30")
    seen = walk(system, 17)
    labels = choices(seen)
    slate = seen.slate.tolist()
    assert list(labels.values())[: len(slate)] == slate
    assert set(labels.values()) == {*slate, *seen.ideal.tolist()}
    assert len(labels) > len(slate)
    for label, item in list(labels.items())[len(slate) :]:
        assert label.startswith("missed, truly ")
        assert label.endswith(f": {system.world.items.title[item]}")


def test_the_rank_that_a_missed_item_would_have_had_is_that_of_brute_force(
    own_system: SystemOf,
) -> None:
    system = own_system(candidates="30", index="exact")
    seen = walk(system, 17)
    lost = [item for item in seen.ideal.tolist() if item not in seen.orders["index"].tolist()]
    assert lost
    for item in lost:
        rivals = np.append(seen.orders["index"], item)
        scores = system.ranker.scores(system.features.table(17, rivals, seen.at))
        assert why_in(seen, item).would_rank == 1 + int((scores[:-1] > scores[-1]).sum())
    first = why_in(seen, int(seen.slate[0]))
    assert first.would_rank == first.explanation.ranking_rank == 1


# On the page ----------------------------------------------------------------------------------


def told(at: AppTest) -> str:
    (text,) = [text.value for text in at.markdown if "Truly it is this user's" in text.value]
    return text


def choose(at: AppTest, system: System, user: int, item: int) -> None:
    (label,) = [label for label, other in choices(walk(system, user)).items() if other == item]
    at.selectbox(key="why_item").set_value(label).run()


def test_the_page_explains_the_first_item_and_then_the_one_that_is_chosen(
    open_page: Open, own_system: SystemOf
) -> None:
    at = open_page(small())
    seen = walk(own_system(), USER)
    first, other = seen.slate.tolist()[0], seen.slate.tolist()[4]
    assert told(at) == sentence(why_in(seen, first))
    choose(at, seen.system, USER, other)
    assert_whole(at)
    assert told(at) == sentence(why_in(seen, other)) != sentence(why_in(seen, first))
    raw = tables(at)["why_believed"].set_index("feature")["contribution"]["raw score"]
    assert raw == pytest.approx(why_in(seen, other).explanation.raw_score, abs=1e-3)
    assert seen.system.world.items.title[other] in headers(at)["why_true"]["alt"]


def test_an_item_that_was_missed_can_be_chosen(open_page: Open, own_system: SystemOf) -> None:
    at = open_page(small())
    seen = walk(own_system(), USER)
    missed = [item for item in seen.ideal.tolist() if item not in seen.slate]
    choose(at, seen.system, USER, missed[0])
    assert_whole(at)
    assert told(at) == sentence(why_in(seen, missed[0]))


def test_another_user_or_design_begins_with_the_first_item_again(
    open_page: Open, own_system: SystemOf
) -> None:
    at = open_page(small())
    system = own_system()
    choose(at, system, USER, walk(system, USER).slate.tolist()[3])
    at.number_input(key="choose_user").set_value(64).run()
    seen = walk(system, 64)
    assert told(at) == sentence(why_in(seen, int(seen.slate[0])))
    choose(at, system, 64, seen.slate.tolist()[3])
    assert told(at) == sentence(why_in(seen, int(seen.slate[3])))
    at.slider(key="slide_Candidates").set_value(60).run()
    at.run()
    seen = walk(own_system(candidates="60"), 64)
    assert told(at) == sentence(why_in(seen, int(seen.slate[0])))


@pytest.mark.parametrize(("ranker", "method"), [("gbdt", "pred_contrib"), ("logistic", "coeffi")])
def test_the_caption_says_how_the_score_was_taken_apart(
    open_page: Open, ranker: str, method: str
) -> None:
    at = open_page(small(ranker=ranker))
    assert method in headers(at)["why_believed"]["caption"]


def test_without_a_ranker_the_chart_is_of_scores(open_page: Open) -> None:
    at = open_page(small(ranker="none"))
    assert_whole(at)
    assert headers(at)["why_believed"]["units"] == "score, base to raw score"


def test_a_walk_is_made_once_for_slate_and_explanation(ready: Prepared) -> None:
    design = ready.scenario.design
    assert walked(ready, design, 5) is walked(ready, design, 5)
    assert walked(ready, design, 5).user != walked(ready, design, 6).user
    other = design.with_candidates(30)
    assert len(walked(ready, other, 5).orders["index"]) == 30
