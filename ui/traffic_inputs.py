"""Traffic and prices as a viewer puts them in, kept over pages.

They stand outside the fragment that a slider runs again: sent anew with each of its steps, eight
inputs would take the browser longer than the charts.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from engine.knobs import Knob
from engine.machines import Prices, Traffic
from ui import session
from ui.names import capital
from ui.view import BUDGET_MS

FLEET = "fleet"
"""Key of the fragment that tells what they come to."""

_LONGEST_CURRENCY = 8


@dataclass(frozen=True, slots=True)
class _Number:
    label: str
    knob: Knob
    default: float
    step: float

    def show(self) -> None:
        """A number input within the knob's bounds."""
        st.number_input(
            self.label,
            min_value=self.knob.low,
            max_value=self.knob.high,
            value=self.default,
            step=self.step,
            key=_key(self.label),
            help=capital(self.knob.meaning),
            on_change=_changed,
            persist_state="session",
        )

    @property
    def value(self) -> float:
        """What was put in; the default where nothing was, or where it was cleared."""
        given = st.session_state.get(_key(self.label))
        if given is None or math.isnan(given):
            return self.default
        return self.knob.nearest(given)  # it comes from a browser, which may be anybody's


def _key(label: str) -> str:
    return f"machines_{label}"


def _changed() -> None:
    session.redraw_within_figures(FLEET)


_TRAFFIC, _PRICES = Traffic(), Prices()
# Whole numbers: with decimals the box would show thousands as 10000.00.
_PEAK = _Number(
    "Peak, requests/s", Knob(1, 10_000_000, Traffic.knobs["peak"].meaning), 10_000, 1_000
)
_BUSY = _Number("Target utilisation", Traffic.knobs["utilisation"], _TRAFFIC.utilisation, 0.05)
_MEAN = _Number("Mean / peak", Traffic.knobs["mean_share"], _TRAFFIC.mean_share, 0.05)
_REPLICAS = _Number("Replicas", Traffic.knobs["replicas"], _TRAFFIC.replicas, 1)
_CORES = _Number("Cores of a machine", Prices.knobs["cores"], _PRICES.cores, 1)
_MEMORY = _Number("Memory, GB", Prices.knobs["memory_gb"], _PRICES.memory_gb, 1.0)
_AN_HOUR = _Number("Price an hour", Prices.knobs["per_hour"], _PRICES.per_hour, 0.05)
_CURRENCY = "Currency"


def ask_for_traffic() -> None:
    """The inputs: traffic, and the machine with its price in a fold."""
    with st.container(key="traffic_inputs"):
        _in_a_row(_PEAK.show, _BUSY.show, _MEAN.show, _REPLICAS.show)
        with st.expander("The machine and its price: an example, put in your own"):
            _in_a_row(_CORES.show, _MEMORY.show, _AN_HOUR.show, _ask_for_currency)


def _in_a_row(*inputs: Callable[[], None]) -> None:
    for column, show in zip(st.columns(len(inputs)), inputs, strict=True):
        with column:
            show()


def _ask_for_currency() -> None:
    st.text_input(
        _CURRENCY,
        _PRICES.currency,
        max_chars=_LONGEST_CURRENCY,
        key=_key(_CURRENCY),
        on_change=_changed,
        persist_state="session",
    )


def traffic() -> Traffic:
    """What must be served."""
    return Traffic(_PEAK.value, _MEAN.value, _BUSY.value, int(_REPLICAS.value), BUDGET_MS)


def prices() -> Prices:
    """A machine and what it costs."""
    typed = st.session_state.get(_key(_CURRENCY), _PRICES.currency)
    return Prices(int(_CORES.value), _MEMORY.value, _AN_HOUR.value, currency(typed))


def currency(text: str) -> str:
    """What was typed as a currency, repaired to what `Prices` takes."""
    kept = "".join(letter for letter in text if letter.isprintable())
    return kept.strip()[:_LONGEST_CURRENCY].strip() or _PRICES.currency
