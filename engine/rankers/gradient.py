"""What the rankers share that are trained by their gradient: in JAX, served without it.

JAX is imported when something is fitted and never otherwise: a model is a dictionary of NumPy
arrays, and the one function from it to log-odds is written for both.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from engine.jax_cpu import jax_on_one_thread
from engine.preparation import Preparation, PreparedRows
from engine.progress import Progress
from engine.rankers.contract import Course, Examples, Ranker
from engine.table import FeatureTable

Params = dict[str, NDArray[np.float32]]
Logits = Callable[[Mapping[str, Any], Any, Any, Any, Any], Any]
"""``logits(params, dense, places, words, xp)`` -> (n,), xp being numpy or jax.numpy."""

PATIENCE = 4
"""Epochs without a gain on the validation days after which training ends."""
_BATCHES = (32, 1024)
_STEPS = 100
_CHUNK = 4_096
_BELOW_ONE = np.nextafter(np.float32(1.0), np.float32(0.0))
_ABOVE_ZERO = np.finfo(np.float32).tiny


@dataclass(frozen=True, slots=True, eq=False)
class Descent:
    """How a model is trained.

    logits : the model.
    by_place : names of the parameters with a row a place; that of the unknown place stays 0.
    penalties : L2 penalty of each parameter that has one, a number or an array of its shape; as
        in logistic regression, of the sum of all rows' losses.
    learning_rate, epochs : of Adam (Kingma & Ba, 2015), at most.
    """

    logits: Logits
    by_place: tuple[str, ...]
    penalties: Mapping[str, Any]
    learning_rate: float
    epochs: int


class Labelled(NamedTuple):
    """Prepared rows, and which of them were clicked."""

    rows: PreparedRows
    clicked: NDArray[np.bool_]


def labelled(preparation: Preparation, examples: Examples) -> Labelled:
    """Examples as a descent takes them."""
    return Labelled(preparation.rows(examples.table), examples.clicked)


def descend(
    descent: Descent,
    start: Mapping[str, NDArray[Any]],
    train: Labelled,
    validation: Labelled | None,
    rng: np.random.Generator,
    progress: Progress,
) -> tuple[Params, Course]:
    """Train until the log loss of the validation rows gains no more; keep what was best.

    Each epoch takes the rows in a new order, in batches of one size; what is left over waits for
    another epoch.

    validation : None runs all epochs and keeps the last.
    """
    n = len(train.clicked)
    size = batch_size(n)
    run = _epoch(descent.logits, descent.by_place)
    rows, clicked = train.rows, train.clicked.astype(np.float32)
    data = jax_on_one_thread().device_put((rows.dense, rows.places, rows.words, clicked))
    penalties = {name: np.asarray(p, dtype=np.float32) for name, p in descent.penalties.items()}
    best, kept = {name: np.asarray(p, dtype=np.float32) for name, p in start.items()}, 0
    params, state = best, None
    losses: list[float] = []
    for epoch in range(descent.epochs):
        progress("descending the gradient", epoch / descent.epochs)
        order = rng.permutation(n)[: n // size * size].reshape(-1, size).astype(np.int32)
        params, state = run(params, state, data, order, penalties, descent.learning_rate)
        found = {name: np.array(value) for name, value in params.items()}
        if not all(np.isfinite(value).all() for value in found.values()):
            break  # the steps are too long: no later epoch comes back from there
        if validation is not None:
            z = raw(descent.logits, found, validation.rows)
            losses.append(log_loss_of(z, validation.clicked))
        if validation is None or losses[-1] == min(losses):
            best, kept = found, epoch + 1
        elif len(losses) - kept >= PATIENCE:
            break
    return best, Course(tuple(losses), kept)


def batch_size(n: int) -> int:
    """Rows of a batch: a power of two, for about `_STEPS` steps an epoch, within bounds."""
    fewest, most = _BATCHES
    power = 1 << (max(n // _STEPS, 1).bit_length() - 1)
    return min(n, max(fewest, min(most, power)))


def raw(logits: Logits, params: Mapping[str, Any], rows: PreparedRows) -> NDArray[Any]:
    """Log-odds of rows in NumPy, (n,), a few at a time so that they stay in the cache."""
    cuts = range(0, max(len(rows), 1), _CHUNK)
    parts = (rows if len(rows) <= _CHUNK else rows.rows(slice(at, at + _CHUNK)) for at in cuts)
    found = [logits(params, part.dense, part.places, part.words, np) for part in parts]
    return found[0] if len(found) == 1 else np.concatenate(found)


def log_loss_of(z: NDArray[Any], clicked: NDArray[np.bool_]) -> float:
    """Mean log loss of log-odds."""
    odds = z.astype(np.float64)
    return float((np.logaddexp(0.0, odds) - clicked * odds).mean())


class GradientRanker(Ranker):
    """A model of prepared rows whose output is the log-odds of a click."""

    gives_probabilities = True
    by_place: ClassVar[tuple[str, ...]]

    def __init__(
        self, preparation: Preparation, params: Params, course: Course | None = None
    ) -> None:
        self.preparation, self.params = preparation, params
        self.course = course or Course()

    @staticmethod
    @abstractmethod
    def logits(params: Mapping[str, Any], dense: Any, places: Any, words: Any, xp: Any) -> Any:
        """The model: see `Logits`."""

    def scores(self, table: FeatureTable) -> NDArray[np.float32]:
        z = raw(type(self).logits, self.params, self.preparation.rows(table))
        p = expit(z.astype(np.float64)).astype(np.float32)
        clicked: NDArray[np.float32] = np.clip(p, _ABOVE_ZERO, _BELOW_ONE)
        return clicked

    def precise(self) -> dict[str, NDArray[np.float64]]:
        """The parameters in float64: what contributions are worked out with."""
        return {name: value.astype(np.float64) for name, value in self.params.items()}

    def save(self, directory: Path) -> None:
        arrays: dict[str, Any] = {f"param_{name}": value for name, value in self.params.items()}
        np.savez(directory / self.file(), **arrays | self.preparation.arrays())

    @classmethod
    def read(cls, directory: Path) -> GradientRanker:
        """What `save` wrote."""
        with np.load(directory / cls.file(), allow_pickle=False) as saved:
            params = {
                name.removeprefix("param_"): saved[name]
                for name in saved.files
                if name.startswith("param_")
            }
            return cls(Preparation.from_arrays(saved), params)

    @classmethod
    def file(cls) -> str:
        """Name of its file."""
        return f"{cls.__name__.lower()}.npz"

    @property
    def parameters(self) -> int:
        # The unknown place has none of its own.
        fixed: int = sum(self.params[name][0].size for name in self.by_place)
        return sum(int(value.size) for value in self.params.values()) - fixed

    @property
    def size_bytes(self) -> int:
        arrays = [*self.params.values(), *self.preparation.arrays().values()]
        return sum(array.nbytes for array in arrays)


@cache
def _epoch(logits: Logits, by_place: tuple[str, ...]) -> Callable[..., Any]:
    """One pass over batches, compiled once for each model and shape of data."""
    jax = jax_on_one_thread()
    import optax

    jnp = jax.numpy
    adam = optax.scale_by_adam()

    def loss(params: Any, batch: Any, penalties: Any, n: int) -> Any:
        dense, places, words, clicked = batch
        z = logits(params, dense, places, words, jnp)
        fit = (jax.nn.softplus(z) - clicked * z).mean()
        pulled = sum((p * params[name] ** 2).sum() for name, p in penalties.items())
        return fit + 0.5 / n * pulled

    def run(params: Any, state: Any, data: Any, order: Any, penalties: Any, rate: Any) -> Any:
        def step(carry: Any, rows: Any) -> Any:
            params, state = carry
            batch = tuple(column[rows] for column in data)
            slope = jax.grad(loss)(params, batch, penalties, len(data[-1]))
            for name in by_place:
                slope[name] = slope[name].at[0].set(0.0)
            updates, state = adam.update(slope, state)
            params = {name: value - rate * updates[name] for name, value in params.items()}
            return (params, state), None

        return jax.lax.scan(step, (params, state), order)[0]

    compiled = jax.jit(run)

    def start(params: Any, state: Any, *more: Any) -> Any:
        if state is None:  # as `adam.init` makes it, which would compile a function an array
            zeros = ({name: np.zeros_like(p) for name, p in params.items()} for _ in range(2))
            state = optax.ScaleByAdamState(np.zeros((), dtype=np.int32), *zeros)
        return compiled(params, state, *more)

    return start
