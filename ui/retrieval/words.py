"""The retrieval page in words: the large figures, the lines under charts, the one sentence."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from engine.figures import Kind
from engine.generators import GeneratorConfig
from engine.retrieval import Fastest, IndexPoint, fastest_at
from ui.controls import LABELS
from ui.headline import NOT_DEFINED, Headline
from ui.retrieval.charts import RECALLS
from ui.retrieval.tradeoff import SLO_MS, Sweep, compares, index_name, with_knobs
from ui.retrieval.view import RetrievalView
from ui.versus import signed

_HELD_UP_SHOWN = 0.05
_NOTHING_LOST = 0.005
_LEVEL = 1.1  # builds are timed minutes apart, on a machine that may do other work


def nothing_to_search(generator: GeneratorConfig) -> str:
    """Why the parts about indexes are empty for a generator without vectors."""
    name = LABELS.get(generator.name, generator.name)
    return (
        f"**{name[0].upper()}{name[1:]}** keeps no vectors: it gives its own order, so there is "
        "nothing to search and no index to choose. Compare it with the others below, or take "
        "hard data to look at indexes alone."
    )


def headlines(view: RetrievalView) -> list[Headline]:
    """The five figures of the page."""
    shown = [_recall(view), _top10(view), _time(view), _memory(view), _build(view)]
    if view.pinned is None:
        return shown
    return [replace(one, versus=line) for one, line in zip(shown, _against(view), strict=True)]


def source_line(view: RetrievalView, now: float | None = None) -> str:
    """Where the figures come from, in a line."""
    if view.source == "grid":
        return "preview from searches measured around it · measured on release"
    seconds = max(0.0, (time.time() if now is None else now) - view.taken_at)
    age = "just now" if seconds < 60 else f"{seconds / 60:.0f} min ago"
    if seconds > 5400:
        age = f"{seconds / 3600:.0f} h ago"
    line = f"{view.requests:,} single searches timed, {age}"
    if view.held_up > _HELD_UP_SHOWN:
        line += f" · {view.held_up:.0%} of them held up by other work on this machine"
    return line


def in_short(view: RetrievalView) -> str:
    """Vectors, index and how many are asked for."""
    return f"{vectors_in_short(view)} → {with_knobs(view.config)} → {view.k:,}"


def vectors_in_short(view: RetrievalView) -> str:
    """Which vectors are searched."""
    data = view.data
    name = LABELS.get(view.design.generator.name, view.design.generator.name)
    kind = f"{name} of the catalogue" if not data.synthetic else data.kind
    if data.synthetic and data.shifted:
        kind += ", asked from elsewhere"
    unit = ", unit length" if data.normalised else ""
    return f"{kind}{unit}, {view.n:,} × {view.d}"


def captions(view: RetrievalView, sweep: Sweep | None) -> dict[str, str]:
    """The line under each chart, by the chart's key."""
    line = "no points yet" if sweep is None else sweep.line
    short = in_short(view)
    origin = "preview" if view.source == "grid" else "measured on this machine"
    if other := _other_k(view, sweep):
        origin += f", at another k than the points' {other:,}: recalls do not compare"
    asked = ""
    if view.curve is not None and view.curve.queries != view.queries:
        asked = f" · curves over {view.curve.queries:,} queries, marks over {view.queries:,}"
    return {
        "tradeoff": f"{line} · you are here: {origin} · {short}",
        "equal_recall": f"{line} · straight between points of each frontier; a type whose fastest "
        "point finds more stands at that; no mark where a type does not reach the recall",
        "two_recalls": f"simulated, bars ± 95%{asked} · {short}",
        "per_query": f"simulated, {view.queries:,} queries · {short}",
    }


def sentence(view: RetrievalView, sweep: Sweep | None) -> str:
    """What is fastest at which recall, and what this search leaves behind. Markdown."""
    return " ".join(filter(None, [fastest_words(sweep), _losing(view, sweep), _versus_a(view)]))


def fastest_words(sweep: Sweep | None) -> str:
    """Who is fastest at .9, .95 and .99 on these vectors."""
    if sweep is None or not sweep.points:
        return ""
    found = fastest_at(sweep.points, RECALLS)
    parts = []
    for name, group in groupby(found, key=_winner):
        several = list(group)
        at = _joined(
            [f"{one.recall:g}{'' if one.sure or not name else ' (only just)'}" for one in several]
        )
        if not name:
            parts.append(f"nothing reaches recall {at}")
            continue
        points = list(dict.fromkeys(one.point for one in several if one.point is not None))
        times = _joined([_ms(point.p50.value).removesuffix(" ms") for point in points])
        parts.append(
            f"**{name}** at recall {at}, **{times} ms**"
            f"{_against_exact(points, sweep.points)}{_level_with(several)}"
        )
    where = f"{sweep.points[0].n:,} vectors, {sweep.k:,} retrieved"
    return f"On these {where}, fastest is {'; '.join(parts)}."


def _winner(found: Fastest) -> str:
    if found.point is None:
        return ""
    name = found.point.config.name
    return "exact search" if name == "exact" else index_name(name)


def _level_with(found: Sequence[Fastest]) -> str:
    """Other types of index that are about as fast: too near for a winner."""
    near: dict[str, list[str]] = {}
    for one in found:
        point, other = one.point, one.runner_up
        if point and other and other.p50.value < _LEVEL * point.p50.value:
            name = "exact search" if other.config.name == "exact" else index_name(other.config.name)
            near.setdefault(name, []).append(f"{one.recall:g}")
    told = [
        name if len(recalls) == len(found) else f"{name} at {_joined(recalls)}"
        for name, recalls in near.items()
    ]
    return f", level with {_joined(told)}" if told else ""


def _against_exact(best: Sequence[IndexPoint], points: Sequence[IndexPoint]) -> str:
    exact = next((p for p in points if p.config.name == "exact"), None)
    if exact is None or best[0].config.name == "exact":
        return ""
    least = "at least " if len(best) > 1 else ""
    slowest = max(point.p50.value for point in best)
    return f" ({least}{exact.p50.value / slowest:.2g} times as fast as exact search)"


def _losing(view: RetrievalView, sweep: Sweep | None) -> str:
    apart = f", with {view.k:,} retrieved," if _other_k(view, sweep) else ""
    if view.top10 is None:
        return f"This index{apart} finds **{_share(view.recall[0])}** of the exact answer."
    found, lost = view.top10[0], view.lost
    exact = found + lost  # not of other users, whose mean may lie on either side of this one
    if math.isnan(found):
        return "No item is left for any user: nothing can be judged."
    words = f"This one{apart} finds **{_share(view.recall[0])}** of the exact answer"
    if math.isnan(exact):
        return f"{words} and **{found:.1%}** of the ten items that users truly like best."
    words += (
        f", yet **{found:.1%}** of the ten items that users truly like best: exact search itself "
        f"would bring {exact:.1%}, so the generator loses **{100 * (1 - exact):.0f} points**"
    )
    if lost < _NOTHING_LOST:
        return f"{words} and the index nothing you can see."
    return f"{words} and the index **{100 * lost:.1f}**."


def _other_k(view: RetrievalView, sweep: Sweep | None) -> int | None:
    """The k of a sweep's points, where the search was asked for another."""
    return None if sweep is None or compares(view, sweep.points) else sweep.k


def _versus_a(view: RetrievalView) -> str:
    a = view.pinned
    if a is None:
        return ""
    if (a.config, a.k, a.design.generator) == (view.config, view.k, view.design.generator):
        return "This is the pinned search A itself."
    return (
        f"Against A: **{signed(view.recall[0] - a.recall[0])} recall** for "
        f"**{signed(view.p50 - a.p50, 3)} ms** p50 (not timed in turn)."
    )


def _recall(view: RetrievalView) -> Headline:
    value, half = view.recall
    return Headline(
        f"ANN recall@{view.k:,}",
        f"{value:.3f}",
        _simulated(view, half),
        "of the exact search's answer",
        "Share of the k best by exact search that the index returned; equal scores count",
        name="ANN recall",
    )


def _top10(view: RetrievalView) -> Headline:
    label, meaning = (
        "True top-10 retrieved",
        "How many of a user's ten truly best items are among the k",
    )
    if view.top10 is None:
        why = "no users behind these vectors"
        return Headline(label, NOT_DEFINED, "not defined", why, meaning)
    value, half = view.top10
    if math.isnan(value):
        return Headline(label, NOT_DEFINED, "not defined", "no item is left", meaning)
    note = "the recall that matters"
    if not math.isnan(view.lost):
        note = f"exact search {value + view.lost:.1%}"
    return Headline(label, f"{value:.1%}", _simulated(view, 100 * half, 1), note, meaning)


def _time(view: RetrievalView) -> Headline:
    p99 = "" if math.isnan(view.p99) else f" · p99 {view.p99:.2f}"
    return Headline(
        "One search, p50",
        f"{view.p50:.2f} ms" if view.p50 >= 0.1 else f"{view.p50:.3f} ms",
        "preview" if view.source == "grid" else f"{Kind.MEASURED}",
        f"p95 {view.p95:.2f}, SLO {SLO_MS:g} ms{p99}",
        "Single searches, one at a time, on one thread, in a process of its own",
    )


def _memory(view: RetrievalView) -> Headline:
    each = view.memory_bytes / max(1, view.n)
    return Headline(
        "Index memory",
        _size(view.memory_bytes),
        f"{Kind.MEASURED}",
        f"{each:,.0f} bytes a vector",
        "As it would be saved, vectors included where it needs them; the library's own locks and "
        "tables come on top",
    )


def _build(view: RetrievalView) -> Headline:
    seconds = view.build_seconds
    return Headline(
        "Build",
        f"{seconds:.1f} s" if seconds >= 0.05 else "0 s",
        f"{Kind.MEASURED}",
        "one thread, when it was built",
        "Time of the build that these searches use",
    )


def _against(view: RetrievalView) -> list[str]:
    a = view.pinned
    assert a is not None
    top10 = "A not defined"
    if a.top10 is not None and view.top10 is not None:
        top10 = f"{signed(100 * (view.top10[0] - a.top10[0]), 1)} points to A"
    return [
        f"{signed(view.recall[0] - a.recall[0])} to A",
        top10,
        f"{signed(view.p50 - a.p50, 3)} ms to A",
        f"A {_size(a.memory_bytes)}",
        f"A {a.build_seconds:.1f} s",
    ]


def _simulated(view: RetrievalView, half: float, digits: int = 3) -> str:
    if view.source == "grid":
        return "preview"
    return str(Kind.SIMULATED) if math.isnan(half) else f"{Kind.SIMULATED} ± {half:.{digits}f}"


def _share(value: float) -> str:
    """A share near 1 without pretending that all was found."""
    return f"{value:.2%}" if 0.995 <= value < 1 else f"{value:.1%}"


def _ms(value: float) -> str:
    return f"{value:.2f} ms" if value >= 0.1 else f"{value:.3f} ms"


def _size(amount: float) -> str:
    return f"{amount / 1e6:.1f} MB" if amount >= 1e5 else f"{amount / 1e3:.1f} kB"


def _joined(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
