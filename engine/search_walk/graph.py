"""The graph that hnswlib built, read out of its own memory."""

import threading
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from engine.index.hnsw import HNSWIndex
from engine.search_walk.record import Distances, Ids

_WORD = 4  # bytes of a link and of a list's length


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """Links of every vector on every layer, as they stand in the index.

    Attributes
    ----------
    entry : where each search starts, on the highest layer.
    levels : int32 [n], the highest layer of each vector; each is on all layers below as well.
    ground : uint32 [n, 1 + 2M], layer 0: how many neighbours, then who; the rest is unused.
    upper : uint32 [blocks, 1 + M], the same for the layers above.
    first_block : int64 [n], where the blocks of a vector begin: one for each layer from 1.
    """

    entry: int
    levels: NDArray[np.int32]
    ground: NDArray[np.uint32]
    upper: NDArray[np.uint32]
    first_block: NDArray[np.int64]
    ruler: Any
    """An `hnswlib.BFIndex` over the same vectors: it measures with hnswlib's own function."""

    @property
    def top(self) -> int:
        """The highest layer."""
        return int(self.levels[self.entry])

    @property
    def layer_sizes(self) -> tuple[int, ...]:
        """Vectors on each layer, from layer 0 up."""
        of_layer = np.bincount(self.levels, minlength=self.top + 1)
        return tuple(of_layer[::-1].cumsum()[::-1].tolist())

    def neighbours(self, node: int, layer: int) -> Ids:
        """Who ``node`` is linked to on ``layer``, int64, in the order in which hnswlib looks."""
        row = self.ground[node] if layer == 0 else self.upper[self.first_block[node] + layer - 1]
        neighbours: Ids = row[1 : 1 + int(row[0])].astype(np.int64)
        return neighbours

    def distances(self, query: NDArray[np.float32]) -> Distances:
        """Distance of every vector to ``query``, float32 [n], to the last bit as hnswlib's walk
        sees it: sums in another order would now and then turn another way."""
        ids, distances = self.ruler.knn_query(query, k=len(self.levels), num_threads=1)
        of_all = np.empty(len(self.levels), np.float32)
        of_all[ids[0].astype(np.int64)] = distances[0]
        return of_all


_read: WeakKeyDictionary[Any, Graph] = WeakKeyDictionary()
_reading = threading.Lock()


def read_graph(index: HNSWIndex) -> Graph:
    """The graph of ``index``; read once per build and kept as long as the build is.

    Raises
    ------
    ValueError
        If vectors were deleted from it, or inserted under names other than 0 to n - 1.
    """
    with _reading:
        if index.graph not in _read:
            with index.lock:
                # hnswlib copies its whole memory: nobody may search or change ef meanwhile.
                (state,) = index.graph.__getstate__()
            _read[index.graph] = _parsed(state)
        return _read[index.graph]


def _parsed(state: dict[str, Any]) -> Graph:
    n, width = state["cur_element_count"], state["size_data_per_element"]
    if state["has_deletions"]:
        raise ValueError("index: vectors were deleted from it; it must hold all that it was given")
    rows = state["data_level0"][: n * width].reshape(n, width)
    labels = _cut(rows, state["label_offset"], 8).view(np.uint64)[:, 0]
    if not np.array_equal(labels, np.arange(n)):
        raise ValueError("index: its vectors must have been inserted as 0 to n - 1, in order")
    levels = state["element_levels"][:n].astype(np.int32)
    upper = state["link_lists"].view(np.uint32)
    return Graph(
        entry=int(state["enterpoint_node"]),
        levels=levels,
        ground=_counted(_cut(rows, state["offset_level0"], state["offset_data"]).view(np.uint32)),
        upper=_counted(upper.reshape(-1, state["size_links_per_element"] // _WORD)),
        first_block=np.concatenate(([0], np.cumsum(levels)[:-1])).astype(np.int64),
        ruler=_ruler(_cut(rows, state["offset_data"], _WORD * state["dim"]).view(np.float32)),
    )


def _cut(rows: NDArray[np.int8], first: int, length: int) -> NDArray[np.int8]:
    return np.ascontiguousarray(rows[:, first : first + length])


def _counted(lists: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """The lists with nothing but their length in front: above it hnswlib keeps a mark."""
    counted = lists.copy()
    counted[:, 0] &= 0xFFFF
    counted.flags.writeable = False
    return counted


def _ruler(vectors: NDArray[np.float32]) -> Any:
    import hnswlib  # imported late: reading a record needs no library

    ruler = hnswlib.BFIndex(space="ip", dim=vectors.shape[1])
    ruler.init_index(len(vectors))
    ruler.add_items(vectors, np.arange(len(vectors)))
    return ruler
