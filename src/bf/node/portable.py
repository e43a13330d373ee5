r"""Portable events: a tenant's whole log as lines of JSON, for people, other programs and other installations.

    {"format":"bf events 1","tenant":"acme","domain":"inventory","domain_version":1,"event":40,"batch":12,"sum":"…"}
    {"baseline":{…},"event":20,"batch":5,"sum":"…"}      a part of what stands for everything before; its commits follow
    {"batch":6,"event":21,"time":"2026-11-27T08:00:00.000000Z","request":"ReserveReq",…,"sum":"…"}      a commit
    {"end":true,"lines":41,"sum":"…"}

Rules of this file:
1. `sum` is the last key: the first 16 hex digits of the SHA-256 of the sum before (nothing in the first line) and of
   the line without `,"sum":"…"`. So a line that was changed, moved or lost is found where it happened.
2. Messages are protobuf's JSON, with the fields' own names; one that JSON cannot say exactly stands as base64 in `raw`.
3. `event` and `batch` are the position after the commit; batches have no gaps.
"""

import base64
import hashlib
import json
import re
from collections.abc import AsyncIterator, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from google.protobuf import json_format
from google.protobuf.message import DecodeError, Message

from bf.core.domain import Domain
from bf.core.ports import START, Batch, Pos
from bf.node.api import commit_pb2
from bf.node.history import opened
from bf.node.times import text_of, time_of

FORMAT = "bf events 1"
SUM_CHARS = 16
SUM = re.compile(r'(\{.*),"sum":"([0-9a-f]{16})"\}')
NUMBER_MAX, DIGEST_MAX = 2**62, 2**63
"""No position, and no digest of a request, is as large."""

Line = Mapping[str, Any]


class NotPortableError(Exception):
    """Lines that are no portable events; it names the line."""


async def lines_of(tenant: str, head: Pos, batches: AsyncIterator[Batch], domain: Domain) -> AsyncIterator[str]:
    """Write a log as lines."""
    summing = _Summing()
    count = 1
    yield summing.line(
        {"format": FORMAT, "tenant": tenant, "domain": domain.name, "domain_version": domain.version} | head._asdict()
    )
    at = START
    async for batch in batches:
        message = opened(batch)
        if batch.baseline:
            marks = json_format.MessageToDict(message.baseline, preserving_proto_field_name=True)
            yield summing.line({"baseline": marks} | batch.pos._asdict())
            count += 1
        event = at.event
        for commit in message.commits:
            event += len(commit.events)
            place = {} if batch.baseline else {"batch": batch.pos.batch, "event": event}
            yield summing.line(place | said(commit, domain))
            count += 1
        at = batch.pos
    yield summing.line({"end": True, "lines": count + 1})


def said(commit: commit_pb2.Commit, domain: Domain) -> dict[str, Any]:
    """Say a commit in JSON."""
    result: dict[str, Any] = {
        "time": text_of(commit.time_us),
        "actor": commit.actor,
        "request": commit.request,
        "request_id": commit.request_id,
        "request_digest": f"{commit.request_digest:016x}",
        "domain_version": commit.domain_version,
    }
    result = {name: value for name, value in result.items() if value not in {"", "0" * 16}}
    if commit.events:
        result["events"] = [
            {"type": event.type} | _exactly(event.body, domain.events.get(event.type)) for event in commit.events
        ]
    if commit.HasField("refusal"):
        result["refusal"] = json_format.MessageToDict(commit.refusal, preserving_proto_field_name=True)
    elif commit.response:
        result["response"] = _exactly(commit.response, domain.responses.get(commit.request))
    return result


@dataclass
class _Gathered:
    """A batch, or a part of a baseline, of which lines still come."""

    pos: Pos
    line: int
    message: commit_pb2.Batch = field(default_factory=commit_pb2.Batch)

    @property
    def baseline(self) -> bool:
        return self.message.HasField("baseline")


class PortableReader:
    """Reads lines back into a log's batches; what is wrong is a NotPortableError that names the line."""

    def __init__(self, lines: Iterable[str], domain: Domain) -> None:
        """Read the first line."""
        self._domain = domain
        self._lines = _summed(lines)
        self._number = 0
        self._at = START
        self._gathered: _Gathered | None = None
        self.line = 0
        """The first line of the batch that was read last."""
        with self._naming():
            header = self._next()
            _require(header.get("format") == FORMAT, f"this is no {FORMAT!r}")
            _require(header["domain"] == domain.name, f"events of {header['domain']!r}, and not of {domain.name!r}")
            version = _number(header, "domain_version")
            _require(
                version <= domain.version, f"events of version {version} of {domain.name}; ours is {domain.version}"
            )
            self.head = _place(header)

    def batches(self) -> Iterator[Batch]:
        """Yield baseline and batches, up to the head that the first line says."""
        ended = False
        while not ended:
            with self._naming():
                line = self._next()
                ended = "end" in line
                whole = self._end(line) if ended else self._take(line)
            if whole:
                yield whole

    def _take(self, line: Line) -> Batch | None:
        """Take a line in; return the batch before it, if that is whole now."""
        if "baseline" in line:
            return self._take_part(line)
        commit = _commit(line, self._domain)
        if "batch" not in line:
            _require(self._gathered is not None and self._gathered.baseline, "a commit without a position")
            return self._add(commit)
        place, whole = _place(line), None
        _require(place.event == self._at.event + len(commit.events), f"event {place.event} does not follow {self._at}")
        if self._gathered is None or self._gathered.baseline or place.batch != self._at.batch:
            _require(place.batch == self._at.batch + 1, f"batch {place.batch} does not follow {self._at}")
            whole = self._begin(place)
        self._at = place
        self._add(commit)
        return whole

    def _take_part(self, line: Line) -> Batch | None:
        place = _place(line)
        first = self._at == START and self._gathered is None
        next_part = self._gathered is not None and self._gathered.baseline and place == self._at
        _require(first or next_part, "a baseline stands before everything else")
        whole = self._begin(place)
        assert self._gathered, "a part has begun"
        json_format.ParseDict(line["baseline"], self._gathered.message.baseline)
        self._gathered.message.baseline.SetInParent()
        self._at = place
        return whole

    def _add(self, commit: commit_pb2.Commit) -> None:
        assert self._gathered, "a batch or a part has begun"
        self._gathered.message.commits.append(commit)
        self._gathered.pos = self._at

    def _begin(self, place: Pos) -> Batch | None:
        """Begin the next batch, and return the one before it."""
        before, self._gathered = self._gathered, _Gathered(place, self._number)
        return self._whole(before)

    def _end(self, line: Line) -> Batch | None:
        _require(line["lines"] == self._number, f"{line['lines']} lines were written, and {self._number} are there")
        _require(self._at == self.head, f"the events end at {self._at}, and not at {self.head}")
        self._number += 1
        _require(next(self._lines, None) is None, "something follows the end")
        return self._whole(self._gathered)

    def _whole(self, gathered: _Gathered | None) -> Batch | None:
        if gathered is None:
            return None
        self.line = gathered.line
        return Batch(gathered.pos, gathered.message.SerializeToString(), baseline=gathered.baseline)

    def _next(self) -> Line:
        self._number += 1
        text = next(self._lines, None)
        _require(text is not None, "the end is missing: the file was cut off")
        line = json.loads(text or "")
        _require(isinstance(line, dict), "this is no line of ours")
        return line

    @contextmanager
    def _naming(self) -> Generator[None]:
        """Name the line at which something is wrong."""
        try:
            yield
        except NotPortableError as error:
            raise NotPortableError(f"line {self._number}: {error}") from error
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
            raise NotPortableError(f"line {self._number}: {type(error).__name__}: {error}") from error
        except (json_format.Error, DecodeError) as error:
            raise NotPortableError(f"line {self._number}: {error}") from error


class _Summing:
    """Ends lines with their sums."""

    def __init__(self) -> None:
        self._sum = ""

    def line(self, said: Mapping[str, Any]) -> str:
        text = json.dumps(said, ensure_ascii=False, separators=(",", ":"))
        self._sum = _sum(self._sum, text)
        return f'{text[:-1]},"sum":"{self._sum}"}}'


def _summed(lines: Iterable[str]) -> Iterator[str]:
    """Yield lines without their sums, which are right."""
    before = ""
    for text in lines:
        found = SUM.fullmatch(text.rstrip("\n"))
        _require(found is not None, "it has no sum at its end: it was cut off, or it is no line of ours")
        assert found, "there is a sum"
        line, before = f"{found[1]}}}", _sum(before, f"{found[1]}}}")
        _require(found[2] == before, "its sum is wrong: it was changed, or the line before it is not the one that was")
        yield line


def _sum(before: str, text: str) -> str:
    return hashlib.sha256(f"{before}{text}".encode()).hexdigest()[:SUM_CHARS]


def _exactly(body: bytes, kind: type[Message] | None) -> dict[str, Any]:
    """Say a message in JSON, if that says all of it; else its bytes."""
    try:
        if kind:
            in_json = json_format.MessageToDict(kind.FromString(body), preserving_proto_field_name=True)
            if json_format.ParseDict(in_json, kind()).SerializeToString() == body:
                return {"body": in_json}
    except (DecodeError, json_format.Error, ValueError):
        pass
    return {"raw": base64.b64encode(body).decode()}


def _commit(line: Line, domain: Domain) -> commit_pb2.Commit:
    commit = commit_pb2.Commit(
        time_us=time_of(line["time"]),
        actor=line.get("actor", ""),
        request=line.get("request", ""),
        request_id=line.get("request_id", ""),
        request_digest=int(line.get("request_digest", "0"), 16),
        domain_version=_number(line, "domain_version") if "domain_version" in line else 0,
    )
    _require(commit.request_digest < DIGEST_MAX, "request_digest has more than 63 bits")
    for event in line.get("events", []):
        commit.events.add(type=event["type"], body=_body(event, domain.events.get(event["type"])))
    if "refusal" in line:
        json_format.ParseDict(line["refusal"], commit.refusal)
    elif "response" in line:
        commit.response = _body(line["response"], domain.responses.get(commit.request))
    return commit


def _body(said: Line, kind: type[Message] | None) -> bytes:
    if "raw" in said:
        return base64.b64decode(said["raw"], validate=True)
    _require(kind is not None, "a message of a type that is not known has to be raw")
    assert kind, "the type is known"
    return json_format.ParseDict(said["body"], kind()).SerializeToString()


def _place(line: Line) -> Pos:
    return Pos(_number(line, "event"), _number(line, "batch"))


def _number(line: Line, name: str) -> int:
    value = line[name]
    _require(type(value) is int and 0 <= value < NUMBER_MAX, f"{name}: {value!r} is no number from 0")
    return value


def _require(holds: bool, otherwise: str) -> None:  # noqa: FBT001  # a sentence follows it
    if not holds:
        raise NotPortableError(otherwise)
