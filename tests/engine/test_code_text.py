"""Expressions as text: what is written reads back as the same value, and fits its lines."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.code_text import WIDTH, assigned, call, dictionary, listed, literal

numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
plain = st.none() | st.booleans() | numbers | st.text()


@given(plain | st.tuples(plain) | st.tuples(plain, plain))
def test_literal_reads_back_as_its_value(value: object) -> None:
    assert ast.literal_eval(literal(value)) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (20_000, "20_000"),
        (-1_500, "-1_500"),
        (True, "True"),
        (0.1, "0.1"),
        ("mf", '"mf"'),
        ('"); import os', "'\"); import os'"),
        ("it's", '"it\'s"'),
        (("ids",), '("ids",)'),
        (("ids", "title"), '("ids", "title")'),
        ((), "()"),
    ],
)
def test_literal_is_written_as_a_person_would(value: object, text: str) -> None:
    assert literal(value) == text


def test_call_that_fits_stands_on_one_line_and_one_that_does_not_on_many() -> None:
    short = call("f", "x", n="1")
    assert assigned("y", short) == "y = f(x, n=1)"
    many = call("f", short, **{f"argument_{place}": "1_000_000" for place in range(4)})
    assert assigned("y", many).splitlines() == [
        "y = f(",
        "    f(x, n=1),",
        *(f"    argument_{place}=1_000_000," for place in range(4)),
        ")",
    ]


def test_line_takes_its_last_column_and_no_more() -> None:
    room = WIDTH - len("y = f()")
    assert assigned("y", call("f", "x" * room)).count("\n") == 0
    assert assigned("y", call("f", "x" * (room + 1))).count("\n") == 2


def test_dictionaries_and_lists_nest() -> None:
    value = dictionary({"a": listed(["1", "2"]), "b": "3"})
    assert ast.literal_eval(assigned("y", value).removeprefix("y = ")) == {"a": [1, 2], "b": 3}
