"""Three kinds of numbers, never mixed: measured, simulated and modelled.

Each has a type of its own, so that the label on screen follows from the value itself.
"""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

_ROUNDING = 1e-9


class Kind(StrEnum):
    """Where a number comes from."""

    MEASURED = "measured"
    SIMULATED = "simulated"
    MODELLED = "modelled"


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over users or impressions drawn from the world, with its interval (95% by default).

    Attributes
    ----------
    value, low, high : float
        low <= value <= high up to rounding. NaN where nothing can be said: all three over no
        users, the bounds alone over one.
    n : int, >= 0
        How many users or impressions it rests on.
    """

    kind: ClassVar[Kind] = Kind.SIMULATED

    value: float
    low: float
    high: float
    n: int

    def __post_init__(self) -> None:
        _check_ascent(self.low, self.value, self.high)
        _check_count(self.n)

    @property
    def half_width(self) -> float:
        """Half of high - low, the plus-or-minus of a symmetric interval."""
        return (self.high - self.low) / 2

    def __str__(self) -> str:
        """Value and bounds to two digits of the half-width: `0.871 (0.859 to 0.883, n=500)`."""
        return _with_bounds(self, sign="", unit="")


@dataclass(frozen=True, slots=True)
class Measurement:
    """A reading of a stopwatch or of memory on this machine.

    Attributes
    ----------
    value : float
    unit : str
        As shown beside the value: `ms`, `MB`.
    n : int, >= 0
        Requests behind it.
    taken_at : float
        Unix time in seconds.
    """

    kind: ClassVar[Kind] = Kind.MEASURED

    value: float
    unit: str
    n: int
    taken_at: float

    def __post_init__(self) -> None:
        _check_count(self.n)
        _check_moment(self.taken_at)

    def age(self, now: float) -> float:
        """Seconds from the measurement to `now` (Unix seconds); 0 if the clock was set back."""
        return max(0.0, now - self.taken_at)

    def __str__(self) -> str:
        """Value to three digits, unit and requests: `0.254 ms (n=1,000)`."""
        return f"{_three_digits(self.value)} {self.unit} (n={self.n:,})"


@dataclass(frozen=True, slots=True)
class MeasuredDifference:
    """What two measurements differ by, B - A, with its interval (95% by default).

    Attributes
    ----------
    value, low, high : float
        low <= value <= high up to rounding; NaN where nothing can be said.
    unit : str
        As shown beside the value: `ms`.
    n : int, >= 0
        Pairs of requests behind it.
    taken_at : float
        Unix time in seconds.
    """

    kind: ClassVar[Kind] = Kind.MEASURED

    value: float
    low: float
    high: float
    unit: str
    n: int
    taken_at: float

    def __post_init__(self) -> None:
        _check_ascent(self.low, self.value, self.high)
        _check_count(self.n)
        _check_moment(self.taken_at)

    @property
    def half_width(self) -> float:
        """Half of high - low."""
        return (self.high - self.low) / 2

    def __str__(self) -> str:
        """Signed, to two digits of the half-width: `+0.31 ms (+0.28 to +0.35, n=1,000)`."""
        return _with_bounds(self, sign="+", unit=f" {self.unit}")


@dataclass(frozen=True, slots=True)
class Modelled:
    """A number computed from measured ones.

    Attributes
    ----------
    value : float
    unit : str
    formula : str
        How it was computed, in words a reader can check: `peak QPS / (QPS per core x 0.6)`.
    """

    kind: ClassVar[Kind] = Kind.MODELLED

    value: float
    unit: str
    formula: str

    def __post_init__(self) -> None:
        if not self.formula.strip():
            raise ValueError(f"formula={self.formula!r}: must say how the value was computed")

    def __str__(self) -> str:
        """Value to three digits and unit: `12 machines`."""
        return f"{_three_digits(self.value)} {self.unit}"


def _check_ascent(low: float, value: float, high: float) -> None:
    slack = _ROUNDING * max(1.0, abs(value))
    # Written as what is wrong, so that a NaN passes.
    if low > value + slack or high < value - slack or low > high:
        raise ValueError(f"low={low!r}, value={value!r}, high={high!r}: must ascend")


def _check_moment(taken_at: float) -> None:
    if not (math.isfinite(taken_at) and taken_at >= 0):
        raise ValueError(f"taken_at={taken_at!r}: must be Unix seconds, finite, from 0")


def _check_count(n: int) -> None:
    try:
        count = operator.index(n)
    except TypeError:
        count = -1
    if count < 0:
        raise ValueError(f"n={n!r}: must be an integer from 0")


def _with_bounds(figure: Estimate | MeasuredDifference, sign: str, unit: str) -> str:
    """Value and bounds to two digits of the half-width."""
    if math.isnan(figure.value):
        return f"no value (n={figure.n:,})"
    if math.isnan(figure.half_width):
        return f"{figure.value:{sign}.3g}{unit} (no interval, n={figure.n:,})"
    spec = f"{sign},.{_decimals(figure.half_width)}f"
    value, low, high = (f"{x:{spec}}" for x in (figure.value, figure.low, figure.high))
    return f"{value}{unit} ({low} to {high}, n={figure.n:,})"


def _decimals(half_width: float) -> int:
    """Decimals that show two digits of the half-width, four where it is 0 or infinite."""
    if half_width <= 0 or math.isinf(half_width):
        return 4
    return min(9, max(0, 1 - math.floor(math.log10(half_width))))


def _three_digits(value: float) -> str:
    """Three significant digits and no exponent; whole from 100 on, with thousands apart."""
    if not math.isfinite(value):
        return str(value)
    if value == 0:
        return "0"
    decimals = min(9, max(0, 2 - math.floor(math.log10(abs(value)))))
    text = f"{value:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
