"""What the middleware adds to an answer, and to which."""

from __future__ import annotations

import asyncio

import pytest
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import Message

from ui.preloading import PreloadScripts


def headers_of(response: Response) -> list[tuple[bytes, bytes]]:
    """The headers of a response behind the middleware."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    app = PreloadScripts(response, scripts=["/assets/a.js", "/assets/b.js"])
    asyncio.run(app({"type": "http", "method": "GET", "headers": []}, receive, send))
    headers: list[tuple[bytes, bytes]] = sent[0]["headers"]
    return headers


def test_a_page_names_every_script_as_one_to_preload() -> None:
    link = dict(headers_of(HTMLResponse("<p>")))[b"link"]
    assert link == (
        b"</assets/a.js>; rel=preload; as=script, </assets/b.js>; rel=preload; as=script"
    )


def test_links_of_the_page_itself_are_kept() -> None:
    headers = headers_of(HTMLResponse("<p>", headers={"link": "</other>; rel=next"}))
    assert [value[:9] for name, value in headers if name == b"link"] == [b"</other>;", b"</assets/"]


@pytest.mark.parametrize("response", [JSONResponse({}), Response(b"x", media_type="text/css")])
def test_what_is_no_page_is_left_alone(response: Response) -> None:
    assert b"link" not in dict(headers_of(response))
