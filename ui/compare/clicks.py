"""What is known of each pinned click model by now: a column each, A first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from engine.ad_study import AdStudy
from engine.clicks import ClickDesign, ClickReport, InferenceTiming, compare_clicks
from engine.figures import Estimate
from engine.pins import LETTERS
from engine.side_by_side import clearly_best
from ui.ctr.bench import ClickBench
from ui.ctr.benches import benches
from ui.ctr.words import in_short
from ui.jobs import Cancelled
from ui.remembered import Remembered


@dataclass(frozen=True, slots=True, eq=False)
class ClickColumn:
    """One pinned click model.

    report : its figures, once there are some. less_a : what it has more than A, paired by row.
    timing : of a request of as many ads as bid. Else as in a `Column`.
    """

    letter: str
    design: ClickDesign
    report: ClickReport | None = None
    less_a: dict[str, Estimate] | None = None
    timing: InferenceTiming | None = None
    untimed: str = ""
    waiting: str = ""
    done: float = 0.0
    error: str = ""

    @property
    def name(self) -> str:
        """The design in short."""
        return in_short(self.design)

    @property
    def state(self) -> object:
        """What a page that shows it has to be drawn again for."""
        requests = 0 if self.timing is None else self.timing.requests
        return self.report is None, requests, self.untimed, self.waiting, self.error


def click_columns(study: AdStudy) -> tuple[ClickColumn, ...]:
    """The pinned click models of a study; what is not known is begun by asking, one by one."""
    found: list[ClickColumn] = []
    for letter, design in zip(LETTERS, study.pins, strict=False):
        if any(column.report is None and not column.error for column in found):
            found.append(ClickColumn(letter, design, waiting="waits for its turn"))
        else:
            found.append(_column(letter, replace(study, design=design, pins=())))
    return tuple([_against_a(column, found[0]) for column in found])


def best_model(found: Sequence[ClickColumn]) -> str | None:
    """The letter of the model whose probabilities are clearly the best; None where noise leaves it
    open."""
    reports = {column.letter: column.report for column in found if column.report is not None}

    def less(name: str, other: str) -> Estimate:
        return compared(reports[other], reports[name])["normalized_entropy"]

    return clearly_best(list(reports), less, higher_is_better=False)


def _column(letter: str, study: AdStudy) -> ClickColumn:
    job = benches().open(study)
    if not job.ended:
        return ClickColumn(letter, study.design, waiting=job.what, done=job.done)
    if job.error is not None:
        why = str(job.error) if isinstance(job.error, ValueError) else type(job.error).__name__
        if isinstance(job.error, Cancelled):
            why = "somebody cancelled it; it is begun again"
        line = f"The pinned click model could not be fitted: {why.rstrip('.')}."
        return ClickColumn(letter, study.design, error=line)
    bench: ClickBench = job.result
    benches().times.want(study)
    times = benches().times.known(study)
    pending = not benches().times.complete(study)
    return ClickColumn(
        letter,
        study.design,
        bench.report(study.design),
        timing=times.best,
        untimed=times.failed,
        waiting="being timed" if pending else "",
        done=1.0,
    )


def _against_a(column: ClickColumn, a: ClickColumn) -> ClickColumn:
    if column is a or a.report is None or column.report is None:
        return column
    return replace(column, less_a=compared(a.report, column.report))


compared = Remembered(compare_clicks)
"""What b has more than a, paired by row."""
