"""Implicit-feedback matrix factorisation by alternating least squares (iALS)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from engine.generators.contract import Generator
from engine.generators.from_vectors import VectorGenerator
from engine.generators.interactions import Interactions
from engine.knobs import Knob, check_knobs
from engine.progress import Progress, silent
from engine.seeding import stream


@dataclass(frozen=True, slots=True)
class MF:
    """iALS of Hu, Koren and Volinsky (2008), fitted by the `implicit` library.

    factors : dimensions of the vectors.
    regularization : weight of the L2 penalty.
    alpha : confidence of a click over that of no click.
    iterations : alternating sweeps.
    """

    name: ClassVar[str] = "mf"
    unknown_users: ClassVar[str] = "A new user gets the mean of all users."
    unknown_items: ClassVar[str] = "An item without a click has no vector and is never proposed."
    places_new_items: ClassVar[bool] = False
    has_vectors: ClassVar[bool] = True
    knobs: ClassVar[dict[str, Knob]] = {
        "factors": Knob(4, 256, "dimensions of the vectors"),
        "regularization": Knob(0.001, 1000.0, "weight of the L2 penalty"),
        "alpha": Knob(0.1, 1000.0, "confidence of a click over that of no click"),
        "iterations": Knob(1, 100, "alternating sweeps"),
    }
    factors: int = 64
    regularization: float = 10.0
    alpha: float = 5.0
    iterations: int = 12

    def __post_init__(self) -> None:
        check_knobs(self, self.knobs)

    @property
    def vector_dim(self) -> int:
        return self.factors

    def why_not(self, items: int) -> str:
        return ""

    def fit(
        self, interactions: Interactions, seed: int = 0, progress: Progress = silent
    ) -> Generator:
        from implicit.cpu.als import AlternatingLeastSquares

        clicks = interactions.clicks
        # Several threads of BLAS under ALS slow it down tenfold, and leave sums in no fixed order.
        with threadpool_limits(limits=1, user_api="blas"):
            model = AlternatingLeastSquares(
                factors=self.factors,
                regularization=self.regularization,
                alpha=self.alpha,
                iterations=self.iterations,
                num_threads=1,
                random_state=int(stream(seed, "generator/mf").integers(2**31)),
            )
            progress("fitting matrix factorisation", 0.0)
            model.fit(
                clicks,
                show_progress=False,
                callback=lambda sweep, *_: progress(
                    "fitting matrix factorisation", (sweep + 1) / self.iterations
                ),
            )
        users, items = model.user_factors, model.item_factors
        users[np.diff(clicks.indptr) == 0] = 0
        items[np.bincount(clicks.indices, minlength=clicks.shape[1]) == 0] = 0
        return MFGenerator(users, items)

    def load(self, directory: Path) -> Generator:
        with np.load(directory / "factors.npz", allow_pickle=False) as saved:
            return MFGenerator(saved["users"], saved["items"])


class MFGenerator(VectorGenerator):
    """User and item factors.

    A user without clicks gets the mean of those with; an item without clicks has no vector
    and is never proposed.
    """

    def __init__(self, users: NDArray[np.float32], items: NDArray[np.float32]) -> None:
        self._saved_users = users
        known = np.any(users != 0, axis=1)
        stranger = users[known].mean(axis=0) if known.any() else users[:1].sum(axis=0)
        super().__init__(np.where(known[:, None], users, stranger).astype(np.float32), items)

    def save(self, directory: Path) -> None:
        np.savez(directory / "factors.npz", users=self._saved_users, items=self.item_vectors)
