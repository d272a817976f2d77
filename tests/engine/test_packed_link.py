"""A query in one short text, and back."""

from __future__ import annotations

import base64
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.packed_link import pack, unpack
from engine.query import as_text

NAMES = [f"name.{n}" for n in range(30)]
numbers = st.floats(allow_nan=False).map(as_text) | st.integers().map(as_text)
words = st.text("abcdefghij._0123456789", min_size=1, max_size=12)


@given(st.dictionaries(st.sampled_from(NAMES), numbers | words))
def test_what_is_packed_comes_back(query: dict[str, str]) -> None:
    text = pack(query, NAMES)
    assert unpack(text, NAMES) == query
    assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


def test_a_long_number_takes_eleven_characters_and_a_name_none() -> None:
    query = {name: str(0.1 + n / 7e5) for n, name in enumerate(NAMES)}
    assert len(pack(query, NAMES)) < 30 * 11 + 30


def test_a_text_packed_for_other_names_is_not_read() -> None:
    text = pack({"name.1": "2"}, NAMES)
    assert unpack(text, [*NAMES, "one.more"]) is None


@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda b: base64.b64encode(b).decode()))
def test_whatever_stands_there_is_read_or_refused(text: str) -> None:
    mark = pack({}, NAMES)[:4]
    for there in (text, mark + text):
        found = unpack(there, NAMES)
        assert found is None or set(found) <= set(NAMES)


def test_what_unpacks_to_too_much_is_refused() -> None:
    bomb = zlib.compress(b"9" * 50_000_000, level=9, wbits=-15)
    text = pack({}, NAMES)[:4] + base64.urlsafe_b64encode(bomb).decode().rstrip("=")
    assert unpack(text, NAMES) is None


def test_a_cut_off_text_is_refused() -> None:
    text = pack({name: str(1 / (n + 3)) for n, name in enumerate(NAMES)}, NAMES)
    assert all(unpack(text[:end], NAMES) is None for end in range(len(text)))


def test_an_unknown_name_cannot_be_packed() -> None:
    with pytest.raises(ValueError, match=r"^query=\['other'\]: must be among the names$"):
        pack({"other": "1"}, NAMES)
