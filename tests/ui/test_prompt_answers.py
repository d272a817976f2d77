"""Connections that are accepted from now on send small answers at once."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterator

import pytest

from ui.prompt_answers import answer_promptly


def no_delay(connection: socket.socket) -> bool:
    return bool(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))


@pytest.fixture(params=[socket.AF_INET, socket.AF_INET6], ids=["IPv4", "IPv6"])
def listening(request: pytest.FixtureRequest) -> Iterator[socket.socket]:
    """Bound as Streamlit binds its port: without naming the protocol."""
    with socket.socket(family=request.param) as server:
        server.bind(("::1" if request.param == socket.AF_INET6 else "127.0.0.1", 0))
        server.listen()
        yield server


def accepted(server: socket.socket) -> socket.socket:
    with socket.create_connection(server.getsockname()[:2]):
        connection, _ = server.accept()
    return connection


def test_accepted_connections_no_longer_wait_for_what_was_sent_before(
    listening: socket.socket,
) -> None:
    with accepted(listening) as connection:
        assert not no_delay(connection)
    answer_promptly()
    with accepted(listening) as connection:
        assert no_delay(connection)


def test_connections_of_a_server_that_asyncio_runs_on_such_a_socket_are_prompt(
    listening: socket.socket,
) -> None:
    seen: list[bool] = []

    async def serve() -> None:
        async def met(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            seen.append(no_delay(writer.get_extra_info("socket")))
            writer.close()

        listening.setblocking(False)
        async with await asyncio.start_server(met, sock=listening):
            reader, writer = await asyncio.open_connection(*listening.getsockname()[:2])
            await reader.read()
            writer.close()

    answer_promptly()
    asyncio.run(serve())
    assert seen == [True]


def test_sockets_that_do_not_listen_and_other_files_are_left_alone() -> None:
    with socket.socket() as idle:
        before = sorted(os.listdir("/dev/fd"))
        answer_promptly()
        assert not no_delay(idle)
        assert sorted(os.listdir("/dev/fd")) == before, "nothing is left open"


def test_where_open_files_cannot_be_listed_nothing_happens(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refused(_: object) -> list[str]:
        raise FileNotFoundError

    monkeypatch.setattr(os, "listdir", refused)
    answer_promptly()
