"""Two towers of a network, their loss over a batch of clicks, and how they are trained.

One tower turns what is known of a user into a vector of length 1, the other what is known of
an item. They are written once for NumPy, which serves, and for JAX, which trains.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from engine.generators.interactions import Interactions
from engine.jax_cpu import jax_on_one_thread
from engine.preparation import UNKNOWN, Preparation, PreparedRows, known_words
from engine.progress import Progress
from engine.table import FeatureTable

Params = dict[str, NDArray[np.float32]]
_BATCHES = (64, 256)
"""Larger ones cost more an epoch, by their square, and were no better on held-out clicks."""
_STEPS = 64
_LENGTH = 0.8
"""Of each embedding at the start, whatever its dimensions."""
_NEVER = -1e9
_CHUNK = 4_096


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """What a tower takes, a row a user or an item.

    id_field : the column of the places that says who it is; there alone stands `UNKNOWN` for
        those without a click, whose own embedding nothing would train.
    vocabulary : places, the unknown one included.
    """

    rows: PreparedRows
    id_field: int
    vocabulary: int


@dataclass(frozen=True, slots=True, eq=False)
class Clicks:
    """Who clicked what, a row a click, and how often each item was clicked."""

    user: NDArray[np.int32]
    item: NDArray[np.int32]
    counts: NDArray[np.int64]  # (items,)

    @classmethod
    def of(cls, clicks: csr_matrix) -> Clicks:
        """The rows of a matrix of counts, (users, items)."""
        pairs = clicks.tocoo()
        times = pairs.data.astype(np.int64)
        item = np.repeat(pairs.col, times).astype(np.int32)
        order = np.lexsort((item, user := np.repeat(pairs.row, times).astype(np.int32)))
        return cls(user[order], item[order], np.bincount(item, minlength=clicks.shape[1]))

    def __len__(self) -> int:
        return len(self.user)


@dataclass(frozen=True, slots=True)
class Descent:
    """How the towers are trained; see `TwoTower`."""

    epochs: int
    learning_rate: float
    temperature: float
    id_dropout: float
    correction: float


def sides(interactions: Interactions, clicks: Clicks) -> tuple[Side, Side]:
    """What the towers of users and of items take."""
    clicked = np.bincount(clicks.user, minlength=len(interactions.users)) > 0
    return (
        _side(interactions.users, "user", clicked),
        _side(interactions.items, "item", clicks.counts > 0),
    )


def _side(table: FeatureTable, name: str, clicked: NDArray[np.bool_]) -> Side:
    preparation = Preparation.fitted(table)
    rows = preparation.rows(table)
    _, fields = preparation.sources()
    field = [table.columns[column] for column in fields].index(name)
    rows.places[~clicked, field] = UNKNOWN
    return Side(rows, field, preparation.size)


def start(user: Side, item: Side, dimensions: int, hidden: int, rng: np.random.Generator) -> Params:
    """Parameters of both towers before training, ``user_`` and ``item_`` before each name."""
    params: Params = {}
    spread = _LENGTH / np.sqrt(dimensions)
    for name, side in (("user", user), ("item", item)):
        shapes = {
            "places": (side.vocabulary, dimensions),
            "dense": (side.rows.dense.shape[1], dimensions),
            "bias": (dimensions,),
        }
        for part, shape in shapes.items():
            params[f"{name}_{part}"] = rng.normal(0.0, spread, shape).astype(np.float32)
        if hidden:
            into = rng.normal(0.0, np.sqrt(2.0 / dimensions), (dimensions, hidden))
            params[f"{name}_into"] = into.astype(np.float32)
            params[f"{name}_threshold"] = np.zeros(hidden, dtype=np.float32)
            # The layer adds to the sum of the embeddings, from nothing.
            params[f"{name}_out"] = np.zeros((hidden, dimensions), dtype=np.float32)
    return params


def tower(
    params: Mapping[str, Any], name: str, dense: Any, places: Any, words: Any, xp: Any
) -> Any:
    """Vectors of length 1, (n, dimensions): embeddings added up, and a hidden layer's answer.

    name : "user" or "item". xp : numpy or jax.numpy.
    """
    embeddings = params[f"{name}_places"]
    known = known_words(words, xp).astype(dense.dtype)
    total = dense @ params[f"{name}_dense"] + embeddings[places].sum(axis=1)
    total = total + embeddings[words].sum(axis=1) / known[:, None] + params[f"{name}_bias"]
    if f"{name}_into" in params:
        bent = xp.maximum(total @ params[f"{name}_into"] + params[f"{name}_threshold"], 0.0)
        total = total + bent @ params[f"{name}_out"]
    return total / xp.sqrt((total * total).sum(axis=1, keepdims=True) + np.float32(1e-12))


def outputs(params: Params, name: str, side: Side) -> NDArray[np.float32]:
    """The vectors of all users or items, (n, dimensions) float32."""
    parts = []
    for first in range(0, len(side.rows), _CHUNK):
        rows = side.rows.rows(slice(first, first + _CHUNK))
        parts.append(tower(params, name, rows.dense, rows.places, rows.words, np))
    return np.concatenate(parts).astype(np.float32)


def batch_size(clicks: int) -> int:
    """Clicks of a batch: a power of two, for `_STEPS` steps an epoch or more, within bounds."""
    fewest, most = _BATCHES
    power = 1 << (max(clicks // _STEPS, 1).bit_length() - 1)
    return min(clicks, max(fewest, min(most, power)))


def train(
    descent: Descent,
    params: Params,
    user: Side,
    item: Side,
    clicks: Clicks,
    rng: np.random.Generator,
    progress: Progress,
) -> Params:
    """Train both towers by Adam, whose steps fall to 0 in a straight line.

    Each epoch takes the clicks in a new order, in batches of one size; what is left over waits
    for another. Beside a batch's own items stand half as many drawn uniformly from the
    catalogue, so that items that nobody clicks are seen, too (Yang et al., 2020).
    """
    n, items = len(clicks), len(clicks.counts)
    size = batch_size(n)
    steps, uniform = n // size, size // 2
    # How often an item stands in a batch, by expectation: what the sampled softmax leaves out.
    expected = size * clicks.counts / n + uniform / items
    offset = (descent.correction * np.log(np.maximum(expected, 1e-9))).astype(np.float32)
    rows = [(s.rows.dense, s.rows.places, s.rows.words) for s in (user, item)]
    data = jax_on_one_thread().device_put((*rows, offset))
    run = _epoch(user.id_field, item.id_field)
    rates = descent.learning_rate * np.linspace(1.0, 0.0, descent.epochs * steps, endpoint=False)
    found, state = params, None
    for epoch in range(descent.epochs):
        progress("training two towers", epoch / descent.epochs)
        order = rng.permutation(n)[: steps * size].reshape(steps, size)
        others = rng.integers(items, size=(steps, uniform)).astype(np.int32)
        batches = (
            clicks.user[order],
            np.concatenate([clicks.item[order], others], axis=1),
            rng.random((steps, size)) < descent.id_dropout,
            rng.random((steps, size + uniform)) < descent.id_dropout,
            rates[epoch * steps : (epoch + 1) * steps].astype(np.float32),
        )
        found, state = run(found, state, data, batches, np.float32(descent.temperature))
        # JAX returns before it is done: waited for, progress tells of what was done.
        found = {name: value.block_until_ready() for name, value in found.items()}
    return {name: np.array(value) for name, value in found.items()}


def loss(
    params: Mapping[str, Any],
    user: tuple[Any, Any, Any],
    item: tuple[Any, Any, Any],
    ids: Any,
    offset: Any,
    temperature: Any,
    xp: Any,
) -> Any:
    """Mean cross-entropy of the clicked item among those of the batch.

    The softmax over cosines, each less the log of how often its item is drawn (Yi et al.,
    2019). The same item a second time is no wrong answer and is left out.

    user, item : dense part, places and words, (n, ...) and (m, ...); of the first n items each
        was clicked by the user of its row.
    ids, offset : (m,) of the items.
    """
    of_user, of_item = tower(params, "user", *user, xp), tower(params, "item", *item, xp)
    n, m = len(of_user), len(of_item)
    logits = of_user @ of_item.T / temperature - offset[None, :]
    again = (ids[:n, None] == ids[None, :]) & ~xp.eye(n, m, dtype=bool)
    logits = xp.where(again, _NEVER, logits)
    most = logits.max(axis=1, keepdims=True)
    whole = xp.log(xp.exp(logits - most).sum(axis=1)) + most[:, 0]
    return (whole - xp.diagonal(logits)).mean()


@cache
def _epoch(user_id: int, item_id: int) -> Callable[..., Any]:
    """One pass over batches, compiled once for each shape of data."""
    jax = jax_on_one_thread()
    import optax

    jnp = jax.numpy
    adam = optax.scale_by_adam()

    def drawn(rows: Any, which: Any, field: int, dropped: Any) -> Any:
        """Rows of a table, some of them as if nobody knew who they were."""
        dense, places, words = (part[which] for part in rows)
        shown = jnp.where(dropped, UNKNOWN, places[:, field])
        return dense, places.at[:, field].set(shown), words

    def run(params: Any, state: Any, data: Any, batches: Any, temperature: Any) -> Any:
        users, items, offset = data

        def step(carry: Any, batch: Any) -> Any:
            params, state = carry
            user, item, user_dropped, item_dropped, rate = batch
            slope = jax.grad(loss)(
                params,
                drawn(users, user, user_id, user_dropped),
                drawn(items, item, item_id, item_dropped),
                item,
                offset[item],
                temperature,
                jnp,
            )
            updates, state = adam.update(slope, state)
            params = {name: value - rate * updates[name] for name, value in params.items()}
            return (params, state), None

        return jax.lax.scan(step, (params, state), batches)[0]

    compiled = jax.jit(run)

    def begin(params: Any, state: Any, *more: Any) -> Any:
        if state is None:  # as `adam.init` makes it, which would compile a function an array
            zeros = ({name: np.zeros_like(p) for name, p in params.items()} for _ in range(2))
            state = optax.ScaleByAdamState(np.zeros((), dtype=np.int32), *zeros)
        return compiled(params, state, *more)

    return begin
