"""From latency to machines on the page: the engine's figures, and inputs that are kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from engine.machines import Machines, Prices, Traffic, machines
from engine.measurement import P99_FROM
from tests.small_app import small, small_scenario
from tests.ui.two_stage_reader import blocks
from tests.ui.views import a_timing
from ui.facts import NONE
from ui.machines import OPEN, amount, chain, fleet_facts, formulas, sentence
from ui.studio import studio

Open = Callable[..., AppTest]


def a_fleet(
    ms: float = 2.0, memory: int = 0, traffic: Traffic | None = None, prices: Prices | None = None
) -> Machines:
    """For requests that all take the same processor time."""
    timing = a_timing()
    timing = replace(timing, processor=np.full(timing.requests, ms * 1e6, dtype=np.int64))
    return machines(timing, memory, traffic or Traffic(), prices or Prices())


def facts_of(
    fleet: Machines, traffic: Traffic | None = None, prices: Prices | None = None
) -> dict[str, tuple[str, str]]:
    rows = fleet_facts(fleet, traffic or Traffic(), prices or Prices())
    return {fact.label: (fact.value, fact.note) for fact, _ in rows}


# The texts, on hand-made times ----------------------------------------------------------------


def test_the_chain_goes_from_the_time_of_a_request_to_the_price_of_a_month() -> None:
    # 0.6 / 2 ms = 300 a core; 10,000 / 300 = 33.3 cores; 3 machines of 16; 3 × 0.80 × 730.
    assert chain(a_fleet(), Prices()) == (
        "2 ms of processor time → 300 requests/s a core → 33.3 cores → 3 machines → "
        "1,752 USD a month"
    )


def test_the_sentence_tells_count_reason_price_and_slo() -> None:
    text = sentence(a_fleet(), Traffic(), Prices())
    assert text.startswith("**3 machines** for 10,000 requests/s: each takes 4,800 requests/s")
    assert "**1,752 USD a month**" in text
    assert "keeps to the SLO of 150 ms" in text


def test_what_asks_for_the_machines_is_named() -> None:
    idle = Traffic(peak=10.0)
    few = a_fleet(traffic=idle)
    assert "as many as there must be copies" in sentence(few, idle, Prices())
    assert facts_of(few, idle)["Machines"] == ("2", "modelled: limited by replicas")
    large = a_fleet(memory=200 * 10**9, traffic=idle)
    assert "as many as hold the copies in memory" in sentence(large, idle, Prices())
    assert facts_of(large, idle)["Machines"] == ("8", "modelled: limited by memory")


def test_one_machine_is_no_plural() -> None:
    alone = Traffic(peak=10.0, replicas=1)
    fleet = a_fleet(traffic=alone)
    assert "**1 machine** for" in sentence(fleet, alone, Prices())
    assert "→ 1 machine →" in chain(fleet, Prices())


def test_a_broken_slo_is_said_and_an_unknown_p99_is_not_judged() -> None:
    tight = Traffic(slo_ms=1.0)
    fleet = a_fleet(traffic=tight)
    assert "it **breaks** the SLO of 1 ms" in sentence(fleet, tight, Prices())
    assert facts_of(fleet, tight)["p99 with waiting"][1] == "modelled: over the SLO of 1 ms"
    early = machines(a_timing(100), 0)
    assert facts_of(early)["p99 with waiting"][0] == NONE
    assert "once more requests are timed" in sentence(early, Traffic(), Prices())


def test_each_figure_says_that_it_is_modelled_and_has_its_formula() -> None:
    fleet = a_fleet()
    rows = fleet_facts(fleet, Traffic(), Prices())
    assert len(rows) == 7
    for fact, source in rows:
        assert fact.note.startswith("modelled: ")
        assert fact.meaning == source.formula
        assert f"- **{fact.label}**: " in formulas(fleet, Traffic(), Prices())
    assert facts_of(fleet)["Utilisation"] == ("42%", "modelled: at the peak, target 60%")
    assert facts_of(fleet)["A million requests"] == ("0.133", "modelled: USD")


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.13333, "0.133"), (2.0, "2"), (33.33, "33.3"), (99.96, "100"), (10_000, "10,000")],
)
def test_an_amount_has_three_digits_and_no_exponent(value: float, text: str) -> None:
    assert amount(value) == text


def test_a_currency_does_not_become_markup() -> None:
    nasty = Prices(currency="$**b**")
    text = sentence(a_fleet(prices=nasty), Traffic(), nasty)
    assert r"1,752 \$\*\*b\*\* a month" in text


# On the page ----------------------------------------------------------------------------------


def said(at: AppTest) -> str:
    (line,) = [text.value for text in at.markdown if text.value.startswith("**The chain:**")]
    return line


def test_the_page_shows_the_fleet_of_its_own_timing(open_page: Open) -> None:
    at = open_page(small())
    timing = studio().ledger.wait(small_scenario(), P99_FROM, 60)
    assert timing is not None  # and is refined no more
    at.run()
    at.number_input(key="machines_Peak, requests/s").set_value(50_000).run()
    assert not at.exception
    (sentences,) = [m.value for m in at.markdown if " for 50,000 requests/s: " in m.value]
    (block,) = [b for b in blocks(at) if "Cores at the peak" in b]
    view = studio().known(small_scenario())
    assert view is not None
    fleet = machines(timing, view.memory_bytes, Traffic(50_000.0))
    assert said(at).removeprefix("**The chain:** ") == chain(fleet, Prices())
    assert "modelled" in block
    assert "SLO of 150 ms" in block
    assert sentences.count("**") >= 4


def test_the_formulas_are_drawn_once_their_fold_is_open(open_page: Open) -> None:
    at = open_page(small())
    assert not any("**Processor time**" in text.value for text in at.markdown)
    at.session_state[OPEN] = True
    at.run()
    (text,) = [text.value for text in at.markdown if "**Processor time**" in text.value]
    assert "**Cost a month**" in text


def test_traffic_is_kept_when_the_design_changes(open_page: Open) -> None:
    at = open_page(small())
    at.number_input(key="machines_Replicas").set_value(7).run()
    at.run()  # an `AppTest` knows of the fragment alone that ran last
    at.text_input(key="machines_Currency").set_value("EUR").run()
    assert "7 machines" in said(at)
    at.run()
    at.slider(key="slide_Candidates").set_value(40).run()
    at.run()
    assert at.number_input(key="machines_Replicas").value == 7
    assert "7 machines" in said(at)
    assert "EUR a month" in said(at)


def test_without_times_a_plain_line_stands_in_the_place(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_page(small())
    known = studio().known(small_scenario())
    assert known is not None
    untimed = replace(known, timing=None, latency=None)
    monkeypatch.setattr(studio(), "known", lambda scenario: untimed)
    monkeypatch.setattr(studio().ledger, "timing", lambda scenario: None)
    at = open_page(small())
    assert not at.exception
    assert any("was not timed" in text.value for text in at.markdown)
    assert not any("Cores at the peak" in block for block in blocks(at))
