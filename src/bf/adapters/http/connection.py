"""A connection of HTTP/1.1: uvicorn's protocol, with what the front asks of a face.

uvicorn answers headers that cannot be read in plain text, and logs each of them; and it fails if they follow on a
request that is under way.
"""

import sys
from collections.abc import Callable
from typing import Any, cast

import h11
from starlette.applications import Starlette
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle
from uvicorn.server import ServerState

from bf.adapters.access.gate import Visit, told
from bf.adapters.access.sparing import SparingLog
from bf.adapters.front.limits import HEADER_BYTES_MAX, IDLE_S_MAX
from bf.adapters.http.refusals import JSON, BadHead, HeadTooLarge, body_of, status_of

TOO_LARGE = 431


class BoundedH1(H11Protocol):
    """HTTP/1.1 on one connection."""

    def __init__(self, config: Config, state: ServerState, visit: Visit, log: SparingLog, domain: str) -> None:
        super().__init__(config, state, {"visit": visit})
        self._visit = visit
        self._log = log
        self._domain = domain

    @property
    def busy(self) -> bool:
        """Whether a request is under way."""
        latest = cast("RequestResponseCycle | None", self.cycle)
        return latest is not None and not latest.response_complete

    @property
    def latest(self) -> object:
        """The last request that came."""
        return self.cycle

    def end(self) -> None:
        """Close when the request that is under way has its answer."""
        self.shutdown()

    def send_400_response(self, msg: str) -> None:
        """Refuse headers that cannot be read, if that can still be said, and close."""
        del msg
        error = sys.exc_info()[1]  # uvicorn calls this while it handles h11's error, and does not hand it on
        large = isinstance(error, h11.RemoteProtocolError) and error.error_status_hint == TOO_LARGE
        refusal = HeadTooLarge(most=HEADER_BYTES_MAX) if large else BadHead()
        self._log.say(f"connection from {self._visit.peer} closed: {refusal}")
        if self.busy:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        elif self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            answer = told(refusal)
            body = body_of(answer, self._domain)
            headers = [
                ("content-type", JSON),
                ("content-length", str(len(body))),
                ("connection", "close"),
            ]
            self.transport.write(
                (self.conn.send(h11.Response(status_code=status_of(answer), headers=headers)) or b"")
                + (self.conn.send(h11.Data(data=body)) or b"")
                + (self.conn.send(h11.EndOfMessage()) or b"")
            )
        self.transport.close()


def http_faces(app: Starlette, domain: str, log: SparingLog) -> Callable[[Visit], BoundedH1]:
    """Return what makes the protocol of a connection."""
    options: dict[str, Any] = {
        "access_log": False,
        "date_header": False,
        "h11_max_incomplete_event_size": HEADER_BYTES_MAX,
        "http": BoundedH1,
        "lifespan": "off",
        "log_config": None,
        "loop": "none",
        "proxy_headers": False,
        "server_header": False,
        "timeout_keep_alive": IDLE_S_MAX,
        "ws": "none",
    }
    config, state = Config(app, **options), ServerState()
    return lambda visit: BoundedH1(config, state, visit, log, domain)
