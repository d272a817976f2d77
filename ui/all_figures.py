"""Every figure of a report with its meaning, and how two designs differ in each."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cache

import streamlit as st

from engine.comparison import Comparison, inside_noise
from engine.figures import Estimate, Kind
from engine.glossary import METRICS, Metric
from ui.facts import NONE
from ui.html_table import html_table, show_table
from ui.names import in_short
from ui.versus import contradiction, signed
from ui.view import View
from ui.write_up.say import heading, note, say

OPEN = "all_figures_open"
"""Key of the expander, whose content is drawn once it is open."""

Rows = tuple[list[str], list[list[str]]]
"""Heads of columns, and rows."""

_LABEL = "All figures"
_MEASURING = "measuring"
_MOST_NAMED = 3


def show_all_figures(view: View) -> None:
    """An expander with every figure of the design; of both designs where one is pinned."""
    with st.container(key="all_figures"):
        heading("All figures")
        pinned = None if view.pinned is None else view.pinned.view
        difference = None if view.pinned is None else view.pinned.figures
        say(sentence(view, pinned, difference))
        folded = st.expander("All figures, with their formulas", key=OPEN, on_change="rerun")
        if not folded.open:  # formulas take the browser longer than all else on the page
            return
        with folded:
            show_table(
                _LABEL,
                *(_rows(view) if pinned is None else _rows_of_two(pinned, view, difference)),
            )
            note(_caption(view))
            for half, side in zip(glossary(), st.columns(2, gap="large"), strict=True):
                side.markdown(half)


def sentence(view: View, pinned: View | None, difference: Comparison | None) -> str:
    """Where two figures disagree about B; of one design, what the log would tell. Markdown."""
    if pinned is None:
        return _true_and_observed(view)
    if view.report is None or pinned.report is None:
        return "A and B are compared once both are measured."
    if difference is None:
        return "A and B were judged on other users or in another world: no difference is told."
    better, worse = contradiction(difference)
    if better:
        return f"B is better in **{_named(better)}** but worse in **{_named(worse)}**."
    clear = [name for name in difference if not inside_noise(difference[name])]
    if not clear:
        return "All differences between A and B are inside the noise."
    return "No two figures contradict each other about A and B."


def table(view: View) -> str:
    """Every figure of one design, as HTML."""
    return html_table(_LABEL, *_rows(view))


def _rows(view: View) -> Rows:
    rows = []
    for metric in METRICS.values():
        value, interval, n = _cells(view, metric)
        rows.append([metric.label, value, interval, n, _oracle(view, metric), str(metric.kind)])
    return ["figure", "value", "95% interval", "n", "oracle", "kind"], rows


def table_of_two(pinned: View, view: View, difference: Mapping[str, Estimate] | None) -> str:
    """Every figure of A and B and what B has more of it, as HTML."""
    return html_table(_LABEL, *_rows_of_two(pinned, view, difference))


def _rows_of_two(pinned: View, view: View, difference: Mapping[str, Estimate] | None) -> Rows:
    rows = []
    for name, metric in METRICS.items():
        a, b = _cells(pinned, metric)[0], _cells(view, metric)[0]
        more = NONE if difference is None or name not in difference else _more(difference[name])
        rows.append([metric.label, a, b, more, _oracle(view, metric), str(metric.kind)])
    return ["figure", "A", "B", "B − A, paired 95%", "oracle", "kind"], rows


@cache
def glossary() -> tuple[str, str]:
    """Formula and caption of every figure, in two halves. Markdown, the same for all designs."""
    entries = [
        f"**{metric.label}**{_direction(metric)}\n\n$$\n{metric.formula}\n$$\n\n{metric.caption}"
        for metric in METRICS.values()
    ]
    middle = (len(entries) + 1) // 2
    return "\n\n".join(entries[:middle]), "\n\n".join(entries[middle:])


def _true_and_observed(view: View) -> str:
    if view.report is None:
        return "This design is being measured."
    true, observed = view.report["ndcg@10"], view.report["ndcg_observed@10"]
    if math.isnan(true.value):
        return "No item is left for any user: nothing can be judged."
    text = f"True NDCG@10 is **{true.value:.3f}**"
    if math.isnan(observed.half_width):
        return f"{text}; the clicks of the last day are too few to read it from."
    perfect = view.report.ceiling["ndcg_observed@10"]
    return (
        f"{text}; from the clicks of the last day one would read **{observed.value:.3f} "
        f"± {observed.half_width:.3f}**, where the perfect slate scores {perfect:.3f}."
    )


def _cells(view: View, metric: Metric) -> tuple[str, str, str]:
    """Value, interval and n as shown."""
    if metric.kind is Kind.MEASURED:
        timed = None if metric.name == "memory" else view.timing
        return _measured(view, metric), NONE, f"{timed.requests:,}" if timed else NONE
    if view.report is None:
        return _MEASURING, NONE, NONE
    if metric.name not in view.report:
        return NONE, NONE, NONE
    estimate, unit = view.report[metric.name], f" {metric.unit}" if metric.unit else ""
    n = f"{estimate.n:,}"
    if math.isnan(estimate.value):
        return "not defined", NONE, n
    digits = _digits(estimate)
    value = f"{_plain(estimate.value, digits)}{unit}"
    if math.isnan(estimate.half_width):
        return value, NONE, n
    return value, f"{_plain(estimate.low, digits)} to {_plain(estimate.high, digits)}", n


def _measured(view: View, metric: Metric) -> str:
    if metric.name == "memory":
        return f"{view.memory_bytes / 1e6:.2f} MB" if view.memory_bytes else "no index"
    if view.source == "grid":
        return _MEASURING
    if view.timing is None:
        return "not timed"
    value = view.timing.percentile(int(metric.name.removeprefix("p"))).value
    return NONE if math.isnan(value) else f"{value:.2f} ms"


def _more(difference: Estimate) -> str:
    if math.isnan(difference.value):
        return "not defined"
    digits = _digits(difference)
    value = signed(difference.value, digits)
    if math.isnan(difference.half_width):
        return f"{value}, no interval"
    text = f"{value} ({signed(difference.low, digits)} to {signed(difference.high, digits)})"
    return f"{text}, inside the noise" if inside_noise(difference) else text


def _oracle(view: View, metric: Metric) -> str:
    ceiling = view.ceiling.get(metric.name)
    if ceiling is None or view.report is None:
        return NONE
    return f"{ceiling:.3f}"


def _digits(estimate: Estimate) -> int:
    """Decimals that show two digits of the interval; four where there is none."""
    width = estimate.half_width
    if math.isnan(width) or width <= 0:
        return 4
    return min(6, max(0, 1 - math.floor(math.log10(width))))


def _plain(value: float, digits: int) -> str:
    return signed(value, digits).removeprefix("+")


def _direction(metric: Metric) -> str:
    if metric.higher_is_better is None:
        return " · neither direction is better"
    return f" · {'higher' if metric.higher_is_better else 'lower'} is better"


def _named(labels: Sequence[str]) -> str:
    more = len(labels) - _MOST_NAMED
    return ", ".join(labels[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _caption(view: View) -> str:
    return f"judged on {view.users:,} users · {in_short(view.design)}"
