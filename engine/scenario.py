"""All that a link holds: the world, the design and the user, as text and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from engine.ad_study import AdStudy
from engine.design import Design
from engine.features import GROUPS
from engine.generators import GENERATORS
from engine.index import INDEXES
from engine.knobs import Knob
from engine.log import most_ranking_days
from engine.query import Query, QueryReader, as_text, shown
from engine.rankers import RANKERS
from engine.rerankers import RERANKERS
from engine.retrieval import VectorData
from engine.training import Training
from engine.world import KNOBS, WorldConfig

_WITHOUT = "training.without"
_FAMILIES: dict[str, Mapping[str, Any]] = {
    "generator": GENERATORS,
    "index": INDEXES,
    "ranker": RANKERS,
    "rerank": RERANKERS,
}


@dataclass(frozen=True, slots=True)
class Scenario:
    """A world, a design, the user whose slate is looked at, a design to compare with, and more.

    As a query: ``seed``, ``user``, ``candidates``, ``slate``; ``generator``, ``index`` and
    ``ranker`` with their knobs as ``index.ef_search``; ``rerank`` with its knobs where there
    is re-ranking; what differs from the default training as ``training.rows``, groups of features
    left out as ``training.without=ids.title``; what differs from the default world as
    ``world.users``; and the pinned design as ``pin``, in one text such as
    ``generator-mf~index-hnsw~ranker-gbdt~candidates-100``. What indexes are compared on: see
    `VectorData`. Of the ad case study: see `AdStudy`.
    """

    world: WorldConfig = WorldConfig()
    design: Design = Design()
    user: int = 17
    pinned: Design | None = None
    ads: AdStudy = AdStudy()
    vectors: VectorData = VectorData()

    def __post_init__(self) -> None:
        Knob(0, self.world.users - 1, "who is served").check("user", self.user)

    def to_query(self) -> dict[str, str]:
        """The scenario as text, readable in an address bar."""
        query = {"seed": str(self.world.seed), "user": str(self.user)}
        query |= _design_query(self.design)
        default = WorldConfig(seed=self.world.seed)
        for field in fields(WorldConfig):
            value = getattr(self.world, field.name)
            if value != getattr(default, field.name):
                query[f"world.{field.name}"] = as_text(value)
        if self.pinned is not None:
            query["pin"] = _in_one_text(self.pinned)
        return query | self.vectors.to_query() | self.ads.to_query()

    @classmethod
    def from_query(cls, query: Query) -> tuple[Scenario, list[str]]:
        """Read a query; what is wrong is repaired, each repair in one line to show.

        Never raises: unknown names are left out, numbers are taken to the nearest that is
        allowed, and what cannot be read keeps its default.
        """
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
        pin = reader.text("pin")
        vectors = VectorData.read(reader)
        ads = AdStudy.read(reader)
        reader.leave_out_the_rest()
        pinned, pin_lines = _from_one_text(pin, world) if pin else (None, [])
        scenario = cls(world, design, user, pinned, ads, vectors)
        return scenario, reader.repairs + lines + pin_lines


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


def _design_query(design: Design) -> dict[str, str]:
    query = {}
    for family in _FAMILIES:
        part = getattr(design, family)
        if family == "rerank" and part == Design().rerank:
            continue  # links stay short, and those of before stay what they were
        query[family] = part.name
        query |= {f"{family}.{knob}": as_text(getattr(part, knob)) for knob in part.knobs}
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
    """A design by its parts, its candidates and what differs from its parts' defaults."""
    given = _design_query(design)
    usual = _design_query(Design(**{name: getattr(design, name).name for name in _FAMILIES}))
    always = (*_FAMILIES, "candidates")
    # Of all separators these alone are left as they are in an address.
    return "~".join(
        f"{n}-{text}" for n, text in given.items() if n in always or usual.get(n) != text
    )


def _from_one_text(text: str, world: WorldConfig) -> tuple[Design, list[str]]:
    given: dict[str, list[str]] = {}
    for piece in text.split("~"):
        name, _, value = piece.partition("-")
        given.setdefault(name, []).append(value)
    reader = QueryReader(given)
    design, lines = _read_design(reader, world)
    reader.leave_out_the_rest()
    return design, [f"Pinned design: {line}" for line in reader.repairs + lines]


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
