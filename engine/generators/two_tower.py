"""Two towers: users and items placed in one space by who they are and what is known of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from threadpoolctl import threadpool_limits

from engine.generators.contract import Generator
from engine.generators.from_vectors import VectorGenerator
from engine.generators.interactions import Interactions
from engine.generators.towers import Clicks, Descent, outputs, sides, start, train
from engine.knobs import Knob, check_knobs
from engine.progress import Progress, silent
from engine.seeding import stream


@dataclass(frozen=True, slots=True)
class TwoTower:
    """The two-tower model of Yi et al. (2019), "Sampling-bias-corrected neural modeling".

    Each tower adds up the embeddings of an id, of categories and of a title's words, and
    numbers; a hidden layer may bend the sum; the vectors have length 1. Trained by a softmax
    over the items of a batch and some that are drawn uniformly. In training some ids are
    hidden, so that there is a place for those who are not known.

    dimensions : of the vectors.
    hidden : width of each tower's hidden layer; 0 leaves it out.
    epochs : passes over the clicks.
    learning_rate : the first step of Adam; the steps fall to 0.
    temperature : what cosines are divided by in the softmax.
    id_dropout : share of the ids that are hidden in training.
    correction : strength of the logQ correction. At 1 the towers learn what is clicked, the
        popular more often; less holds the popular back, which are drawn more often as a wrong
        answer.
    """

    name: ClassVar[str] = "two_tower"
    unknown_users: ClassVar[str] = "A new user is placed by the declared topic and the cohort."
    unknown_items: ClassVar[str] = (
        "An item without a click is placed by topic, creator, duration and title."
    )
    places_new_items: ClassVar[bool] = True
    has_vectors: ClassVar[bool] = True
    knobs: ClassVar[dict[str, Knob]] = {
        "dimensions": Knob(4, 256, "dimensions of the vectors"),
        "hidden": Knob(0, 512, "width of the hidden layers; 0: none"),
        "epochs": Knob(1, 100, "passes over the clicks"),
        "learning_rate": Knob(0.0001, 0.1, "first step of Adam"),
        "temperature": Knob(0.02, 2.0, "what cosines are divided by in the softmax"),
        "id_dropout": Knob(0.0, 0.9, "ids that are hidden in training", "share"),
        "correction": Knob(
            0.0, 1.5, "strength of the logQ correction; less holds the popular back"
        ),
    }
    dimensions: int = 64
    hidden: int = 0
    epochs: int = 6
    learning_rate: float = 0.0015
    temperature: float = 0.2
    id_dropout: float = 0.2
    correction: float = 1.0

    def __post_init__(self) -> None:
        check_knobs(self, self.knobs)

    @property
    def vector_dim(self) -> int:
        return self.dimensions

    def why_not(self, items: int) -> str:
        return ""

    def fit(
        self, interactions: Interactions, seed: int = 0, progress: Progress = silent
    ) -> Generator:
        clicks = Clicks.of(interactions.clicks)
        if not len(clicks):
            users, items = interactions.clicks.shape
            nothing = np.zeros((users + items, self.dimensions), dtype=np.float32)
            return TwoTowerGenerator(nothing[:users], nothing[users:])
        user, item = sides(interactions, clicks)
        rng = stream(seed, "generator/two-tower")
        first = start(user, item, self.dimensions, self.hidden, rng)
        descent = Descent(
            self.epochs,
            self.learning_rate,
            self.temperature,
            self.id_dropout,
            self.correction,
        )
        # Of several threads of BLAS sums come in no fixed order.
        with threadpool_limits(limits=1, user_api="blas"):
            params = train(descent, first, user, item, clicks, rng, progress)
            return TwoTowerGenerator(outputs(params, "user", user), outputs(params, "item", item))

    def load(self, directory: Path) -> Generator:
        with np.load(directory / "towers.npz", allow_pickle=False) as saved:
            return TwoTowerGenerator(saved["users"], saved["items"])


class TwoTowerGenerator(VectorGenerator):
    """What the towers make of each user and item, worked out once; scores are cosines.

    Without any click nothing was learned: all vectors are 0, and nothing is proposed.
    """

    def save(self, directory: Path) -> None:
        np.savez(directory / "towers.npz", users=self._users, items=self.item_vectors)
