"""Traffic and prices that a viewer puts in: kept within what the model takes."""

from __future__ import annotations

import math
from typing import Any

import pytest
import streamlit as st

from engine.machines import Prices, Traffic
from ui.traffic_inputs import currency, prices, traffic


@pytest.fixture(autouse=True)
def put_in(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A viewer's session that holds nothing yet."""
    state: dict[str, Any] = {}
    monkeypatch.setattr(st, "session_state", state)
    return state


def test_where_nothing_was_put_in_the_defaults_stand() -> None:
    assert traffic() == Traffic()
    assert prices() == Prices()


def test_what_was_put_in_is_taken(put_in: dict[str, Any]) -> None:
    put_in |= {"machines_Peak, requests/s": 50_000, "machines_Replicas": 7}
    put_in |= {"machines_Price an hour": 1.5, "machines_Currency": "EUR"}
    assert traffic() == Traffic(peak=50_000.0, replicas=7)
    assert prices() == Prices(per_hour=1.5, currency="EUR")


@pytest.mark.parametrize("nothing", [None, math.nan])
def test_an_input_that_was_cleared_is_its_default(put_in: dict[str, Any], nothing: Any) -> None:
    put_in |= {"machines_Target utilisation": nothing, "machines_Cores of a machine": nothing}
    assert traffic() == Traffic()
    assert prices() == Prices()


@pytest.mark.parametrize(("given", "taken"), [(0, 1), (10**9, 100), (-math.inf, 1)])
def test_what_no_input_allows_becomes_the_nearest_that_it_does(
    put_in: dict[str, Any], given: float, taken: int
) -> None:
    put_in["machines_Replicas"] = given
    assert traffic().replicas == taken


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("EUR", "EUR"), ("  $ ", "$"), ("", "USD"), ("\n", "USD"), ("Kronen a Jahr", "Kronen a")],
)
def test_a_currency_is_repaired_to_what_prices_take(typed: str, kept: str) -> None:
    assert currency(typed) == kept
    Prices(currency=currency(typed))
