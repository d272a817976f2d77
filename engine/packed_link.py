"""A link's query in one short text, for the few that would be too long as names and values."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Mapping, Sequence

from engine.query import as_text

_MOST_BYTES = 20_000  # of values; no honest link has as many
_MARK = 4  # characters that tell which names a text was packed for
_LONG, _HERE = 10, "!"  # numbers of so many characters stand apart, eight bytes each


def pack(query: Mapping[str, str], names: Sequence[str]) -> str:
    """The values in the order of the names, in letters, digits, ``-`` and ``_``.

    The text holds no names: it is read with the same ones, and a mark in front tells whether
    they are. Values are compressed, long numbers kept as the eight bytes that they are.

    Raises
    ------
    ValueError : a name that is not among the names.
    """
    if unknown := set(query) - set(names):
        raise ValueError(f"query={sorted(unknown)!r}: must be among the names")
    values, numbers = [], b""
    for text in (query.get(name, "") for name in names):
        if _is_long_number(text):
            numbers += struct.pack("<d", float(text))
        values.append(_HERE if _is_long_number(text) else text)
    short = zlib.compress("~".join(values).rstrip("~").encode(), level=9, wbits=-15)
    return _mark(names) + _in_letters(short + numbers)


def unpack(text: str, names: Sequence[str]) -> dict[str, str] | None:
    """The query that was packed; None where the text is broken, or of other names."""
    if text[:_MARK] != _mark(names):
        return None
    try:
        data = base64.b64decode(f"{text[_MARK:]}{'=' * (-(len(text) - _MARK) % 4)}", b"-_", True)
        unpacker = zlib.decompressobj(wbits=-15)
        values = unpacker.decompress(data, _MOST_BYTES).decode().split("~")
    except (ValueError, zlib.error):
        return None
    rest = unpacker.unused_data
    if not unpacker.eof or len(rest) != 8 * values.count(_HERE):  # cut off, or a bomb
        return None
    numbers = (as_text(number) for (number,) in struct.iter_unpack("<d", rest))
    texts = (next(numbers) if value == _HERE else value for value in values)
    return {name: value for name, value in zip(names, texts, strict=False) if value}


def _is_long_number(text: str) -> bool:
    try:
        return len(text) >= _LONG and as_text(float(text)) == text
    except ValueError:
        return False


def _mark(names: Sequence[str]) -> str:
    return _in_letters(zlib.crc32("\n".join(names).encode()).to_bytes(4, "big")[:3])


def _in_letters(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
