"""Which configurations a study measures."""

from __future__ import annotations

from collections import Counter

import pytest

from engine.index import HNSW, INDEXES, IVFPQ, Exact
from engine.retrieval import by_build, index_configs
from engine.retrieval.grid import search_widths


@pytest.mark.parametrize("k", [10, 100, 300, 1_000])
def test_sixty_or_more_over_all_types_on_the_default_catalogue(k: int) -> None:
    configs = index_configs(k, 20_000, 64)
    kinds = Counter(config.name for config in configs)
    assert len(configs) == len(set(configs)) >= 60
    assert list(kinds) == list(INDEXES)
    assert kinds["exact"] == 1
    assert min(kinds["hnsw"], kinds["ivfflat"], kinds["ivfpq"]) >= 15


@pytest.mark.parametrize(("n", "d"), [(2, 1), (300, 16), (1_000, 50), (20_000, 64)])
def test_each_can_be_built_whatever_the_catalogue(n: int, d: int) -> None:
    configs = index_configs(100, n, d)
    assert len(set(configs)) == len(configs)
    for config in configs:
        assert config.repaired(n, d) == (config, [])


@pytest.mark.parametrize("k", [1, 7, 100, 333, 100_000 // 4])
def test_no_search_is_narrower_than_what_is_asked_for(k: int) -> None:
    widths = search_widths(k)
    assert widths[0] == k
    assert widths == sorted(set(widths))
    assert widths[-1] >= min(4 * k, 800)


def test_those_of_one_build_stand_together_once() -> None:
    a, b, c = HNSW(M=8, ef_search=10), HNSW(M=8, ef_search=20), HNSW(M=9)
    assert by_build([a, c, Exact(), b]) == [[a, b], [c], [Exact()]]
    groups = by_build(index_configs(300, 20_000, 64))
    assert len(groups) == 1 + 4 + 4 + 2
    for group in groups:
        assert len({config.build_part for config in group}) == 1
    assert IVFPQ(nprobe=8, refine=0) in next(g for g in groups if IVFPQ(nprobe=8) in g)
