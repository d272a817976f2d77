"""One sentence on whether anything that was measured beats the design shown."""

from __future__ import annotations

from itertools import chain

from ui.frontier_points import Point, twin_of
from ui.versus import signed


def frontier_sentence(points: tuple[Point, ...], here: Point | None) -> str:
    """Whether anything measured beats this design. Markdown.

    Times of different machines and days do not compare: the shipped designs are held against
    this design as it shipped, those of this visit against it as it was measured here.
    """
    if here is None:
        return "This design was not timed, so it has no place here."
    pairs = [
        [(here, point) for point in points if point.source == "this visit"],
        [(twin, point) for twin in [twin_of(here, points)] if twin
         for point in points if point.source == "shipped" and point is not twin],
    ]  # fmt: skip
    if here.source == "preview":
        pairs = pairs[1:]
    compared = list(chain.from_iterable(pairs))
    if not compared:
        return _nothing_to_compare(points, here)
    beaten_by = [(mine, point) for mine, point in compared if _beats(point, mine)]
    if not beaten_by:
        others = "1 other" if len(compared) == 1 else f"{len(compared):,} others"
        return (
            f"**Nothing measured beats this design**: of {others} timed beside it none is as good "
            "and as fast."
        )
    return _beaten(beaten_by)


def _beats(point: Point, mine: Point) -> bool:
    """As good, and faster. At the median too: p95 alone may be what else the machine did."""
    return point.ndcg >= mine.ndcg and point.p95 < mine.p95 and point.p50 < mine.p50


def _nothing_to_compare(points: tuple[Point, ...], here: Point) -> str:
    if here.source == "preview":
        return "This design takes its place once it is measured."
    if any(point.source == "shipped" for point in points):
        return (
            "The shipped grid does not hold this design, and was timed at another time: compare "
            "NDCG with it, not milliseconds."
        )
    return "The first design of this visit: the next ones are compared with it."


def _beaten(beaten_by: list[tuple[Point, Point]]) -> str:
    """The best gain that is more than noise, else the fastest that is as good."""
    clear = [pair for pair in beaten_by if pair[1].low > pair[0].high]
    if clear:
        mine, other = max(clear, key=lambda pair: pair[1].ndcg - pair[0].ndcg)
        gain = f"gives **{signed(other.ndcg - mine.ndcg)} NDCG** at less p95"
    else:
        mine, other = min(beaten_by, key=lambda pair: pair[1].p95 / pair[0].p95)
        gain = f"is as good ({signed(other.ndcg - mine.ndcg)} NDCG, inside the noise) at less p95"
    where = "In the shipped grid" if other.source == "shipped" else "In this visit"
    return f"{where} **{other.name}** {gain}: {_ms(other)} instead of {_ms(mine)} ms."


def _ms(point: Point) -> str:
    return f"{point.p95:.2f}" if point.p95 < 1 else f"{point.p95:.1f}"
