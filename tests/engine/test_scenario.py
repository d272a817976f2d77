"""All that a link holds: as text and back, and repaired whatever it says."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.design import Design
from engine.generators import EASE, GENERATORS, MF
from engine.index import HNSW, INDEXES, IVFPQ, Exact
from engine.knobs import Knob
from engine.rankers import GBDT, RANKERS
from engine.rerankers import RERANKERS, NoReranking, Rules
from engine.retrieval import KINDS, VectorData
from engine.scenario import Scenario, repaired
from engine.world import KNOBS, WorldConfig

FAMILIES = {
    "generator": GENERATORS,
    "index": INDEXES,
    "ranker": RANKERS,
    "rerank": RERANKERS,
}


def values(knob: Knob) -> st.SearchStrategy[Any]:
    if knob.whole:
        return st.integers(int(knob.low), int(knob.high))
    return st.floats(knob.low, knob.high)


def parts(family: dict[str, type]) -> st.SearchStrategy[Any]:
    return st.sampled_from(list(family.values())).flatmap(
        lambda kind: st.builds(kind, **{name: values(knob) for name, knob in kind.knobs.items()})
    )


designs = st.builds(
    lambda slate, more, **chosen: Design(
        slate=slate, candidates=min(slate + more, 1_000), **chosen
    ),
    slate=values(Design.knobs["slate"]),
    more=st.integers(0, 990),
    **{name: parts(family) for name, family in FAMILIES.items()},
)
worlds = st.builds(WorldConfig, **{name: values(knob) for name, knob in KNOBS.items()})


vectors = st.builds(
    VectorData,
    kind=st.sampled_from(list(KINDS)),
    normalised=st.booleans(),
    shifted=st.booleans(),
    **{name: values(knob) for name, knob in VectorData.knobs.items()},
)


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    world = draw(worlds | st.just(WorldConfig()))
    design, _ = repaired(draw(designs), world)
    pinned = draw(st.none() | designs)
    if pinned is not None:
        pinned, _ = repaired(pinned, world)
    user = draw(st.integers(0, world.users - 1))
    return Scenario(world, design, user, pinned, vectors=draw(vectors))


KNOWN = sorted(
    {"seed", "user", "slate", "candidates", *FAMILIES}
    | {f"world.{field.name}" for field in fields(WorldConfig)}
    | {f"vectors.{field.name}" for field in fields(VectorData)}
    | {
        f"{name}.{knob}"
        for name, family in FAMILIES.items()
        for kind in family.values()
        for knob in kind.knobs
    }
)
NASTY = [
    *(
        "",
        " ",
        "nan",
        "inf",
        "-inf",
        "1e400",
        "-1e400",
        "1e-400",
        "-1",
        "0",
        "3.7",
        "0x10",
        "1_000",
    ),
    *("9" * 400, "1" * 10_000, "٣", "½", "\x00", "\n\r", "\u2028", "\ud800", "🙈", "<b>", "[a](b)"),
    *("mf", "hnsw", "ivfpq", "exact", "none", "popularity", "gbdt", "lambdarank", "True", "None"),
]
texts = (
    st.text(max_size=60) | st.sampled_from(NASTY) | st.integers().map(str) | st.floats().map(str)
)
names = st.sampled_from(KNOWN) | st.text(max_size=60) | st.sampled_from(["world.seed", "index."])
queries = st.dictionaries(names, texts | st.lists(texts, max_size=4), max_size=25)


@given(scenarios())
def test_link_brings_back_the_same_scenario(scenario: Scenario) -> None:
    assert Scenario.from_query(scenario.to_query()) == (scenario, [])


@given(scenarios())
def test_link_survives_the_address_bar(scenario: Scenario) -> None:
    address = urlencode(scenario.to_query())
    assert Scenario.from_query(dict(parse_qsl(address, strict_parsing=True)))[0] == scenario
    assert len(address) < 2_600  # every number of it drawn, with all of its digits


@given(queries)
def test_any_link_yields_a_scenario_that_can_be_linked_and_short_lines(query: Any) -> None:
    scenario, lines = Scenario.from_query(query)
    assert Scenario.from_query(scenario.to_query()) == (scenario, [])
    assert repaired(scenario.design, scenario.world) == (scenario.design, [])
    for line in lines:
        assert len(line) < 200
        assert len(line.splitlines()) == 1
        assert line.isprintable()
        assert "<" not in line


@given(st.dictionaries(st.sampled_from(KNOWN), texts, max_size=25))
def test_each_value_that_is_not_taken_as_it_stands_has_a_line(query: dict[str, str]) -> None:
    scenario, lines = Scenario.from_query(query)
    shown = scenario.to_query()
    for name, text in query.items():
        taken = shown.get(name)
        if taken is None or taken == text:  # a knob of a part not chosen, or a world's default
            continue
        try:
            same = float(taken) == float(text.replace("_", "x"))
        except ValueError:
            same = False
        own_name = name.split(".")[-1]
        assert same or any(own_name in line for line in lines), (name, text, lines)


def test_empty_link_is_the_default_scenario() -> None:
    assert Scenario.from_query({}) == (Scenario(), [])


def test_default_link_names_the_whole_design_and_nothing_of_the_default_world() -> None:
    query = Scenario().to_query()
    assert query["seed"] == "7"
    assert query["index"] == "hnsw"
    assert query["index.ef_search"] == "400"
    assert query["ranker.learning_rate"] == "0.08"
    assert query["candidates"] == "300"
    assert not [name for name in query if name.startswith("world.")]
    assert all(isinstance(text, str) for text in query.values())


def test_re_ranking_stands_in_the_link_where_there_is_some() -> None:
    assert not [name for name in Scenario().to_query() if name.startswith("rerank")]
    design = Design(rerank=Rules(diversity=0.25, topic_cap=2, depth=80))
    query = Scenario(design=design).to_query()
    assert {name: text for name, text in query.items() if name.startswith("rerank")} == {
        "rerank": "rules",
        "rerank.diversity": "0.25",
        "rerank.freshness": "0",
        "rerank.topic_cap": "2",
        "rerank.distinct": "1",
        "rerank.depth": "80",
    }
    assert Scenario.from_query(query) == (Scenario(design=design), [])


def test_pinned_design_stands_in_the_link_by_what_it_differs_in() -> None:
    assert "pin" not in Scenario().to_query()
    pinned = Design(ranker="logistic", candidates=100, index=HNSW(ef_search=210))
    query = Scenario(pinned=pinned).to_query()
    assert query["pin"] == (
        "generator-mf~index-hnsw~index.ef_search-210~ranker-logistic~candidates-100"
    )
    assert Scenario.from_query(query) == (Scenario(pinned=pinned), [])


def test_repair_of_the_pinned_design_says_that_it_is_of_the_pinned_one() -> None:
    scenario, lines = Scenario.from_query({"pin": "ranker-magic~candidates-5~colour-red"})
    assert scenario.pinned == Design(candidates=10)
    assert scenario.design == Design()
    assert len(lines) == 3
    assert all(line.startswith("Pinned design: ") for line in lines)


def test_link_without_re_ranking_and_one_that_says_so_are_the_same() -> None:
    old = Scenario().to_query()
    assert Scenario.from_query(old)[0].design.rerank == NoReranking()
    assert Scenario.from_query(old | {"rerank": "none", "rerank.depth": "20"}) == (Scenario(), [])


def test_world_stands_in_the_link_where_it_differs() -> None:
    scenario = Scenario(WorldConfig(seed=9, users=300, late_items=0.25))
    query = scenario.to_query()
    worldly = {name: text for name, text in query.items() if name.startswith("world.")}
    assert worldly == {"world.users": "300", "world.late_items": "0.25"}
    assert query["seed"] == "9"


def repairs(**query: str | list[str]) -> tuple[Scenario, list[str]]:
    """Names with dots are written with two underscores."""
    return Scenario.from_query({name.replace("__", "."): text for name, text in query.items()})


@pytest.mark.parametrize(
    ("query", "expected", "line"),
    [
        (
            {"candidates": "500", "world__items": "400", "world__impressions": "20000"},
            {"candidates": 400},
            "The catalogue holds 400 items: candidates is now 400.",
        ),
        (
            {"candidates": "100000"},
            {"candidates": 1_000},
            "candidates=100000 must be a whole number from 10 to 1000: it is now 1000.",
        ),
        (
            {"candidates": "nan"},
            {"candidates": 300},
            "candidates=nan is not a number: candidates is now 300.",
        ),
        (
            {"candidates": "12", "slate": "30"},
            {"candidates": 30, "slate": 30},
            "A slate of 30 needs as many candidates: candidates is now 30.",
        ),
        (
            {"index": "ivfpq", "index__m": "7"},
            {"index": IVFPQ(m=8)},
            "64 dimensions cannot be cut into 7 equal parts: m is now 8 (was 7).",
        ),
        (
            {"index": "ivfpq", "index__nlist": "30000", "index__nprobe": "25000"},
            {"index": IVFPQ(nlist=20_000, nprobe=20_000)},
            "20,000 vectors cannot fill 30,000 lists: nlist is now 20000 (was 30000).",
        ),
        (
            {"index": "ivfpq", "index__nlist": "8", "index__nprobe": "9"},
            {"index": IVFPQ(nlist=8, nprobe=8)},
            "Only 8 lists exist: nprobe is now 8 (was 9).",
        ),
        (
            {"index": "annoy"},
            {"index": HNSW()},
            "index=annoy is not known here: index is now hnsw (of exact, hnsw, ivfflat, ivfpq).",
        ),
        (
            {"generator__factors": "-4"},
            {"generator": MF(factors=4)},
            "generator.factors=-4 must be a whole number from 4 to 256: it is now 4.",
        ),
        (
            {"ranker__learning_rate": "inf"},
            {"ranker": GBDT(learning_rate=1.0)},
            "ranker.learning_rate=inf must be a number from 0.001 to 1: it is now 1.",
        ),
        (
            {"ranker__trees": "12.4"},
            {"ranker": GBDT(trees=12)},
            "ranker.trees=12.4 must be a whole number from 1 to 1000: it is now 12.",
        ),
        (
            {"rerank": "rules", "rerank__topic_cap": "11"},
            {"rerank": Rules(topic_cap=10)},
            "rerank.topic_cap=11 must be a whole number from 0 to 10: it is now 10.",
        ),
        (
            {"rerank": "mmr"},
            {"rerank": NoReranking()},
            "rerank=mmr is not known here: rerank is now none (of none, rules).",
        ),
        (
            {"candidates": ["50", "60"]},
            {"candidates": 60},
            "candidates stands in the link 2 times: the last, 60, counts.",
        ),
    ],
)
def test_repair_takes_the_nearest_that_is_legal_and_says_so(
    query: dict[str, str], expected: dict[str, Any], line: str
) -> None:
    scenario, lines = repairs(**query)
    assert line in lines
    for name, value in expected.items():
        assert getattr(scenario.design, name) == value


def test_unknown_user_becomes_the_nearest() -> None:
    assert repairs(user="5000")[0].user == 4_999
    scenario, [line] = repairs(user="250", world__users="200")
    assert scenario.user == 199
    assert line == "user=250 must be a whole number from 0 to 199: it is now 199."


def test_unknown_name_is_left_out_with_a_line_that_a_page_can_show() -> None:
    scenario, [line] = Scenario.from_query({"<script>\nalert(1)</script>": "x" * 5_000})
    assert scenario == Scenario()
    assert line == "The link's ?script??alert?1???scrip… means nothing here and is left out."


def test_knob_of_a_part_that_was_not_chosen_does_no_harm() -> None:
    scenario, lines = repairs(index="exact", index__ef_search="77", ranker__C="2", ranker="gbdt")
    assert (scenario.design.index, lines) == (Exact(), [])


def test_repeated_value_that_is_the_same_needs_no_line() -> None:
    assert repairs(candidates=["50", "50"])[1] == []
    assert repairs(candidates=[]) == (Scenario(), [])


def test_generator_without_vectors_leaves_the_index_as_it_is() -> None:
    scenario, lines = repairs(generator="popularity", index="ivfpq", index__m="7")
    assert (scenario.design.index, lines) == (IVFPQ(m=7), [])


def test_generator_that_a_catalogue_rules_out_is_the_usual_one_and_a_line_says_why() -> None:
    scenario, lines = repairs(generator="ease", pin="generator-ease")
    assert scenario.design == Design()
    line = f"{EASE().why_not(20_000)} The generator is now mf."
    assert lines == [line, f"Pinned design: {line}"]
    scenario, lines = repairs(generator="ease", world__items="5000")
    assert (scenario.design.generator, lines) == (EASE(), [])


def test_scenario_of_an_unknown_user_cannot_be_made() -> None:
    with pytest.raises(ValueError, match=r"^user=5000: must be a whole number from 0 to 4,999$"):
        Scenario(user=5_000)


def test_repair_of_a_legal_design_changes_nothing() -> None:
    design = replace(Design(), index=IVFPQ(), candidates=77)
    assert repaired(design, WorldConfig()) == (design, [])


def test_link_holds_of_the_vectors_what_differs_and_those_of_before_are_as_they_were() -> None:
    assert not any(name.startswith("vectors.") for name in Scenario().to_query())
    hard = Scenario(vectors=VectorData(kind="clustered", shifted=True, d=32))
    told = {name: text for name, text in hard.to_query().items() if name.startswith("vectors.")}
    assert told == {"vectors.kind": "clustered", "vectors.shifted": "1", "vectors.d": "32"}
    assert Scenario.from_query(told) == (hard, [])


def test_vectors_that_cannot_be_are_repaired_in_a_line() -> None:
    scenario, lines = Scenario.from_query({"vectors.kind": "cube", "vectors.n": "5"})
    assert scenario.vectors == VectorData(n=1_000)
    assert [line.split("=")[0] for line in lines] == ["vectors.n", "vectors.kind"]
