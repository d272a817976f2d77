"""The overview as a whole, without a browser: what it shows, and that it is true."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import pytest
from streamlit.testing.v1 import AppTest

from engine.fitting_process import FAMILY, Work
from engine.pipeline import System
from engine.scenario import Scenario
from engine.walk import walk
from engine.world import WorldConfig
from tests.small_app import OVERVIEW_TITLE, small, small_scenario
from tests.ui.appreader import figures, headers, tables
from tests.ui.two_stage_reader import blocks, cards, warnings
from ui.overview import another_user
from ui.studio import Prepared, Studio

Open = Callable[..., AppTest]
SystemOf = Callable[..., System]


def opened(open_page: Open, **changes: str) -> AppTest:
    return open_page(small(**changes), "overview")


def assert_whole(at: AppTest, slate: int = 10) -> None:
    assert not at.exception
    assert not at.error
    assert [title.value for title in at.title] == [OVERVIEW_TITLE]
    assert list(figures(at)) == ["funnel"]
    assert len(at.dataframe) == 2
    assert cards(at) == slate


def said(at: AppTest) -> str:
    return "\n".join(markdown.value for markdown in at.markdown)


def choose(at: AppTest, step: str) -> AppTest:
    return at.button_group(key="choose_step").set_value(step).run()


def test_the_bare_address_shows_a_request_of_the_shipped_world(open_page: Open) -> None:
    at = open_page(page="overview")
    assert_whole(at)
    assert at.query_params == Scenario().to_query()
    assert warnings(at) == []
    assert "Of **20,000 items**, **300** reach the ranker" in said(at)


def test_a_links_design_and_user_are_the_ones_walked_through(
    open_page: Open, own_system: SystemOf
) -> None:
    at = opened(open_page, candidates="40", user="64")
    assert_whole(at)
    seen = walk(own_system(candidates="40"), 64)
    among = len(set(seen.ideal.tolist()) & set(seen.orders["index"].tolist()))
    assert f"**{among}** of this user's 10 truly best" in said(at)
    assert f"worth **{seen.ndcg:.2f}** of the best" in said(at)
    assert "MF → HNSW → 40 candidates → GBDT" in said(at)
    assert at.query_params == small_scenario(candidates="40", user="64").to_query()


def test_the_funnel_has_title_units_alt_text_a_table_and_its_design_below(open_page: Open) -> None:
    at = opened(open_page)
    about = headers(at)["funnel"]
    assert about["title"]
    assert "ms of each part" in about["units"]
    assert "catalogue 300, candidates 20, scored 20, slate 10" in about["alt"]
    assert about["caption"].startswith("ms: measured")
    assert about["caption"].endswith("user 17 · MF → HNSW → 20 candidates → GBDT")
    assert len(tables(at)["funnel"]) == 7


def test_what_the_stopwatch_knows_is_shown_as_its_median(
    open_page: Open, ready: Prepared, app_studio: Studio
) -> None:
    app_studio.measured(ready, small_scenario()).result(60)
    timing = app_studio.ledger.timing(small_scenario())
    assert timing is not None
    at = opened(open_page)
    assert "median (p50) of" in headers(at)["funnel"]["caption"]
    assert any("sl-measured" in block for block in blocks(at))


def test_a_design_without_a_search_names_none(open_page: Open) -> None:
    at = opened(open_page, generator="popularity")
    assert_whole(at)
    assert "popularity → 20 candidates → GBDT" in said(at)
    assert "HNSW" not in said(at)


def test_every_step_shows_its_rows_and_stands_out_in_the_funnel(open_page: Open) -> None:
    at = opened(open_page)
    seen = []
    for step in ("Candidates", "Scored", "Slate", "Catalogue"):
        choose(at, step)
        assert_whole(at)
        notes = figures(at)["funnel"]["layout"]["annotations"]
        assert [n["text"].split("<br>")[0] for n in notes if "◆" in n["text"]] == [f"◆ {step}"]
        seen.append(at.dataframe[0].value["title"].tolist() + at.dataframe[1].value["why"].tolist())
    assert len({tuple(rows) for rows in seen}) == 4


def test_re_ranking_adds_a_step_that_goes_with_it(open_page: Open) -> None:
    at = opened(open_page, rerank="rules", rerank__diversity="0.8")
    assert_whole(at)
    choose(at, "Re-ranked")
    assert "choose the slate from the best ranked" in said(at)
    plain = opened(open_page)
    assert plain.button_group(key="choose_step").options == [
        "Catalogue",
        "Candidates",
        "Scored",
        "Slate",
    ]


def test_another_user_goes_into_the_link_and_keeps_the_step(open_page: Open) -> None:
    at = choose(opened(open_page), "Scored")
    (button,) = [button for button in at.button if button.label == "Another user"]
    button.click().run()
    assert_whole(at)
    user = another_user(small_scenario())
    assert user != 17
    assert at.query_params["user"] == str(user)
    assert at.subheader[0].value == f"A request of user {user}"
    assert at.button_group(key="choose_step").value == "Scored"
    at.number_input(key="choose_user").set_value(3).run()
    assert at.subheader[0].value == "A request of user 3"


def test_a_user_that_the_world_does_not_have_is_repaired_in_a_line(open_page: Open) -> None:
    at = opened(open_page)
    at.number_input(key="choose_user").set_value(5_000).run()
    assert_whole(at)
    assert warnings(at) == ["Users go from 0 to 119: user is now 119."]


def test_every_way_in_keeps_the_scenario_of_the_link(open_page: Open) -> None:
    at = opened(open_page, user="64")
    links = [element.proto for element in at.get("page_link")]
    assert len(links) == 7
    for link in links:
        assert link.page == "two_stage"
        assert dict(parse_qsl(link.query_string)) == small_scenario(user="64").to_query()


@pytest.mark.parametrize(
    "choice",
    [{"ranker__trees": "13"}, {"index": "ivfpq", "index__nlist": "1024", "ranker__trees": "14"}],
    ids=["as asked for", "with an index to repair"],
)
def test_the_page_does_not_wait_for_the_grids_of_previews(
    open_page: Open,
    app_studio: Studio,
    monkeypatch: pytest.MonkeyPatch,
    choice: dict[str, str],
) -> None:
    gate = threading.Event()

    fitted = app_studio.fits.result

    def slow(work: Work[Any], *given: Any) -> Any:
        assert work is not FAMILY or gate.wait(60)
        return fitted(work, *given)

    monkeypatch.setattr(app_studio.fits, "result", slow)
    at = opened(open_page, **choice)
    asked, _ = Scenario.from_query(small(**choice))
    job = app_studio.prepare(asked)
    assert not job.ended
    assert_whole(at)
    gate.set()
    assert job.wait(60)
    assert job.error is None


def test_an_index_that_the_vectors_do_not_allow_is_repaired_here_too(open_page: Open) -> None:
    at = opened(open_page, index="ivfpq", index__nlist="1024")
    assert_whole(at)
    assert any("nlist" in line for line in warnings(at))


def test_all_users_come_by_before_one_comes_again() -> None:
    scenario = Scenario(world=WorldConfig(users=100), user=3)
    order = [3]
    for _ in range(99):
        order.append(another_user(Scenario(world=scenario.world, user=order[-1])))
    assert sorted(order) == list(range(100))
    assert another_user(Scenario(world=scenario.world, user=order[-1])) == 3
    other = WorldConfig(users=100, seed=8)
    assert another_user(Scenario(world=other, user=3)) != order[1]
