"""The knobs of the synthetic click log of ads."""

from dataclasses import dataclass

from engine.knobs import Knob, check_knobs

SLOTS = 4
"""Ads that one request shows, at positions 1 to 4."""
_MOST_LIKED = 0.9


@dataclass(frozen=True, slots=True)
class ClickLogConfig:
    """All choices that make a click log; equal configurations make equal logs.

    Weights are standard deviations of their part of the logit over the log. The unit and the
    range of each field stand in `KNOBS`.
    """

    rows: int = 500_000
    base_rate: float = 0.2
    seed: int = 7
    days: int = 21
    users: int = 20_000
    sites: int = 500
    ads: int = 2_000
    additive_weight: float = 1.2
    threshold_weight: float = 0.6
    pair_weight: float = 0.5
    triple_weight: float = 0.3
    ad_drift: float = 0.2
    replacement: float = 0.03
    missing: float = 0.25
    position_bias: float = 0.62

    def __post_init__(self) -> None:
        check_knobs(self, KNOBS)
        most = most_clicked(self.position_bias)
        if self.base_rate > most:
            raise ValueError(
                f"base_rate={self.base_rate!r}: must be at most {most:.3f} with "
                f"position_bias={self.position_bias!r}, for nobody clicks without looking"
            )


def most_clicked(position_bias: float) -> float:
    """The highest base rate that a log can have whose positions are looked at so unequally."""
    seen = sum((slot + 1) ** -position_bias for slot in range(SLOTS)) / SLOTS
    return float(_MOST_LIKED * seen)


KNOBS: dict[str, Knob] = {
    "rows": Knob(5_000, 5_000_000, f"ads shown in the log, {SLOTS} a request", "rows"),
    "base_rate": Knob(0.001, 0.5, "share of the rows that are clicked, by the truth", "share"),
    "seed": Knob(0, 2**31 - 1, "seed of every random stream"),
    "days": Knob(14, 60, "length of the log", "days"),
    "users": Knob(100, 200_000, "people who visit", "users"),
    "sites": Knob(20, 10_000, "where ads are shown", "sites"),
    "ads": Knob(100, 20_000, "that run at any one time", "ads"),
    "additive_weight": Knob(
        0.0, 4.0, "each id and number by itself: what a linear model can learn", "logits"
    ),
    "threshold_weight": Knob(0.0, 4.0, "steps in the numbers: what trees learn best", "logits"),
    "pair_weight": Knob(
        0.0, 4.0, "crosses of two ids, of low rank: what factorisation learns", "logits"
    ),
    "triple_weight": Knob(0.0, 4.0, "few cells of age x time of day x category", "logits"),
    "ad_drift": Knob(0.0, 0.5, "step of each ad's appeal from day to day", "logits"),
    "replacement": Knob(0.0, 0.2, "ads replaced by new ones each day", "share"),
    "missing": Knob(0.0, 0.5, "numbers that are missing, over all columns", "share"),
    "position_bias": Knob(
        0.0, 2.0, "position k is examined with probability k^-exponent", "exponent"
    ),
}

CLICK_PRESETS: dict[str, ClickLogConfig] = {
    "additive": ClickLogConfig(threshold_weight=0.0, pair_weight=0.0, triple_weight=0.0),
    "thresholds": ClickLogConfig(
        additive_weight=0.0, threshold_weight=1.2, pair_weight=0.0, triple_weight=0.0
    ),
    "crosses": ClickLogConfig(
        additive_weight=0.0, threshold_weight=0.0, pair_weight=1.2, triple_weight=0.0
    ),
}
"""Logs on which another model wins each time: logistic regression, trees, factorisation."""
