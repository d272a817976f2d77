"""The true probability that an ad is clicked, part by part."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from engine.clicks.catalogue import AGES, CATEGORIES, DEVICES, SEGMENTS, Catalogue
from engine.clicks.config import ClickLogConfig
from engine.clicks.rows import COUNTS, INFORMATIVE, AdRows, ad_popularity, standard_counts
from engine.seeding import stream
from engine.world.impressions import examination
from engine.world.truth import HOURS, hour_of

CUTS = (-1.2, -0.6, 0.0, 0.6, 1.2)
"""Of standardised counts: between them the true level is constant."""
DAY_PARTS = 6
PARTS = ("additive", "threshold", "pair", "triple")
"""The parts that a weight of the configuration sets."""
OWN_AD_SD = 0.35
"""Spread of ads within their campaign, before the additive part is scaled."""
KEPT_A_DAY = 0.95
"""What a day leaves of an ad's walk: drawn back, it spreads no further as the log goes on."""
_RANK = 2
_OWN_STYLE = 0.3  # of a campaign's style that is not its category's
_SITE_SHARE = 0.7  # of the cross of site and campaign against that of segment and category
_TRIPLES = 0.15  # share of the cells of three that differ from the rest
_BOXES = ((0, 3), (4, 7), (2, 6))  # counts of which two matter together
_ROWS_A_STEP = 100_000

Part = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Effects:
    """What moves clicks; hidden from every model."""

    user: NDArray[np.float32]  # (users,), with the segment's
    site: NDArray[np.float32]  # (sites,)
    campaign: NDArray[np.float32]  # (campaigns,), with the advertiser's and the category's
    ad: NDArray[np.float32]  # (all ads,), own
    device: NDArray[np.float32]  # (DEVICES,)
    age: NDArray[np.float32]  # (AGES,)
    hour: NDArray[np.float32]  # (24,), one wave a day
    slope: NDArray[np.float32]  # (COUNTS,), of standardised logs
    absent: NDArray[np.float32]  # (COUNTS,), of a missing count
    band: NDArray[np.float32]  # (COUNTS, bands)
    box: NDArray[np.float32]  # (boxes,), of two counts on the same side of their middle
    segment_taste: NDArray[np.float32]  # (SEGMENTS, rank)
    campaign_style: NDArray[np.float32]  # (campaigns, rank)
    site_taste: NDArray[np.float32]  # (sites, rank)
    campaign_fit: NDArray[np.float32]  # (campaigns, rank)
    triple: NDArray[np.float32]  # (AGES, DAY_PARTS, CATEGORIES), mostly 0
    walk: NDArray[np.float32]  # (all ads, days), logits; 0 before the launch
    centre: NDArray[np.float64]  # (PARTS,), means over the log before scaling
    scale: NDArray[np.float64]  # (PARTS,), weight over standard deviation
    intercept: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class ClickTruth:
    """Who there is and what moves them: the probability of any row at any time."""

    config: ClickLogConfig
    catalogue: Catalogue
    effects: Effects

    def parts(self, rows: AdRows) -> dict[str, Part]:
        """The logits of a click on an ad that is looked at, part by part.

        Returns
        -------
        name -> float64 (n,): `PARTS`, the drift of the ads, and the base; they add up to the
        logit before examination.
        """
        parts = self.raw_parts(rows)
        effects = self.effects
        scaled = {
            name: (parts[name] - effects.centre[place]) * effects.scale[place]
            for place, name in enumerate(PARTS)
        }
        base = np.full(len(rows), effects.intercept)
        return scaled | {"drift": self.drift(rows.ad, rows.day), "base": base}

    def logits(self, rows: AdRows) -> Part:
        """Logits of a click on an ad that is looked at, (n,)."""
        logits: Part = np.sum(list(self.parts(rows).values()), axis=0)
        return logits

    def probability(self, rows: AdRows) -> NDArray[np.float64]:
        """True probability that each row is clicked: looked at, then liked, (n,)."""
        p: NDArray[np.float64] = self.examined(rows) * expit(self.logits(rows))
        return p

    def examined(self, rows: AdRows) -> NDArray[np.float64]:
        """Probability that each row's position is looked at, (n,)."""
        return examination(rows.position, self.config.position_bias)

    def drift(self, ad: NDArray[np.integer], day: NDArray[np.integer]) -> Part:
        """How far ads have walked by a day, logits, (n,)."""
        walked: Part = self.effects.walk[ad, day].astype(np.float64)
        return walked

    def raw_parts(self, rows: AdRows) -> dict[str, Part]:
        """`PARTS` before they are scaled, float64 (n,) each."""
        steps = [
            self._raw(rows.rows(slice(start, start + _ROWS_A_STEP)))
            for start in range(0, len(rows), _ROWS_A_STEP)
        ]
        return {name: np.concatenate([step[name] for step in steps]) for name in PARTS}

    def _raw(self, rows: AdRows) -> dict[str, Part]:
        catalogue, effects = self.catalogue, self.effects
        campaign = catalogue.campaign[rows.ad]
        age, hour = catalogue.age[rows.user], hour_of(rows.at)
        counts = standard_counts(rows.counts)
        absent = np.isnan(counts)
        present = np.where(absent, 0.0, counts)
        additive = (
            effects.user[rows.user].astype(np.float64)
            + effects.site[rows.site]
            + effects.campaign[campaign]
            + effects.ad[rows.ad]
            + effects.device[rows.device]
            + effects.age[age]
            + effects.hour[hour]
            + present @ effects.slope
            + absent @ effects.absent
        )
        pair = _product(
            effects.segment_taste[catalogue.segment[rows.user]], effects.campaign_style[campaign]
        ) + _product(effects.site_taste[rows.site], effects.campaign_fit[campaign])
        category = catalogue.category_of(rows.ad)
        triple = effects.triple[age, hour * DAY_PARTS // HOURS, category].astype(np.float64)
        threshold = _steps(effects, counts, absent)
        return {"additive": additive, "threshold": threshold, "pair": pair, "triple": triple}


def make_truth(config: ClickLogConfig, catalogue: Catalogue) -> ClickTruth:
    """Draw all effects; scales and base are those of `calibrated`."""
    campaigns, categories = len(catalogue.advertiser), catalogue.category[catalogue.advertiser]
    rng = stream(config.seed, "clicks/additive")
    normal = rng.standard_normal
    user = 0.45 * normal(SEGMENTS)[catalogue.segment] + 0.3 * normal(catalogue.users)
    of_campaign = (
        0.3 * normal(CATEGORIES)[categories]
        + 0.3 * normal(len(catalogue.category))[catalogue.advertiser]
        + 0.35 * normal(campaigns)
    )
    phase = rng.uniform(0, 2 * np.pi)
    hour = 0.35 * np.cos(2 * np.pi * np.arange(HOURS) / HOURS - phase)
    effects: dict[str, Any] = {
        "user": user,
        "site": 0.5 * normal(config.sites),
        "campaign": of_campaign,
        "ad": OWN_AD_SD * normal(catalogue.ads),
        "device": 0.25 * normal(len(DEVICES)),
        "age": 0.25 * normal(len(AGES)),
        "hour": hour,
        "slope": 0.2 * rng.choice([-1.0, 1.0], size=len(COUNTS)),
        "absent": np.where(INFORMATIVE, 0.4 * rng.choice([-1.0, 1.0], size=len(COUNTS)), 0.0),
        **_steps_drawn(config),
        **_pairs_drawn(config, categories),
        "triple": _triples_drawn(config),
        "walk": _walks(config, catalogue),
    }
    return ClickTruth(
        config,
        catalogue,
        Effects(
            **{name: np.asarray(drawn, dtype=np.float32) for name, drawn in effects.items()},  # type: ignore[arg-type]
            centre=np.zeros(len(PARTS)),
            scale=np.ones(len(PARTS)),
        ),
    )


def calibrated(truth: ClickTruth, rows: AdRows) -> ClickTruth:
    """The truth whose parts have the configured spread over rows, and whose mean is the rate.

    The base is found by bisection, after the effect of position.
    """
    config = truth.config
    weights = [getattr(config, f"{name}_weight") for name in PARTS]
    raw = truth.raw_parts(rows)
    # Rounded, so that a processor's last bits cannot move a click.
    centre = np.array([round(float(raw[name].mean()), 9) for name in PARTS])
    spread = np.array([round(float(raw[name].std()), 9) for name in PARTS])
    scale = np.array(weights) / np.maximum(spread, 1e-9)
    truth = replace(truth, effects=replace(truth.effects, centre=centre, scale=scale))
    logits, seen = truth.logits(rows), truth.examined(rows)
    low, high = -30.0, 30.0
    for _ in range(45):
        middle = (low + high) / 2
        if float(np.mean(seen * expit(logits + middle))) < config.base_rate:
            low = middle
        else:
            high = middle
    base = round((low + high) / 2, 6)
    return replace(truth, effects=replace(truth.effects, intercept=base))


def _product(a: NDArray[np.float32], b: NDArray[np.float32]) -> Part:
    product: Part = np.einsum("nd,nd->n", a, b).astype(np.float64)
    return product


def _steps(effects: Effects, counts: Part, absent: NDArray[np.bool_]) -> Part:
    """The level of the band that each count lies in, and of two on the same side; 0 if missing."""
    level = np.zeros(len(counts))
    for column in range(counts.shape[1]):
        band = np.searchsorted(CUTS, counts[:, column], side="right")
        band[absent[:, column]] = 0
        level += np.where(absent[:, column], 0.0, effects.band[column, band])
    for box, (one, other) in enumerate(_BOXES):
        same = np.sign(counts[:, one]) * np.sign(counts[:, other])
        level += effects.box[box] * np.where(np.isnan(same), 0.0, same)
    return level


def _steps_drawn(config: ClickLogConfig) -> dict[str, Part]:
    rng = stream(config.seed, "clicks/thresholds")
    level = rng.standard_normal((len(COUNTS), len(CUTS) + 1))
    # What a straight line could say of them belongs to the additive part.
    place = np.arange(len(CUTS) + 1) - len(CUTS) / 2
    level -= level.mean(axis=1, keepdims=True)
    level -= np.outer(level @ place / (place @ place), place)
    return {"band": level, "box": 0.8 * rng.choice([-1.0, 1.0], size=len(_BOXES))}


def _pairs_drawn(config: ClickLogConfig, categories: NDArray[np.integer]) -> dict[str, Part]:
    rng = stream(config.seed, "clicks/pairs")
    n = len(categories)
    style = rng.standard_normal((CATEGORIES, _RANK))[categories]
    drawn = {
        "segment_taste": rng.standard_normal((SEGMENTS, _RANK)),
        "campaign_style": style + _OWN_STYLE * rng.standard_normal((n, _RANK)),
        "site_taste": _SITE_SHARE * rng.standard_normal((config.sites, _RANK)),
        "campaign_fit": rng.standard_normal((n, _RANK)),
    }
    return {name: vectors - vectors.mean(axis=0) for name, vectors in drawn.items()}


def _triples_drawn(config: ClickLogConfig) -> Part:
    rng = stream(config.seed, "clicks/triples")
    shape = (len(AGES), DAY_PARTS, CATEGORIES)
    return np.where(rng.random(shape) < _TRIPLES, rng.standard_normal(shape), 0.0)


def walk_spread(config: ClickLogConfig) -> float:
    """Spread of the ads' walks, the same on all days: that of a day's step, drawn back."""
    return float(config.ad_drift / np.sqrt(1.0 - KEPT_A_DAY**2))


def _walks(config: ClickLogConfig, catalogue: Catalogue) -> NDArray[np.float32]:
    """Walks of the ads' appeal, (all ads, days): a step a day, and drawn back to their mean.

    Each day's mean over what is shown is 0: ads drift against each other, and the click rate of
    the whole log stays where it is.
    """
    step = stream(config.seed, "clicks/drift").standard_normal((catalogue.ads, config.days))
    since = np.maximum(catalogue.launched.astype(np.int64), 0)
    walk = np.zeros(step.shape)
    walk[:, 0] = walk_spread(config) * step[:, 0] * (since == 0)
    for day in range(1, config.days):
        on = KEPT_A_DAY * walk[:, day - 1] + config.ad_drift * step[:, day]
        new = walk_spread(config) * step[:, day]
        walk[:, day] = np.where(since < day, on, np.where(since == day, new, 0.0))
    shares = ad_popularity(config.ads)
    for day, running in enumerate(catalogue.running):
        walk[since <= day, day] -= shares @ walk[running, day]
    return walk.astype(np.float32)
