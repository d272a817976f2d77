"""A design: all the choices of a click model, as one frozen value."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Literal, get_args

from engine.knobs import Knob, check_knobs
from engine.rankers import GBDT, RANKERS, LambdaRank, NoRanker, RankerConfig

MODELS: dict[str, type[RankerConfig]] = {
    name: ranker for name, ranker in RANKERS.items() if ranker is not NoRanker
}
"""Name -> class, in ladder order: all rankers but the one that needs a generator."""
TREES: tuple[type, ...] = (GBDT, LambdaRank)
"""The models that cannot see ids, and see the click rates of ids instead."""

Calibration = Literal["none", "platt", "isotonic"]
Position = Literal["feature", "ignore", "first_only"]
Encoding = Literal["earlier_days", "leave_one_out", "none"]


@dataclass(frozen=True, slots=True)
class ClickDesign:
    """What predicts clicks, what it is trained on, and what is done to its probabilities.

    A name, such as ``model="gbdt"``, stands for that model's defaults.

    model : of `MODELS`.
    negatives : share of the rows without a click that trains the model.
    correct : whether the probabilities are those of all rows again; see `undo_sampling`.
    calibration : fitted to the model's validation day: "platt", a logistic curve, or "isotonic",
        any rising steps.
    age_days : days between the newest data of the model and the test days.
    train_days : days that train it; 0 for as many as leave room for a model seven days old,
        the same for all ages.
    position : "feature", the model is told the position of each row; "ignore", it is not;
        "first_only", it learns from position 1 alone and so predicts for it.
    encoding : how trees see ids, by click rates: "earlier_days", of the days before each row's
        own; "leave_one_out", of all training rows but the row itself, a trap, for what all rows
        but one tell gives the label of that one away; "none". Other models see the ids.

    Raises
    ------
    ValueError : an unknown name, a part of the wrong kind, or a number out of range.
    """

    knobs: ClassVar[dict[str, Knob]] = {
        "negatives": Knob(0.01, 1.0, "share of the rows without a click that is kept", "share"),
        "age_days": Knob(0, 50, "days between the model's newest data and the test", "days"),
        "train_days": Knob(0, 50, "days that train the model; 0: as many as fit", "days"),
    }
    choices: ClassVar[dict[str, tuple[str, ...]]] = {
        "calibration": get_args(Calibration),
        "position": get_args(Position),
        "encoding": get_args(Encoding),
    }
    model: RankerConfig = GBDT()
    negatives: float = 1.0
    correct: bool = True
    calibration: Calibration = "none"
    age_days: int = 0
    train_days: int = 0
    position: Position = "feature"
    encoding: Encoding = "earlier_days"

    def __post_init__(self) -> None:
        object.__setattr__(self, "model", _model(self.model))
        check_knobs(self, self.knobs)
        if self.correct not in (0, 1):
            raise ValueError(f"correct={self.correct!r}: must be True or False")
        object.__setattr__(self, "correct", bool(self.correct))
        for name, allowed in self.choices.items():
            value = getattr(self, name)
            if value not in allowed:
                raise ValueError(f"{name}={value!r}: must be one of {', '.join(allowed)}")

    @property
    def sees_rates(self) -> bool:
        """Whether ids reach the model as click rates."""
        return isinstance(self.model, TREES) and self.encoding != "none"

    @property
    def fitted_part(self) -> ClickDesign:
        """Without what needs no fit, and without what this model does not see."""
        return ClickDesign(
            model=self.model,
            negatives=self.negatives,
            age_days=self.age_days,
            train_days=self.train_days,
            position=self.position,
            encoding=self.encoding if isinstance(self.model, TREES) else "none",
        )


def click_ladder(design: ClickDesign) -> dict[str, ClickDesign]:
    """Every model at its defaults, the design's own as it is, with all else as in the design."""
    return {
        name: design if name == design.model.name else replace(design, model=kind())
        for name, kind in MODELS.items()
    }


def _model(model: object) -> RankerConfig:
    if isinstance(model, str) and model in MODELS:
        return MODELS[model]()
    for kind in MODELS.values():
        if type(model) is kind:
            return model
    raise ValueError(f"model={model!r}: must be one of {', '.join(MODELS)}")
