"""All that a link holds: the world, the design and the user, as text and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from math import isnan
from typing import Any

from engine.design import Design
from engine.features import GROUPS
from engine.generators import GENERATORS
from engine.index import INDEXES
from engine.knobs import Knob
from engine.log import most_ranking_days
from engine.rankers import RANKERS
from engine.rerankers import RERANKERS
from engine.training import Training
from engine.world import KNOBS, WorldConfig

_WITHOUT = "training.without"
Query = Mapping[str, str | Sequence[str]]
_FAMILIES: dict[str, Mapping[str, Any]] = {
    "generator": GENERATORS,
    "index": INDEXES,
    "ranker": RANKERS,
    "rerank": RERANKERS,
}


@dataclass(frozen=True, slots=True)
class Scenario:
    """A world, a design, the user whose slate is looked at, and a design to compare with.

    As a query: ``seed``, ``user``, ``candidates``, ``slate``; ``generator``, ``index`` and
    ``ranker`` with their knobs as ``index.ef_search``; ``rerank`` with its knobs where there
    is re-ranking; what differs from the default training as ``training.rows``, groups of features
    left out as ``training.without=ids.title``; what differs from the default world as
    ``world.users``; and the pinned design as ``pin``, in one text such as
    ``generator-mf~index-hnsw~ranker-gbdt~candidates-100``.
    """

    world: WorldConfig = WorldConfig()
    design: Design = Design()
    user: int = 17
    pinned: Design | None = None

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
                query[f"world.{field.name}"] = _text(value)
        if self.pinned is not None:
            query["pin"] = _in_one_text(self.pinned)
        return query

    @classmethod
    def from_query(cls, query: Query) -> tuple[Scenario, list[str]]:
        """Read a query; what is wrong is repaired, each repair in one line to show.

        Never raises: unknown names are left out, numbers are taken to the nearest that is
        allowed, and what cannot be read keeps its default.
        """
        reader = _Reader(query)
        world_values = {"seed": reader.number("seed", KNOBS["seed"], WorldConfig().seed)}
        for field in fields(WorldConfig):
            if field.name != "seed":
                value = reader.number(
                    f"world.{field.name}", KNOBS[field.name], getattr(WorldConfig(), field.name)
                )
                world_values[field.name] = value
        world = WorldConfig(**world_values)
        design, lines = reader.design(world)
        who = Knob(0, world.users - 1, "who is served")
        user = reader.number("user", who, min(cls().user, world.users - 1))
        pin = reader.text("pin")
        reader.leave_out_the_rest()
        pinned, pin_lines = _from_one_text(pin, world) if pin else (None, [])
        return cls(world, design, user, pinned), reader.repairs + lines + pin_lines


def repaired(design: Design, world: WorldConfig) -> tuple[Design, list[str]]:
    """The nearest design that a world allows, and one line for each repair."""
    lines = []
    if design.candidates > world.items:
        lines.append(
            f"The catalogue holds {world.items:,} items: candidates is now {world.items:,}."
        )
        design = replace(design, candidates=world.items)
    most_days = most_ranking_days(world.days)
    if design.training.days > most_days:
        lines.append(
            f"Of a log of {world.days} days {most_days} can train the ranker: "
            f"training.days is now {most_days}."
        )
        design = replace(design, training=replace(design.training, days=most_days))
    factors = getattr(design.generator, "factors", None)
    if factors is not None:
        index, index_lines = design.index.repaired(world.items, factors)
        design, lines = replace(design, index=index), lines + index_lines
    return design, lines


def _design_query(design: Design) -> dict[str, str]:
    query = {}
    for family in _FAMILIES:
        part = getattr(design, family)
        if family == "rerank" and part == Design().rerank:
            continue  # links stay short, and those of before stay what they were
        query[family] = part.name
        query |= {f"{family}.{knob}": _text(getattr(part, knob)) for knob in part.knobs}
    return (
        query
        | _training_query(design.training)
        | {knob: str(getattr(design, knob)) for knob in Design.knobs}
    )


def _training_query(training: Training) -> dict[str, str]:
    """What differs from the default training."""
    query = {
        f"training.{knob}": _text(getattr(training, knob))
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
    reader = _Reader(given)
    design, lines = reader.design(world)
    reader.leave_out_the_rest()
    return design, [f"Pinned design: {line}" for line in reader.repairs + lines]


class _Reader:
    """Takes known names out of a query and notes every repair."""

    def __init__(self, query: Query) -> None:
        self.repairs: list[str] = []
        self._left: dict[str, str] = {}
        for name, given in query.items():
            values = [given] if isinstance(given, str) else list(given)
            if not values:
                continue
            self._left[name] = values[-1]
            if len(set(values)) > 1:
                self.repairs.append(
                    f"{_shown(name)} stands in the link {len(values)} times: "
                    f"the last, {_shown(values[-1])}, counts."
                )

    def number(self, name: str, knob: Knob, default: float) -> Any:
        """A number under its name, taken to the nearest that the knob allows."""
        text = self._left.pop(name, None)
        if text is None:
            return default
        try:
            given = float(text.replace("_", "x"))
        except ValueError:
            given = float("nan")
        if isnan(given):
            self.repairs.append(
                f"{_shown(name)}={_shown(text)} is not a number: {name} is now {_text(default)}."
            )
            return default
        value = knob.nearest(given)
        if value != given:
            kind = "a whole number" if knob.whole else "a number"
            self.repairs.append(
                f"{name}={_shown(text)} must be {kind} from {_text(knob.low)} to "
                f"{_text(knob.high)}: it is now {_text(value)}."
            )
        return value

    def text(self, name: str) -> str:
        """What stands under a name; empty without it."""
        return self._left.pop(name, "")

    def design(self, world: WorldConfig) -> tuple[Design, list[str]]:
        """The design as the world allows it, and a line for each repair that this needed."""
        parts = {name: self.part(name, family) for name, family in _FAMILIES.items()}
        slate = self.number("slate", Design.knobs["slate"], Design().slate)
        candidates = self.number("candidates", Design.knobs["candidates"], Design().candidates)
        design, lines = repaired(
            Design(
                **parts,
                slate=slate,
                candidates=max(candidates, slate),
                training=self.training(),
            ),
            world,
        )
        if candidates < slate:
            lines.append(f"A slate of {slate} needs as many candidates: candidates is now {slate}.")
        return design, lines

    def part(self, name: str, family: Mapping[str, Any]) -> Any:
        """A part of the design by its name, with the knobs that stand beside it."""
        default = getattr(Design(), name)
        chosen = self._left.pop(name, default.name)
        if chosen not in family:
            self.repairs.append(
                f"{name}={_shown(chosen)} is not known here: {name} is now {default.name} "
                f"(of {_one_of(family)})."
            )
            chosen = default.name
        part = family[chosen]()
        knobs = {
            knob: self.number(f"{name}.{knob}", part.knobs[knob], getattr(part, knob))
            for knob in part.knobs
        }
        for other in family.values():  # knobs of a part not chosen do no harm
            for knob in other.knobs:
                self._left.pop(f"{name}.{knob}", None)
        return family[chosen](**knobs)

    def training(self) -> Training:
        """What the ranker is trained on."""
        knobs = {
            knob: self.number(f"training.{knob}", Training.knobs[knob], getattr(Training(), knob))
            for knob in Training.knobs
        }
        left_out = [name for name in self._left.pop(_WITHOUT, "").split(".") if name]
        for name in left_out:
            if name not in GROUPS:
                self.repairs.append(
                    f"{_WITHOUT}={_shown(name)} is not known here and is left out "
                    f"(of {_one_of(GROUPS)})."
                )
        known = tuple(name for name in left_out if name in GROUPS)
        if set(known) == set(GROUPS):
            self.repairs.append(f"{_WITHOUT} must leave a group of features: all are used now.")
            known = ()
        return Training(**knobs, without=known)

    def leave_out_the_rest(self) -> None:
        """Say which names meant nothing."""
        for name in self._left:
            self.repairs.append(f"The link's {_shown(name)} means nothing here and is left out.")


def _text(value: float) -> str:
    short = f"{value:g}"
    return str(value) if isinstance(value, int) or float(short) != value else short


def _shown(text: str, longest: int = 24) -> str:
    """A stranger's text, short and on one line, safe in Markdown."""
    plain = "".join(c if c.isalnum() or c in " .,_+-" else "?" for c in text)
    return plain if len(plain) <= longest else plain[:longest] + "…"


def _one_of(names: Iterable[str]) -> str:
    return ", ".join(names)
