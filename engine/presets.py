"""Worlds in which another model wins: presets for pages, benchmarks and tests."""

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
