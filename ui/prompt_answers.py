"""Small answers that leave at once, rather than after the one before was acknowledged.

Streamlit binds its port with a socket that does not name its protocol, and asyncio then leaves
Nagle's algorithm on: the second part of an answer, or the next message to a page, waits until the
browser's system has acknowledged the first, which may take 40 ms (RFC 896, RFC 1122 4.2.3.2).
"""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_OPEN_FILES = Path("/dev/fd")  # Linux and macOS have it


def answer_promptly() -> None:
    """Switch it off for all connections that this process will accept.

    They take the choice over from the socket that listens. What cannot be switched stays as it is.
    """
    for listening in _listening():
        with listening, suppress(OSError):
            listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _listening() -> Iterator[socket.socket]:
    """The TCP sockets of this process that listen."""
    try:
        numbers = [int(name) for name in os.listdir(_OPEN_FILES)]
    except OSError:
        return
    for number in numbers:
        with suppress(OSError):  # it is no socket, or is closed by now
            if stat.S_ISSOCK(os.fstat(number).st_mode):
                found = socket.socket(fileno=os.dup(number))
                listens = found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
                if listens and found.family in (socket.AF_INET, socket.AF_INET6):
                    yield found
                else:
                    found.close()
