"""Who sees ads and which ads there are: what the log may know of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.clicks.config import ClickLogConfig
from engine.seeding import stream

CATEGORIES = 20
SEGMENTS = 64
AGES = ("-17", "18-24", "25-34", "35-44", "45-54", "55-64", "65-")
DEVICES = ("phone", "desktop", "tablet", "television")
_AGE_SHARES = (0.06, 0.16, 0.22, 0.19, 0.16, 0.12, 0.09)
_DEVICE_SHARES = (0.62, 0.27, 0.07, 0.04)
_ADS_A_CAMPAIGN, _CAMPAIGNS_AN_ADVERTISER = 10, 4
_LONGEST_AGE = 60.0


@dataclass(frozen=True, slots=True, eq=False)
class Catalogue:
    """Users, sites and ads as the log knows them; nothing in it is hidden.

    Ads that run at one time fill as many places; a place whose ad is replaced keeps its
    campaign and its popularity.
    """

    segment: NDArray[np.int16]  # (users,), of `SEGMENTS`
    age: NDArray[np.int8]  # (users,), of `AGES`
    device: NDArray[np.int8]  # (users,), of `DEVICES`: the one they mostly use
    campaign: NDArray[np.int32]  # (all ads,)
    launched: NDArray[np.float32]  # (all ads,), days from the start of the log; negative: before
    bid: NDArray[np.float32]  # (all ads,), what a click is worth to the advertiser
    advertiser: NDArray[np.int32]  # (campaigns,)
    category: NDArray[np.int8]  # (advertisers,), of `CATEGORIES`
    running: NDArray[np.int32]  # (days, ads at one time): the ad in each place on each day

    @property
    def users(self) -> int:
        """How many users there are."""
        return len(self.segment)

    @property
    def ads(self) -> int:
        """How many ads there are, those of later days included."""
        return len(self.campaign)

    def category_of(self, ad: NDArray[np.integer]) -> NDArray[np.int8]:
        """The category of ads, (n,)."""
        category: NDArray[np.int8] = self.category[self.advertiser[self.campaign[ad]]]
        return category


def make_catalogue(config: ClickLogConfig) -> Catalogue:
    """Draw users, campaigns and ads, and which ads run on which day."""
    rng = stream(config.seed, "clicks/users")
    segment = rng.choice(SEGMENTS, size=config.users, p=_unequal(SEGMENTS, rng))
    age = rng.choice(len(AGES), size=config.users, p=_AGE_SHARES)
    device = rng.choice(len(DEVICES), size=config.users, p=_DEVICE_SHARES)

    rng = stream(config.seed, "clicks/advertisers")
    campaigns = max(CATEGORIES, config.ads // _ADS_A_CAMPAIGN)
    advertisers = max(CATEGORIES, campaigns // _CAMPAIGNS_AN_ADVERTISER)
    # Each category and each advertiser has one at least, the rest are drawn.
    category = np.append(
        np.arange(CATEGORIES), rng.integers(CATEGORIES, size=advertisers - CATEGORIES)
    )
    advertiser = np.append(
        np.arange(advertisers), rng.integers(advertisers, size=campaigns - advertisers)
    )
    worth = 0.5 * rng.standard_normal(campaigns)

    running, place, launched = _replaced(config)
    of_place = stream(config.seed, "clicks/campaigns").integers(campaigns, size=config.ads)
    campaign = of_place[place]
    own = 0.3 * stream(config.seed, "clicks/bids").standard_normal(len(campaign))
    return Catalogue(
        segment=segment.astype(np.int16),
        age=age.astype(np.int8),
        device=device.astype(np.int8),
        campaign=campaign.astype(np.int32),
        launched=launched.astype(np.float32),
        bid=np.exp(worth[campaign] + own).astype(np.float32),
        advertiser=advertiser.astype(np.int32),
        category=category.astype(np.int8),
        running=running,
    )


def popularity(n: int, exponent: float, flat: float) -> NDArray[np.float64]:
    """Shares of n ids by rank: Zipf-Mandelbrot, ``(rank + flat * n) ** -exponent``, (n,)."""
    weight = (np.arange(1, n + 1) + flat * n) ** -exponent
    shares: NDArray[np.float64] = weight / weight.sum()
    return shares


def _unequal(n: int, rng: np.random.Generator) -> NDArray[np.float64]:
    return rng.dirichlet(np.full(n, 4.0))


def _replaced(
    config: ClickLogConfig,
) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.float64]]:
    """Which ad runs in each place on each day; the place and the launch of each ad."""
    rng = stream(config.seed, "clicks/replacement")
    each_day = round(config.replacement * config.ads)
    pace = max(config.replacement, 1 / _LONGEST_AGE)
    places = [np.arange(config.ads)]
    launched = [-np.minimum(rng.exponential(1 / pace, size=config.ads), _LONGEST_AGE)]
    running = np.empty((config.days, config.ads), dtype=np.int32)
    running[0] = places[0]
    for day in range(1, config.days):
        running[day] = running[day - 1]
        out = rng.choice(config.ads, size=each_day, replace=False)
        running[day, out] = config.ads + (day - 1) * each_day + np.arange(each_day)
        places.append(out)
        launched.append(np.full(each_day, float(day)))
    return running, np.concatenate(places), np.concatenate(launched)
