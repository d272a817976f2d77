"""All that a link holds: as text and back, and repaired whatever it says."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.ad_study import AdStudy
from engine.clicks import Auction, ClickDesign, ClickLogConfig
from engine.clicks.config import KNOBS as LOG_KNOBS
from engine.design import Design
from engine.features import GROUPS
from engine.generators import EASE, GENERATORS, MF, TwoTower
from engine.index import HNSW, INDEXES, IVFPQ, Exact
from engine.knobs import Knob
from engine.query import as_text
from engine.rankers import DCN, GBDT, RANKERS
from engine.rerankers import RERANKERS, NoReranking, Rules
from engine.retrieval import KINDS, VectorData
from engine.scenario import LONGEST, Scenario, repaired, repaired_scenario
from engine.training import Training
from engine.world import KNOBS, WorldConfig
from tests.engine.test_ad_study import studies

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
    pins = tuple(repaired(pin, world)[0] for pin in draw(st.lists(designs, max_size=4)))
    user = draw(st.integers(0, world.users - 1))
    ads = draw(studies() | st.just(AdStudy()))
    return Scenario(world, design, user, pins, ads, draw(vectors))


KNOWN = sorted(
    {"seed", "user", "slate", "candidates", "pin", "pin.b", "pin.c", "pin.e", "packed", *FAMILIES}
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
    assert len(address) < LONGEST  # every number of it drawn, with all of its digits


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


VALUES = [name for name in KNOWN if not name.startswith("p")]


@given(st.dictionaries(st.sampled_from(VALUES), texts, max_size=25))
def test_each_value_that_is_not_taken_as_it_stands_has_a_line(query: dict[str, str]) -> None:
    scenario, lines = Scenario.from_query(query)
    shown = scenario.to_query()
    for name, text in query.items():
        taken = shown.get(name)
        if taken is None or taken == text:  # a knob of a part not chosen, or a default
            continue
        try:
            same = float(taken) == float(text.replace("_", "x"))
        except ValueError:
            same = False
        own_name = name.split(".")[-1]
        assert same or any(own_name in line for line in lines), (name, text, lines)


def test_empty_link_is_the_default_scenario() -> None:
    assert Scenario.from_query({}) == (Scenario(), [])


def test_default_link_names_the_parts_of_the_design_and_no_default_of_theirs() -> None:
    assert Scenario().to_query() == {
        "seed": "7",
        "user": "17",
        "generator": "mf",
        "index": "hnsw",
        "ranker": "gbdt",
        "candidates": "300",
        "slate": "10",
    }
    changed = Scenario(design=Design(index=HNSW(ef_search=210))).to_query()
    assert changed == Scenario().to_query() | {"index.ef_search": "210"}


def test_choices_can_be_spelled_out_and_a_link_of_before_that_did_so_is_read() -> None:
    spelled = Scenario().spelled_out()
    assert spelled["index.ef_search"] == "400"
    assert spelled["ranker.learning_rate"] == "0.08"
    assert not [name for name in spelled if name.startswith("world.")]
    assert Scenario.from_query(spelled) == (Scenario(), [])
    before = spelled | {
        "index.ef_search": "210",
        "pin": "generator-mf~index-hnsw~index.ef_search-210~ranker-logistic~candidates-100",
    }
    scenario, lines = Scenario.from_query(before)
    assert lines == []
    assert scenario.design == Design(index=HNSW(ef_search=210))
    assert scenario.pins == (Design(index=HNSW(ef_search=210), ranker="logistic", candidates=100),)  # type: ignore[arg-type]


def test_re_ranking_stands_in_the_link_where_there_is_some() -> None:
    assert not [name for name in Scenario().to_query() if name.startswith("rerank")]
    design = Design(rerank=Rules(diversity=0.25, topic_cap=2, depth=80))
    query = Scenario(design=design).to_query()
    assert {name: text for name, text in query.items() if name.startswith("rerank")} == {
        "rerank": "rules",
        "rerank.diversity": "0.25",
        "rerank.topic_cap": "2",
        "rerank.depth": "80",
    }
    assert Scenario.from_query(query) == (Scenario(design=design), [])


A, B, C, D = (Design(candidates=n) for n in (100, 200, 400, 500))


def test_pinned_designs_stand_in_the_link_by_what_they_differ_in() -> None:
    assert not [name for name in Scenario().to_query() if name.startswith("pin")]
    pinned = Design(ranker="logistic", candidates=100, index=HNSW(ef_search=210))
    scenario = Scenario(pins=(pinned, Design(), Design(rerank=Rules(diversity=0.5))))
    told = {name: text for name, text in scenario.to_query().items() if name.startswith("pin")}
    assert told == {
        "pin": "index.ef_search-210~ranker-logistic~candidates-100",
        "pin.b": "candidates-300",
        "pin.c": "rerank-rules~rerank.diversity-0.5",
    }
    assert Scenario.from_query(told) == (scenario, [])
    assert scenario.pinned == pinned
    assert Scenario().pinned is None


def test_equal_pins_are_one_and_more_than_four_cannot_be_held() -> None:
    assert Scenario(pins=(A, B, A, B)).pins == (A, B)
    with pytest.raises(ValueError, match=r"^pins=5 designs: must be at most 4$"):
        Scenario(pins=(A, B, C, D, Design()))
    with pytest.raises(ValueError, match=r"^pins='mf': must be of type Design$"):
        Scenario(pins=("mf",))  # type: ignore[arg-type]


def test_repair_of_a_pinned_design_says_which_one_it_is() -> None:
    scenario, lines = Scenario.from_query(
        {"pin": "candidates-200", "pin.b": "ranker-magic~candidates-5~colour-red"}
    )
    assert scenario.pins == (B, Design(candidates=10))
    assert scenario.design == Design()
    assert len(lines) == 3
    assert all(line.startswith("Pinned design B: ") for line in lines)


def test_a_pin_that_is_there_already_and_one_too_many_are_left_out_in_a_line_each() -> None:
    pins = ["candidates-100", "candidates-200", "candidates-100", "candidates-400"]
    names = ["pin", "pin.b", "pin.c", "pin.d"]
    scenario, lines = Scenario.from_query(
        dict(zip(names, pins, strict=True)) | {"pin.e": "candidates-500", "pin.10": "x"}
    )
    assert scenario.pins == (A, B, C)
    assert sorted(lines) == [
        "At most four designs are pinned: pin.e is left out.",
        "Pinned design C is the same as A: it is left out.",
        "The link's pin.10 means nothing here and is left out.",
    ]


def test_pins_that_a_smaller_world_makes_equal_are_folded_with_a_line() -> None:
    small = WorldConfig(items=250, impressions=20_000)
    scenario, lines = repaired_scenario(replace(Scenario(pins=(A, C, D)), world=small))
    assert scenario.pins == (A, Design(candidates=250))
    assert lines[-1] == "Pinned design C is the same as B: it is left out."
    assert repaired_scenario(scenario) == (scenario, [])


def longest(knob: Knob, place: int) -> float:
    """The value of a knob whose text is longest, another for each place."""
    if knob.whole:
        low, high = int(knob.low), int(knob.high)
        as_long = max(low, 10 ** (len(str(high)) - 1))
        # Spread, so that no two numbers are alike: a packer would gain by it.
        return high - (7_919 * (place + 3)) % (high - as_long + 1)
    texts = (knob.low + (knob.high - knob.low) * (n + place) / 7e4 / 1.1 for n in range(1, 300))
    tiny = [(n + place) / 7e299 for n in range(1, 300)] if knob.low <= 0 else []
    signs = [-value for value in tiny] if knob.low < 0 else []
    return max([*texts, *tiny, *signs], key=lambda value: len(as_text(value)))


def at_longest(kind: type, place: int, knobs: dict[str, Knob] | None = None) -> Any:
    knobs = kind.knobs if knobs is None else knobs  # type: ignore[attr-defined]
    return kind(**{name: longest(knob, place + n) for n, (name, knob) in enumerate(knobs.items())})


def longest_design(place: int) -> Design:
    training = replace(at_longest(Training, place), correct=0, without=tuple(GROUPS)[1:])
    return Design(
        generator=at_longest(TwoTower, place),
        index=at_longest(IVFPQ, place),
        ranker=at_longest(DCN, place),
        rerank=at_longest(Rules, place),
        training=training,
        candidates=1_000,
        slate=50 - place,
    )


def longest_click_design(place: int) -> ClickDesign:
    return ClickDesign(
        model=at_longest(DCN, place),
        negatives=longest(ClickDesign.knobs["negatives"], place),
        correct=False,
        calibration="isotonic",
        age_days=10,
        train_days=10 + place,
        position="first_only",
        encoding="leave_one_out",
    )


def test_the_link_of_the_longest_texts_that_there_are_stays_short() -> None:
    knobs = LOG_KNOBS | {"base_rate": Knob(0.001, 0.3, "share")}
    scenario = Scenario(
        at_longest(WorldConfig, 0, KNOBS),
        longest_design(0),
        23_456,
        tuple(longest_design(place) for place in range(1, 5)),
        AdStudy(
            at_longest(ClickLogConfig, 0, knobs),
            longest_click_design(0),
            at_longest(Auction, 1),
            tuple(longest_click_design(place) for place in range(1, 5)),
        ),
        replace(at_longest(VectorData, 1), kind="clustered", normalised=True, shifted=True),
    )
    scenario, _ = repaired_scenario(scenario)
    assert len(scenario.pins) == len(scenario.ads.pins) == 4
    assert len(urlencode(scenario.spelled_out())) > 6_000
    address = urlencode(scenario.to_query())
    assert len(address) < LONGEST
    assert Scenario.from_query(dict(parse_qsl(address))) == (scenario, [])


def test_four_pins_of_chosen_numbers_stand_in_the_link_by_name() -> None:
    parts = [(g, r) for g in ("mf", "two_tower") for r in ("gbdt", "dcn")]
    pins = tuple(
        Design(
            generator=g,  # type: ignore[arg-type]
            index=HNSW(M=32, ef_construction=150, ef_search=210 + n),
            ranker=r,  # type: ignore[arg-type]
            candidates=100,
            rerank=Rules(diversity=0.25, topic_cap=2),
        )
        for n, (g, r) in enumerate(parts)
    )
    ads = tuple(ClickDesign(model=name, negatives=0.1) for name in ("fm", "dcn", "gbdt", "prior"))  # type: ignore[arg-type]
    query = Scenario(design=pins[0], pins=pins, ads=AdStudy(pins=ads)).to_query()
    assert "packed" not in query
    assert query["ads.pin.b"] == "model-dcn~negatives-0.1"
    assert len(urlencode(query)) < 1_000


def test_a_packed_part_that_is_broken_is_left_out_with_a_line() -> None:
    line = "The link's packed part is broken or of another version of Shortlist: it is left out."
    assert Scenario.from_query({"packed": "AAAA<b>", "candidates": "50"}) == (
        Scenario(design=Design(candidates=50)),
        [line],
    )


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
    assert lines == [line, f"Pinned design A: {line}"]
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
