"""One request in words and rows: its steps, what each took, kept and cut, and what it comes to."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from engine.evaluation import LOSS_STAGES
from engine.measurement import WHOLE, Timing
from engine.pipeline import STAGES
from engine.walk import KEPT, Walk
from ui.controls import LABELS
from ui.view import Latency

ROWS = 100
"""Rows shown of what was kept, and as many of what was cut."""

_NEARLY = 0.9  # of the best slate

CATALOGUE, CANDIDATES, SCORED, RERANKED, SLATE = (
    "Catalogue",
    "Candidates",
    "Scored",
    "Re-ranked",
    "Slate",
)
_CUT_BY = {
    CATALOGUE: "generation",
    CANDIDATES: "index",
    SCORED: "ranking",
    RERANKED: "reranking",
}
_RANKS = {
    "generation": {"generation_rank": "rank", "generation_score": "score"},
    "index": {"index_rank": "rank", "generation_rank": "exact rank"},
    "ranking": {"ranking_rank": "rank", "ranking_score": "score", "index_rank": "candidate"},
    "reranking": {"reranking_rank": "place", "ranking_rank": "ranked"},
}


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds of a request. parts: stage of `STAGES` -> its part of the whole.

    requests : how many the median is over; 1 is the reading of this very request.
    """

    parts: dict[str, float]
    whole: float
    requests: int

    @property
    def kind(self) -> str:
        """What sort of number the times are."""
        if self.requests == 1:
            return "measured once, on this very request"
        return f"measured, median (p50) of {self.requests:,} requests one at a time"


def times_of(walk: Walk, timing: Timing | None) -> Times:
    """The stopwatch's medians where there are any, else the walk's own reading."""
    if timing is None:
        parts = {stage: walk.milliseconds[stage].value for stage in STAGES}
        return Times(parts, sum(parts.values()), 1)
    p50 = Latency.measured(timing).p50
    return Times({stage: p50[stage] for stage in STAGES}, p50[WHOLE], timing.requests)


@dataclass(frozen=True, slots=True)
class Step:
    """Where a request has come to.

    items : how many are left.
    does : what was done to come here, in two or three words; empty at the start.
    parts : stage of `STAGES` -> name of the real part that did it.
    """

    name: str
    items: int
    does: str
    parts: dict[str, str]


def steps(walk: Walk) -> tuple[Step, ...]:
    """From the catalogue to the slate; re-ranking only where the design re-ranks."""
    design = walk.system.design
    proposing = {"generation": label(design.generator.name)}
    if walk.system.index is not None:
        proposing["index"] = label(design.index.name)
    ranker = "no ranker" if design.ranker.name == "none" else label(design.ranker.name)
    candidates = len(walk.orders["index"])
    chain = [
        Step(CATALOGUE, walk.catalogue, "", {}),
        Step(CANDIDATES, candidates, "find likely items", proposing),
        Step(SCORED, candidates, "score each of them", {"features": "features", "ranking": ranker}),
    ]
    pool = design.rerank.looks_at(design.slate)
    if pool:
        by = {"reranking": label(design.rerank.name)}
        chain.append(Step(RERANKED, min(pool, candidates), "re-order these", by))
    chain.append(Step(SLATE, len(walk.slate), f"show the first {len(walk.slate)}", {}))
    return tuple(chain)


def label(part: str) -> str:
    """A part's name as the controls have it."""
    return LABELS.get(part, part)


def sentence(walk: Walk, times: Times) -> str:
    """What the request comes to, in Markdown."""
    best = len(walk.ideal)
    if not best:
        return "This user has clicked every item: nothing is left to show."
    found = walk.orders["index"]
    among, shown = (
        len(set(walk.ideal.tolist()) & set(items.tolist())) for items in (found, walk.slate)
    )
    first_stage = times.parts["generation"] + times.parts["index"]
    instead = ", the others nearly as good" if walk.ndcg >= _NEARLY and shown < best / 2 else ""
    return (
        f"Of **{walk.catalogue:,} items**, **{len(found):,}** reach the ranker within "
        f"**{milliseconds(first_stage)}**; **{among}** of this user's {best} truly best are among "
        f"them, **{shown}** {'is' if shown == 1 else 'are'} shown{instead}. {_losing(walk)}"
    )


def _losing(walk: Walk) -> str:
    worst = max(walk.loss, key=lambda stage: walk.loss[stage])
    if walk.loss[worst] < 0.0005:
        return "No quality is lost: nobody could make a better slate."
    name = "re-ranking" if worst == "reranking" else worst
    return (
        f"The slate is worth **{walk.ndcg:.2f}** of the best one possible (NDCG@10); most is lost "
        f"in **{name}** ({walk.loss[worst]:.2f})."
    )


def milliseconds(value: float) -> str:
    """A time to two digits, never less than a hundredth."""
    if value < 0.01:
        return "< 0.01 ms"
    return (
        f"{value:.2f} ms" if value < 1 else f"{value:.1f} ms" if value < 100 else f"{value:.0f} ms"
    )


@dataclass(frozen=True, slots=True, eq=False)
class StepRows:
    """What goes on from a step, and what ends there.

    line : what happens here, in Markdown.
    kept, cut : at most `ROWS` rows each, of so many.
    kept_title, cut_title : what the rows are, and how many of how many.
    """

    line: str
    kept: pd.DataFrame
    cut: pd.DataFrame
    kept_title: str
    cut_title: str


def rows_of(walk: Walk, step: str) -> StepRows:
    """The rows of a step by its name."""
    if step == SLATE:
        return _of_slate(walk)
    stage = _CUT_BY[step]
    rows = walk.rows(stage)
    going_on = rows["fate"] == KEPT
    kept, cut = rows[going_on], rows[~going_on]
    # The best of what was cut first: there lies what the stage lost.
    best_cut = cut.sort_values("relevance", ascending=False, kind="stable")
    return StepRows(
        line=_LINES[step](walk, len(cut)),
        kept=_shown(kept, _RANKS[stage]),
        cut=_shown(best_cut, _RANKS[stage], why=True),
        kept_title=f"**Kept**, by rank: {_so_many(len(kept))}",
        cut_title=f"**Cut**, truly best first: {_so_many(len(cut))}",
    )


def _of_slate(walk: Walk) -> StepRows:
    slate, ideal = walk.table(walk.slate), walk.table(walk.ideal)
    missed = ideal[ideal["fate"] != "shown"]
    ranks = {
        f"{LOSS_STAGES[-1]}_rank": "place",
        "ranking_rank": "ranked",
        "index_rank": "candidate",
    }
    ndcg = "not defined" if math.isnan(walk.ndcg) else f"{walk.ndcg:.3f}"
    return StepRows(
        line=f"The user sees these **{len(slate)}**. Against the ten truly best the slate's "
        f"NDCG@10 is **{ndcg}**; **{len(missed)}** of those ten are missing.",
        kept=_shown(slate, ranks),
        cut=_shown(missed, ranks, why=True),
        kept_title=f"**Shown**, in order: {_so_many(len(slate))}",
        cut_title=f"**Truly best, but missing**: {_so_many(len(missed))}",
    )


def _in_catalogue(walk: Walk, cut: int) -> str:
    clicked, pending = (len(banned) for banned in walk.left_out.values())
    return (
        f"**{label(walk.system.design.generator.name)}** guesses how well each item fits this "
        f"user; its best **{len(walk.survivors['generation']):,}** are to be found, **{cut:,}** "
        f"are cut. {clicked:,} that the user clicked before and {pending:,} not yet released may "
        "not be shown."
    )


def _in_candidates(walk: Walk, cut: int) -> str:
    design = walk.system.design
    if walk.system.index is None:
        generator = label(design.generator.name)
        return f"**{generator}** keeps a list: no search is needed, and nothing is cut."
    does = "searches the item vectors for them, and looks at a part only"
    if design.index.name == "exact":
        does = "compares the user with every item vector"
    return (
        f"**{label(design.index.name)}** {does}. It returns **{len(walk.orders['index']):,}** and "
        f"passes by **{cut:,}** that an exact search would have found."
    )


def _in_scored(walk: Walk, cut: int) -> str:
    ranker = walk.system.design.ranker.name
    scorer = f"**{label(ranker)}** scores each candidate from its features"
    if ranker == "none":
        scorer = "Without a ranker the candidates keep the generator's order"
    going_on = len(walk.survivors["ranking"])
    return f"{scorer}; the best **{going_on}** go on, **{cut:,}** are cut."


def _in_reranked(walk: Walk, cut: int) -> str:
    return (
        f"The **{label(walk.system.design.rerank.name)}** choose the slate from the best ranked, "
        f"for variety and freshness: **{cut}** of the {len(walk.survivors['ranking'])} best "
        f"ranked {'makes' if cut == 1 else 'make'} way for others."
    )


_LINES = {
    CATALOGUE: _in_catalogue,
    CANDIDATES: _in_candidates,
    SCORED: _in_scored,
    RERANKED: _in_reranked,
}


def _shown(rows: pd.DataFrame, ranks: dict[str, str], why: bool = False) -> pd.DataFrame:
    known = [rank for rank in ranks if not len(rows) or rows[rank].notna().any()]
    columns = {
        **{rank: ranks[rank] for rank in known[:1]},
        "title": "title",
        "relevance": "true relevance",
        "true_rank": "true rank",
        **({"why": "why"} if why else {}),
        "topic": "topic",
        **{rank: ranks[rank] for rank in known[1:]},
    }
    return rows.head(ROWS)[list(columns)].rename(columns=columns)


def _so_many(n: int) -> str:
    return f"all {n:,}" if n <= ROWS else f"{ROWS} of {n:,}"
