"""The current design B against the pinned design A: signed differences with their intervals."""

from __future__ import annotations

import math
from collections.abc import Mapping

from engine.comparison import inside_noise
from engine.figures import Estimate, MeasuredDifference
from engine.glossary import METRICS, disagreements
from engine.measurement import WHOLE
from ui.view import Pinned, View

_NOISE = "inside the noise"
_MOST_NAMED = 2


def lines(pinned: Pinned, view: View) -> list[str]:
    """What stands under each of the page's six headline figures."""
    return [
        _figure(pinned, "ndcg@10"),
        _latency(pinned),
        _figure(pinned, "recall@candidates", 100.0, 1, " points"),
        _figure(pinned, "ann_recall"),
        _figure(pinned, "auc"),
        _memory(pinned.view, view),
    ]


def sentence(view: View) -> str:
    """What the current design gains and pays against the pinned one. Markdown; empty without A."""
    pinned = view.pinned
    if pinned is None:
        return ""
    if pinned.view.design == view.design:
        return "This is the pinned design A itself."
    if pinned.figures is None:
        return ""
    gain = pinned.figures["ndcg@10"]
    words = "Against A: "
    if inside_noise(gain):
        words += f"**{signed(gain.value)} NDCG**, {_NOISE}"
    else:
        words += f"**{signed(gain.value)} NDCG** (± {gain.half_width:.3f})"
    if pinned.times is not None:
        slower = pinned.times["p95"]
        words += f" for **{signed(slower.value, 2)} ms** p95"
        words += f", {_NOISE}" if inside_noise(slower) else f" (± {slower.half_width:.2f})"
    return f"{words}.{_disagreement(pinned)}"


def signed(value: float, digits: int = 3) -> str:
    """A number with its sign, a true minus, and no sign on what rounds to zero."""
    text = f"{abs(value):.{digits}f}"
    if float(text) == 0:
        return text
    return f"{'+' if value > 0 else '−'}{text}"


def contradiction(differences: Mapping[str, Estimate]) -> tuple[list[str], list[str]]:
    """Labels of the figures that call B clearly better, and of those that call it clearly worse.

    Both empty unless there are some of each.
    """
    pairs = disagreements(differences)
    better, worse = (list(dict.fromkeys(pair[side] for pair in pairs)) for side in (0, 1))
    return [METRICS[name].label for name in better], [METRICS[name].label for name in worse]


def _disagreement(pinned: Pinned) -> str:
    assert pinned.figures is not None
    better, worse = contradiction(pinned.figures)
    if not better:
        return ""
    return f" The metrics disagree: better in {_listed(better)}; worse in {_listed(worse)}."


def _listed(labels: list[str]) -> str:
    if len(labels) > _MOST_NAMED:
        labels[_MOST_NAMED:] = [f"{len(labels) - _MOST_NAMED} more"]
    return ", ".join(labels[:-1]) + f" and {labels[-1]}" if len(labels) > 1 else labels[0]


def _figure(pinned: Pinned, name: str, scale: float = 1.0, digits: int = 3, unit: str = "") -> str:
    if pinned.figures is None:
        value, _ = pinned.view.figures[name]
        return "A not defined" if math.isnan(value) else f"A {scale * value:.{digits}f}"
    difference = pinned.figures[name]
    if math.isnan(difference.value):
        return "no difference to A defined"
    value, half_width = scale * difference.value, scale * difference.half_width
    return _against(difference, value, half_width, digits, unit)


def _latency(pinned: Pinned) -> str:
    latency = pinned.view.latency
    if latency is None:
        return "A not timed"
    if pinned.times is None:
        return f"A {latency.p95[WHOLE]:.2f} ms"
    slower = pinned.times["p95"]
    return _against(slower, slower.value, slower.half_width, 2, " ms")


def _against(
    difference: Estimate | MeasuredDifference,
    value: float,
    half_width: float,
    digits: int,
    unit: str,
) -> str:
    if value == half_width == 0:
        return "as A"
    if inside_noise(difference):
        return f"{signed(value, digits)}{unit} to A, {_NOISE}"
    return f"{signed(value, digits)} ± {half_width:.{digits}f}{unit} to A"


def _memory(a: View, b: View) -> str:
    if not a.memory_bytes or not b.memory_bytes:
        return "A has no index" if not a.memory_bytes else "A has one"
    if a.memory_bytes == b.memory_bytes:
        return "as A"
    return f"{signed((b.memory_bytes - a.memory_bytes) / 1e6, 1)} MB to A"
