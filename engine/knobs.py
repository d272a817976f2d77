"""What a numeric choice may be: one table for validation, sliders and links."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite


@dataclass(frozen=True, slots=True)
class Knob:
    """The range of a field, its unit and what it does.

    A knob whose bounds are whole takes whole numbers only.
    """

    low: int | float
    high: int | float
    meaning: str
    unit: str = ""

    @property
    def whole(self) -> bool:
        """Whether the value must be a whole number."""
        return isinstance(self.low, int) and isinstance(self.high, int)

    def check(self, name: str, value: object) -> None:
        """Raise ValueError, naming parameter, value and what is allowed."""
        fits = isinstance(value, int if self.whole else int | float)
        if not fits or isinstance(value, bool) or not self.low <= float(str(value)) <= self.high:
            kind = "a whole number" if self.whole else "a number"
            allowed = f"{kind} from {self.low:,} to {self.high:,} {self.unit}".rstrip()
            raise ValueError(f"{name}={value!r}: must be {allowed}")

    def nearest(self, value: float) -> int | float:
        """The nearest allowed value; ``value`` may be infinite but not NaN."""
        inside = min(max(value, self.low), self.high)
        return round(inside) if self.whole and isfinite(inside) else inside


def check_knobs(config: object, knobs: Mapping[str, Knob]) -> None:
    """Check every field of a frozen configuration that has a knob.

    A whole number given for a broken one becomes a float: equal values have equal names on
    disk and in links.
    """
    for name, knob in knobs.items():
        value = getattr(config, name)
        knob.check(name, value)
        if not knob.whole:
            object.__setattr__(config, name, float(value))
