"""The page that Prometheus reads, and one that says whether the server lives."""

from collections.abc import Awaitable, Callable

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

Collect = Callable[[], Awaitable[CollectorRegistry]]
"""Returns what the page is to show at this moment."""


def metrics_app(collect: Collect) -> Starlette:
    """Return the application that a server runs."""

    async def metrics(request: Request) -> Response:
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(await collect()), headers={"content-type": content_type})

    async def health(request: Request) -> Response:
        del request
        return PlainTextResponse("serving\n")

    return Starlette(routes=[Route("/metrics", metrics), Route("/healthz", health)])
