"""The page of ad clicks in words: the large figures, the lines under charts, the one sentence."""

from __future__ import annotations

import math
import time
from dataclasses import replace

from engine.clicks import BUDGET_MS, FIGURES, ClickDesign, ClickReport
from engine.comparison import inside_noise
from engine.figures import Kind
from engine.glossary import METRICS
from engine.measurement import P99_FROM
from ui.ctr.view import NAMES, ClickView, Sold
from ui.headline import NOT_DEFINED, Headline
from ui.versus import contradiction, signed

_NOISE = "inside the noise"
_HOLDS = 0.05  # a sum of predictions so near to the truth's is one to set prices by
_FAR = 0.2
_HELD_UP_SHOWN = 0.05
_JUDGED = {
    "normalized_entropy": "Norm. entropy",
    "auc": "AUC",
    "log_loss": "LogLoss",
    "calibration_ratio": "Calibration ratio",
    "ece": "ECE",
}
_MEANINGS = {
    "normalized_entropy": "LogLoss over that of the base rate alone: 1 knows nothing",
    "auc": "Probability that a click scores above another row",
    "log_loss": "Mean logistic loss in nats, against the true probabilities",
    "calibration_ratio": "Clicks predicted over clicks: 1 is right on the whole",
    "ece": "Mean distance of predicted and true rate over 20 bins of equal count",
}


def in_short(design: ClickDesign) -> str:
    """A design by what differs from the default, in a line."""
    parts = [NAMES.get(design.model.name, design.model.name)]
    if design.negatives < 1.0:
        undone = "undone" if design.correct else "not undone"
        parts.append(f"{design.negatives:.0%} of the negatives, {undone}")
    if design.calibration != "none":
        parts.append(design.calibration)
    if design.age_days:
        parts.append(f"{design.age_days} days old")
    if design.position != "feature":
        parts.append(f"position: {design.position.replace('_', ' ')}")
    if design.encoding != "earlier_days":
        parts.append(f"ids: {design.encoding.replace('_', ' ')}")
    return ", ".join(parts)


def headlines(view: ClickView) -> list[Headline]:
    """The six figures of the page."""
    shown = [*(_judged(view, name) for name in _JUDGED), _time(view)]
    if view.pinned is None:
        return shown
    lines = [*(_difference(view, name) for name in _JUDGED), _time_of_a(view)]
    return [replace(one, versus=line) for one, line in zip(shown, lines, strict=True)]


def source_line(view: ClickView, now: float | None = None) -> str:
    """Where the figures on the page come from, in a line."""
    report = view.report
    line = (
        f"judged on {len(report.truth):,} rows of the last two days · "
        f"learned from {report.rows:,} with {report.clicks:,} clicks in {report.seconds:.1f} s"
    )
    timing = view.times.best
    if view.times.failed:
        return f"{line} · not timed: {view.times.failed}"
    if timing is None:
        return f"{line} · being timed …"
    seconds = (time.time() if now is None else now) - timing.taken_at
    age = "just now" if seconds < 60 else f"{seconds / 60:.0f} min ago"
    line += f" · timed over {timing.requests:,} requests, {age}"
    if timing.held_up > _HELD_UP_SHOWN:
        line += f" · {timing.held_up:.0%} of them held up by other work on this machine"
    return line


def captions(view: ClickView) -> dict[str, str]:
    """The line under each chart, by the chart's key."""
    design, n = in_short(view.design), len(view.report.truth)
    rows = f"simulated, {n:,} rows of the last two days"
    timing = view.times.best
    timed = "not timed yet"
    if timing is not None:
        timed = f"measured, {timing.requests:,} requests one at a time, 1 thread"
    looks = [one.requests for one in view.times.over_ads.values()]
    return {
        "reliability": f"{rows} · {design}",
        "roc": f"{rows}, against the true probabilities · {design}",
        "precision": f"{rows}, against the true probabilities · {design}",
        "ladder": f"{rows}, bar ± 95% · times measured, a first look each · {_rest(view.design)}",
        "freshness": f"{rows}, the same for all ages; band ± 95%, paired · {design}",
        "by_age": f"{rows}, bars ± 95% · {design}",
        "by_views": f"{rows}, bars ± 95% · {design}",
        "importance": f"simulated, up to 10,000 rows, before calibration, bars ± 95% · {design}",
        "budget": f"{timed} · {design}",
        "over_ads": f"measured, {min(looks, default=0)} requests a point, 1 thread · {design}",
    }


def lesson(view: ClickView, honest: ClickReport | None) -> str:
    """What the trap of click rates that know the label teaches; empty outside of it. Markdown.

    honest : the same model with rates of earlier days, where that is fitted.
    """
    if not view.design.sees_rates or view.design.encoding != "leave_one_out":
        return ""
    words = (
        "**The trap.** Each row's click rates come from all rows but itself: among rows of one ad "
        "the rate is a step lower wherever the row was clicked, and trees find that step. In "
        "serving it is not there."
    )
    if honest is None:
        return words
    mine, theirs = (report["auc"].value for report in (view.report, honest))
    return f"{words} AUC here **{mine:.3f}**, with rates of earlier days **{theirs:.3f}**."


def auction_caption(view: ClickView, sold: Sold) -> str:
    """The line under the auction."""
    auction = sold.report.auction
    return (
        f"simulated, {auction.requests:,} requests of {auction.ads:,} ads, {auction.slots} "
        f"{'slot' if auction.slots == 1 else 'slots'}, bar ± 95% · {in_short(view.design)}"
    )


def sentence(view: ClickView, sold: Sold | None) -> str:
    """What the model reaches, whether it can be trusted, and what that costs. Markdown."""
    words = [_reaching(view), _trusting(view), _losing(sold), _versus_a(view)]
    return " ".join(filter(None, words))


def reached(report: ClickReport) -> float:
    """How far from the base rate alone, 0, to what a model of that age can know, 1."""
    attainable = report.ceiling["attainable"]["normalized_entropy"]
    return (1.0 - report["normalized_entropy"].value) / (1.0 - attainable)


def _reaching(view: ClickView) -> str:
    report, name = view.report, f"**{view.name[0].upper()}{view.name[1:]}**"
    entropy, auc = report["normalized_entropy"].value, report["auc"].value
    if math.isnan(auc):
        return f"{name} cannot be judged: the last two days hold one class only."
    attainable = report.ceiling["attainable"]
    if math.isnan(entropy):
        return (
            f"{name} orders rows with AUC **{auc:.3f}** (attainable {attainable['auc']:.3f}), but "
            "its scores are no probabilities: no auction can price by them. "
            "A calibration makes probabilities of them."
        )
    share = reached(report)
    if share < 0:
        return (
            f"{name} is worse than the base rate alone: normalised entropy **{entropy:.3f}**, "
            "where knowing nothing scores 1."
        )
    return (
        f"{name} goes **{share:.0%}** of the way from the base rate alone to what can be known: "
        f"normalised entropy **{entropy:.3f}**, attainable "
        f"{attainable['normalized_entropy']:.3f}."
    )


def _trusting(view: ClickView) -> str:
    report = view.report
    ratio = report["calibration_ratio"].value
    if math.isnan(ratio):
        return ""
    error, rate = report["ece"].value, float(report.truth.mean())
    if abs(ratio - 1.0) > _HOLDS:
        follows = (
            "no price can rest on them" if abs(ratio - 1.0) > _FAR else "prices are off by as much"
        )
        remedy = ""
        if view.design.negatives < 1.0 and not view.design.correct:
            remedy = " Undoing the sampling mends that."
        elif view.design.calibration == "none":
            remedy = " Try a calibration."
        return f"Its probabilities promise **{ratio:.2f} times the clicks**: {follows}.{remedy}"
    if error > 0.1 * rate:
        return (
            f"They add up to **{ratio:.2f}** of the clicks, but bin by bin they are off by "
            f"**{error:.3f}**."
        )
    return f"Its probabilities add up to **{ratio:.2f}** of the clicks: they can be priced by."


def _losing(sold: Sold | None) -> str:
    if sold is None:
        return ""
    report = sold.report
    welfare, revenue = report["welfare_regret"].value, report["revenue_regret"].value
    words = f"Sold by them, the auction loses **{welfare:.1%}** of the welfare"
    if revenue > 0:
        words += f" and **{revenue:.1%}** of the revenue"
    promised = report["forecast_ratio"].value
    if not math.isnan(promised) and abs(promised - 1.0) > _HOLDS:
        words += f", and promises **{promised:.2f}** times the revenue that comes"
    return f"{words}."


def _versus_a(view: ClickView) -> str:
    pinned = view.pinned
    if pinned is None:
        return ""
    if pinned.view.design == view.design:
        return "This is the pinned design A itself."
    if pinned.differences is None:
        return ""
    figure = "normalized_entropy"
    if math.isnan(pinned.differences[figure].value):
        figure = "auc"
    gain = pinned.differences[figure]
    if math.isnan(gain.value):
        return ""
    words = f"Against A: **{signed(gain.value, 4)} {_label(figure)}**"
    words += f", {_NOISE}" if inside_noise(gain) else f" (± {gain.half_width:.4f})"
    told = {name: one for name, one in pinned.differences.items() if name in METRICS}
    better, worse = contradiction(told)
    if not better:
        return f"{words}."
    named = [", ".join(labels[:2]) for labels in (better, worse)]
    return f"{words}. The metrics disagree: better in {named[0]}; worse in {named[1]}."


def _rest(design: ClickDesign) -> str:
    """All of a design that the models around it share."""
    model, _, rest = in_short(design).partition(", ")
    others = f"all models with: {rest}" if rest else "all models at their defaults but this one"
    return f"{others}: {model}"


def _label(figure: str) -> str:
    return "AUC" if figure == "auc" else "normalised entropy"


def _judged(view: ClickView, name: str) -> Headline:
    figure, ceilings = view.report[name], view.report.ceiling
    label, meaning = _JUDGED[name], _MEANINGS[name]
    if math.isnan(figure.value):
        why = "one class only" if name in ("auc",) or view.is_probability else "no probabilities"
        return Headline(label, NOT_DEFINED, "not defined", why, meaning)
    digits = 2 if name == "calibration_ratio" else 3
    known = f"attainable {ceilings['attainable'][name]:.{digits}f}"
    full = f"full {ceilings['full'][name]:.{digits}f}"
    return Headline(
        label,
        f"{figure.value:.{digits}f}",
        f"{Kind.SIMULATED} ± {figure.half_width:.3f}",
        f"{known} · {full}",
        meaning,
    )


def _time(view: ClickView) -> Headline:
    label = f"p99 of {view.study.auction.ads:,} ads"
    meaning = "Features and model of one request, one at a time, 1 thread"
    timing = view.times.best
    if timing is None:
        why = "not measured" if view.times.failed else "being timed …"
        return Headline(label, NOT_DEFINED, why, f"budget {BUDGET_MS:g} ms", meaning)
    kind = f"{Kind.MEASURED}, of {BUDGET_MS:g} ms"
    note = f"p50 {timing.p50.value:.2f} · p95 {timing.p95.value:.2f}"
    p99 = timing.p99.value
    if math.isnan(p99):
        return Headline(label, NOT_DEFINED, f"from {P99_FROM:,} requests", note, meaning)
    return Headline(label, f"{p99:.2f} ms", kind, note, meaning)


def _difference(view: ClickView, name: str) -> str:
    pinned = view.pinned
    assert pinned is not None
    if pinned.differences is None:
        value = pinned.view.report[name].value
        return "A not defined" if math.isnan(value) else f"A {value:.3f}"
    found = pinned.differences[name]
    if math.isnan(found.value):
        return "no difference to A defined"
    if found.value == found.half_width == 0:
        return "as A"
    if inside_noise(found):
        return f"{signed(found.value, 4)} to A, {_NOISE}"
    return f"{signed(found.value, 4)} ± {found.half_width:.4f} to A"


def _time_of_a(view: ClickView) -> str:
    assert view.pinned is not None
    timing = view.pinned.view.times.best
    if timing is None:
        return "A not timed"
    p99 = timing.p99.value
    return f"A p95 {timing.p95.value:.2f} ms" if math.isnan(p99) else f"A {p99:.2f} ms"


def all_figures(view: ClickView) -> tuple[list[str], list[list[str]]]:
    """Heads and rows of every figure against the truth and against the clicks."""
    heads = ["figure", "against the truth", "± 95%", "against the clicks", "± 95%"]
    heads += ["attainable", "full"]
    rows = []
    for name in FIGURES:
        true, seen = view.report[name], view.report[f"{name}_observed"]
        ceilings = [view.report.ceiling[kind][name] for kind in ("attainable", "full")]
        cells = [true.value, true.half_width, seen.value, seen.half_width, *ceilings]
        rows.append([_LABELS[name], *("–" if math.isnan(x) else f"{x:.4f}" for x in cells)])
    return heads, rows


_LABELS = {
    "auc": "AUC",
    "log_loss": "LogLoss",
    "normalized_entropy": "Normalised entropy",
    "calibration_ratio": "Calibration ratio",
    "ece": "ECE, 20 bins",
    "average_precision": "Average precision",
}
