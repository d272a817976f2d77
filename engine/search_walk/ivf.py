"""A search through the lists of an IVF index, list by list, as Faiss makes it.

Jégou, Douze and Schmid, "Product quantization for nearest neighbor search", 2011, section IV. The
cells, their order and every score are Faiss's own; the best are kept by its rule: a newcomer must
beat the worst kept, and of equal ones at the end the smaller id goes.
"""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.index.contract import Scores, Vectors, check_k, check_query
from engine.index.inverted import pin_faiss, probing, search_lists
from engine.index.ivfflat import IVFFlatIndex
from engine.index.ivfpq import IVFPQIndex
from engine.search_walk.record import Ids, SearchWalk
from engine.topk import best_first


@dataclass(frozen=True, slots=True, eq=False)
class Probe:
    """One cell searched.

    Attributes
    ----------
    cell, score, size : which list, its centroid's inner product with the query, items in it.
    entered, evicted : int64, who is among the best kept after this cell and was not before,
        nearest first, and who no longer is.
    kept : how many are kept after it.
    best, worst : smallest and largest distance kept, by codes where the index holds codes.
    scanned : items scanned since the start of the search, this cell's included.
    """

    cell: int
    score: float
    size: int
    entered: Ids
    evicted: Ids
    kept: int
    best: float
    worst: float
    scanned: int


@dataclass(frozen=True, slots=True, eq=False)
class IVFWalk(SearchWalk):
    """A search of an IVF-Flat or IVF-PQ index (see `SearchWalk`).

    Attributes
    ----------
    coded : whether items are kept as codes, so that scores in the cells are approximate.
    depth : how many are kept over the cells: k, or refine times k.
    refined : whether the best by codes were scored again with their vectors.
    cells : int64 [n], the cell of each item.
    cell_scores : float32 [nlist], each centroid's inner product with the query; all are computed.
    probes : the cells searched, best centroid first.
    candidates, approximate : int64 and float32 [c], the best kept at the end and their scores by
        codes, best first.
    exact : float32 [c], the scores of the candidates with their vectors, where refined; else empty.
    """

    kind: ClassVar[str] = "ivf"

    coded: bool
    depth: int
    refined: bool
    cells: Ids
    cell_scores: NDArray[np.float32]
    probes: tuple[Probe, ...]
    candidates: Ids
    approximate: Scores
    exact: Scores

    @property
    def nlist(self) -> int:
        """How many cells there are."""
        return len(self.cell_scores)

    @property
    def nprobe(self) -> int:
        """How many of them are searched."""
        return len(self.probes)

    @property
    def scanned(self) -> int:
        """Items in the cells searched: each was scored, by its code where there are codes."""
        return self.probes[-1].scanned

    @property
    def computed(self) -> int:
        return self.nlist + (len(self.exact) if self.coded else self.scanned)

    @property
    def touched(self) -> Ids:
        by_cell = [np.flatnonzero(self.cells == probe.cell) for probe in self.probes]
        return np.concatenate(by_cell).astype(np.int64)

    @property
    def risen(self) -> Ids:
        """Items in the answer that the codes alone would have left out; int64, best first."""
        return self.ids[~np.isin(self.ids, self.candidates[: self.k])]

    @property
    def fallen(self) -> Ids:
        """Items among the best k by codes that the exact scores put out; int64, best first."""
        first = self.candidates[: self.k]
        return first[~np.isin(first, self.ids)]

    @property
    def missed_cells(self) -> Ids:
        """Of `missed`, those in cells that were not searched."""
        missed = self.missed
        return missed[~np.isin(self.cells[missed], [probe.cell for probe in self.probes])]

    @property
    def missed_codes(self) -> Ids:
        """Of `missed`, those that were scanned, and whose codes placed them too low."""
        missed = self.missed
        return missed[~np.isin(missed, self.missed_cells)]


class _Kept(NamedTuple):
    """The best so far as a heap of (score, id), the worst first."""

    heap: list[tuple[float, int]]
    depth: int

    def offer(self, ids: Ids, scores: Scores) -> tuple[Ids, Ids]:
        """Let a cell's items in; who came, best first, and who went."""
        before = {item for _, item in self.heap}
        for score, item in zip(scores.tolist(), ids.tolist(), strict=True):
            if len(self.heap) < self.depth:
                heapq.heappush(self.heap, (score, item))
            elif score > self.heap[0][0]:
                heapq.heapreplace(self.heap, (score, item))
        after = [item for _, item in sorted(self.heap, reverse=True)]
        entered = [item for item in after if item not in before]
        return np.array(entered, np.int64), np.array(sorted(before - set(after)), np.int64)


def walk_ivf(index: IVFPQIndex | IVFFlatIndex, query: Vectors, k: int) -> IVFWalk:
    """Search ``index`` for the k nearest of ``query`` and record every cell."""
    query, k = check_query(query, index.dim), check_k(k, index.size)
    coded, refine = isinstance(index, IVFPQIndex), 0
    if isinstance(index, IVFPQIndex):
        lists, refine = index.codes, index.config.refine
        all_scores = index.vectors @ query
    else:
        lists = index.lists
        all_scores = _scores_of_all(lists, query, index.size)
    ivf = pin_faiss().extract_index_ivf(lists)
    kept = _Kept([], min(k * max(refine, 1), index.size))
    cell_scores, order = _scored_cells(ivf, query)
    probes = tuple(_probes(ivf, query, cell_scores, order[: index.config.nprobe], kept))
    by_code = sorted(kept.heap, reverse=True)
    candidates = np.array([item for _, item in by_code], np.int64)
    approximate = np.array([score for score, _ in by_code], np.float32)
    ids, scores, exact = candidates[:k], approximate[:k], np.empty(0, np.float32)
    if isinstance(index, IVFPQIndex) and refine:
        rows = np.sort(candidates)  # as the index does: sums in another order differ at the end
        of_rows = index.vectors[rows] @ query
        best = best_first(of_rows, k)
        ids, scores = rows[best], of_rows[best]
        exact = of_rows[np.searchsorted(rows, candidates)]
    return IVFWalk(
        k=k,
        query=query,
        ids=ids,
        scores=scores,
        distances=np.float32(1) - all_scores,
        coded=coded,
        depth=kept.depth,
        refined=bool(refine),
        cells=_cells(ivf, index.size),
        cell_scores=cell_scores,
        probes=probes,
        candidates=candidates,
        approximate=approximate,
        exact=exact,
    )


def _scored_cells(ivf: Any, query: Vectors) -> tuple[Scores, Ids]:
    """Each centroid's score, float32 [nlist], and the cells in the order of searching them."""
    scores, order = ivf.quantizer.search(query[np.newaxis], ivf.nlist)
    of_cell = np.empty(ivf.nlist, np.float32)
    of_cell[order[0]] = scores[0]
    return of_cell, order[0]


def _probes(
    ivf: Any, query: Vectors, cell_scores: Scores, cells: Ids, kept: _Kept
) -> Iterator[Probe]:
    scanned = 0
    for cell in cells.tolist():
        ids = _list(ivf, cell)
        entered, evicted = kept.offer(ids, _scan(ivf, query, cell, cell_scores[cell], ids))
        scanned += len(ids)
        best = max(kept.heap, default=(-np.inf, -1))[0]
        worst = kept.heap[0][0] if kept.heap else -np.inf
        yield Probe(
            cell=cell,
            score=float(cell_scores[cell]),
            size=len(ids),
            entered=entered,
            evicted=evicted,
            kept=len(kept.heap),
            best=1.0 - best,
            worst=1.0 - worst,
            scanned=scanned,
        )


def _scan(ivf: Any, query: Vectors, cell: int, cell_score: np.float32, ids: Ids) -> Scores:
    """Faiss's own score of every item of one list, in the list's order."""
    if not len(ids):
        return np.empty(0, np.float32)
    pointer = pin_faiss().swig_ptr
    cells, of_cells = np.array([cell], np.int64), np.array([cell_score], np.float32)
    scores, found = np.empty(len(ids), np.float32), np.empty(len(ids), np.int64)
    # The comfortable form of this call takes no nprobe of its own, and must not set the index's.
    ivf.search_preassigned_c(
        1,
        pointer(query),
        len(ids),
        pointer(cells),
        pointer(of_cells),
        pointer(scores),
        pointer(found),
        False,
        probing(1),
    )
    order = np.argsort(found)
    places: NDArray[np.int64] = order[np.searchsorted(found, ids, sorter=order)]
    return scores[places]


def _list(ivf: Any, cell: int) -> Ids:
    size = ivf.invlists.list_size(cell)
    if not size:
        return np.empty(0, np.int64)
    ids: Ids = pin_faiss().rev_swig_ptr(ivf.invlists.get_ids(cell), size).copy()
    return ids


def _cells(ivf: Any, n: int) -> Ids:
    cells = np.empty(n, np.int64)
    for cell in range(ivf.nlist):
        cells[_list(ivf, cell)] = cell
    return cells


def _scores_of_all(lists: Any, query: Vectors, n: int) -> Scores:
    """Every item's score, as a search of all lists has it."""
    ids, scores = search_lists(lists, query, n, probing(lists.nlist))
    of_all = np.empty(n, np.float32)
    of_all[ids] = scores
    return of_all
