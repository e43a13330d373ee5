"""First answers: what makes a request id execute at most once."""

import hashlib
from collections.abc import Iterator

from google.protobuf.message import Message

from bf.core.limits import REFUSAL_BYTES_MAX
from bf.core.ports import Answer
from bf.core.refusal import Code, Refusal
from bf.core.state import State
from bf.node.api.commit_pb2 import Commit
from bf.node.limits import REQUEST_ID_AGE_S_MAX, REQUEST_IDS_COUNT_MAX

FORGET_EVERY_ANSWERS = 64
"""How often it is looked whether answers are too many or too old; by number, so that a replay forgets the same ones."""


class RequestIdReused(Refusal):
    """One id for two different requests: a retry must repeat the request as it was."""

    code = Code.INVALID_ARGUMENT
    text = "{field} {request_id!r} was used for another request; give each request an id of its own"
    field: str
    request_id: str


def refused(refusal: Refusal, event: int = 0) -> Answer:
    """Say a refusal as an answer, with the position of the state that it was decided on."""
    return Answer(
        code=refusal.code,
        reason=refusal.reason,
        message=_short(str(refusal)),
        field=refusal.facts.get("field", ""),
        event=event,
    )


def _short(text: str) -> str:
    """Cut a sentence that repeats a caller's long text, between two characters."""
    body = text.encode()
    if len(body) <= REFUSAL_BYTES_MAX:
        return text
    return body[: REFUSAL_BYTES_MAX - len("…".encode())].decode(errors="ignore") + "…"


def digest_of(request: Message) -> int:
    """Tell requests apart: a 63-bit hash of the request's name and deterministic bytes (BLAKE2b)."""
    body = request.DESCRIPTOR.name.encode() + request.SerializeToString(deterministic=True)
    return int.from_bytes(hashlib.blake2b(body, digest_size=8).digest(), "big") >> 1


def first_answer(state: State, commit: Commit) -> Answer | None:
    """Return what the request with the commit's id was answered, if it was; refuse the id of another request."""
    row = state.database.execute(
        "SELECT request_digest, code, response, reason, message, field FROM bf_answer WHERE request_id = ?",
        (commit.request_id,),
    ).fetchone()
    if row is None:
        return None
    if row[0] != commit.request_digest:
        return refused(RequestIdReused(field="request-id", request_id=commit.request_id), state.pos.event)
    code, response, reason, message, field = row[1:]
    return Answer(code, response, reason, message, field, state.pos.event)


def note(state: State, commit: Commit) -> None:
    """Keep the answer of a commit that carries a request id; those beyond the limits of age and count are forgotten."""
    if not commit.request_id:
        return
    refusal = commit.refusal
    state.last_answer += 1
    execute = state.database.execute
    execute(
        "INSERT INTO bf_answer VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            state.last_answer,
            commit.request_id,
            commit.request_digest,
            commit.time_us,
            refusal.code,
            refusal.reason,
            refusal.field,
            refusal.message,
            commit.response,
        ),
    )
    if state.last_answer % FORGET_EVERY_ANSWERS:
        return
    execute(
        """
        DELETE FROM bf_answer WHERE number <= ?1
        OR number < (SELECT number FROM bf_answer WHERE time_us >= ?2 ORDER BY number LIMIT 1)
        """,
        (state.last_answer - REQUEST_IDS_COUNT_MAX, commit.time_us - REQUEST_ID_AGE_S_MAX * 1_000_000),
    )


def kept(state: State) -> Iterator[Commit]:
    """Yield the answers that a state keeps, oldest first, as commits without events."""
    rows = state.database.execute(
        """
        SELECT request_id, request_digest, time_us, code, reason, field, message, response
        FROM bf_answer ORDER BY number
        """
    )
    while row := rows.fetchone():
        request_id, digest, time_us, code, reason, field, message, response = row
        commit = Commit(request_id=request_id, request_digest=digest, time_us=time_us, response=response)
        if code:
            commit.refusal.code, commit.refusal.reason = code, reason
            commit.refusal.field, commit.refusal.message = field, message
        yield commit
