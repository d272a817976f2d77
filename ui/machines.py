"""How many machines is that: from the measured time of a request to a fleet and its price."""

from __future__ import annotations

import math
import re

import streamlit as st

from engine.figures import Kind, Modelled
from engine.machines import Machines, Prices, Traffic, machines
from ui import facts, traffic_inputs
from ui.facts import NONE, Fact
from ui.names import in_short
from ui.view import View
from ui.write_up.say import heading, note, say
from ui.write_up.shown import afresh

OPEN = "formulas_open"
"""Key of the fold of the formulas, whose content is drawn once it is open."""

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>$~:])")
_WHY_SO_MANY = {
    "memory": "as many as hold the copies in memory",
    "replicas": "as many as there must be copies",
}


def show_machines(view: View) -> None:
    """What this design needs for the traffic that was put in."""
    with st.container(key="machines"):
        heading("How many machines is that?")
        _fleet(view)


@st.fragment(key=traffic_inputs.FLEET)
def _fleet(view: View) -> None:
    """In a fragment of its own: other traffic leaves the rest of the page alone."""
    afresh()
    traffic, prices = traffic_inputs.traffic(), traffic_inputs.prices()
    with st.container(key="machines_result"):  # keeps its height without a result
        if view.timing is None or not view.timing.requests:
            say(_without_times(view))
            return
        fleet = machines(view.timing, view.memory_bytes, traffic, prices)
        say(sentence(fleet, traffic, prices))
        facts.show([fact for fact, _ in fleet_facts(fleet, traffic, prices)])
        say(f"**The chain:** {chain(fleet, prices)}")
        note(_assumptions(view, prices))
        folded = st.expander("The formulas", key=OPEN, on_change="rerun")
        if folded.open:
            with folded:
                say(formulas(fleet, traffic, prices))


def sentence(fleet: Machines, traffic: Traffic, prices: Prices) -> str:
    """How many machines, why as many, what they cost, and whether the SLO is kept. Markdown."""
    reason = _WHY_SO_MANY.get(fleet.limited_by)
    if reason is None:
        a_machine = fleet.per_core.value * prices.cores
        reason = f"each takes {amount(a_machine)} requests/s at {traffic.utilisation:.0%} busy"
    return (
        f"{_in_words(fleet.machines.value, 'machine')} for {amount(traffic.peak)} requests/s: "
        f"{reason}. That is **{_price(fleet.monthly.value)} {_plain(prices.currency)} a month**. "
        f"{_slo(fleet, traffic)}"
    )


def chain(fleet: Machines, prices: Prices) -> str:
    """From the processor time of a request to the price of a month, in a line. Markdown."""
    links = [
        f"{amount(fleet.cpu.value)} ms of processor time",
        f"{amount(fleet.per_core.value)} requests/s a core",
        f"{_cores(fleet)} cores",
        f"{fleet.machines.value:,.0f} machine{'' if fleet.machines.value == 1 else 's'}",
        f"{_price(fleet.monthly.value)} {_plain(prices.currency)} a month",
    ]
    return " → ".join(links)


def fleet_facts(fleet: Machines, traffic: Traffic, prices: Prices) -> list[tuple[Fact, Modelled]]:
    """The large figures, and what each was computed from."""
    money = prices.currency
    a_core = f"{amount(fleet.per_core.value)} requests/s each"
    rows = [
        ("Cores at the peak", _cores(fleet), a_core, fleet.cores),
        (
            "Machines",
            f"{fleet.machines.value:,.0f}",
            f"limited by {fleet.limited_by}",
            fleet.machines,
        ),
        (
            "Cost a month",
            _price(fleet.monthly.value),
            f"{money}, {_price(fleet.hourly.value)} an hour",
            fleet.monthly,
        ),
        ("A million requests", _price(fleet.per_million.value), money, fleet.per_million),
        (
            "Utilisation",
            f"{fleet.load.value:.0%}",
            f"at the peak, target {traffic.utilisation:.0%}",
            fleet.load,
        ),
        ("p95 with waiting", _ms(fleet.p95), "at the peak", fleet.p95),
        ("p99 with waiting", _ms(fleet.p99), _kept(fleet, traffic), fleet.p99),
    ]
    return [
        (Fact(label, value, f"{Kind.MODELLED}: {note}", source.formula), source)
        for label, value, note, source in rows
    ]


def formulas(fleet: Machines, traffic: Traffic, prices: Prices) -> str:
    """How each figure was computed, a line each. Markdown."""
    rows = fleet_facts(fleet, traffic, prices)
    first = [f"- **Processor time**: {_plain(fleet.cpu.formula)}"]
    first += [f"- **Requests/s of a core**: {_plain(fleet.per_core.formula)}"]
    return "\n".join(
        first + [f"- **{fact.label}**: {_plain(source.formula)}" for fact, source in rows]
    )


def amount(value: float) -> str:
    """Three digits and no exponent; whole from 100 on, with thousands apart."""
    if value == 0:
        return "0"
    decimals = min(9, max(0, 2 - math.floor(math.log10(abs(value)))))
    text = f"{value:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _without_times(view: View) -> str:
    if view.source == "grid":
        return "Computed once this design is measured."
    return "This design was not timed: without its time there is nothing to compute from."


def _slo(fleet: Machines, traffic: Traffic) -> str:
    if fleet.keeps_slo is None:
        return "Whether the p99 keeps to the SLO shows once more requests are timed."
    verb = "keeps to" if fleet.keeps_slo else "**breaks**"
    return f"With waiting the p99 is {_ms(fleet.p99)}: it {verb} the SLO of {traffic.slo_ms:g} ms."


def _kept(fleet: Machines, traffic: Traffic) -> str:
    if fleet.keeps_slo is None:
        return "not enough requests timed yet"
    return f"{'within' if fleet.keeps_slo else 'over'} the SLO of {traffic.slo_ms:g} ms"


def _assumptions(view: View, prices: Prices) -> str:
    timed = 0 if view.timing is None else view.timing.requests
    return (
        f"Modelled from the processor time of {timed:,} measured requests, one thread · "
        f"machines of {prices.cores} cores as fast as this one's and "
        f"{amount(prices.memory_gb)} GB, always on · "
        f"memory of a copy: the index alone, {amount(view.memory_bytes / 1e6)} MB · random "
        f"arrivals, no network · {in_short(view.design)}"
    )


def _in_words(count: float, noun: str) -> str:
    return f"**{count:,.0f} {noun}{'' if count == 1 else 's'}**"


def _price(value: float) -> str:
    """With the cents where they matter."""
    return f"{value:,.2f}" if 1 <= value < 100 else amount(value)


def _cores(fleet: Machines) -> str:
    return amount(fleet.cores.value)


def _ms(time: Modelled) -> str:
    return NONE if math.isnan(time.value) else f"{amount(time.value)} ms"


def _plain(text: str) -> str:
    """A text that Markdown leaves as it is."""
    return _MARKDOWN.sub(r"\\\1", text)
