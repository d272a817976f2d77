"""Why this item: what the ranker believed of it, and what is true."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import streamlit as st

from engine.design import Design
from engine.explanation import Explanation, explain_in
from engine.scenario import Scenario
from engine.walk import Fate, Walk
from ui import facts, why_chart
from ui.controls import LABELS
from ui.facts import NONE, Fact
from ui.live_figure import live_figure
from ui.names import describe, in_short
from ui.prepared import Prepared
from ui.slate import walked
from ui.versus import signed
from ui.write_up.say import heading, say
from ui.write_up.shown import afresh

_ITEM, _OF = "why_item", "why_of"
_HEIGHT = 400
_MOST_KEPT = 64
_TELLING = 0.1  # log-odds from which on two charts may be said to contradict each other
_METHODS = {
    "gbdt": "Shapley values of the trees (LightGBM's pred_contrib)",
    "lambdarank": "Shapley values of the trees (LightGBM's pred_contrib)",
    "logistic": "coefficient × prepared feature",
    "fm": "weights, and half of each product to either feature",
    "dcn": "Shapley values, by sampled orders of the features",
    "prior": "one click rate for all: no feature counts",
    "none": "the generator's score as it is",
}
_PART_OF = {
    "generator_score": "affinity",
    "topic_taste": "affinity",
    "declared_match": "affinity",
    "item_click_rate": "quality",
    "item_log_clicks": "quality",
    "item_log_shown": "quality",
    "log_duration": "duration",
    "duration_gap": "duration",
    "item_age": "freshness",
}
"""Which part of the truth a feature tells of. A topic tells of several, and has none here."""


@dataclass(frozen=True, slots=True)
class Why:
    """An item of a request, with what its ranks are out of.

    design : whose request it is.
    log_odds : whether contributions are log-odds; else they are scores.
    would_rank : the ranker's rank, or for an item that is no candidate the one it would have had.
    proposed, returned, allowed : items that the generator put in order, that the index returned,
        and that the user may be shown.
    has_index : whether there is one to ask.
    behind : of an item that is not shown, feature -> what it adds less what it adds to the items
        of the slate, in the mean; empty for one that is.
    """

    explanation: Explanation
    design: Design
    log_odds: bool
    would_rank: int
    proposed: int
    returned: int
    allowed: int
    has_index: bool
    behind: dict[str, float]


def show_why(ready: Prepared, scenario: Scenario) -> None:
    """One item of the slate, or one that it missed, from its features to its fate."""
    with st.container(key="why"):
        heading("Why this item?")
        _why(ready, scenario)


@st.fragment
def _why(ready: Prepared, scenario: Scenario) -> None:
    """In a fragment of its own: another item leaves the rest of the page alone."""
    afresh()
    seen = walked(ready, scenario.design, scenario.user)
    labels = choices(seen)
    if not labels:
        say("This user has clicked every item: there is none to explain.")
        return
    _start_at_the_top(scenario, next(iter(labels)))
    chooser, words = st.columns([1, 2], vertical_alignment="bottom", gap="medium")
    with chooser:
        chosen = st.selectbox("Item", list(labels), key=_ITEM)
    why = why_of(ready, scenario.design, scenario.user, labels[chosen])
    with words:
        say(sentence(why))
    facts.show(ranks(why))
    _charts(why)


def choices(seen: Walk) -> dict[str, int]:
    """Label -> item: the slate, then those of the ten truly best that it missed."""
    title, slate = seen.system.world.items.title, seen.slate.tolist()
    labels = {f"{place}. {title[item]}": item for place, item in enumerate(slate, start=1)}
    missed = {
        f"missed, truly {ordinal(place)}: {title[item]}": item
        for place, item in enumerate(seen.ideal.tolist(), start=1)
        if item not in slate
    }
    return labels | missed


@lru_cache(maxsize=_MOST_KEPT)
def why_of(ready: Prepared, design: Design, user: int, item: int) -> Why:
    """An item of a user's request explained, once for each."""
    return why_in(walked(ready, design, user), item)


def why_in(seen: Walk, item: int) -> Why:
    """An item of a request explained."""
    explanation = explain_in(seen, item)
    rank = explanation.ranking_rank
    ahead = np.count_nonzero(seen.scores["ranking"] > explanation.ranking_score)
    return Why(
        explanation=explanation,
        design=seen.system.design,
        log_odds=seen.system.ranker.gives_probabilities,
        would_rank=int(ahead) + 1 if rank is None else rank,
        proposed=len(seen.orders["generation"]),
        returned=len(seen.orders["index"]),
        allowed=len(seen.ascending),
        has_index=seen.system.index is not None,
        behind={} if explanation.slate_rank else _behind(seen, explanation),
    )


def _behind(seen: Walk, explanation: Explanation) -> dict[str, float]:
    if not len(seen.slate):
        return {}
    table = seen.system.features.table(seen.user, seen.slate, seen.at)
    values, names, _ = seen.system.ranker.contributions(table)
    of_slate = dict(zip(names, values.mean(axis=0).tolist(), strict=True))
    return {name: adds - of_slate[name] for name, adds in explanation.contributions.items()}


def sentence(why: Why) -> str:
    """Who put the item where, for what, and what is true. Markdown."""
    return " ".join(filter(None, [_placing(why), _truth(why.explanation), _contradiction(why)]))


def ranks(why: Why) -> list[Fact]:
    """The item's way through the request, and its truth."""
    seen = why.explanation
    missing = f"would be {ordinal(why.would_rank)}"
    return [
        _rank("Generator rank", seen.generation_rank, f"of {why.proposed:,}", "not proposed"),
        _rank(
            "Index rank",
            seen.index_rank if why.has_index else None,
            f"of {why.returned:,} returned",
            "not returned" if why.has_index else "no index",
        ),
        _rank("Ranker rank", seen.ranking_rank, f"of {why.returned:,} candidates", missing),
        _rank("Slate rank", seen.slate_rank, "shown", seen.why),
        _rank("True rank", seen.true_rank, f"simulated, of {why.allowed:,}", "left out"),
        Fact(
            "True relevance",
            f"{seen.relevance:.3f}",
            "simulated",
            "The probability that this user likes the item, once seen",
        ),
    ]


def ordinal(rank: int) -> str:
    """1st, 2nd, 3rd, 11th, 1,022nd."""
    ending = {1: "st", 2: "nd", 3: "rd"}.get(rank % 10, "th")
    return f"{rank:,}{'th' if rank % 100 in (11, 12, 13) else ending}"


def _start_at_the_top(scenario: Scenario, first: str) -> None:
    """Another user or design has another slate: begin with its first item."""
    of = (scenario.world, scenario.design, scenario.user)
    if st.session_state.get(_OF) != of:
        st.session_state[_OF], st.session_state[_ITEM] = of, first


def _charts(why: Why) -> None:
    seen, design = why.explanation, in_short(why.design)
    about = f"“{seen.title}” for user {seen.user:,}. {describe(why.design)}"
    method = _METHODS.get(why.design.ranker.name, "as the ranker takes its score apart")
    left, right = st.columns([3, 2], gap="large")
    with left:
        live_figure(
            why_chart.believed(seen, why.log_odds),
            key="why_believed",
            height=_HEIGHT,
            alt=f"What each feature adds to the ranker's score of {about}",
            filename="why-believed",
            table=why_chart.believed_table(seen),
            caption=f"{method} · “the request”: user, hour, position, alike for all · {design}",
        )
    with right:
        live_figure(
            why_chart.true(seen),
            key="why_true",
            height=_HEIGHT,
            alt=f"What each part adds to the true relevance of {about}",
            filename="why-true",
            table=why_chart.true_table(seen),
            caption=f"simulated: the world's own formula, which no model sees · {design}",
        )


def _placing(why: Why) -> str:
    seen, ranker = why.explanation, why.design.ranker.name
    name = LABELS.get(ranker, ranker)
    if ranker == "none":
        if seen.ranking_rank is None:
            return f"It never became a candidate: {seen.why}."
        return f"Without a ranker the generator's score puts it **{ordinal(why.would_rank)}**."
    if seen.ranking_rank is None:
        would = f"would have put it **{ordinal(why.would_rank)}**"
        return f"{_capital(name)} never saw it ({seen.why}); it {would}{_shortfall(why)}."
    place = f"**{ordinal(seen.ranking_rank)}** of {why.returned:,}"
    if seen.fate is Fate.RANKING:
        return f"{_capital(name)} puts it only {place}{_shortfall(why)}."
    text = f"{_capital(name)} puts it {place}, {_strength(why)}."
    if seen.fate is Fate.RERANKING:
        return f"{text} Re-ranking took it out of the slate."
    if seen.slate_rank != seen.ranking_rank:
        return f"{text} Re-ranking moved it to **{ordinal(seen.slate_rank or 0)}**."
    return text


def _strength(why: Why) -> str:
    """The feature of the item that adds most."""
    of_item = _of_item(why.explanation.contributions)
    name = max(of_item, key=lambda name: of_item[name], default="")
    if not name or of_item[name] <= 0:
        return "with no feature of the item for it"
    return f"mainly for {_with_number(name, of_item[name])}"


def _shortfall(why: Why) -> str:
    """The feature in which the item falls behind the slate most."""
    of_item = _of_item(why.behind)
    name = min(of_item, key=lambda name: of_item[name], default="")
    if not name or of_item[name] >= 0:
        return ""
    return f"; it is behind the mean of the slate most in {_with_number(name, of_item[name])}"


def _of_item(contributions: dict[str, float]) -> dict[str, float]:
    return {n: adds for n, adds in contributions.items() if n not in why_chart.OF_THE_REQUEST}


def _with_number(name: str, adds: float) -> str:
    return f"**{name.replace('_', ' ')}** ({signed(adds, 2)})"


def _truth(seen: Explanation) -> str:
    parts = {name: adds for name, adds in seen.parts.items() if name != "base"}
    name = max(parts, key=lambda name: parts[name])
    rank = "" if seen.true_rank == 1 else f"{ordinal(seen.true_rank or 0)} "
    text = f"Truly it is this user's **{rank}best**"
    if parts[name] <= 0:
        return f"{text}, with nothing in its favour."
    return f"{text}, mainly for **{name}** ({signed(parts[name], 2)})."


def _contradiction(why: Why) -> str:
    """What the score counts for the item and the truth against it, or the other way round.

    Only where both are log-odds; the one that is told is clear on both sides.
    """
    if not why.log_odds:
        return ""
    seen = why.explanation
    sums: dict[str, float] = {}
    for feature, adds in seen.contributions.items():
        if feature in _PART_OF:
            part = _PART_OF[feature]
            sums[part] = sums.get(part, 0.0) + adds
    clear = {part: min(abs(adds), abs(seen.parts[part])) for part, adds in sums.items()}
    opposed = [p for p in sums if sums[p] * seen.parts[p] < 0 and clear[p] >= _TELLING]
    if not opposed:
        return ""
    part = max(opposed, key=lambda part: clear[part])
    score, truth = signed(sums[part], 2), signed(seen.parts[part], 2)
    return f"Its {part} counts {score} in the score, but {truth} in truth."


def _rank(label: str, rank: int | None, out_of: str, missing: str) -> Fact:
    if rank is None:
        return Fact(label, NONE, missing)
    return Fact(label, f"{rank:,}", out_of)


def _capital(name: str) -> str:
    return {"logistic": "The logistic ranker"}.get(name, name)
