"""Generators side by side, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from engine.generators import GeneratorConfig
from engine.retrieval.leader import Leader, leader
from ui.controls import LABELS


def leading(frame: pd.DataFrame, off: Mapping[str, str]) -> str:
    """Which generator leads here, for whom, and whether that is inside the noise. Markdown."""
    parts = [_lead(leader(frame, "ceiling", "all"), "ceiling")]
    cold = leader(frame, "ceiling", "cold")
    warm = leader(frame, "ceiling", "warm")
    if cold is not None and warm is not None and cold.name != warm.name:
        parts.append(
            f"For cold users it is **{_name(cold.name)}** ({cold.value.value:.3f}{_doubt(cold)}), "
            f"for warm ones **{_name(warm.name)}** ({warm.value.value:.3f}{_doubt(warm)})."
        )
    parts.append(_alone(leader(frame, "ndcg", "all")))
    parts += [f"**{_name(name)}** is off: {why}" for name, why in off.items()]
    return " ".join(filter(None, parts))


def of_the_unknown(configs: Sequence[GeneratorConfig]) -> str:
    """What becomes of new users and new items, the same said once. Markdown."""
    lines = []
    for what in ("unknown_users", "unknown_items"):
        told: dict[str, list[str]] = {}
        for config in configs:
            told.setdefault(getattr(config, what), []).append(_name(config.name))
        lines += [f"- **{', '.join(names)}**: {sentence}" for sentence, names in told.items()]
    return "\n".join(lines)


def _lead(found: Leader | None, what: str) -> str:
    if found is None:
        return ""
    words = (
        f"**{_name(found.name)}** leaves a ranker most room here: {what} "
        f"**{found.value.value:.3f}**"
    )
    if found.lead is None or found.ahead_of is None:
        return f"{words}."
    if found.clear:
        return (
            f"{words}, {found.lead.value:.3f} ± {found.lead.half_width:.3f} ahead of "
            f"{_name(found.ahead_of)}, outside the noise."
        )
    level = ", ".join(_name(name) for name in found.level)
    return f"{words}, but that is inside the noise: level with {level}."


def _alone(found: Leader | None) -> str:
    """Who is best where no ranker comes after."""
    if found is None:
        return ""
    words = f"Without a ranker **{_name(found.name)}** is best: NDCG@10 **{found.value.value:.3f}**"
    if found.lead is None or found.ahead_of is None:
        return f"{words}."
    if found.clear:
        return f"{words}, {found.lead.value:.3f} ± {found.lead.half_width:.3f} ahead of " + (
            f"{_name(found.ahead_of)}."
        )
    return f"{words}, level with {', '.join(_name(name) for name in found.level)}."


def _doubt(found: Leader) -> str:
    return "" if found.clear else ", inside the noise"


def _name(name: str) -> str:
    label = LABELS.get(name, name)
    return label[0].upper() + label[1:]
