"""The knobs of the synthetic world."""

from dataclasses import dataclass

from engine.knobs import Knob, check_knobs
from engine.world.titles import TOPICS


@dataclass(frozen=True, slots=True)
class WorldConfig:
    """All choices that make a world; equal configurations make equal worlds.

    The unit and the range of each field stand in `KNOBS`.
    """

    users: int = 5_000
    items: int = 20_000
    impressions: int = 500_000
    seed: int = 7
    days: int = 14
    topics: int = 10
    dimensions: int = 16
    mean_relevance: float = 0.1
    affinity_weight: float = 2.2
    quality_weight: float = 0.4
    duration_weight: float = 0.7
    freshness_weight: float = 1.5
    hour_weight: float = 1.0
    trend_weight: float = 0.0
    band_weight: float = 0.0
    cross_weight: float = 0.0
    taste_concentration: float = 0.25
    taste_drift: float = 0.15
    activity_spread: float = 0.7
    policy_skill: float = 0.6
    policy_popularity: float = 0.4
    exploration: float = 0.05
    position_bias: float = 0.7
    late_items: float = 0.10
    cold_users: float = 0.05
    missing_duration: float = 0.10
    missing_declared: float = 0.15

    def __post_init__(self) -> None:
        check_knobs(self, KNOBS)


KNOBS: dict[str, Knob] = {
    "users": Knob(100, 50_000, "people who visit", "users"),
    "items": Knob(200, 200_000, "size of the catalogue", "items"),
    "impressions": Knob(10_000, 5_000_000, "items shown in the log, ten a request", "rows"),
    "seed": Knob(0, 2**31 - 1, "seed of every random stream"),
    "days": Knob(7, 60, "length of the log; the last day is held out", "days"),
    "topics": Knob(2, len(TOPICS), "clusters of items", "topics"),
    "dimensions": Knob(2, 64, "of the hidden taste vectors", "dimensions"),
    "mean_relevance": Knob(
        0.005, 0.5, "mean true relevance of a pair drawn uniformly", "probability"
    ),
    "affinity_weight": Knob(0.0, 4.0, "how much taste for an item's vector matters", "logits a sd"),
    "quality_weight": Knob(0.0, 4.0, "how much an item's quality matters to all", "logits a sd"),
    "duration_weight": Knob(
        0.0, 4.0, "penalty on the squared gap from the duration a user likes (sd of log)", "logits"
    ),
    "freshness_weight": Knob(0.0, 6.0, "bonus of a new item, decaying by its topic", "logits"),
    "hour_weight": Knob(0.0, 4.0, "how much a topic's appeal follows the hour", "logits a sd"),
    "trend_weight": Knob(
        0.0, 4.0, "straight lines in duration and age, the same for all", "logits a sd"
    ),
    "band_weight": Knob(
        0.0, 4.0, "steps in duration, age and part of the day, all crossed", "logits a sd"
    ),
    "cross_weight": Knob(
        0.0, 4.0, "what a user's cohort makes of an item's creator, whoever they are", "logits a sd"
    ),
    "taste_concentration": Knob(
        0.05, 5.0, "small: few topics a user; large: all topics alike", "Dirichlet alpha"
    ),
    "taste_drift": Knob(0.0, 2.0, "how far tastes move over the log", "sd"),
    "activity_spread": Knob(0.0, 2.0, "how unequal users' numbers of visits are", "sd of log"),
    "policy_skill": Knob(0.0, 2.0, "how well the logging policy knows affinity", "weight"),
    "policy_popularity": Knob(0.0, 3.0, "how strongly it favours items of high quality", "weight"),
    "exploration": Knob(0.0, 0.5, "requests answered with uniformly drawn items", "share"),
    "position_bias": Knob(
        0.0, 2.0, "position k is examined with probability k^-exponent", "exponent"
    ),
    "late_items": Knob(0.0, 0.5, "items released while the log runs", "share"),
    "cold_users": Knob(0.0, 0.5, "users whose first visit is on the last day", "share"),
    "missing_duration": Knob(0.0, 0.6, "items without a duration, more so the poor ones", "share"),
    "missing_declared": Knob(0.0, 1.0, "users without a declared favourite topic", "share"),
}
