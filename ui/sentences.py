"""One sentence on what the figures mean, computed from them."""

from __future__ import annotations

from engine.measurement import WHOLE
from ui import versus
from ui.versus import signed
from ui.view import View

_VISIBLE = 0.0005


def two_stage_sentence(view: View) -> str:
    """What this design spends, what more candidates would buy, and who loses most. Markdown."""
    words = [_spending(view), _buying(view), _losing(view), versus.sentence(view)]
    return " ".join(filter(None, words))


def _spending(view: View) -> str:
    n = view.design.candidates
    if view.latency is None:
        return f"At **{n:,} candidates** no time could be measured."
    parts = view.latency.p50
    stage = max(view.stages, key=lambda name: parts[name])
    share = parts[stage] / sum(parts[name] for name in view.stages)
    return (
        f"At **{n:,} candidates** {_stage_name(stage)} takes **{share:.0%}** of a median "
        f"**{_two_digits(parts[WHOLE])} ms**."
    )


def _buying(view: View) -> str:
    if view.further is None:
        return ""
    gain, to = view.further.gain, f"Going on to {view.further.candidates:,}"
    if gain.low <= 0 <= gain.high:
        return f"{to} would buy **{signed(gain.value)} NDCG**, inside the noise."
    if gain.value < 0:
        return f"{to} would cost **{-gain.value:.3f} NDCG**."
    return f"{to} would buy **{signed(gain.value)} NDCG** (± {gain.half_width:.3f})."


def _losing(view: View) -> str:
    losses = {stage: view.loss[stage][0] for stage in view.loss_stages}
    worst = max(losses, key=lambda stage: losses[stage])
    name = "re-ranking" if worst == "reranking" else worst
    text = f"Most quality is lost in **{name}** ({losses[worst]:.3f})"
    index = losses["index"]
    if view.memory_bytes == 0:
        return f"{text}; this generator needs no index."
    if worst == "index":
        return f"{text}."
    if abs(index) < _VISIBLE:
        return f"{text}; the index costs nothing you can see."
    verb = "costs" if index > 0 else "happens to gain"
    return f"{text}; the index {verb} {abs(index):.3f}."


def _two_digits(value: float) -> str:
    return f"{value:.2g}" if value < 10 else f"{value:,.0f}"


def _stage_name(stage: str) -> str:
    return {
        "generation": "looking up the user",
        "index": "the search",
        "features": "joining features",
        "reranking": "re-ranking",
    }.get(stage, stage)
