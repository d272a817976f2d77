"""What generator and index return to each request of a panel, remembered."""

from __future__ import annotations

import threading
from collections import OrderedDict

import numpy as np
from numpy.typing import NDArray

from engine.design import MAX_CANDIDATES
from engine.evaluation.ahead import AnswersAhead, known_ahead, numbers_asked
from engine.evaluation.panel import Panel
from engine.index.contract import Reach
from engine.pipeline import System
from engine.progress import Progress
from engine.store import PartStore

_MOST_LISTS = 40_000


def exact_answers(system: System, panel: Panel, progress: Progress) -> NDArray[np.int32]:
    """Each row's best eligible items by exact generator score, (n, depth), -1 where it ends."""
    depth = min(MAX_CANDIDATES, len(system.world.items))
    answers = np.full((len(panel), depth), -1, dtype=np.int32)
    for row, (user, at) in enumerate(zip(panel.users.tolist(), panel.at.tolist(), strict=True)):
        found = system.exact_candidates(user, at, depth)
        answers[row, : len(found)] = found
        if row % 50 == 0:
            progress("searching exactly", row / len(panel))
    return answers


class AnswerBook:
    """Answers of one built index to a panel's requests.

    Searches of equal reach give beginnings of one another's answers, so each is asked at
    its full depth once, and then serves every cut.
    """

    def __init__(self, panel: Panel) -> None:
        self._panel = panel
        self._lists: OrderedDict[tuple[object, int], NDArray[np.int32]] = OrderedDict()
        self._lock = threading.Lock()
        self._counts: list[int] | None = None
        self._ahead: dict[int, AnswersAhead] = {}

    def look_ahead(self, system: System, n: int, store: PartStore) -> None:
        """Use what was found beforehand for a search for n candidates, if anything was."""
        for number in numbers_asked(system, n) - self._ahead.keys():
            found = known_ahead(system, self._panel, number, store)
            if found is not None:
                self._ahead |= dict.fromkeys(found.numbers, found)

    def look_up(self, system: System, n: int) -> NDArray[np.int32]:
        """What each row is returned when asked for n candidates, (rows, n), padded with -1."""
        answers = np.full((len(self._panel), n), -1, dtype=np.int32)
        for row in range(len(self)):
            found = self.answer(system, row, n)[:n]
            answers[row, : len(found)] = found
        return answers

    def __len__(self) -> int:
        return len(self._panel)

    def reaches(self, system: System, n: int) -> tuple[object, ...]:
        """The reach of each row's search for n candidates: equal ones share an answer."""
        assert system.index is not None
        return tuple(system.index.reach(n + excluded) for excluded in self._skipped(system))

    def _skipped(self, system: System) -> list[int]:
        """How many items each row's search must be asked for beyond its candidates."""
        if self._counts is None:
            self._counts = [
                len(system.skipped.of(user, at))
                for user, at in zip(
                    self._panel.users.tolist(), self._panel.at.tolist(), strict=True
                )
            ]
        return self._counts

    def answer(self, system: System, row: int, n: int) -> NDArray[np.int32]:
        """A row's whole answer of the reach that a search for n candidates has."""
        assert system.index is not None
        excluded = self._skipped(system)[row]
        reach = system.index.reach(n + excluded)
        with self._lock:
            known = self._lists.get((reach, row))
        if known is not None:
            return known
        # What is excluded need not be in the index: a search of all of it leaves out fewer.
        everything = reach.depth >= system.index.size
        if self._ahead and not everything:
            if reach == Reach((), n + excluded) and n in self._ahead:
                return self._ahead[n].to_candidates(row, n)
            if reach == Reach((), width := reach.depth) and width in self._ahead:
                return self._ahead[width].of_width(row, width)
        user, at = int(self._panel.users[row]), float(self._panel.at[row])
        deepest = MAX_CANDIDATES if everything else min(reach.depth - excluded, MAX_CANDIDATES)
        found = system.retrieve(user, at, deepest)[0].astype(np.int32)
        with self._lock:
            self._lists[(reach, row)] = found
            while len(self._lists) > _MOST_LISTS:
                self._lists.popitem(last=False)
        return found
