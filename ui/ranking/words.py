"""The ranking page in words: the large figures, the lines under charts, the one sentence."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import replace

from engine.comparison import inside_noise
from engine.figures import Estimate, Kind
from engine.glossary import METRICS
from engine.measurement import RankingTiming
from ui.headline import NOT_DEFINED, Headline
from ui.names import in_short
from ui.ranking.rungs import NAMES, Origin, Rung
from ui.ranking.view import RankingView
from ui.versus import contradiction, signed

_NOISE = "inside the noise"
_JUDGED = ("ndcg@10", "auc", "log_loss", "normalized_entropy")


def headlines(view: RankingView) -> list[Headline]:
    """The six figures of the page."""
    shown = [
        _ndcg(view),
        _of_clicks(view, "auc", "AUC, last day"),
        _of_clicks(view, "log_loss", "LogLoss"),
        _of_clicks(view, "normalized_entropy", "Norm. entropy"),
        _time(view),
        _fit(view),
    ]
    if view.pinned is None:
        return shown
    return [replace(one, versus=line) for one, line in zip(shown, _against(view), strict=True)]


def source_line(view: RankingView, now: float | None = None) -> str:
    """Where the figures on the page come from, in a line."""
    line = f"judged on {view.users:,} users"
    if view.source == "grid":
        line = "preview between numbers of candidates judged beforehand · judged on release"
    if view.timing is None:
        failed = "not timed: the measuring process failed"
        return f"{line} · {failed if view.timing_failed else 'being timed …'}"
    seconds = (time.time() if now is None else now) - view.timing.taken_at
    age = "just now" if seconds < 60 else f"{seconds / 60:.0f} min ago"
    if seconds > 5400:
        age = f"{seconds / 3600:.0f} h ago"
    return f"{line} · timed over {view.timing.requests} requests a point, {age}"


def captions(view: RankingView, origin: Origin, curve: Origin) -> dict[str, str]:
    """The line under each chart, by the chart's key."""
    design = in_short(view.design)
    timed = "not timed yet"
    if view.timing is not None:
        timed = f"measured, {view.timing.requests} requests a point, one at a time, 1 thread"
    here, kind = "judged and measured in this app", "simulated"
    if view.source == "grid":
        here = kind = "preview"
    return {
        "ladder": f"{_origin(origin)} · you are here: {here} · {design}",
        "to_the_oracle": f"{kind}, bars ± 95% · {_origin(origin)} · {design}",
        "learning": f"simulated, bands ± 95% · {_origin(curve)} · {design}",
        "importance": f"simulated, impressions of the last day, bars ± 95% · {design}",
        "over_rows": f"{timed} · features and scores alone · {design}",
        "fit_course": f"{view.learned.validation_rows:,} impressions of the validation day "
        f"· {design}",
    }


def sentence(view: RankingView, rungs: Sequence[Rung]) -> str:
    """What this ranker reaches, what stands in its way, and who does better. Markdown."""
    words = [_reaching(view), _placing(view, rungs), _disagreeing(rungs), _versus_a(view)]
    return " ".join(filter(None, words))


def _reaching(view: RankingView) -> str:
    value, _ = view.figures["ndcg@10"]
    name = NAMES.get(view.design.ranker.name, view.design.ranker.name)
    if math.isnan(value):
        return "No item is left for any user: nothing can be judged."
    lost, before = view.best_slate - value, 1.0 - view.best_slate
    return (
        f"**{name[0].upper()}{name[1:]}** reaches **{value:.3f} NDCG**: it misplaces "
        f"**{lost:.3f}** of what the candidates allow, and **{before:.3f}** never reached it."
    )


def _placing(view: RankingView, rungs: Sequence[Rung]) -> str:
    others = [rung for rung in rungs if not rung.here]
    if not others:
        return ""
    best = max(others, key=lambda rung: rung.value("ndcg@10"))
    value, _ = view.figures["ndcg@10"]
    gap = best.value("ndcg@10") - value
    if best.ranker == view.design.ranker.name:
        rest = [rung for rung in others if rung.ranker != best.ranker]
        second = max(rest, key=lambda rung: rung.value("ndcg@10"), default=None)
        if second is None:
            return ""
        ahead = value - second.value("ndcg@10")
        where = "behind" if ahead >= 0 else "ahead"
        return (
            f"The next on the ladder is **{second.name}**, {abs(ahead):.3f} {where}"
            f"{_doubt(view, second)}."
        )
    if gap > 0:
        slower = best.p95_ms(view.design.candidates) / max(view.stage_ms(95), 1e-9)
        times = "" if math.isnan(slower) else f", for {slower:.2g} times its time"
        return f"**{best.name}** is {gap:.3f} better{_doubt(view, best)}{times}."
    return (
        f"It is {-gap:.3f} better than **{best.name}**{_doubt(view, best)}, the best of the others."
    )


def _doubt(view: RankingView, rung: Rung) -> str:
    """What the two intervals leave open: they are not paired, as those against a pinned A are."""
    _, low, high, _ = rung.figures["ndcg@10"]
    width = math.hypot(view.figures["ndcg@10"][1], (high - low) / 2)
    return "" if math.isnan(width) else f" (± {width:.3f}, not paired)"


def _disagreeing(rungs: Sequence[Rung]) -> str:
    """Where the order by AUC is not that by NDCG."""
    known = [
        rung
        for rung in rungs
        if not (rung.here or rung.ranker in ("none", "prior") or math.isnan(rung.value("auc")))
    ]
    if len(known) < 2:
        return ""
    by_auc = max(known, key=lambda rung: rung.value("auc"))
    by_ndcg = max(known, key=lambda rung: rung.value("ndcg@10"))
    if by_auc.ranker == by_ndcg.ranker:
        return ""
    return (
        f"The metrics disagree about the ladder: **{by_auc.name}** has the best AUC, "
        f"**{by_ndcg.name}** the best slates."
    )


def _versus_a(view: RankingView) -> str:
    pinned = view.pinned
    if pinned is None:
        return ""
    if pinned.view.design == view.design:
        return "This is the pinned design A itself."
    if pinned.figures is None:
        return ""
    gain = pinned.figures["ndcg@10"]
    words = f"Against A: **{signed(gain.value)} NDCG**"
    words += f", {_NOISE}" if inside_noise(gain) else f" (± {gain.half_width:.3f})"
    before, after = pinned.view.stage_ms(95), view.stage_ms(95)
    if not math.isnan(before + after):
        words += f" for **{signed(after - before, 2)} ms** p95 of the second stage"
    better, worse = contradiction(pinned.figures)
    if not better:
        return f"{words}."
    named = [", ".join(labels[:2]) for labels in (better, worse)]
    return f"{words}. The metrics disagree: better in {named[0]}; worse in {named[1]}."


def _ndcg(view: RankingView) -> Headline:
    value, width = view.figures["ndcg@10"]
    return Headline(
        "NDCG@10, true",
        f"{value:.3f}",
        _kind(view, width),
        f"best slate {view.best_slate:.3f}, perfect 1",
        "Against the true relevance of every item; best slate: of these candidates",
    )


def _of_clicks(view: RankingView, name: str, label: str) -> Headline:
    value, width = view.figures[name]
    meaning = METRICS[name].caption
    if math.isnan(value):
        no_clicks = math.isnan(view.figures["auc"][0])
        why = "no click on the last day" if no_clicks else "no probabilities"
        return Headline(label, NOT_DEFINED, "not defined", why, meaning)
    note = f"oracle {view.ceiling[name]:.3f}"
    if name == "normalized_entropy":
        note += f", calibration {view.figures['calibration_ratio'][0]:.2f}"
    elif name == "auc":
        note += f", {view.ceiling[name] - value:.3f} away"
    elif name == "log_loss":
        note += f", error {view.figures['ece'][0]:.3f}"
    return Headline(label, f"{value:.3f}", _kind(view, width), note, meaning)


def _time(view: RankingView) -> Headline:
    label, meaning = "500 candidates, p95", "Features and scores, one request at a time, 1 thread"
    if view.timing is None:
        kind = "not measured" if view.timing_failed else "not timed yet"
        return Headline(label, NOT_DEFINED, kind, "", meaning)
    timing = view.timing
    largest = _largest(timing)
    p50, p95 = timing.percentile(largest, 50), timing.percentile(largest, 95)
    note = f"p50 {p50:.2f}"
    if 100 in timing.rows:
        note += f" · 100: {timing.percentile(100, 50):.2f}, {timing.percentile(100, 95):.2f}"
    if largest != 500:
        label = f"{largest:,} candidates, p95"
    return Headline(label, f"{p95:.2f} ms", str(Kind.MEASURED), note, meaning)


def _largest(timing: RankingTiming) -> int:
    """The number of candidates that is told: 500, or the most that a small catalogue has."""
    return max(n for n in timing.rows if n <= 500)


def _fit(view: RankingView) -> Headline:
    learned = view.learned
    size = learned.ranker.size_bytes
    small = f"{size / 1e3:.0f} kB" if size < 1e6 else f"{size / 1e6:.1f} MB"
    rounds = f"{learned.course.kept} rounds · " if learned.course.kept else ""
    return Headline(
        "Time of the fit",
        f"{learned.seconds:.1f} s" if learned.seconds >= 0.05 else "0 s",
        f"{Kind.MEASURED}, {learned.rows:,} rows",
        f"{rounds}{learned.ranker.parameters:,} parameters · {small}",
        "When it was fitted, on this machine; rounds: kept by early stopping",
    )


def _against(view: RankingView) -> list[str]:
    assert view.pinned is not None
    a = view.pinned.view
    lines = [_difference(view, name) for name in _JUDGED]
    if a.timing is None:
        lines.append("A not timed")
    else:
        lines.append(f"A {a.timing.percentile(_largest(a.timing), 95):.2f} ms")
    return [*lines, f"A {a.learned.seconds:.1f} s, {a.learned.rows:,} rows"]


def _difference(view: RankingView, name: str) -> str:
    pinned = view.pinned
    assert pinned is not None
    if pinned.figures is None:
        value = pinned.view.figures[name][0]
        return "A not defined" if math.isnan(value) else f"A {value:.3f}"
    found: Estimate = pinned.figures[name]
    if math.isnan(found.value):
        return "no difference to A defined"
    if found.value == found.half_width == 0:
        return "as A"
    if inside_noise(found):
        return f"{signed(found.value)} to A, {_NOISE}"
    return f"{signed(found.value)} ± {found.half_width:.3f} to A"


def _kind(view: RankingView, width: float) -> str:
    if view.source == "grid":
        return "preview"
    return str(Kind.SIMULATED) if math.isnan(width) else f"{Kind.SIMULATED} ± {width:.3f}"


def _origin(origin: Origin) -> str:
    if not origin.users:
        return "only this design is fitted"
    if origin.fitted_here:
        return f"ladder fitted in this app, {origin.users:,} users"
    return (
        f"ladder shipped, {origin.users:,} users, {origin.candidates:,} candidates, times measured "
        f"on {origin.machine}, {origin.measured_on}"
    )
