"""Pinned designs in words: what each gains and pays against A, and what noise leaves open."""

from __future__ import annotations

from collections.abc import Sequence

from engine.figures import Estimate, MeasuredDifference
from engine.glossary import METRICS, disagreements
from engine.measurement import WHOLE
from engine.side_by_side import Verdict, verdict
from ui.captions import captions as captions_of
from ui.compare.columns import Column, best_slate, known
from ui.compare.rows import FIRST
from ui.headline import age
from ui.names import told_apart
from ui.view import View

_MOST_NAMED = 2


def sentence(columns: Sequence[Column]) -> str:
    """What each design gains and pays against A, and which is the best. Markdown."""
    views = known(columns)
    if "A" not in views:
        return _without_a(columns)
    told = [_against_a(column) for column in columns[1:] if column.less_a is not None]
    if not told:
        return _alone(columns)
    words = f"Against A, {'; '.join(told)}."
    if len(views) > 2:
        best = best_slate(columns)
        words += f" **{best}** has clearly the best slates of all." if best else _open(views)
    return " ".join([words, *_disagreements(columns)])


def noise_line(users: int) -> str:
    """How the table is read, in a line. Markdown."""
    return (
        f"Under each figure stands what it differs by from A, paired by user, ± 95%. **Inside the "
        f"noise** is a difference that {users:,} users could not show. Of twenty true zeros one "
        "looks clear by chance: a lone small difference among many figures is no finding. In "
        "brackets: the bounds of a percentile, at 95%, as if requests were independent."
    )


def source_line(column: Column, now: float) -> str:
    """Where a design's measured figures come from, in a line."""
    if column.error:
        return column.error
    view = column.view
    if view is None:
        return f"{column.waiting} …"
    if view.latency is None:
        return "not timed: the measuring process failed"
    line = f"timed over {view.latency.requests:,} requests, "
    line += age(view.latency, now)
    if view.latency.held_up > 0.05:
        line += f", {view.latency.held_up:.0%} held up by other work"
    return line


def captions(views: dict[str, View]) -> dict[str, str]:
    """The line under each chart."""
    users = next(iter(views.values())).users
    requests = [view.timing.requests if view.timing else 0 for view in views.values()]
    told = f"{min(requests):,}" if len(set(requests)) == 1 else f"{min(requests):,} or more"
    rest = " · ".join(f"{letter}: {told_apart(view.design)}" for letter, view in views.items())
    grids = {captions_of(view)["over_candidates"].rpartition(" · ")[2] for view in views.values()}
    return {
        "over_candidates": f"quality: simulated, {users:,} users · {grids.pop()} · {rest}",
        "loss_by_stage": f"simulated, {users:,} users, bars ± 95% · {rest}",
        "percentiles": f"measured, {told} requests one at a time, 1 thread · {rest}",
        "differences": (
            f"simulated, {users:,} users, paired; p95 measured, timed in turn with A, ± 95%; "
            f"hollow: inside the noise · {rest}"
        ),
    }


def difference_panels(
    columns: Sequence[Column],
) -> list[tuple[str, bool | None, dict[str, Estimate | MeasuredDifference]]]:
    """What is drawn of the differences to A: quality, and the time that it takes."""
    quality: dict[str, Estimate | MeasuredDifference] = {}
    times: dict[str, Estimate | MeasuredDifference] = {}
    for column in columns:
        if column.less_a is not None:
            quality[column.letter] = column.less_a["ndcg@10"]
        if column.times_less_a is not None:
            times[column.letter] = column.times_less_a["p95"]
    return [("true NDCG@10, less A's", True, quality), ("p95, ms, less A's", False, times)]


def _alone(columns: Sequence[Column]) -> str:
    view = columns[0].view
    assert view is not None
    if len(columns) > 1:
        return "A is ready; what the others differ by is told once they are."
    ndcg = view.figures["ndcg@10"][0]
    took = "" if view.latency is None else f" at p95 **{view.latency.p95[WHOLE]:.2f} ms**"
    return (
        f"A reaches true NDCG@10 **{ndcg:.3f}**{took}. Pin another design to see what its choices "
        "change."
    )


def _without_a(columns: Sequence[Column]) -> str:
    if columns[0].error:
        return "A cannot be had, and so nothing to hold the others against: unpin it."
    return "The designs are being made ready, A first."


def _against_a(column: Column) -> str:
    assert column.less_a is not None
    quality = _quality(column.less_a["ndcg@10"])
    if column.times_less_a is None:
        return f"**{column.letter}** {quality}"
    clear = verdict(column.less_a["ndcg@10"], True).is_clear
    return f"**{column.letter}** {quality}{_time(column.times_less_a['p95'], clear)}"


def _quality(gain: Estimate) -> str:
    found = verdict(gain, True)
    if found is Verdict.SAME:
        return "shows slates as good as A's for every user"
    if found is Verdict.UNKNOWN:
        return "cannot be held against A in NDCG"
    if found is Verdict.NOISE:
        return f"makes no difference in NDCG that {gain.n:,} users could show"
    verb = "gains" if found is Verdict.BETTER else "loses"
    return f"{verb} **{abs(gain.value):.3f} NDCG** (± {gain.half_width:.3f})"


def _time(slower: MeasuredDifference, after_clear: bool) -> str:
    """What the p95 does, after a clause on the quality that is clear or not."""
    found = verdict(slower, False)
    if not found.is_clear:
        shown = f"in p95 that {slower.n:,} requests could show"
        return f" at no difference {shown}" if after_clear else f", and none {shown}"
    half = (slower.high - slower.low) / 2
    verb = "saves" if found is Verdict.BETTER else "takes"
    more = "" if found is Verdict.BETTER else " more"
    return f" and {verb} **{abs(slower.value):.2f} ms{more}** at p95 (± {half:.2f})"


def _open(views: dict[str, View]) -> str:
    users = next(iter(views.values())).users
    return f" Which has the best slates is more than {users:,} users could show."


def _disagreements(columns: Sequence[Column]) -> list[str]:
    told = []
    for column in columns[1:]:
        if column.less_a is None:
            continue
        pairs = disagreements({name: column.less_a[name] for name in FIRST})
        better, worse = (list(dict.fromkeys(pair[side] for pair in pairs)) for side in (0, 1))
        if better:
            told.append(
                f"The metrics disagree about {column.letter}: better in {_labels(better)}, worse "
                f"in {_labels(worse)}."
            )
    return told


def _labels(names: Sequence[str]) -> str:
    labels = [METRICS[name].label for name in names]
    if len(labels) > _MOST_NAMED:
        labels[_MOST_NAMED:] = [f"{len(labels) - _MOST_NAMED} more"]
    return ", ".join(labels[:-1]) + f" and {labels[-1]}" if len(labels) > 1 else labels[0]
