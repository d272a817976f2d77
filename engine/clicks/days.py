"""Which days of a click log serve for what."""

from __future__ import annotations

from dataclasses import dataclass

from engine.clicks.config import ClickLogConfig
from engine.clicks.design import ClickDesign

TEST_DAYS = 2
OLDEST = 7
"""Days that a model may be old where a design does not say how many days train it."""


@dataclass(frozen=True, slots=True)
class ClickDays:
    """Half-open spans of days. A model knows nothing from the end of its validation day on.

    train : what it learns from.
    validation : the day after: when to stop, how to calibrate, which model to choose.
    test : the last days of the log, the same whatever the model's age.
    """

    train: tuple[int, int]
    validation: tuple[int, int]
    test: tuple[int, int]

    @property
    def cutoff(self) -> int:
        """The first day of which the model knows nothing."""
        return self.validation[1]


def days_of(config: ClickLogConfig, design: ClickDesign) -> ClickDays:
    """The days that a design uses of a log.

    Raises
    ------
    ValueError : more days of training and of age than the log has.
    """
    test = config.days - TEST_DAYS
    before = test - 1  # less the validation day
    trained = design.train_days or before - OLDEST
    if trained + design.age_days > before:
        most = max(0, before - trained)
        if trained > before:
            raise ValueError(
                f"train_days={design.train_days}: must be at most {before} in a log of "
                f"{config.days} days"
            )
        raise ValueError(
            f"age_days={design.age_days}: must be at most {most} with {trained} days of training "
            f"in a log of {config.days}"
        )
    validation = before - design.age_days
    return ClickDays(
        train=(validation - trained, validation),
        validation=(validation, validation + 1),
        test=(test, config.days),
    )


def most_age(config: ClickLogConfig, design: ClickDesign) -> int:
    """How old the model of a design can be in a log."""
    before = config.days - TEST_DAYS - 1
    return max(0, before - (design.train_days or before - OLDEST))
