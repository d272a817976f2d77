"""What it costs to serve an old model: normalised entropy against the model's age."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from engine.clicks.days import most_age
from engine.clicks.design import ClickDesign
from engine.clicks.log import ClickLog
from engine.clicks.report import relative_difference
from engine.clicks.study import run_clicks
from engine.figures import Estimate
from engine.progress import Progress, silent, within
from engine.store import PartStore


@dataclass(frozen=True, slots=True)
class FreshnessPoint:
    """A model of one age on the test days that all ages share.

    age_days : days between its newest data and the test.
    normalized_entropy, auc : as in a report.
    more : by which share its normalised entropy is above that of the freshest, paired.
    attainable : the normalised entropy that no model of that age can pass.
    """

    age_days: int
    normalized_entropy: Estimate
    auc: Estimate
    more: Estimate
    attainable: float


def freshness_curve(
    log: ClickLog,
    design: ClickDesign,
    ages: Sequence[int] | None = None,
    store: PartStore | None = None,
    progress: Progress | None = None,
) -> list[FreshnessPoint]:
    """The design with models of several ages, all trained on equally many days.

    Parameters
    ----------
    ages : in days, the freshest first; None for 0, 1, 3, 5 and 7, as far as the log goes.

    Raises
    ------
    ValueError : no age, or one that the log has no days for; else as `run_clicks`.
    """
    progress = progress or silent
    if ages is None:
        ages = [age for age in (0, 1, 3, 5, 7) if age <= most_age(log.config, design)]
    if not ages:
        raise ValueError(f"ages={ages!r}: must hold one age at least")
    reports = [
        run_clicks(
            log,
            replace(design, age_days=age),
            store,
            within(progress, place / len(ages), (place + 1) / len(ages)),
        )
        for place, age in enumerate(ages)
    ]
    return [
        FreshnessPoint(
            age_days=age,
            normalized_entropy=report["normalized_entropy"],
            auc=report["auc"],
            more=relative_difference(reports[0], report, "normalized_entropy"),
            attainable=report.ceiling["attainable"]["normalized_entropy"],
        )
        for age, report in zip(ages, reports, strict=True)
    ]
