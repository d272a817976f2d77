"""The figures that are read aloud: large, each with its kind, its interval and its ceiling."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from html import escape

import streamlit as st

from engine.clicks import InferenceTiming
from engine.figures import Kind
from engine.measurement import P99_FROM, WHOLE
from ui import versus
from ui.view import BUDGET_MS, Latency, View
from ui.write_up.parts import Figure, Figures
from ui.write_up.shown import put

NOT_DEFINED = "–"
_HELD_UP_SHOWN = 0.05
_MOVING = ("label", "value", "kind", "note", "versus")


@dataclass(frozen=True, slots=True)
class Headline:
    """One large figure.

    kind : what sort of number. note : what stands beside it. versus : against the pinned design.
    name : by which a slider's preview finds it, where a slider moves the label too.
    """

    label: str
    value: str
    kind: str
    note: str
    meaning: str
    versus: str = ""
    name: str = ""

    def live(self, part: str) -> str:
        """The `data-live` name of one of its texts."""
        return f"{self.name or self.label}.{part}"


def two_stage_headlines(view: View, now: float | None = None) -> list[Headline]:
    """The six figures of the two-stage page."""
    shown = [
        _quality(view),
        _latency(view, time.time() if now is None else now),
        _recall(view),
        _ann_recall(view),
        _ranker(view),
        _memory(view),
    ]
    if view.pinned is None:
        return shown
    lines = versus.lines(view.pinned, view)
    return [replace(one, versus=line) for one, line in zip(shown, lines, strict=True)]


def source_line(view: View, now: float | None = None, timed: int = 0) -> str:
    """Where the figures on the page come from, in a line.

    timed : requests that the stopwatch has by now, where it is at work on more of them.
    """
    if view.source == "grid":
        return "preview from the measured grid · measuring this design …"
    if view.latency is None:
        return f"judged on {view.users:,} users · not timed: the measuring process failed"
    seen = age(view.latency, time.time() if now is None else now)
    line = f"judged on {view.users:,} users · timed over {view.latency.requests:,} requests, {seen}"
    if view.latency.held_up > _HELD_UP_SHOWN:
        line += f" · {view.latency.held_up:.0%} of them held up by other work on this machine"
    if timed > view.latency.requests:
        line += f" · more to come: {timed:,} of {P99_FROM:,}"
    return line


def age(timed: Latency | InferenceTiming, now: float) -> str:
    """How long ago, in words."""
    seconds = max(0.0, now - timed.taken_at)
    if seconds < 10:
        return "just now"
    if seconds < 90:
        return f"{seconds:.0f} s ago"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min ago"
    return f"{seconds / 3600:.0f} h ago"


def html(headlines: list[Headline]) -> str:
    """The figures as one block that wraps with the window; their texts can follow a slider."""
    return f'<dl class="sl-figures">{"".join(map(_cell, headlines))}</dl>'


def _cell(headline: Headline) -> str:
    parts = [part for part in _MOVING if part != "versus" or headline.versus]
    texts = "".join(_text(headline, part) for part in parts)
    return f'<div class="sl-figure" title="{escape(headline.meaning)}">{texts}</div>'


def _text(headline: Headline, part: str) -> str:
    tag, name = "dt" if part == "label" else "dd", escape(headline.live(part))
    text = escape(getattr(headline, part))
    return f'<{tag} class="sl-{part}" data-live="{name}">{text}</{tag}>'


def show(headlines: list[Headline]) -> None:
    """The block on the page, and in a write-up of it."""
    put(Figures(tuple(map(_written, headlines))))
    st.html(html(headlines))


def live_texts(headlines: list[Headline]) -> dict[str, str]:
    """What of the block follows a slider, by its `data-live` name."""
    return {h.live(part): getattr(h, part) for h in headlines for part in _MOVING}


def _written(headline: Headline) -> Figure:
    """The same figure with its kind, its interval and what it is out of told apart."""
    kind, _, out_of = headline.kind.partition(", ")
    kind, _, width = kind.partition(" ± ")
    note = " · ".join(filter(None, (out_of, headline.note)))
    interval = f"± {width}" if width else ""
    return Figure(headline.label, headline.value, interval, kind, note, headline.versus)


def _kind(view: View, kind: Kind, width: float = math.nan, digits: int = 3) -> str:
    if view.source == "grid":
        return "preview"
    return kind if math.isnan(width) else f"{kind} ± {width:.{digits}f}"


def _quality(view: View) -> Headline:
    value, width = view.figures["ndcg@10"]
    note = "an oracle scores 1"
    if "ndcg_observed@10" in view.figures:
        observed, _ = view.figures["ndcg_observed@10"]
        oracle = view.ceiling["ndcg_observed@10"]
        note = f"observed {observed:.3f}, perfect slate {oracle:.3f}"
        if math.isnan(observed):
            note = "no click of the last day to observe"
    return Headline(
        "NDCG@10, true",
        f"{value:.3f}",
        _kind(view, Kind.SIMULATED, width),
        note,
        "Against the true relevance of every item; observed: against the clicks of the last day",
    )


def _latency(view: View, now: float) -> Headline:
    label = "p95 latency"
    meaning = "One request at a time on one thread, in a process of its own"
    if view.latency is None:
        return Headline(label, NOT_DEFINED, "not measured", f"budget {BUDGET_MS:.0f} ms", meaning)
    latency = view.latency
    p99 = f"{latency.p99[WHOLE]:.2f}"
    if math.isnan(latency.p99[WHOLE]):
        p99 = NOT_DEFINED if view.source == "grid" else f"from {P99_FROM:,} requests"
    kind = f"{_kind(view, Kind.MEASURED)}, of {BUDGET_MS:.0f} ms"
    return Headline(
        label,
        f"{latency.p95[WHOLE]:.2f} ms",
        kind,
        f"p50 {latency.p50[WHOLE]:.2f} · p99 {p99}",
        meaning,
    )


def _recall(view: View) -> Headline:
    value, width = view.figures["recall@candidates"]
    return Headline(
        "True top-10 among candidates",
        f"{value:.1%}",
        _kind(view, Kind.SIMULATED, 100 * width, 1),
        "recall of the ten best items",
        "How many of a user's ten truly best items reach the ranker",
    )


def _ann_recall(view: View) -> Headline:
    label, meaning = "ANN recall", "Share of the exact search's answer that the index returned"
    if view.memory_bytes == 0:
        return Headline(label, NOT_DEFINED, "no index", "this generator has no vectors", meaning)
    value, width = view.figures["ann_recall"]
    note = "against the exact search"
    if "index_cost" in view.figures:
        note = f"costs {_small(view.figures['index_cost'][0])} NDCG as ranked"
    return Headline(label, f"{value:.3f}", _kind(view, Kind.SIMULATED, width), note, meaning)


def _ranker(view: View) -> Headline:
    label, meaning = "AUC of the ranker", "On the impressions of the last day, position as logged"
    auc, width = view.figures["auc"]
    loss, _ = view.figures["log_loss"]
    if math.isnan(auc):
        return Headline(label, NOT_DEFINED, "not defined", "no click on the last day", meaning)
    interval = "" if math.isnan(width) else f" ± {width:.3f}"
    log_loss = (
        "LogLoss: not a probability"
        if math.isnan(loss)
        else f"LogLoss {loss:.3f}, oracle {view.ceiling['log_loss']:.3f}"
    )
    return Headline(
        label,
        f"{auc:.3f}",
        f"{Kind.SIMULATED}{interval}, oracle {view.ceiling['auc']:.3f}",
        log_loss,
        meaning,
    )


def _memory(view: View) -> Headline:
    label, meaning = "Index memory", "What the library holds, vectors included"
    if view.memory_bytes == 0:
        return Headline(label, NOT_DEFINED, "no index", "", meaning)
    size = f"{view.memory_bytes / 1e6:.1f} MB"
    if view.memory_bytes < 1e5:
        size = f"{view.memory_bytes / 1e3:.1f} kB"
    return Headline(label, size, f"{Kind.MEASURED}", "as serialised", meaning)


def _small(value: float) -> str:
    """A small signed number, short."""
    text = f"{abs(value):.4f}"
    if float(text) == 0:
        return "0.0000"
    return f"{'' if value > 0 else '−'}{text}"
