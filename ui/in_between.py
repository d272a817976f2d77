"""What a slider shows between points that were measured: scenes at knots, and what varies.

The browser is sent one scene whole, and for each number in it that the slider moves its values at
the knots. It draws what lies between while the slider is dragged, with no word to the server.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import numpy as np
import orjson

from ui.live_figure import Figure

_NUMBER = re.compile(r"[+−]?\d+(?:,\d{3})*(?:\.\d+)?")
_DIGITS = 6
_NUMPY = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS

Track = list[Any]
"""[path, kind, what]: where in the scene, how it moves, and its values at the knots."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What depends on a slider: figures and the lines under them, by key; texts by name."""

    figures: dict[str, Figure]
    captions: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)

    def names(self) -> set[tuple[str, str]]:
        """Where each part is found: of which kind, and its name."""
        kinds = ("figure", self.figures), ("caption", self.captions), ("text", self.texts)
        return {(kind, name) for kind, named in kinds for name in named}

    def plain(self) -> dict[str, Any]:
        """As it travels: no arrays, and null for what is no number."""
        whole = {"figures": self.figures, "captions": self.captions, "texts": self.texts}
        # Plotly's own way looks at every value in turn, which is felt on a slider's step.
        sent = orjson.dumps(whole, default=_plain, option=_NUMPY)
        plain: dict[str, Any] = orjson.loads(sent)
        return plain


def tracks(knots: Sequence[float], scenes: Sequence[Scene]) -> list[Track]:
    """What differs between the scenes, a track each.

    Kinds: ``is``: the slider's value itself; ``line``: numbers, or arrays of them, linear
    between the knots; ``range``: an axis', which holds both of the knots that a value lies
    between; ``text``: a text whose numbers move so between knots with the same words, which are a
    run of them; ``step``: anything else, as at the knot below: the different values, and for each
    knot the place of its own among them.

    Raises
    ------
    ValueError : not a scene for each knot, or one with other names than the first.
    """
    if len(knots) != len(scenes) or not knots:
        raise ValueError(f"scenes={len(scenes)}: must be one for each of {len(knots)} knots")
    for knot, scene in zip(knots, scenes, strict=True):
        if other := scene.names() ^ scenes[0].names():  # the browser would find nothing by them
            raise ValueError(f"scenes: at {knot:g} names must be those of the first, not {other}")
    found: list[Track] = []
    _walk([], [scene.plain() for scene in scenes], list(knots), found)
    return found


def _walk(path: list[Any], leaves: list[Any], knots: list[float], found: list[Track]) -> None:
    first = leaves[0]
    if all(isinstance(leaf, dict) and leaf.keys() == first.keys() for leaf in leaves):
        for name in first:
            _walk([*path, name], [leaf[name] for leaf in leaves], knots, found)
        return
    if all(leaf == leaves[0] for leaf in leaves):
        return
    if all(_is_number(leaf) for leaf in leaves):
        found.append([path, *_moving(leaves, knots)])
    elif _are_vectors(leaves) and not _hold_the_value(leaves, knots):
        kind = "range" if path[-1] == "range" else "line"
        found.append([path, kind, [[_short(value) for value in leaf] for leaf in leaves]])
    elif all(isinstance(leaf, list) and len(leaf) == len(first) for leaf in leaves):
        for place in range(len(first)):
            _walk([*path, place], [leaf[place] for leaf in leaves], knots, found)
    elif all(isinstance(leaf, str) for leaf in leaves):
        found.append([path, *_text(leaves, knots)])
    else:
        found.append([path, *_steps(leaves)])


def _moving(values: list[float], knots: list[float]) -> list[Any]:
    if list(values) == knots:
        return ["is", None]
    return ["line", [_short(value) for value in values]]


def _steps(leaves: list[Any]) -> list[Any]:
    """Whole charts may be steps, and most of them alike: each is sent once."""
    values: list[Any] = []
    which = []
    for leaf in leaves:
        if leaf not in values:
            values.append(leaf)
        which.append(values.index(leaf))
    return ["step", {"values": values, "which": which}]


def _text(texts: list[str], knots: list[float]) -> list[Any]:
    """A text whose numbers move as long as its words are the same."""
    if not any(map(_NUMBER.search, texts)):
        return _steps(texts)
    runs: list[dict[str, Any]] = []
    first = 0
    for _, group in groupby(texts, _NUMBER.split):
        alike = list(group)
        last = first + len(alike)
        runs.append({"first": first, "last": last - 1, **_pieces(alike, knots[first:last])})
        first = last
    return ["text", runs]


def _pieces(texts: list[str], knots: list[float]) -> dict[str, Any]:
    """What stands between the numbers that move, and how they do."""
    columns = zip(*(_NUMBER.findall(text) for text in texts), strict=True)
    words = _NUMBER.split(texts[0])
    pieces, slots = words[:1], []
    for column, after in zip(columns, words[1:], strict=True):
        if all(text == column[0] for text in column):  # a date, a setting: as it is written
            pieces[-1] += column[0] + after
            continue
        pieces.append(after)
        numbers = [float(text.replace(",", "").replace("−", "-")) for text in column]
        whole = [int(x) if x.is_integer() else x for x in numbers]
        kind, values = _moving(whole, knots)
        slots.append(
            {
                "kind": kind,
                "values": values,
                "digits": [len(text.partition(".")[2]) for text in column],
                "signed": any(text[0] in "+−" for text in column),
                "grouped": not any(re.search(r"\d{4}", text) for text in column),
            }
        )
    return {"pieces": pieces, "slots": slots}


def _are_vectors(leaves: list[Any]) -> bool:
    return all(
        isinstance(leaf, list) and len(leaf) == len(leaves[0]) > 1 and all(map(_is_number, leaf))
        for leaf in leaves
    )


def _hold_the_value(leaves: list[Any], knots: list[float]) -> bool:
    """Whether an entry is the slider's value itself, which no line between knots gives exactly."""
    return any(list(column) == knots for column in zip(*leaves, strict=True))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _plain(value: object) -> Any:
    """What orjson does not know by itself: arrays that do not lie in one piece, and of objects."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    raise TypeError


def _short(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")
