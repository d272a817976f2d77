"""What a link holds of the ad case study: as text and back, and repaired whatever it says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.ad_study import AdStudy, repaired
from engine.clicks import KNOBS, MODELS, SAMPLE_CONFIG, Auction, ClickDesign, ClickLogConfig
from engine.clicks.config import most_clicked
from engine.design import Design
from engine.index import HNSW
from engine.knobs import Knob
from engine.rankers import GBDT, Logistic
from engine.rerankers import Rules
from engine.scenario import LONGEST, Scenario
from engine.training import Training
from engine.world import WorldConfig


def values(knob: Knob) -> st.SearchStrategy[Any]:
    if knob.whole:
        return st.integers(int(knob.low), int(knob.high))
    return st.floats(knob.low, knob.high)


models = st.sampled_from(list(MODELS.values())).flatmap(
    lambda kind: st.builds(kind, **{name: values(knob) for name, knob in kind.knobs.items()})
)
designs = st.builds(
    ClickDesign,
    model=models,
    correct=st.booleans(),
    **{name: values(knob) for name, knob in ClickDesign.knobs.items()},
    **{name: st.sampled_from(known) for name, known in ClickDesign.choices.items()},
)
logs = st.builds(
    lambda base_rate, position_bias, **rest: ClickLogConfig(
        base_rate=min(base_rate, most_clicked(position_bias)), position_bias=position_bias, **rest
    ),
    **{name: values(knob) for name, knob in KNOBS.items()},
)
auctions = st.builds(
    lambda ads, slots, **rest: Auction(ads=ads, slots=min(slots, ads), **rest),
    **{name: values(knob) for name, knob in Auction.knobs.items()},
)


@st.composite
def studies(draw: st.DrawFn) -> AdStudy:
    log = draw(logs | st.just(ClickLogConfig()) | st.just(SAMPLE_CONFIG))
    study = AdStudy(log, draw(designs), draw(auctions), tuple(draw(st.lists(designs, max_size=4))))
    return repaired(study)[0]


texts = st.text(max_size=60) | st.sampled_from(
    ["", "nan", "-inf", "1e400", "gbdt", "none", "<script>", "[a](b)", "0.5", "-1", "1~2", "\x00"]
)
names = st.sampled_from(
    sorted(
        {
            "ads.model",
            "ads.pin",
            "ads.pin.b",
            "ads.pin.f",
            "ads.correct",
            "ads.",
            "ads.log.",
            "ads.auction.stretch",
        }
        | {f"ads.{name}" for name in (*ClickDesign.knobs, *ClickDesign.choices)}
        | {f"ads.log.{name}" for name in KNOBS}
        | {f"ads.auction.{name}" for name in Auction.knobs}
        | {f"ads.model.{knob}" for kind in MODELS.values() for knob in kind.knobs}
    )
)


def read(query: dict[str, str]) -> tuple[AdStudy, list[str]]:
    scenario, lines = Scenario.from_query(query)
    return scenario.ads, lines


def repair(**query: str) -> tuple[AdStudy, list[str]]:
    """Names have "__" for a dot, and stand without "ads."."""
    return read({f"ads.{name.replace('__', '.')}": value for name, value in query.items()})


# There and back -------------------------------------------------------------------------------


@given(studies())
def test_link_brings_back_the_same_study(study: AdStudy) -> None:
    assert read(study.to_query()) == (study, [])


@given(studies())
def test_link_survives_the_address_bar(study: AdStudy) -> None:
    address = urlencode(Scenario(ads=study).to_query())
    assert Scenario.from_query(dict(parse_qsl(address, strict_parsing=True)))[0].ads == study
    assert len(address) < LONGEST


def test_nothing_is_written_for_the_default() -> None:
    assert AdStudy().to_query() == {}
    assert not any(name.startswith("ads.") for name in Scenario().to_query())


def test_what_differs_is_written_by_its_name() -> None:
    study = AdStudy(
        log=ClickLogConfig(base_rate=0.05),
        design=ClickDesign(model=Logistic(C=0.25), negatives=0.1, correct=False),
        auction=Auction(ads=50),
        pins=(ClickDesign(model=GBDT(trees=60), calibration="platt"), ClickDesign("fm")),
    )
    assert study.to_query() == {
        "ads.log.base_rate": "0.05",
        "ads.model": "logistic",
        "ads.model.C": "0.25",
        "ads.negatives": "0.1",
        "ads.correct": "0",
        "ads.auction.ads": "50",
        "ads.pin": "model.trees-60~calibration-platt",
        "ads.pin.b": "model-fm",
    }


def test_a_pinned_default_is_told_from_no_pin() -> None:
    study = AdStudy(pins=(ClickDesign(),))
    assert study.to_query() == {"ads.pin": "model-gbdt"}
    assert read(study.to_query()) == (study, [])


def test_a_link_of_everything_stays_short() -> None:
    log = ClickLogConfig(**{name: knob.nearest(0.345) for name, knob in KNOBS.items()} | _SIZES)
    design = ClickDesign(
        model=GBDT(trees=123, leaves=45, learning_rate=0.1234),
        negatives=0.345,
        correct=False,
        calibration="isotonic",
        age_days=3,
        train_days=17,
        position="first_only",
        encoding="leave_one_out",
    )
    auction = Auction(1_234, 99, 3, 0.345, -0.678, 0.456, 12.5)
    world = WorldConfig(users=1_234, items=5_678, impressions=123_456, seed=2**31 - 1)
    rest = Design(
        index=HNSW(M=33, ef_construction=123, ef_search=777),
        candidates=555,
        rerank=Rules(0.35, 0.65),
        training=Training(rows=12_345, negatives=0.345, correct=0, days=3, without=("ids",)),
    )
    study = AdStudy(log, design, auction, (replace(design, calibration="platt"),))
    assert repaired(study) == (study, [])
    scenario = Scenario(world, rest, 1_000, (rest.with_candidates(444),), study)
    assert len(urlencode(scenario.to_query())) < 2_000
    assert Scenario.from_query(scenario.to_query()) == (scenario, [])


_SIZES: dict[str, Any] = {
    "rows": 1_234_567,
    "seed": 2**31 - 1,
    "days": 59,
    "users": 123_456,
    "sites": 4_321,
    "ads": 12_345,
}


# Repairs --------------------------------------------------------------------------------------


@given(st.dictionaries(names, texts, max_size=20))
def test_any_link_yields_a_study_that_can_be_linked_and_short_lines(query: dict[str, str]) -> None:
    study, lines = read(query)
    assert read(study.to_query()) == (study, [])
    assert repaired(study) == (study, [])
    for line in lines:
        assert len(line) < 200
        assert line.isprintable()
        assert not set("<>[]") & set(line)


@pytest.mark.parametrize(
    ("name", "given_text", "now", "line"),
    [
        ("negatives", "2", 1.0, "ads.negatives=2 must be a number from 0.01 to 1: it is now 1."),
        ("negatives", "many", 1.0, "ads.negatives=many is not a number: ads.negatives is now 1."),
        ("age_days", "-3", 0, "ads.age_days=-3 must be a whole number from 0 to 50: it is now 0."),
    ],
)
def test_a_number_out_of_range_is_taken_to_the_nearest(
    name: str, given_text: str, now: float, line: str
) -> None:
    study, lines = repair(**{name: given_text})
    assert getattr(study.design, name) == now
    assert lines == [line]


def test_an_unknown_word_keeps_the_default_and_says_what_is_known() -> None:
    study, lines = repair(calibration="magic", correct="yes")
    assert study == AdStudy()
    assert "ads.correct=yes is not known here: ads.correct is now 1 (of 0, 1)." in lines
    assert (
        "ads.calibration=magic is not known here: ads.calibration is now none "
        "(of none, platt, isotonic)." in lines
    )


def test_a_model_older_than_its_log_allows_is_made_younger() -> None:
    study, lines = repair(age_days="9")  # 21 days less 2 of the test and 1 to validate leave 18
    assert study.design.age_days == 7
    assert lines == [
        "With 11 days of training in a log of 21 a model can be 7 days old at most: it is now 7."
    ]


def test_more_days_of_training_than_there_are_become_as_many_as_there_are() -> None:
    study, lines = repair(train_days="40", age_days="1")
    assert (study.design.train_days, study.design.age_days) == (18, 0)
    assert len(lines) == 2


def test_a_pinned_design_is_repaired_and_told_as_such() -> None:
    study, lines = repair(pin="negatives-2~age_days-9~x-1")
    assert study.pins == (ClickDesign(age_days=7),)
    assert len(lines) == 3
    assert all(line.startswith("Pinned click model A: ") for line in lines)


def test_a_pin_that_is_there_already_and_one_too_many_are_left_out_in_a_line_each() -> None:
    study, lines = repair(
        pin="model-fm", pin__b="model-fm", pin__c="model-dcn", pin__e="model-prior"
    )
    assert [pin.model.name for pin in study.pins] == ["fm", "dcn"]
    assert lines == [
        "At most four designs are pinned: ads.pin.e is left out.",
        "Pinned click model B is the same as A: it is left out.",
    ]


def test_no_more_ads_bid_than_the_log_has_and_no_more_slots_than_bid() -> None:
    study, lines = repair(log__ads="100", auction__ads="500")
    assert study.auction.ads == 100
    assert lines == ["The log has 100 ads: as many bid now."]
    study, lines = repair(auction__ads="2", auction__slots="4")
    assert study.auction.slots == 2
    assert lines == ["ads.auction.slots is now 2, as many as bid."]


def test_a_strangers_text_is_shown_harmlessly() -> None:
    nasty = "<img src=x onerror=alert(1)>](javascript:1)"
    _, lines = repair(model=nasty, negatives=nasty, pin=f"model-{nasty}", position=nasty)
    _, more = read({f"ads.{nasty}": nasty})
    assert len(lines) == 4
    for line in lines + more:
        assert not set("<>[]") & set(line)
        assert "(1)" not in line


def test_more_clicks_than_looks_are_taken_to_what_can_be() -> None:
    study, [line] = repair(log__base_rate="0.5", log__position_bias="2")
    assert study.log.base_rate == 0.32
    assert study.log.base_rate <= most_clicked(2.0) == pytest.approx(0.9 * 205 / 144 / 4)
    assert "ads.log.base_rate is now 0.32." in line
