"""Worlds in which another model wins: presets for pages, benchmarks and tests.

One table for rankers, one for generators.
"""

from __future__ import annotations

from dataclasses import replace

from engine.world import WorldConfig

_SMALL = WorldConfig(
    users=3_000,
    items=6_000,
    impressions=300_000,
    duration_weight=0.0,
    freshness_weight=0.0,
    hour_weight=0.0,
)
"""Taste and quality alone, on which each world below puts one part that rules it."""

PRESETS: dict[str, WorldConfig] = {
    "default": WorldConfig(),
    "additive": replace(
        _SMALL, impressions=60_000, trend_weight=1.5, affinity_weight=0.3, quality_weight=0.5
    ),
    "thresholds": replace(_SMALL, band_weight=2.0, affinity_weight=1.0),
    "crosses": replace(_SMALL, cross_weight=2.0, affinity_weight=0.8, mean_relevance=0.2),
}
"""Name of a world -> its configuration."""

PRESET_MEANINGS = {
    "default": "the shipped world: taste, quality, durations, freshness, hours",
    "additive": "straight lines in duration and age, all of which add up, and a short log",
    "thresholds": "steps in duration, age and hour, crossed",
    "crosses": "what each cohort of users makes of each creator",
}
"""Name of a world -> what decides there."""

GENERATOR_PRESETS: dict[str, WorldConfig] = {
    "cold": WorldConfig(users=2_000, items=4_000, impressions=200_000, cold_users=0.4),
    "long_histories": WorldConfig(
        users=1_000,
        items=2_000,
        impressions=500_000,
        cold_users=0.0,
        policy_popularity=2.0,
        affinity_weight=4.0,
        quality_weight=2.0,
    ),
    "small_catalogue": WorldConfig(
        users=8_000,
        items=300,
        impressions=300_000,
        cold_users=0.0,
        late_items=0.0,
        missing_declared=1.0,
        activity_spread=0.0,
        policy_popularity=1.0,
        affinity_weight=3.0,
        taste_drift=0.0,
    ),
    "short_log": WorldConfig(
        users=2_000,
        items=4_000,
        impressions=10_000,
        cold_users=0.0,
        affinity_weight=0.5,
        quality_weight=2.0,
    ),
}
"""Name of a world in which another generator wins -> its configuration."""

GENERATOR_PRESET_MEANINGS = {
    "cold": "two users in five are new: all that tells of them is the topic they declared",
    "long_histories": "nobody is new, tastes are strong, and the log mostly showed what is popular",
    "small_catalogue": "few items, clicked by many users five times each",
    "short_log": "hardly a click a user, and quality decides",
}
"""Name of a world -> what decides there."""
