"""Python expressions as text that a formatter would leave as it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

WIDTH = 88
"""Columns that a line may take: what most formatters allow."""


@dataclass(frozen=True, slots=True)
class Group:
    """A call or a dictionary: what opens it, its entries with what stands before each, its end."""

    opening: str
    entries: tuple[tuple[str, Expression], ...]
    closing: str


Expression = Group | str


def call(name: str, *positional: Expression, **named: Expression) -> Group:
    """A call of a function or class."""
    entries = [("", value) for value in positional]
    entries += [(f"{argument}=", value) for argument, value in named.items()]
    return Group(f"{name}(", tuple(entries), ")")


def dictionary(values: Mapping[str, Expression]) -> Group:
    """A dictionary whose keys are texts."""
    return Group("{", tuple((f"{literal(key)}: ", value) for key, value in values.items()), "}")


def listed(values: Iterable[Expression]) -> Group:
    """A list."""
    return Group("[", tuple(("", value) for value in values), "]")


def literal(value: object) -> str:
    """A number, truth value, text, or tuple of such, as code; whatever a text holds stays one."""
    if isinstance(value, bool | None):
        return repr(value)
    if isinstance(value, int):
        return f"{value:_}"
    if isinstance(value, tuple):
        inside = ", ".join(map(literal, value))
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    text = repr(value)
    plain = isinstance(value, str) and text == f"'{value}'" and '"' not in value
    return f'"{value}"' if plain else text


def assigned(name: str, value: Expression) -> str:
    """An assignment, over several lines where one does not hold it."""
    return f"{name} = {written(value, len(name) + 3)}"


def written(value: Expression, before: int = 0, indent: int = 0, after: int = 0) -> str:
    """An expression that begins after so many columns, and is followed by so many."""
    flat = _flat(value)
    if isinstance(value, str) or not value.entries or before + len(flat) + after <= WIDTH:
        return flat
    inner = indent + 4
    lines = [
        f"{' ' * inner}{name}{written(entry, inner + len(name), inner, len(','))},"
        for name, entry in value.entries
    ]
    return "\n".join([value.opening, *lines, f"{' ' * indent}{value.closing}"])


def _flat(value: Expression) -> str:
    if isinstance(value, str):
        return value
    inside = ", ".join(f"{name}{_flat(entry)}" for name, entry in value.entries)
    return f"{value.opening}{inside}{value.closing}"
