"""What a link holds of the ad case study: the log, the design, the auction, designs to compare."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from engine.clicks import Auction, ClickDesign, ClickLogConfig
from engine.clicks.config import KNOBS, most_clicked
from engine.clicks.days import OLDEST, TEST_DAYS, most_age
from engine.clicks.design import MODELS
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
from engine.query import QueryReader, as_text

PREFIX = "ads."
"""Before every name of a query that is of the ad case study."""
_A_PIN = "Pinned click model"
_LOG, _AUCTION, _PIN = f"{PREFIX}log.", f"{PREFIX}auction.", f"{PREFIX}pin"


@dataclass(frozen=True, slots=True)
class AdStudy:
    """A click log, a design judged on it, the auction it serves, and designs to compare with.

    pins : up to four designs, called A to D, to hold others against; equal ones are one.

    As a query, what differs from the defaults: ``ads.model`` with its knobs as
    ``ads.model.trees``; ``ads.negatives``, ``ads.calibration`` and the like; the log's as
    ``ads.log.base_rate``; the auction's as ``ads.auction.ads``; and each pinned design
    as ``ads.pin``, ``ads.pin.b`` and so on, in one text such as ``model-fm~negatives-0.1``.
    """

    log: ClickLogConfig = ClickLogConfig()
    design: ClickDesign = ClickDesign()
    auction: Auction = Auction()
    pins: tuple[ClickDesign, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "pins", checked(self.pins, ClickDesign))

    @property
    def pinned(self) -> ClickDesign | None:
        """The first of the pinned designs, A."""
        return self.pins[0] if self.pins else None

    def to_query(self) -> dict[str, str]:
        """The study as text, readable in an address bar; empty for the default."""
        query = {f"{PREFIX}{name}": text for name, text in _design_texts(self.design).items()}
        query |= _texts(self.log, ClickLogConfig(), KNOBS, _LOG)
        query |= _texts(self.auction, Auction(), Auction.knobs, _AUCTION)
        return query | pins_query(_PIN, [_in_one_text(pin) for pin in self.pins])

    @classmethod
    def read(cls, reader: QueryReader) -> AdStudy:
        """Take what is of the study out of a query; what is wrong is repaired and told."""
        log = _read_log(reader)
        numbers = {
            name: reader.number(f"{_AUCTION}{name}", knob, getattr(Auction(), name))
            for name, knob in Auction.knobs.items()
        }
        if numbers["slots"] > numbers["ads"]:
            numbers["slots"] = numbers["ads"]
            reader.repairs.append(f"{_AUCTION}slots is now {numbers['ads']}, as many as bid.")
        study, lines = repaired(cls(log, _read_design(reader, PREFIX), Auction(**numbers)))
        texts = take_pins(reader, _PIN)
        pins, pin_lines = repaired_pins(
            ((letter, *_from_one_text(text, log)) for letter, text in texts.items()), _A_PIN
        )
        reader.repairs += lines + pin_lines
        return replace(study, pins=pins)


def repaired(study: AdStudy) -> tuple[AdStudy, list[str]]:
    """The nearest study that its log allows, and one line for each repair."""
    design, lines = _repaired_design(study.design, study.log)
    pins, pin_lines = repair_pins(study.pins, lambda pin: _repaired_design(pin, study.log), _A_PIN)
    lines += pin_lines
    auction = study.auction
    if auction.ads > study.log.ads:
        lines.append(f"The log has {study.log.ads:,} ads: as many bid now.")
        auction = replace(auction, ads=study.log.ads)
    return AdStudy(study.log, design, auction, pins), lines


def _repaired_design(design: ClickDesign, log: ClickLogConfig) -> tuple[ClickDesign, list[str]]:
    lines = []
    before = log.days - TEST_DAYS - 1
    if design.train_days > before:
        lines.append(f"A log of {log.days} days leaves {before} for training: that many train now.")
        design = replace(design, train_days=before)
    most = most_age(log, design)
    if design.age_days > most:
        trained = design.train_days or before - OLDEST
        lines.append(
            f"With {trained} days of training in a log of {log.days} a model can be {most} days "
            f"old at most: it is now {most}."
        )
        design = replace(design, age_days=most)
    return design, lines


def _in_one_text(design: ClickDesign) -> str:
    """A design by what differs from the default one; never empty."""
    return pin_text(_design_texts(design).items() or [("model", design.model.name)])


def _from_one_text(text: str, log: ClickLogConfig) -> tuple[ClickDesign, list[str]]:
    reader = QueryReader(pin_choices(text))
    design, lines = _repaired_design(_read_design(reader, ""), log)
    reader.leave_out_the_rest()
    return design, reader.repairs + lines


def names() -> list[str]:
    """Every name that a query of the study may have, those within pins behind the pin's own."""
    design = ["model", *ClickDesign.knobs, "correct", *ClickDesign.choices]
    knobs = dict.fromkeys(knob for kind in MODELS.values() for knob in kind.knobs)
    design += [f"model.{knob}" for knob in knobs]
    own = [f"{PREFIX}{name}" for name in design]
    own += [f"{_LOG}{field.name}" for field in fields(ClickLogConfig)]
    own += [f"{_AUCTION}{name}" for name in Auction.knobs]
    return own + [f"{pin}~{name}" for pin in pins_query(_PIN, LETTERS) for name in design]


def _design_texts(design: ClickDesign) -> dict[str, str]:
    """What differs from the default design, by name."""
    usual = ClickDesign()
    texts = {}
    if design.model.name != usual.model.name:
        texts["model"] = design.model.name
    texts |= _texts(design.model, type(design.model)(), design.model.knobs, "model.")
    texts |= _texts(design, usual, ClickDesign.knobs, "")
    if design.correct != usual.correct:
        texts["correct"] = str(int(design.correct))
    for name in ClickDesign.choices:
        if getattr(design, name) != getattr(usual, name):
            texts[name] = getattr(design, name)
    return texts


def _texts(part: Any, usual: Any, knobs: Mapping[str, Any], prefix: str) -> dict[str, str]:
    return {
        f"{prefix}{name}": as_text(getattr(part, name))
        for name in knobs
        if getattr(part, name) != getattr(usual, name)
    }


def _read_log(reader: QueryReader) -> ClickLogConfig:
    usual = ClickLogConfig()
    values: dict[str, Any] = {
        field.name: reader.number(
            f"{_LOG}{field.name}", KNOBS[field.name], getattr(usual, field.name)
        )
        for field in fields(ClickLogConfig)
    }
    most = most_clicked(values["position_bias"])
    if values["base_rate"] > most:
        values["base_rate"] = math.floor(1_000 * most) / 1_000
        reader.repairs.append(
            f"So few look at the lower positions that a share of {most:.3f} at most can click: "
            f"{_LOG}base_rate is now {values['base_rate']}."
        )
    return ClickLogConfig(**values)


def _read_design(reader: QueryReader, prefix: str) -> ClickDesign:
    usual = ClickDesign()
    model = reader.part(f"{prefix}model", MODELS, usual.model)
    values: dict[str, Any] = {
        name: reader.number(f"{prefix}{name}", knob, getattr(usual, name))
        for name, knob in ClickDesign.knobs.items()
    }
    correct = reader.choice(f"{prefix}correct", ("0", "1"), str(int(usual.correct)))
    values["correct"] = correct == "1"
    for name, known in ClickDesign.choices.items():
        values[name] = reader.choice(f"{prefix}{name}", known, getattr(usual, name))
    return ClickDesign(model=model, **values)
