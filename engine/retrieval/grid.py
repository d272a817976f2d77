"""Which configurations of the indexes a study measures."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from engine.index import HNSW, IVFPQ, Exact, IndexConfig, IVFFlat

_LINKS = (8, 16, 32, 48)
_WIDTHS = 5
_WIDEST = 800
_LISTS = (32, 64, 128, 256)
_SHARES = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 3 / 4, 7 / 8, 1)
_CODED = ((64, 8), (64, 16))
_CODED_PROBES = (8, 16, 32, 48)
_REFINED = (0, 2, 4)


def index_configs(k: int, n: int, d: int) -> list[IndexConfig]:
    """The grid for a search of k among n vectors of d dimensions; equal builds stand together.

    73 configurations where n and d allow all of them: exact search; HNSW over M and ef_search,
    from k on, below which it has no effect; IVF-Flat over nlist and nprobe, up to all lists;
    IVF-PQ over the size of its codes, nprobe and refine.
    """
    everything: list[IndexConfig] = [Exact()]
    everything += [HNSW(M=links, ef_search=ef) for links in _LINKS for ef in search_widths(k)]
    everything += [
        IVFFlat(nlist=lists, nprobe=int(share * lists)) for lists in _LISTS for share in _SHARES
    ]
    everything += [
        IVFPQ(nlist=lists, nprobe=probes, m=parts, refine=refine)
        for lists, parts in _CODED
        for probes in _CODED_PROBES
        for refine in _REFINED
    ]
    possible = (config.repaired(n, d)[0] for config in everything)
    return list(dict.fromkeys(possible))


def search_widths(k: int) -> list[int]:
    """Values of ef_search from k up, evenly spread by ratio, to two digits."""
    widths = np.geomspace(k, max(4 * k, _WIDEST), _WIDTHS)
    steps = 10.0 ** np.maximum(np.floor(np.log10(widths)) - 1, 0)
    rounded = (np.round(widths / steps) * steps).astype(int)
    return sorted({max(k, int(width)) for width in rounded})


def by_build(configs: Iterable[IndexConfig]) -> list[list[IndexConfig]]:
    """Configurations that share one built index, group by group, in the order given."""
    groups: dict[IndexConfig, list[IndexConfig]] = {}
    for config in configs:
        groups.setdefault(config.build_part, []).append(config)
    return list(groups.values())
