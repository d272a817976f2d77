"""What a link holds of the ad case study: the log, the design, the auction, a design to compare."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from engine.clicks import Auction, ClickDesign, ClickLogConfig
from engine.clicks.config import KNOBS, most_clicked
from engine.clicks.days import OLDEST, TEST_DAYS, most_age
from engine.clicks.design import MODELS
from engine.query import QueryReader, as_text

PREFIX = "ads."
"""Before every name of a query that is of the ad case study."""
_LOG, _AUCTION, _PIN = f"{PREFIX}log.", f"{PREFIX}auction.", f"{PREFIX}pin"


@dataclass(frozen=True, slots=True)
class AdStudy:
    """A click log, a design judged on it, the auction it serves, and a design to compare with.

    As a query, what differs from the defaults: ``ads.model`` with its knobs as
    ``ads.model.trees``; ``ads.negatives``, ``ads.calibration`` and the like; the log's as
    ``ads.log.base_rate``; the auction's as ``ads.auction.ads``; and the pinned design as
    ``ads.pin``, in one text such as ``model-fm~negatives-0.1``.
    """

    log: ClickLogConfig = ClickLogConfig()
    design: ClickDesign = ClickDesign()
    auction: Auction = Auction()
    pinned: ClickDesign | None = None

    def to_query(self) -> dict[str, str]:
        """The study as text, readable in an address bar; empty for the default."""
        query = {f"{PREFIX}{name}": text for name, text in _design_texts(self.design).items()}
        query |= _texts(self.log, ClickLogConfig(), KNOBS, _LOG)
        query |= _texts(self.auction, Auction(), Auction.knobs, _AUCTION)
        if self.pinned is not None:
            told = _design_texts(self.pinned) or {"model": self.pinned.model.name}
            query[_PIN] = "~".join(f"{name}-{text}" for name, text in told.items())
        return query

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
        study = cls(log, _read_design(reader, PREFIX), Auction(**numbers))
        pin = reader.text(_PIN)
        if pin:
            given = dict(piece.partition("-")[::2] for piece in pin.split("~"))
            pinned = QueryReader(given)
            study = replace(study, pinned=_read_design(pinned, ""))
            pinned.leave_out_the_rest()
            reader.repairs += [f"Pinned click model: {line}" for line in pinned.repairs]
        study, lines = repaired(study)
        reader.repairs += lines
        return study


def repaired(study: AdStudy) -> tuple[AdStudy, list[str]]:
    """The nearest study that its log allows, and one line for each repair."""
    lines: list[str] = []
    design, more = _repaired_design(study.design, study.log)
    lines += more
    pinned = study.pinned
    if pinned is not None:
        pinned, more = _repaired_design(pinned, study.log)
        lines += [f"Pinned click model: {line}" for line in more]
    auction = study.auction
    if auction.ads > study.log.ads:
        lines.append(f"The log has {study.log.ads:,} ads: as many bid now.")
        auction = replace(auction, ads=study.log.ads)
    return AdStudy(study.log, design, auction, pinned), lines


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
