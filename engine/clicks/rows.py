"""Rows of the log: an ad shown to a user on a site at a moment, and what was known of it."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from engine.clicks.catalogue import DEVICES, Catalogue, popularity
from engine.clicks.config import SLOTS, ClickLogConfig
from engine.seeding import stream
from engine.world.impressions import draw_hours

COUNTS = (
    ("user_visits", "user"),
    ("user_purchases", "user"),
    ("ads_seen", "user"),
    ("session_pages", "request"),
    ("page_words", "site"),
    ("site_visits", "site"),
    ("landing_words", "ad"),
    ("campaign_views", "ad"),
)
"""The counts of a row, and whose they are: log-normal, and each missing in some rows."""
INFORMATIVE = np.array([True, False, True, False, True, False, True, False])
"""Of which counts the absence itself moves clicks."""
_LOG_MEAN = np.array([4.0, 3.0, 4.5, 3.0, 6.0, 7.0, 5.0, 6.5])
_LOG_SD = np.array([0.9, 0.7, 0.8, 0.6, 0.7, 1.1, 0.6, 1.2])
_MISSING = np.array([0.4, 1.2, 0.8, 1.0, 1.8, 0.6, 1.4, 0.8])
_OWN_SHARE = 0.5  # of a count's variance that belongs to its owner, the rest to the moment
_OTHER_DEVICE = 0.2
_USER_POPULARITY, _SITE_POPULARITY, _AD_POPULARITY = (1.05, 0.015), (1.1, 0.01), (1.1, 0.05)


@dataclass(frozen=True, slots=True, eq=False)
class AdRows:
    """One row an ad shown; the rows of one request stand together."""

    request: NDArray[np.int32]
    user: NDArray[np.int32]
    site: NDArray[np.int32]
    ad: NDArray[np.int32]
    at: NDArray[np.float32]  # days from the start of the log
    device: NDArray[np.int8]
    position: NDArray[np.int16]  # from 1
    counts: NDArray[np.float32]  # (n, len(COUNTS)), whole numbers; NaN is missing

    def __len__(self) -> int:
        return len(self.ad)

    @property
    def day(self) -> NDArray[np.int64]:
        """The day of each row, from 0."""
        return self.at.astype(np.int64)

    def rows(self, which: NDArray[np.bool_] | NDArray[np.integer] | slice) -> AdRows:
        """Some of the rows."""
        return AdRows(*(getattr(self, field.name)[which] for field in fields(self)))


def standard_counts(counts: NDArray[np.float32]) -> NDArray[np.float64]:
    """Logs of counts with mean 0 and standard deviation 1, nearly; NaN stays NaN."""
    standard: NDArray[np.float64] = (np.log1p(counts.astype(np.float64)) - _LOG_MEAN) / _LOG_SD
    return standard


def ad_popularity(ads: int) -> NDArray[np.float64]:
    """Share of the rows that the ad in each place has, (ads,)."""
    return popularity(ads, *_AD_POPULARITY)


def draw_rows(
    config: ClickLogConfig,
    catalogue: Catalogue,
    appeal: NDArray[np.floating],
    requests: int,
    slots: int = SLOTS,
    span: tuple[float, float] | None = None,
    stage: str = "clicks/log",
) -> AdRows:
    """Requests in the order of time, each answered with some of the ads that run that day.

    Ads are drawn by popularity, none twice in a request, and stand in the order of their
    campaign's appeal, with noise: whoever policy thinks better of is shown higher.

    Parameters
    ----------
    appeal : (campaigns,) standardised, what the policy knows.
    slots : ads a request.
    span : days from and to which requests come; the whole log by default.
    stage : names the random stream, so that other draws never move the log.

    Raises
    ------
    ValueError : more ads a request than run at one time.
    """
    if not 1 <= slots <= config.ads:
        raise ValueError(f"slots={slots!r}: must be from 1 to the {config.ads:,} ads that run")
    rng = stream(config.seed, f"{stage}/requests")
    start, stop = span or (0.0, float(config.days))
    user = rng.choice(config.users, size=requests, p=popularity(config.users, *_USER_POPULARITY))
    site = rng.choice(config.sites, size=requests, p=popularity(config.sites, *_SITE_POPULARITY))
    drawn = start + rng.integers(round(stop - start), size=requests) + draw_hours(rng, requests)
    # float32 may round the last instant up to the next day.
    last = np.nextafter(np.float32(stop), np.float32(0))
    at = np.minimum(np.sort(drawn).astype(np.float32), last)
    other = rng.random(requests) < _OTHER_DEVICE
    device = np.where(other, rng.integers(len(DEVICES), size=requests), catalogue.device[user])
    ad = _ads_shown(config, catalogue, appeal, at.astype(np.int64), slots, stage)
    repeated = np.repeat(np.arange(requests, dtype=np.int32), slots)
    return AdRows(
        request=repeated,
        user=user[repeated].astype(np.int32),
        site=site[repeated].astype(np.int32),
        ad=ad.ravel(),
        at=at[repeated],
        device=device[repeated].astype(np.int8),
        position=np.tile(np.arange(1, slots + 1, dtype=np.int16), requests),
        counts=_counts(config, user, site, ad, stage),
    )


def _ads_shown(
    config: ClickLogConfig,
    catalogue: Catalogue,
    appeal: NDArray[np.floating],
    day: NDArray[np.int64],
    slots: int,
    stage: str,
) -> NDArray[np.int32]:
    """Ads of each request, (requests, slots), the most promising first."""
    rng = stream(config.seed, f"{stage}/ads")
    place = _places(ad_popularity(config.ads), len(day), slots, rng)
    ad = catalogue.running[day[:, None], place]
    promise = appeal[catalogue.campaign[ad]] + rng.gumbel(size=ad.shape)
    return np.take_along_axis(ad, np.argsort(-promise, axis=1), axis=1)


def _places(
    shares: NDArray[np.float64], requests: int, slots: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Places drawn by their shares, none twice in a request, (requests, slots)."""
    if 4 * slots > len(shares):  # too many to be drawn until none comes twice
        order = np.log(shares) + rng.gumbel(size=(requests, len(shares)))
        return np.argsort(-order, axis=1, kind="stable")[:, :slots]
    ladder = np.cumsum(shares)
    ladder /= ladder[-1]
    place = np.searchsorted(ladder, rng.random((requests, slots)), side="right")
    again = _twice(place)
    while again.any():
        place[again] = np.searchsorted(ladder, rng.random(int(again.sum())), side="right")
        again = _twice(place)
    return place


def _twice(place: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Where a request holds what it held further left."""
    order = np.argsort(place, axis=1, kind="stable")
    ordered = np.take_along_axis(place, order, axis=1)
    again = np.zeros(place.shape, dtype=bool)
    again[:, 1:] = ordered[:, 1:] == ordered[:, :-1]
    twice = np.empty_like(again)
    np.put_along_axis(twice, order, again, axis=1)
    return twice


def _counts(
    config: ClickLogConfig,
    user: NDArray[np.integer],
    site: NDArray[np.integer],
    ad: NDArray[np.integer],
    stage: str,
) -> NDArray[np.float32]:
    """Counts of each row, (rows, len(COUNTS)): part of each its owner's, part the moment's."""
    requests, slots = ad.shape
    owner = {"user": user, "site": site, "request": None, "ad": ad.ravel()}
    counts = np.empty((requests * slots, len(COUNTS)), dtype=np.float32)
    for column, (name, whose) in enumerate(COUNTS):
        rng = stream(config.seed, f"{stage}/counts/{name}")
        ids = owner[whose]
        n = requests * slots if whose == "ad" else requests
        z = rng.standard_normal(n)
        absent = rng.random(n) < config.missing * _MISSING[column]
        if ids is not None:
            # The same for a user, a site or an ad whoever asks: not of this stage alone.
            own = stream(config.seed, f"clicks/owners/{name}").standard_normal(int(ids.max()) + 1)
            z = np.sqrt(_OWN_SHARE) * own[ids] + np.sqrt(1 - _OWN_SHARE) * z
        count = np.floor(np.exp(_LOG_MEAN[column] + _LOG_SD[column] * z)).astype(np.float32)
        count[absent] = np.nan
        counts[:, column] = count if whose == "ad" else np.repeat(count, slots)
    return counts
