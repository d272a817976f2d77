"""Scripts that browsers are told of with the page itself, so that they come beside Streamlit's own.

Otherwise a script is asked for only once the page has run and its first chart has arrived.
"""

from __future__ import annotations

from collections.abc import Sequence

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class PreloadScripts:
    """ASGI middleware: a ``Link`` header on each HTML answer, one entry a script.

    scripts : their paths from the server's root.

    Source: W3C, "Preload", and RFC 8288, "Web Linking".
    """

    def __init__(self, app: ASGIApp, scripts: Sequence[str]) -> None:
        self._app = app
        self._link = ", ".join(f"<{path}>; rel=preload; as=script" for path in scripts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the app does."""

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith("text/html"):
                    headers.append("link", self._link)
            await send(message)

        await self._app(scope, receive, told if scope["type"] == "http" else send)
