"""A scenario from a link and from choices: the one is repaired, the other must be right."""

from __future__ import annotations

from contextlib import suppress

import click
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import engine
from command_line.choices import SHIPPED_LOG, page_of, query_of, scenario_of
from engine.clicks import SAMPLE_CONFIG
from engine.scenario import Scenario

LINK = "http://localhost:8501/ranking?seed=8&world.users=2000&candidates=500&ranker=logistic&user=3"


@pytest.mark.parametrize(
    "link", [LINK, LINK.removeprefix("http://localhost:8501"), LINK.partition("?")[2],
             f"?{LINK.partition('?')[2]}", f"  {LINK}  "],
)  # fmt: skip
def test_link_is_read_as_an_address_a_path_or_a_query(link: str) -> None:
    scenario = scenario_of(link)
    assert (scenario.world.seed, scenario.world.users, scenario.user) == (8, 2_000, 3)
    assert scenario.design == engine.Design(candidates=500, ranker="logistic")


def test_link_of_a_page_without_a_query_is_the_default_scenario() -> None:
    assert scenario_of("http://localhost:8501/retrieval") == Scenario()
    assert page_of("http://localhost:8501/retrieval") == "retrieval"
    assert page_of("candidates=500") is None
    assert page_of(None) is None


@pytest.mark.parametrize("link", ["http://localhost:8501/?seed=8", "http://localhost:8501", "/"])
def test_bare_address_is_that_of_the_first_page(link: str) -> None:
    assert page_of(link) == "overview"


@pytest.mark.parametrize("link", ["hello", "http://localhost:8501/nowhere", "candidates"])
def test_what_holds_no_query_is_no_link(link: str) -> None:
    with pytest.raises(click.UsageError, match="must be an address of the app or a query"):
        scenario_of(link)


def test_what_is_wrong_in_a_link_is_repaired_and_told(capsys: pytest.CaptureFixture[str]) -> None:
    scenario = scenario_of("candidates=99999&nonsense=1")
    assert scenario.design.candidates == 1_000
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert all(line.startswith("link: ") for line in lines)


@pytest.mark.parametrize(
    ("choice", "why"),
    [
        ("candidates=99999", "whole number from 10 to 1000"),
        ("candidates", "must be a choice such as candidates=500"),
        ("=5", "must be a choice"),
        ("nonsense=1", "means nothing here"),
        ("ranker=deep", "not known here"),
        ("index.nprobe=x", "not a number"),
        ("index.ef_search=10", "index.ef_search means nothing to index=ivfpq"),
        ("rerank.topic_cap=2", "rerank.topic_cap means nothing to rerank=none"),
        ("ads.model.factors=4", "ads.model.factors means nothing to ads.model=gbdt"),
    ],
)
def test_wrong_choice_is_refused(choice: str, why: str) -> None:
    with pytest.raises(click.UsageError, match=why) as caught:
        scenario_of(None, ["index=ivfpq", choice])
    assert "is now" not in caught.value.message
    assert "left out" not in caught.value.message


def test_choices_stand_above_the_link() -> None:
    scenario = scenario_of(LINK, ["candidates=50", "index.ef_search=10"])
    assert scenario.design == engine.Design(
        candidates=50, ranker="logistic", index=engine.HNSW(ef_search=10)
    )
    assert scenario.world.users == 2_000


def test_part_that_is_chosen_brings_its_own_defaults() -> None:
    base = "generator=mf&generator.factors=128&ranker=gbdt&ranker.trees=20"
    design = scenario_of(base, ["generator=two_tower", "ranker=lambdarank"]).design
    assert design == engine.Design(generator="two_tower", ranker="lambdarank")


def test_smaller_world_takes_its_own_user() -> None:
    assert scenario_of("user=4000", ["world.users=200"]).user < 200


def test_choices_of_the_ad_study_need_no_prefix() -> None:
    study = scenario_of(None, [*SHIPPED_LOG, "model=fm", "ads.negatives=0.1"], "ads.").ads
    assert study.log == SAMPLE_CONFIG
    assert study.design == engine.ClickDesign(model="fm", negatives=0.1)


def test_pins_of_a_link_are_kept_under_choices() -> None:
    pinned = Scenario(pins=(engine.Design(candidates=50),))
    query = "&".join(f"{name}={text}" for name, text in pinned.to_query().items())
    assert scenario_of(query, ["candidates=100"]).pins == pinned.pins


@given(st.text(max_size=80))
@settings(max_examples=200)
def test_any_text_is_a_link_or_refused_as_one(link: str) -> None:
    with suppress(click.UsageError):
        assert query_of(link) or page_of(link)
