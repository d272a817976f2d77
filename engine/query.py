"""Reading the text of a link: known names out of a query, and a line for every repair."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import isnan
from typing import Any

from engine.knobs import Knob

Query = Mapping[str, str | Sequence[str]]


class QueryReader:
    """Takes known names out of a query and notes every repair; never raises.

    repairs : what was repaired, a line each, to show.
    """

    def __init__(self, query: Query) -> None:
        self.repairs: list[str] = []
        self._left: dict[str, str] = {}
        for name, given in query.items():
            values = [given] if isinstance(given, str) else list(given)
            if not values:
                continue
            self._left[name] = values[-1]
            if len(set(values)) > 1:
                self.repairs.append(
                    f"{shown(name)} stands in the link {len(values)} times: "
                    f"the last, {shown(values[-1])}, counts."
                )

    def number(self, name: str, knob: Knob, default: float) -> Any:
        """A number under its name, taken to the nearest that the knob allows."""
        text = self._left.pop(name, None)
        if text is None:
            return default
        try:
            given = float(text.replace("_", "x"))
        except ValueError:
            given = float("nan")
        if isnan(given):
            self.repairs.append(
                f"{shown(name)}={shown(text)} is not a number: {name} is now {as_text(default)}."
            )
            return default
        value = knob.nearest(given)
        if value != given:
            kind = "a whole number" if knob.whole else "a number"
            self.repairs.append(
                f"{name}={shown(text)} must be {kind} from {as_text(knob.low)} to "
                f"{as_text(knob.high)}: it is now {as_text(value)}."
            )
        return value

    def text(self, name: str) -> str:
        """What stands under a name; empty without it."""
        return self._left.pop(name, "")

    def choice(self, name: str, known: Iterable[str], default: str) -> str:
        """One of several words."""
        chosen, known = self._left.pop(name, default), tuple(known)
        if chosen in known:
            return chosen
        self.repairs.append(
            f"{name}={shown(chosen)} is not known here: {name} is now {default} "
            f"(of {', '.join(known)})."
        )
        return default

    def part(self, name: str, family: Mapping[str, Any], default: Any) -> Any:
        """A part of a family by its name, with the knobs that stand beside it."""
        kind = family[self.choice(name, family, default.name)]
        part = kind()
        knobs = {
            knob: self.number(f"{name}.{knob}", part.knobs[knob], getattr(part, knob))
            for knob in part.knobs
        }
        for other in family.values():  # knobs of a part not chosen do no harm
            for knob in other.knobs:
                self._left.pop(f"{name}.{knob}", None)
        return kind(**knobs)

    def leave_out_the_rest(self) -> None:
        """Say which names meant nothing."""
        for name in self._left:
            self.repairs.append(f"The link's {shown(name)} means nothing here and is left out.")


def as_text(value: float) -> str:
    """A number as a link holds it: short, and exact."""
    short = f"{value:g}"
    return str(value) if isinstance(value, int) or float(short) != value else short


def shown(text: str, longest: int = 24) -> str:
    """A stranger's text, short and on one line, safe in Markdown."""
    plain = "".join(c if c.isalnum() or c in " .,_+-" else "?" for c in text)
    return plain if len(plain) <= longest else plain[:longest] + "…"
