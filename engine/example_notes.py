"""What is odd in the examples of a ranker, in sentences that a person can act on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.rankers import Examples

FEW_CLICKS = 200
"""Clicks in training below which it is said that they are few."""


def notes_on(train: Examples, validation: Examples) -> tuple[str, ...]:
    """What a reader of the figures should know of the examples; empty where all is well.

    Few clicks, nothing to stop by, columns that never vary, ids that training did not see.
    """
    notes = []
    clicks = int(train.clicked.sum())
    if clicks < FEW_CLICKS:
        notes.append(f"Only {clicks} clicks train the model: much of what it learned is chance.")
    if not validation.both_classes:
        notes.append("The validation day lacks clicks or other rows: nothing stops the fit early.")
    constant = constant_columns(train)
    if constant:
        notes.append(f"The same in all training rows, so they say nothing: {', '.join(constant)}.")
    unseen = unseen_ids(train, validation)
    if unseen:
        shares = ", ".join(f"{name} {share:.0%}" for name, share in unseen.items())
        notes.append(
            f"Rows of the validation day with an id that no training row holds: {shares}. "
            "Such an id adds nothing to a score."
        )
    return tuple(notes)


def constant_columns(train: Examples) -> list[str]:
    """Names of the columns that hold one value throughout, or none at all."""
    table = train.table
    return [
        column.name
        for column, values in zip(table.schema, table.values.T, strict=True)
        if column.kind != "token" and _constant(values)
    ]


def unseen_ids(train: Examples, later: Examples) -> dict[str, float]:
    """Share of the later rows whose id no training row holds, where there are any."""
    shares = {}
    for column in train.table.schema:
        if column.kind == "id" and len(later):
            known, asked = (x.table.column(column.name) for x in (train, later))
            unseen = ~np.isin(asked, known) & ~np.isnan(asked)
            if unseen.any():
                shares[column.name] = float(unseen.mean())
    return shares


def _constant(values: NDArray[np.float32]) -> bool:
    present = values[~np.isnan(values)]
    # A column that is missing in some rows says something by that.
    return not len(present) or (len(present) == len(values) and bool((values == values[0]).all()))
