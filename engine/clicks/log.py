"""A click log whole: its rows, the clicks, and the truth behind them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.clicks.catalogue import Catalogue, make_catalogue
from engine.clicks.config import SLOTS, ClickLogConfig
from engine.clicks.rows import AdRows, draw_rows
from engine.clicks.truth import ClickTruth, Part, calibrated, make_truth
from engine.progress import Progress, silent
from engine.seeding import stream


@dataclass(frozen=True, slots=True, eq=False)
class ClickLog:
    """What was shown and clicked, in the order of time, and how probable each click was.

    truth : of any row at any time; hidden from the models, its catalogue apart.
    rows : (n,) ads shown.
    clicked : bool (n,).
    p : float64 (n,), the true probability of each click.
    identity : equal for equal logs: names what was fitted to it.
    """

    truth: ClickTruth
    rows: AdRows
    clicked: NDArray[np.bool_]
    p: NDArray[np.float64]
    identity: str

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def config(self) -> ClickLogConfig:
        """The choices that made it."""
        return self.truth.config

    @property
    def catalogue(self) -> Catalogue:
        """Users, sites and ads as the log knows them."""
        return self.truth.catalogue

    def parts(self) -> dict[str, Part]:
        """The true logits of each row, part by part; see `ClickTruth.parts`."""
        return self.truth.parts(self.rows)

    def between(self, start: int, stop: int) -> slice:
        """The rows of the days ``start`` to ``stop``, the last excluded."""
        first, last = np.searchsorted(self.rows.at, np.array([start, stop], dtype=np.float32))
        return slice(int(first), int(last))


def make_clicks(config: ClickLogConfig, progress: Progress | None = None) -> ClickLog:
    """Make the click log of a configuration; equal configurations make equal logs.

    Raises
    ------
    ValueError : the configuration asks for what cannot be (see `ClickLogConfig`).
    """
    if not isinstance(config, ClickLogConfig):
        raise ValueError(f"config={config!r}: must be a ClickLogConfig")
    progress = progress or silent
    progress("drawing users and ads", 0.0)
    catalogue = make_catalogue(config)
    truth = make_truth(config, catalogue)
    progress("showing ads", 0.1)
    rows = shown(truth, -(-config.rows // SLOTS)).rows(slice(config.rows))
    progress("watching clicks", 0.5)
    truth = calibrated(truth, rows)
    p = truth.probability(rows)
    clicked = stream(config.seed, "clicks/clicks").random(len(rows)) < p
    progress("watching clicks", 1.0)
    return ClickLog(truth, rows, clicked, p, repr(config))


def shown(
    truth: ClickTruth,
    requests: int,
    slots: int = SLOTS,
    span: tuple[float, float] | None = None,
    stage: str = "clicks/log",
) -> AdRows:
    """Requests as the log has them; parameters as in `draw_rows`."""
    appeal = truth.effects.campaign.astype(np.float64)
    appeal = (appeal - appeal.mean()) / max(float(appeal.std()), 1e-9)
    return draw_rows(truth.config, truth.catalogue, appeal, requests, slots, span, stage)
