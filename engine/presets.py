"""Worlds in which another model wins: presets for pages, benchmarks and tests."""

from __future__ import annotations

from dataclasses import replace

from engine.world import WorldConfig

_SMALL = WorldConfig(
    users=3_000,
    items=6_000,
    impressions=400_000,
    duration_weight=0.0,
    freshness_weight=0.0,
    hour_weight=0.0,
)
"""Taste and quality alone: what is liked adds up."""

PRESETS: dict[str, WorldConfig] = {
    "default": WorldConfig(),
    "additive": _SMALL,
    "thresholds": replace(_SMALL, band_weight=1.5, affinity_weight=1.2),
    "crosses": replace(_SMALL, cross_weight=1.5, affinity_weight=1.2),
}
"""Name of a world -> its configuration."""

PRESET_MEANINGS = {
    "default": "the shipped world: taste, quality, durations, freshness, hours",
    "additive": "taste and quality alone, which add up",
    "thresholds": "steps in duration, age and hour, crossed",
    "crosses": "what each cohort of users makes of each creator",
}
"""Name of a world -> what decides there."""
