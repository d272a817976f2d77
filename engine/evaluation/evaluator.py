"""Designs judged on one panel, with everything they share worked out once."""

from __future__ import annotations

import threading
from collections.abc import Hashable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.evaluation.answers import AnswerBook, exact_answers
from engine.evaluation.impressions import (
    ESTIMATES,
    ClickFigures,
    judge_clicks,
    load_click_figures,
    save_click_figures,
)
from engine.evaluation.judged import Judged, JudgedRows
from engine.evaluation.pairs import PairBook, keys_of, order_of
from engine.evaluation.panel import K, Panel
from engine.evaluation.places import MOST_CELLS, PlaceTable
from engine.evaluation.report import PER_USER, Evidence, Loss, PerUser, Report, coverage
from engine.evaluation.report_files import load_report, save_report
from engine.evaluation.scores import ScoreBooks, fill_scores, known_scores
from engine.evaluation.slates import click_information, exposure_gini, judge_slates
from engine.intervals import mean_estimate
from engine.latest import Latest
from engine.metrics import dcg_at_k, recall_with_ties
from engine.pipeline import System
from engine.progress import Progress, silent, within
from engine.store import PartStore, Recipe, part_key

_MOST_REMEMBERED = 40
_MOST_DESIGNS = 200
_RERANKED_AT_ONCE = 100  # so that their vectors stay in the processor's cache


class Evaluator:
    """Judges systems of one world on one panel; safe to use from many threads."""

    def __init__(self, panel: Panel, store: PartStore) -> None:
        self.panel = panel
        self._store = store
        self._lock = threading.Lock()
        self._large = Latest(_MOST_REMEMBERED)
        self._ndcg_of_designs = Latest(_MOST_DESIGNS)
        self._prepared: set[Hashable] = set()
        self._truth = PairBook(panel.relevance, len(panel.world.items))

    def prepare(self, system: System, progress: Progress = silent) -> None:
        """Work out all that the designs of this generator and ranker share."""
        exact = self._exact(system, within(progress, 0.0, 0.3))
        books = fill_scores(
            self._scores(system), self.panel, system, exact, self._store, within(progress, 0.3, 0.9)
        )
        part = system.design.fitted_part
        self._large.keep(("scores", *part), books)
        with self._lock:
            self._prepared.add(part)
        self.clicks(system, within(progress, 0.9, 1.0))

    def report(self, system: System) -> Report:
        """Every figure of the system's design."""
        n = system.design.candidates
        exact, returned = self.exact(system, n), self.returned(system, n)
        shown = self.slates(system, returned)
        slates = np.take_along_axis(returned.items, shown, axis=1).astype(np.int64)
        per_user = self._per_user(system, exact, returned, shown, slates)
        clicks = self.clicks(system)
        world = self.panel.world
        evidence = Evidence(world.identity, self.panel.users, len(world.items), slates, clicks.rows)
        figures = (
            {name: mean_estimate(getattr(per_user, field)) for name, field in PER_USER.items()}
            | {name: getattr(clicks, name) for name in ESTIMATES}
            | {
                "coverage": coverage(slates, evidence.items),
                "exposure_gini": exposure_gini(slates, evidence.items),
            }
        )
        ceiling = {
            "ndcg@10": 1.0,
            "ndcg_observed@10": self._oracle_observed(),
        } | {name: getattr(clicks, f"oracle_{name}") for name in ESTIMATES}
        return Report(figures, per_user, ceiling, evidence)

    def kept_report(self, system: System) -> Report:
        """As `report`, read from disk where the design was judged before, and kept there."""
        return self._store.part(
            part_key("report", self.panel.key, system.design),
            Recipe(
                make=lambda _: self.report(system),
                save=save_report,
                load=lambda directory: load_report(directory, self.clicks(system).rows),
            ),
        )

    def exact(self, system: System, n: int | None = None) -> Judged:
        """The generator's own n best candidates, judged; as deep as a design may ask by default.

        Before `prepare` only what is asked for is scored, after it all of them at once.
        """
        part = system.design.fitted_part
        with self._lock:
            whole = n is None or part in self._prepared
        if not whole:
            rows = np.arange(len(self.panel))
            return self._large.of(
                ("exact", *part, n),
                lambda: self._from_books(system, rows, self._exact(system)[:, :n]),
            )
        judged = self._exact_judged(system)
        return judged if n is None else judged.cut(n)

    def _exact_judged(self, system: System) -> Judged:
        """The exact answers, as deep as a design may ask."""
        rows = np.arange(len(self.panel))
        return self._large.of(
            ("exact", *system.design.fitted_part),
            lambda: self._from_books(system, rows, self._exact(system)),
        )

    def returned(self, system: System, n: int) -> Judged:
        """What the index returns when asked for n candidates, judged."""
        if system.index is None:
            return self.exact(system, n)
        design, build_part = system.design, system.index.config.build_part
        book = self._answers(system)
        book.look_ahead(system, n, self._store)
        rows = self._large.of(
            ("rows", build_part, *design.fitted_part), lambda: JudgedRows(self._judge)
        )
        return rows.look_up(system, book, n)

    def look_ahead(self, system: System, n: int) -> None:
        """Read answers to n candidates and about as many, if they were found beforehand."""
        if system.index is not None:
            self._answers(system).look_ahead(system, n, self._store)

    def _answers(self, system: System) -> AnswerBook:
        assert system.index is not None
        key = "answers", system.design.generator, system.index.config.build_part
        return self._large.of(key, lambda: AnswerBook(self.panel))

    def best_ndcg(self, judged: Judged) -> NDArray[np.float64]:
        """True NDCG@10 of the best slate possible within the candidates, (n,); NaN as `ndcg`."""
        best = -np.partition(-judged.relevance, min(K, judged.relevance.shape[1] - 1), axis=1)
        return self._ndcg(np.sort(best[:, :K], axis=1)[:, ::-1])

    def best_exact_ndcg(self, system: System, grid: tuple[int, ...]) -> list[NDArray[np.float64]]:
        """`best_ndcg` within the generator's own n best, for each n of a grid."""
        exact = self.exact(system)
        return self._large.of(
            ("best exact", system.design.generator, grid),
            lambda: [self.best_ndcg(exact.cut(n)) for n in grid],
        )

    def slates(self, system: System, judged: Judged) -> NDArray[np.int64]:
        """Places among the candidates of each slate shown, (n, up to the design's slate).

        As in serving: the same items and scores pass through the same `System.rerank`.
        """
        pool = system.design.rerank.looks_at(system.design.slate)
        if not pool:
            return judged.order(system.design.slate)
        ranked = judged.order(pool)
        parts = []
        for first in range(0, len(ranked), _RERANKED_AT_ONCE):
            some = slice(first, first + _RERANKED_AT_ONCE)
            items = np.take_along_axis(judged.items[some], ranked[some], axis=1)
            scores = np.take_along_axis(judged.scores[some], ranked[some], axis=1)
            places = system.rerank(items, scores, self.panel.at[some])
            parts.append(np.take_along_axis(ranked[some], places, axis=1))
        return np.concatenate(parts)

    def ndcg(
        self, system: System, judged: Judged
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """True NDCG@10 of the slate as ranked and as shown, (n,) each.

        NaN where no item is left to show.
        """
        ranked = self._ndcg_of(judged, judged.order())
        if not system.design.rerank.looks_at(system.design.slate):
            return ranked, ranked
        return ranked, self._ndcg_of(judged, self.slates(system, judged))

    def shown_ndcg(self, system: System, n: int) -> NDArray[np.float64]:
        """True NDCG@10 of the slate as shown if n candidates were asked for, (rows,).

        Kept: designs on the way of a slider are held against the same.
        """
        return self._ndcg_of_designs.of(
            replace(system.design, candidates=n),
            lambda: self.ndcg(system, self.returned(system, n))[1],
        )

    def slates_ndcg(self, slates: NDArray[np.int64]) -> NDArray[np.float64]:
        """True NDCG@10 of slates made in any other way, (n,).

        slates : (n, k) item ids, a row of the panel each, best first; -1 where one ends early.
        """
        return self._ndcg(self._truth.look_up(self.panel.rows_of(slates), slates, 0.0))

    def recall(self, judged: Judged) -> NDArray[np.float64]:
        """Share of the true top-10 among the candidates, (n,); NaN where no item is left."""
        ideal = self.panel.ideal_items
        held = (ideal[:, :, None] == judged.items[:, None, :]).any(axis=2) & (ideal >= 0)
        places = (ideal >= 0).sum(axis=1)
        return np.where(places > 0, held.sum(axis=1) / np.maximum(places, 1), np.nan)

    def ann_recall(self, exact: Judged, returned: Judged) -> NDArray[np.float64]:
        """Share of the exact answer that the index returned, ties counted, (n,)."""
        ends = (exact.items >= 0).sum(axis=1)
        width = exact.items.shape[1]
        if (ends == width).all():
            return np.asarray(
                recall_with_ties(returned.generator_scores, exact.generator_scores, width)
            )
        rows = zip(returned.generator_scores, exact.generator_scores, ends.tolist(), strict=True)
        return np.array(
            [float(recall_with_ties(mine, all_[:k], k)) if k else np.nan for mine, all_, k in rows]
        )

    def _ndcg_of(self, judged: Judged, places: NDArray[np.int64]) -> NDArray[np.float64]:
        return self._ndcg(np.take_along_axis(judged.relevance, places[:, :K], axis=1))

    def _ndcg(self, gains: NDArray[np.float64]) -> NDArray[np.float64]:
        # A user to whom nothing may be shown says nothing of a design: NaN, which means leave out.
        ideal = self.panel.ideal_dcg
        return np.where(ideal > 0, dcg_at_k(gains, K) / np.where(ideal > 0, ideal, 1.0), np.nan)

    def _per_user(
        self,
        system: System,
        exact: Judged,
        returned: Judged,
        shown: NDArray[np.int64],
        slates: NDArray[np.int64],
    ) -> PerUser:
        slate = self._ndcg_of(returned, shown)
        reranked = system.design.rerank.looks_at(system.design.slate) > 0
        ranked = self._ndcg_of(returned, returned.order()) if reranked else slate
        loss = Loss.between(self.best_ndcg(exact), self.best_ndcg(returned), ranked, slate)
        return PerUser(
            ndcg=slate,
            ndcg_observed=self._against_clicks(slates[:, :K]),
            recall=self.recall(returned),
            ann_recall=self.ann_recall(exact, returned),
            index_cost=self.ndcg(system, exact)[1] - slate,
            loss=loss,
            **judge_slates(self.panel, self._information(), slates),
        )

    def _information(self) -> NDArray[np.float64]:
        return self._large.of(
            "information", lambda: click_information(self.panel.world, self._store)
        )

    def _oracle_observed(self) -> float:
        """What the perfect slate scores against the clicks of the last day; NaN without any."""
        return self._large.of(
            "oracle observed",
            lambda: mean_estimate(self._against_clicks(self.panel.ideal_items)).value,
        )

    def _against_clicks(self, slates: NDArray[np.int64]) -> NDArray[np.float64]:
        """NDCG@10 against the clicks of the last day, (n,); NaN for users without any."""
        clicked, ideal = self._large.of("clicked", self._clicked)
        keys = keys_of(self.panel.rows_of(slates), slates, len(self.panel.world.items))
        hits = np.isin(keys, clicked).astype(np.float64)
        return np.where(ideal > 0, dcg_at_k(hits, K) / np.where(ideal > 0, ideal, 1.0), np.nan)

    def _clicked(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Keys of what was clicked on the last day, and the DCG of a slate that has them first,
        (n,)."""
        held_out, catalogue = self.panel.held_out, len(self.panel.world.items)
        counts = np.array([len(items) for items in held_out])
        rows = np.repeat(np.arange(len(held_out)), counts)
        keys = keys_of(rows, np.concatenate(held_out), catalogue)
        first = (np.arange(K) < counts[:, None]).astype(np.float64)
        return keys, dcg_at_k(first, K)

    def _judge(self, system: System, rows: NDArray[np.int64], items: NDArray[np.int32]) -> Judged:
        """Candidates of some rows, (m, width), each with its truth and scores."""
        table = self._place_table(system)
        if table is None:
            return self._from_books(system, rows, items)
        judged, absent = table.look_up(rows, items)
        if absent.any():
            row, place = np.nonzero(absent)
            found = self._from_books(system, rows[row], items[row, place][:, None])
            judged.relevance[row, place] = found.relevance[:, 0]
            judged.scores[row, place] = found.scores[:, 0]
            judged.generator_scores[row, place] = found.generator_scores[:, 0]
        return judged

    def _place_table(self, system: System) -> PlaceTable | None:
        """Once all is prepared, where the catalogue is not too large for it."""
        part, catalogue = system.design.fitted_part, len(self.panel.world.items)
        with self._lock:
            fits = part in self._prepared and len(self.panel) * catalogue <= MOST_CELLS
        if not fits:
            return None
        exact = self._exact_judged(system)
        return self._large.of(("places", *part), lambda: PlaceTable(exact, catalogue))

    def _from_books(
        self, system: System, rows: NDArray[np.int64], items: NDArray[np.int32]
    ) -> Judged:
        wide = items.astype(np.int64)
        places = np.broadcast_to(rows[:, None], wide.shape)
        order = order_of(places, wide, len(self.panel.world.items))
        scores, generator_scores = self._scores(system)
        return Judged(
            items=items,
            relevance=self._truth.look_up(places, wide, 0.0, order),
            scores=scores.look_up(places, wide, -np.inf, order),
            generator_scores=generator_scores.look_up(places, wide, -np.inf, order),
        )

    def _exact(self, system: System, progress: Progress = silent) -> NDArray[np.int32]:
        return self._store.part(
            part_key("exact-answers", self.panel.key, system.design.generator),
            Recipe(
                make=lambda report: exact_answers(system, self.panel, report),
                save=lambda part, directory: np.save(directory / "items.npy", part),
                load=lambda directory: np.load(directory / "items.npy", allow_pickle=False),
            ),
            progress,
        )

    def _scores(self, system: System) -> ScoreBooks:
        """The scores of pairs, as far as they are known; what is not is worked out when asked."""
        key = ("scores", *system.design.fitted_part)
        return self._large.of(key, lambda: known_scores(self.panel, system, self._store))

    def clicks(self, system: System, progress: Progress = silent) -> ClickFigures:
        """How well the system's ranker predicts the clicks of the last day."""
        progress("judging the last day's impressions", 0.0)
        design = system.design
        key = part_key("clicks", system.world.identity, *design.predicting)
        recipe = Recipe(
            make=lambda _: judge_clicks(system), save=save_click_figures, load=load_click_figures
        )
        return self._store.part(key, recipe)
