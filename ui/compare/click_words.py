"""Pinned click models in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.figures import Estimate
from engine.side_by_side import Verdict, verdict
from ui.compare.clicks import ClickColumn, best_model
from ui.headline import age


def sentence(columns: Sequence[ClickColumn]) -> str:
    """What each model gains or loses against A. Markdown."""
    reports = [column.report for column in columns if column.report is not None]
    a = columns[0].report
    if a is None:
        if columns[0].error:
            return "A cannot be had, and so nothing to hold the others against: unpin it."
        return "The models are being fitted, A first."
    told = [_against_a(column) for column in columns[1:] if column.less_a is not None]
    if not told:
        if len(columns) > 1:
            return "A is ready; what the others differ by is told once they are."
        return "Pin another model to see what its choices change."
    words = f"Against A, {'; '.join(told)}."
    if len(reports) < 3:
        return words
    best, rows = best_model(columns), len(a.truth)
    if best:
        return f"{words} **{best}** has clearly the best probabilities of all."
    return f"{words} Which has the best probabilities is more than {rows:,} rows could show."


def noise_line(rows: int) -> str:
    """How the table is read, in a line. Markdown."""
    return (
        "Figures are against the true probabilities; under each stands what it differs by from A, "
        f"paired by row, ± 95%. **Inside the noise** is a difference that {rows:,} rows could not "
        "show. Models are timed one by one, not in turn: no difference of their times is told, "
        "only the bounds of each percentile, in brackets."
    )


def source_line(column: ClickColumn, now: float) -> str:
    """Where a model's measured figures come from, in a line."""
    if column.error:
        return column.error
    if column.timing is None:
        return f"not timed: {column.untimed}" if column.untimed else f"{column.waiting} …"
    requests = f"{column.timing.requests:,} requests"
    return f"timed over {requests}, {age(column.timing, now)}"


def caption(columns: Sequence[ClickColumn], rows: int) -> str:
    """The line under a chart."""
    rest = " · ".join(f"{column.letter}: {column.name}" for column in columns)
    return f"simulated, {rows:,} rows of the last two days · {rest}"


def _against_a(column: ClickColumn) -> str:
    less: dict[str, Any] = column.less_a or {}
    entropy, auc = less["normalized_entropy"], less["auc"]
    told = f"**{column.letter}** {_told(entropy, False, 'normalised entropy')}"
    return f"{told} and {_told(auc, True, 'AUC')}"


def _told(one: Estimate, higher_is_better: bool, label: str) -> str:
    found = verdict(one, higher_is_better)
    if found is Verdict.UNKNOWN:
        return f"has no {label} to hold against A's"
    if found is Verdict.SAME:
        return f"has A's {label}"
    if found is Verdict.NOISE:
        return f"makes no difference in {label} that {one.n:,} rows could show"
    verb = "raises" if one.value > 0 else "lowers"
    return f"{verb} {label} by **{abs(one.value):.4f}** (± {one.half_width:.4f}, {found})"
