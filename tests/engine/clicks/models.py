"""Models of the ladder that are fitted in no time."""

from dataclasses import replace

from engine.clicks import MODELS
from engine.rankers import RankerConfig


def quick_model(name: str) -> RankerConfig:
    """The model of a name, with few trees or epochs."""
    model = MODELS[name]()
    rounds = {"trees": 10, "epochs": 2}
    fewer = {knob: value for knob, value in rounds.items() if knob in model.knobs}
    return replace(model, **fewer)  # type: ignore[type-var]
