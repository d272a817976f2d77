"""Pinned designs in a link: up to four, a short text each, under names that count letters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from engine.query import QueryReader

LETTERS = "ABCD"
"""What pinned designs are called, in their order."""
MOST_PINS = len(LETTERS)
T = TypeVar("T")


def checked(pins: Iterable[T], kind: type[T]) -> tuple[T, ...]:
    """Pinned designs as a value holds them: those that are equal are one.

    Raises
    ------
    ValueError : more than four, or one of another type.
    """
    folded = tuple(dict.fromkeys(pins))
    for pin in folded:
        if type(pin) is not kind:
            raise ValueError(f"pins={pin!r}: must be of type {kind.__name__}")
    if len(folded) > MOST_PINS:
        raise ValueError(f"pins={len(folded)} designs: must be at most {MOST_PINS}")
    return folded


def pins_query(name: str, texts: Sequence[str]) -> dict[str, str]:
    """Texts under ``name``, ``name.b``, ``name.c`` and ``name.d``."""
    return dict(zip(_names(name), texts, strict=False))


def pin_text(told: Iterable[tuple[str, str]]) -> str:
    """Choices in one text, such as ``ranker-logistic~candidates-100``."""
    # Of all separators these alone are left as they are in an address.
    return "~".join(f"{name}-{text}" for name, text in told)


def pin_choices(text: str) -> dict[str, list[str]]:
    """The choices in a pin's text, by name."""
    given: dict[str, list[str]] = {}
    for piece in text.split("~"):
        name, _, value = piece.partition("-")
        given.setdefault(name, []).append(value)
    return given


def take_pins(reader: QueryReader, name: str) -> dict[str, str]:
    """Letter -> text of the pins in a query; a line for each that is one too many."""
    found = {}
    for letter, key in zip(LETTERS, _names(name), strict=True):
        if text := reader.text(key):
            found[letter] = text
    for place in range(MOST_PINS, 26):
        key = f"{name}.{chr(ord('a') + place)}"
        if reader.text(key):
            reader.repairs.append(f"At most four designs are pinned: {key} is left out.")
    return found


def repaired_pins(
    pins: Iterable[tuple[str, T, list[str]]], what: str
) -> tuple[tuple[T, ...], list[str]]:
    """The pins with those that became equal folded, and each line with whose it is.

    pins : letter, design, and the lines of its repair.
    """
    kept: dict[T, str] = {}
    lines = []
    for letter, pin, own in pins:
        lines += [f"{what} {letter}: {line}" for line in own]
        if pin in kept:
            lines.append(f"{what} {letter} is the same as {kept[pin]}: it is left out.")
        else:
            kept[pin] = letter
    return tuple(kept), lines


def repair_pins(
    pins: Sequence[T], repair: Callable[[T], tuple[T, list[str]]], what: str
) -> tuple[tuple[T, ...], list[str]]:
    """Each pin as it is allowed, and a line for each repair."""
    return repaired_pins(
        ((letter, *repair(pin)) for letter, pin in zip(LETTERS, pins, strict=False)), what
    )


def _names(name: str) -> list[str]:
    return [name, *(f"{name}.{letter.lower()}" for letter in LETTERS[1:])]
