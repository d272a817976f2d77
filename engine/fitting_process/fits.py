"""Works done with what is at hand, and what is not fitted in a process of its own."""

from __future__ import annotations

from typing import Any, TypeVar

from engine.fitting_process.process import FittingProcess
from engine.fitting_process.work import Work
from engine.progress import Progress, within
from engine.scenario import Scenario
from engine.store import NotAtHandError, PartStore, at_hand_only

T = TypeVar("T")
_FITTED = 0.9


class Fits:
    """A queue of works before one fitting process.

    Parts travel by the store's directory. Without one, everything is made on the caller's thread.
    """

    def __init__(self, store: PartStore) -> None:
        self._store = store
        where = {} if store.directory is None else {"SHORTLIST_CACHE": str(store.directory)}
        self.process = FittingProcess(where)

    def start(self) -> None:
        """Start the process now, so that its imports are done by the time it is needed."""
        if self._store.directory is not None:
            self.process.start()

    def close(self) -> None:
        """Stop the process, and the work that it may be at."""
        self.process.close()

    def result(self, work: Work[T], scenario: Scenario, report: Progress) -> T:
        """What the work gives; what is not at hand for it is fitted in the process.

        Where that cannot keep anything on disk, it is fitted on this thread in the end.

        Raises
        ------
        ValueError : as the work itself; `FittingError` : the process failed.
        """
        if self._store.directory is None:
            return work.read(scenario, self._store, report)

        def looking(what: str, _: float) -> None:
            report(what, 0.0)

        try:
            with at_hand_only():
                return work.read(scenario, self._store, looking)
        except NotAtHandError:
            self.make(work, scenario, within(report, 0.0, _FITTED))
        return work.read(scenario, self._store, within(report, _FITTED, 1.0))

    def have_at_hand(self, work: Work[Any], scenario: Scenario, report: Progress) -> None:
        """Have the process leave what the work needs, unless it is there; raises as `result`."""
        try:
            with at_hand_only():
                work.read(scenario, self._store, report)
        except NotAtHandError:
            self.make(work, scenario, report)

    def make(self, work: Work[Any], scenario: Scenario, report: Progress) -> None:
        """Have everything at hand that the work needs; raises as `result`."""
        if self._store.directory is None:
            work.make(scenario, self._store, report)
            return
        task = {"what": work.name, "scenario": scenario.to_query()}
        try:
            answer = self.process.call(task, report)
        except BaseException:
            self.process.start()  # for who comes next
            raise
        if "refused" in answer:
            raise ValueError(answer["refused"])
