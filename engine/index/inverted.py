"""What the indexes by Faiss have in common: vectors filed in lists, a few of them searched."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Protocol, TypeVar

import numpy as np

from engine.index.contract import Ids, IndexConfig, Scores, Vectors, check_int
from engine.index.storage import damaged
from engine.knobs import Knob

LIST_KNOBS = {
    "nlist": Knob(1, 65_536, "lists that the vectors are filed in"),
    "nprobe": Knob(1, 65_536, "lists searched for a query"),
}
Impossible = tuple[str, int, str]
"""A knob that a catalogue cannot serve: its name, the nearest value, the reason."""
Config = TypeVar("Config", bound=IndexConfig)


class Listed(Protocol):
    """A configuration that files vectors in lists."""

    name: ClassVar[str]

    @property
    def nlist(self) -> int:
        """How many lists there are."""
        ...

    @property
    def nprobe(self) -> int:
        """How many of them a query searches."""
        ...


def pin_faiss() -> Any:
    """Faiss, held to one thread. Imported late: a configuration needs no library.

    OpenMP keeps the number of threads per calling thread, so each search sets it anew (this
    takes 0.1 microseconds).
    """
    import faiss

    faiss.omp_set_num_threads(1)
    return faiss


def probing(nprobe: int) -> Any:
    """nprobe, to go along with one search: set on the index, it would bind all its views."""
    return pin_faiss().SearchParametersIVF(nprobe=nprobe)


def search_lists(lists: Any, query: Vectors, k: int, params: Any) -> tuple[Ids, Scores]:
    """The best k in the lists that ``params`` name; fewer where these hold fewer."""
    faiss = pin_faiss()
    query = np.ascontiguousarray(query)
    scores, ids = np.empty(k, np.float32), np.empty(k, np.int64)
    pointer = faiss.swig_ptr
    # What `lists.search` comes down to; its checks of what is checked already take 8 microseconds.
    lists.search_c(1, pointer(query), k, pointer(scores), pointer(ids), params)
    # Faiss pads with -1 at the end where the lists hold fewer.
    found = k if ids[-1] >= 0 else np.count_nonzero(ids >= 0)
    return ids[:found], scores[:found]


def seeded(clustering: Any, seed: int) -> None:
    """Seed a clustering of Faiss, and keep it silent on small catalogues.

    They are wanted here; Faiss would warn on stderr below 39 points a centroid.
    """
    clustering.seed = seed
    clustering.min_points_per_centroid = 1


def read_lists(path: Path) -> Any:
    """What `write_index` wrote; ValueError names a damaged file."""
    faiss = pin_faiss()
    try:
        return faiss.read_index(str(path))
    except RuntimeError as error:
        raise damaged(path) from error


def check_nprobe(config: Listed) -> None:
    """Raise ValueError if more lists are to be searched than there are."""
    if config.nprobe > config.nlist:
        raise ValueError(f"nprobe={config.nprobe}: must be at most nlist={config.nlist}")


def impossible_lists(config: Listed, n: int) -> list[Impossible]:
    """What of nlist and nprobe n vectors cannot serve."""
    check_int("n", n, 1, 2**31)
    found = []
    nlist = min(config.nlist, n)
    if nlist != config.nlist:
        found.append(("nlist", nlist, f"{n:,} vectors cannot fill {config.nlist:,} lists"))
    if config.nprobe > nlist:
        found.append(("nprobe", nlist, f"Only {nlist:,} lists exist"))
    return found


def refuse(config: IndexConfig, found: Sequence[Impossible]) -> None:
    """Raise ValueError for the first knob that cannot be served."""
    for knob, value, why in found:
        raise ValueError(f"{knob}={getattr(config, knob)}: {why}; the nearest is {value}")


def repair(config: Config, found: Sequence[Impossible]) -> tuple[Config, list[str]]:
    """The configuration with each knob at its nearest value, and a line for each repair."""
    lines = [
        f"{why}: {knob} is now {value} (was {getattr(config, knob)})." for knob, value, why in found
    ]
    knobs: dict[str, Any] = {knob: value for knob, value, _ in found}
    return replace(config, **knobs), lines
