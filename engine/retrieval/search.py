"""The search of one design, measured."""

from __future__ import annotations

from engine.design import Design
from engine.progress import Progress, silent, within
from engine.retrieval.data import VectorData
from engine.retrieval.points import IndexPoint
from engine.retrieval.study import measure_group
from engine.retrieval.vectors import open_vectors
from engine.store import PartStore, default_store
from engine.world import World


def measure_search(
    world: World,
    design: Design,
    vectors: VectorData | None = None,
    progress: Progress | None = None,
    store: PartStore | None = None,
) -> IndexPoint:
    """What the design's index finds when it is asked for the design's candidates, and how fast.

    Each of up to 1,000 queries asks once; those of users ask in the order of the panel.

    Parameters
    ----------
    vectors : what is searched; by default the vectors of the design's generator.
    progress : called with what is running and the share done, 0 to 1.

    Raises
    ------
    ValueError : an index that cannot be built on these vectors.
    """
    progress, store = progress or silent, store or default_store()
    chosen = open_vectors(
        vectors or VectorData(), world, design.generator, store, within(progress, 0.0, 0.4)
    )
    share = within(progress, 0.4, 1.0)
    (point,) = measure_group(chosen, [design.index], design.candidates, world, store, share)
    return point
