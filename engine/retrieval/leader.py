"""Which generator leads, and whether that is more than noise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from engine.comparison import inside_noise
from engine.figures import Estimate
from engine.retrieval.generators import COMPARED, GROUPS


@dataclass(frozen=True, slots=True)
class Leader:
    """Which generator has the highest figure, and whether that is more than noise.

    value : of the best one.
    level : the other generators whose paired distance to it has an interval that holds 0, by
        falling value. Each interval is taken at its own level of 95%, and the best was picked
        after the fact: with five equal generators a lead shows up more often than in 5%.
    ahead_of : name of the second, None where nobody else was judged.
    lead : of the best over the second, paired by user; None without a second.
    """

    figure: str
    group: str
    name: str
    value: Estimate
    level: tuple[str, ...]
    ahead_of: str | None
    lead: Estimate | None

    @property
    def clear(self) -> bool:
        """Whether the lead over every other generator is outside the noise."""
        return not self.level


def leader(frame: pd.DataFrame, figure: str = "ceiling", group: str = "all") -> Leader | None:
    """Who leads in a frame of `compare_generators` or of `load_generators`, all of its generators.

    None for a group without rows, or where the figure is undefined for all.

    Raises
    ------
    ValueError : a figure that is not one of `COMPARED`, or an unknown group.
    """
    if figure not in COMPARED:
        raise ValueError(f"figure={figure!r}: must be one of {', '.join(COMPARED)}")
    if group not in GROUPS:
        raise ValueError(f"group={group!r}: must be one of {', '.join(GROUPS)}")
    # A curve has the figure too, but tells no distance.
    rows = frame[(frame["group"] == group) & frame[f"{figure}_behind"].notna()]
    if rows.empty:
        return None
    ordered = rows.sort_values(figure, ascending=False, kind="stable").to_dict("records")
    best, others = ordered[0], ordered[1:]
    leads = {str(row["generator"]): _read(row, f"{figure}_behind") for row in others}
    level = tuple(name for name, lead in leads.items() if inside_noise(lead))
    second = next(iter(leads), None)
    return Leader(
        figure=figure,
        group=group,
        name=str(best["generator"]),
        value=_read(best, figure),
        level=level,
        ahead_of=second,
        lead=leads[second] if second else None,
    )


def _read(row: Mapping[str, object], name: str) -> Estimate:
    """An estimate from the columns of a row."""
    value, low, high = (float(str(row[f"{name}{end}"])) for end in ("", "_low", "_high"))
    return Estimate(value, low, high, int(float(str(row["users"]))))
