"""Candidates with their truth and scores, and the answers of an index judged once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from engine.evaluation.answers import AnswerBook
from engine.evaluation.panel import K
from engine.pipeline import System

_SPARE = 10
_MOST_ROWS = 12_000


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """Candidates of each row with their truth and scores, (n, m); beyond the end: -1, 0, -inf."""

    items: NDArray[np.int32]
    relevance: NDArray[np.float64]
    scores: NDArray[np.float64]
    generator_scores: NDArray[np.float64]

    def cut(self, n: int) -> Judged:
        """The first n candidates of each row."""
        return Judged(
            self.items[:, :n],
            self.relevance[:, :n],
            self.scores[:, :n],
            self.generator_scores[:, :n],
        )

    def row(self, place: int, length: int) -> Judged:
        """One row, (length,)."""
        return Judged(*(getattr(self, field.name)[place, :length] for field in fields(Judged)))

    def order(self, k: int = K) -> NDArray[np.int64]:
        """The first k places by falling score, the earlier candidate first among equals; (n, k)."""
        width = self.scores.shape[1]
        some = min(k + _SPARE, width)
        if some < width:
            # Sorting a few is several times as fast, unless equal scores reach past them.
            places = np.sort(np.argpartition(-self.scores, some - 1, axis=1)[:, :some], axis=1)
            kept = np.take_along_axis(self.scores, places, axis=1)
            best = np.argsort(-kept, axis=1, kind="stable")[:, :k]
            cut = np.take_along_axis(kept, best[:, -1:], axis=1)
            if ((self.scores >= cut).sum(axis=1) <= some).all():
                return np.take_along_axis(places, best, axis=1)
        return np.argsort(-self.scores, axis=1, kind="stable")[:, :k]


class JudgedRows:
    """Answers of one built index, judged for one ranker, row by row.

    Answers of one reach begin alike, so that each is judged once and serves every cut.

    judge : (system, rows (m,), items (m, width) padded with -1) -> judged, (m, width).
    """

    def __init__(
        self, judge: Callable[[System, NDArray[np.int64], NDArray[np.int32]], Judged]
    ) -> None:
        self._judge = judge
        self._rows: OrderedDict[tuple[object, int], Judged] = OrderedDict()
        self._lock = threading.Lock()

    def look_up(self, system: System, book: AnswerBook, n: int) -> Judged:
        """What each row is returned when asked for n candidates, (rows, n)."""
        keys = list(zip(book.reaches(system, n), range(len(book)), strict=True))
        with self._lock:
            known = {key: self._rows[key] for key in keys if key in self._rows}
        missing = [key for key in keys if key not in known]
        if missing:
            judged, fresh = self._judged(system, book, n, missing)
            if len(missing) == len(keys) and judged.items.shape[1] >= n:
                return judged.cut(n)
            known |= fresh
        return _stacked([known[key] for key in keys], n)

    def _judged(
        self, system: System, book: AnswerBook, n: int, missing: list[tuple[object, int]]
    ) -> tuple[Judged, dict[tuple[object, int], Judged]]:
        """What is missing, side by side and row by row."""
        rows = np.array([row for _, row in missing])
        lists = [book.answer(system, int(row), n) for row in rows]
        items = np.full((len(rows), max(len(found) for found in lists)), -1, dtype=np.int32)
        for place, found in enumerate(lists):
            items[place, : len(found)] = found
        judged = self._judge(system, rows, items)
        fresh = {
            key: judged.row(place, len(found))
            for place, (key, found) in enumerate(zip(missing, lists, strict=True))
        }
        with self._lock:
            self._rows |= fresh
            while len(self._rows) > _MOST_ROWS:
                self._rows.popitem(last=False)
        return judged, fresh


def _stacked(rows: list[Judged], n: int) -> Judged:
    """Rows side by side, each cut or padded to n."""
    beyond = {"items": -1, "relevance": 0.0, "scores": -np.inf, "generator_scores": -np.inf}
    columns = {}
    for field in fields(Judged):
        parts = [getattr(row, field.name) for row in rows]
        column = np.full((len(rows), n), beyond[field.name], dtype=parts[0].dtype)
        for place, part in enumerate(parts):
            cut = part[:n]
            column[place, : len(cut)] = cut
        columns[field.name] = column
    return Judged(**columns)
