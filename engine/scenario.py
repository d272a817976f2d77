"""All that a link holds: the world, the design and the user, as text and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cache
from typing import Any
from urllib.parse import urlencode

from engine import ad_study
from engine.ad_study import AdStudy
from engine.design import Design
from engine.features import GROUPS
from engine.generators import GENERATORS
from engine.index import INDEXES
from engine.knobs import Knob
from engine.log import most_ranking_days
from engine.packed_link import pack, unpack
from engine.pins import (
    LETTERS,
    checked,
    pin_choices,
    pin_text,
    pins_query,
    repair_pins,
    repaired_pins,
    take_pins,
)
from engine.query import Query, QueryReader, as_text, shown
from engine.rankers import RANKERS
from engine.rerankers import RERANKERS
from engine.retrieval import VectorData
from engine.training import Training
from engine.world import KNOBS, WorldConfig

LONGEST = 1_900
"""Characters of a query: with an address before it, a link stays below 2,000."""
_WITHOUT, _PACKED = "training.without", "packed"
_A_PIN = "Pinned design"
_FAMILIES: dict[str, Mapping[str, Any]] = {
    "generator": GENERATORS,
    "index": INDEXES,
    "ranker": RANKERS,
    "rerank": RERANKERS,
}


@dataclass(frozen=True, slots=True)
class Scenario:
    """A world, a design, the user whose slate is looked at, designs to compare with, and more.

    pins : up to four designs, called A to D, to hold others against; equal ones are one.

    As a query: ``seed``, ``user``, ``candidates``, ``slate``; ``generator``, ``index`` and
    ``ranker``, with those of their knobs that are not at their default as ``index.ef_search``;
    ``rerank`` with its knobs where there is re-ranking; what differs from the default training as
    ``training.rows``, groups of features left out as ``training.without=ids.title``; what differs
    from the default world as ``world.users``; and each pinned design as ``pin``, ``pin.b`` and so
    on, in one text such as ``ranker-gbdt~candidates-100`` of what differs from the default
    design. What indexes are compared on: see `VectorData`. Of the ad case study: see `AdStudy`.

    A query that would be `LONGEST` characters or more, as only one of many odd numbers is, stands
    under ``packed`` instead; see `pack`.
    """

    world: WorldConfig = WorldConfig()
    design: Design = Design()
    user: int = 17
    pins: tuple[Design, ...] = ()
    ads: AdStudy = AdStudy()
    vectors: VectorData = VectorData()

    def __post_init__(self) -> None:
        Knob(0, self.world.users - 1, "who is served").check("user", self.user)
        object.__setattr__(self, "pins", checked(self.pins, Design))

    @property
    def pinned(self) -> Design | None:
        """The first of the pinned designs, A."""
        return self.pins[0] if self.pins else None

    def to_query(self) -> dict[str, str]:
        """The scenario as text, readable in an address bar."""
        query = self._with(_design_query(self.design))
        if len(urlencode(query)) < LONGEST:
            return query
        return {_PACKED: pack(_flat(query), _names())}

    def spelled_out(self) -> dict[str, str]:
        """As `to_query`, with every knob of every part, and never packed."""
        return self._with(_design_query(self.design, every_knob=True))

    def _with(self, of_design: dict[str, str]) -> dict[str, str]:
        query = {"seed": str(self.world.seed), "user": str(self.user)} | of_design
        default = WorldConfig(seed=self.world.seed)
        for field in fields(WorldConfig):
            value = getattr(self.world, field.name)
            if value != getattr(default, field.name):
                query[f"world.{field.name}"] = as_text(value)
        query |= pins_query("pin", [_in_one_text(pin) for pin in self.pins])
        return query | self.vectors.to_query() | self.ads.to_query()

    @classmethod
    def from_query(cls, query: Query) -> tuple[Scenario, list[str]]:
        """Read a query; what is wrong is repaired, each repair in one line to show.

        Never raises: unknown names are left out, numbers are taken to the nearest that is
        allowed, and what cannot be read keeps its default.
        """
        query, unpacking = _unpacked(query)
        reader = QueryReader(query)
        world_values = {"seed": reader.number("seed", KNOBS["seed"], WorldConfig().seed)}
        for field in fields(WorldConfig):
            if field.name != "seed":
                value = reader.number(
                    f"world.{field.name}", KNOBS[field.name], getattr(WorldConfig(), field.name)
                )
                world_values[field.name] = value
        world = WorldConfig(**world_values)
        design, lines = _read_design(reader, world)
        who = Knob(0, world.users - 1, "who is served")
        user = reader.number("user", who, min(cls().user, world.users - 1))
        texts = take_pins(reader, "pin")
        vectors = VectorData.read(reader)
        ads = AdStudy.read(reader)
        reader.leave_out_the_rest()
        pins, pin_lines = repaired_pins(
            ((letter, *_from_one_text(text, world)) for letter, text in texts.items()), _A_PIN
        )
        scenario = cls(world, design, user, pins, ads, vectors)
        return scenario, unpacking + reader.repairs + lines + pin_lines


def repaired_scenario(scenario: Scenario) -> tuple[Scenario, list[str]]:
    """The nearest scenario that its world and its click log allow, and a line for each repair."""
    world = scenario.world
    design, lines = repaired(scenario.design, world)
    pins, pin_lines = repair_pins(scenario.pins, lambda pin: repaired(pin, world), _A_PIN)
    ads, ads_lines = ad_study.repaired(scenario.ads)
    user = min(scenario.user, world.users - 1)
    scenario = replace(scenario, design=design, user=user, pins=pins, ads=ads)
    return scenario, lines + pin_lines + ads_lines


def repaired(design: Design, world: WorldConfig) -> tuple[Design, list[str]]:
    """The nearest design that a world allows, and one line for each repair."""
    lines = []
    if design.candidates > world.items:
        lines.append(
            f"The catalogue holds {world.items:,} items: candidates is now {world.items:,}."
        )
        design = replace(design, candidates=world.items)
    if why := design.generator.why_not(world.items):
        usual = Design().generator
        lines.append(f"{why} The generator is now {usual.name}.")
        design = replace(design, generator=usual)
    most_days = most_ranking_days(world.days)
    if design.training.days > most_days:
        lines.append(
            f"Of a log of {world.days} days {most_days} can train the ranker: "
            f"training.days is now {most_days}."
        )
        design = replace(design, training=replace(design.training, days=most_days))
    if design.generator.has_vectors:
        index, index_lines = design.index.repaired(world.items, design.generator.vector_dim)
        design, lines = replace(design, index=index), lines + index_lines
    return design, lines


def _design_query(design: Design, every_knob: bool = False) -> dict[str, str]:
    query = {}
    for family in _FAMILIES:
        part = getattr(design, family)
        if family == "rerank" and part == Design().rerank:
            continue
        query[family] = part.name
        query |= {
            f"{family}.{knob}": as_text(getattr(part, knob))
            for knob in part.knobs
            if every_knob or getattr(part, knob) != getattr(type(part)(), knob)
        }
    return (
        query
        | _training_query(design.training)
        | {knob: str(getattr(design, knob)) for knob in Design.knobs}
    )


def _training_query(training: Training) -> dict[str, str]:
    """What differs from the default training."""
    query = {
        f"training.{knob}": as_text(getattr(training, knob))
        for knob in Training.knobs
        if getattr(training, knob) != getattr(Training(), knob)
    }
    return query | ({_WITHOUT: ".".join(training.without)} if training.without else {})


def _in_one_text(design: Design) -> str:
    """A design by what differs from the default design; never empty."""
    usual = _design_query(Design())
    told = [(n, text) for n, text in _design_query(design).items() if usual.get(n) != text]
    return pin_text(told or [("candidates", usual["candidates"])])


def _from_one_text(text: str, world: WorldConfig) -> tuple[Design, list[str]]:
    reader = QueryReader(pin_choices(text))
    design, lines = _read_design(reader, world)
    reader.leave_out_the_rest()
    return design, reader.repairs + lines


@cache
def _names() -> tuple[str, ...]:
    """Every name of a query in one order, and those within pins behind the pin's own."""
    design = [*_FAMILIES, *Design.knobs]
    design += [
        f"{family}.{knob}"
        for family, kinds in _FAMILIES.items()
        for knob in dict.fromkeys(knob for kind in kinds.values() for knob in kind.knobs)
    ]
    design += [*(f"training.{knob}" for knob in Training.knobs), _WITHOUT]
    world = [f"world.{field.name}" for field in fields(WorldConfig) if field.name != "seed"]
    pins = [f"{pin}~{name}" for pin in pins_query("pin", LETTERS) for name in design]
    return ("seed", "user", *design, *world, *pins, *VectorData.names(), *ad_study.names())


def _flat(query: Mapping[str, str]) -> dict[str, str]:
    """A query with the choices within its pins under names of their own."""
    flat: dict[str, str] = {}
    for name, text in query.items():
        if _is_pin(name):
            flat |= {f"{name}~{own}": given[-1] for own, given in pin_choices(text).items()}
        else:
            flat[name] = text
    return flat


def _unpacked(query: Query) -> tuple[Query, list[str]]:
    """The query with what is packed in it; what stands there by name counts more."""
    if _PACKED not in query:
        return query, []
    rest = {name: text for name, text in query.items() if name != _PACKED}
    given = query[_PACKED]
    flat = unpack(given if isinstance(given, str) else "".join(given[-1:]), _names())
    if flat is None:
        return rest, [
            "The link's packed part is broken or of another version of Shortlist: it is left out."
        ]
    pins: dict[str, list[tuple[str, str]]] = {}
    named = {}
    for name, text in flat.items():
        pin, _, own = name.partition("~")
        if own:
            pins.setdefault(pin, []).append((own, text))
        else:
            named[name] = text
    return named | {pin: pin_text(told) for pin, told in pins.items()} | rest, []


def _is_pin(name: str) -> bool:
    return name.removeprefix(ad_study.PREFIX).split(".")[0] == "pin"


def _read_design(reader: QueryReader, world: WorldConfig) -> tuple[Design, list[str]]:
    """The design as the world allows it, and a line for each repair that this needed."""
    usual = Design()
    parts = {
        name: reader.part(name, family, getattr(usual, name)) for name, family in _FAMILIES.items()
    }
    slate = reader.number("slate", Design.knobs["slate"], usual.slate)
    candidates = reader.number("candidates", Design.knobs["candidates"], usual.candidates)
    design, lines = repaired(
        Design(
            **parts,
            slate=slate,
            candidates=max(candidates, slate),
            training=_read_training(reader),
        ),
        world,
    )
    if candidates < slate:
        lines.append(f"A slate of {slate} needs as many candidates: candidates is now {slate}.")
    return design, lines


def _read_training(reader: QueryReader) -> Training:
    """What the ranker is trained on."""
    usual = Training()
    knobs = {
        name: reader.number(f"training.{name}", knob, getattr(usual, name))
        for name, knob in Training.knobs.items()
    }
    left_out = [name for name in reader.text(_WITHOUT).split(".") if name]
    for name in left_out:
        if name not in GROUPS:
            reader.repairs.append(
                f"{_WITHOUT}={shown(name)} is not known here and is left out "
                f"(of {', '.join(GROUPS)})."
            )
    known = tuple(name for name in left_out if name in GROUPS)
    if set(known) == set(GROUPS):
        reader.repairs.append(f"{_WITHOUT} must leave a group of features: all are used now.")
        known = ()
    return Training(**knobs, without=known)
