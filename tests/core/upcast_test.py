"""Events of earlier versions are read as today's: a domain of jars whose events have changed twice.

version 1   JarFilled {jar, grams as text}
version 2   JarFilled {jar, grams}
version 3   JarOpened {jar} and JarWeighed {jar, grams}, one after the other
"""

import asyncio
from collections.abc import Iterable
from types import ModuleType

import pytest
from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from bf.adapters.memory.storage import Generation, MemoryLog
from bf.adapters.sqlite.database import empty_state
from bf.core.domain import Domain
from bf.core.feature import applies, handles, upcasts
from bf.core.ports import START, Pos
from bf.core.tx import Tx
from bf.node.api.commit_pb2 import Batch, Commit
from bf.node.replay import catch_up, unwatched

TEXT, NUMBER = FieldDescriptorProto.TYPE_STRING, FieldDescriptorProto.TYPE_INT64
POOL = DescriptorPool()


def file(name: str, messages: dict[str, dict[str, FieldDescriptorProto.Type.ValueType]]) -> None:
    """Describe messages as protoc would."""
    described = [
        DescriptorProto(
            name=message,
            field=[
                FieldDescriptorProto(name=field, number=number, type=kind, label=FieldDescriptorProto.LABEL_OPTIONAL)
                for number, (field, kind) in enumerate(fields.items(), 1)
            ],
        )
        for message, fields in messages.items()
    ]
    POOL.Add(FileDescriptorProto(name=f"{name}.proto", package=name, syntax="proto3", message_type=described))  # pyright: ignore[reportUnknownMemberType]  # it has no stub


file("requests", {"FillJarReq": {"jar": TEXT}, "FillJarResp": {}})
file("events", {"JarOpened": {"jar": TEXT}, "JarWeighed": {"jar": TEXT, "grams": NUMBER}})
file("old", {"JarFilledV1": {"jar": TEXT, "grams": TEXT}, "JarFilled": {"jar": TEXT, "grams": NUMBER}})


def message(name: str) -> type[Message]:
    return GetMessageClass(POOL.FindMessageTypeByName(name))


FillJarReq, FillJarResp = message("requests.FillJarReq"), message("requests.FillJarResp")
JarOpened, JarWeighed = message("events.JarOpened"), message("events.JarWeighed")
JarFilledV1, JarFilledV2 = message("old.JarFilledV1"), message("old.JarFilled")


def feature() -> ModuleType:
    module = ModuleType("jars")

    @handles(FillJarReq)
    def fill_jar(tx: Tx, req: Message) -> Message:
        tx.apply(JarOpened(jar=getattr(req, "jar")))  # noqa: B009  # made at run time
        return FillJarResp()

    @applies(JarOpened)
    def jar_opened(tx: Tx, event: Message) -> None:
        tx.write("INSERT INTO jar VALUES (?, 0)", getattr(event, "jar"))  # noqa: B009  # made at run time

    @applies(JarWeighed)
    def jar_weighed(tx: Tx, event: Message) -> None:
        tx.write("UPDATE jar SET grams = ?2 WHERE name = ?1", *(value for _, value in event.ListFields()))

    @upcasts(JarFilledV1, name="JarFilled", until=1)
    def filled_1(old: Message) -> Iterable[Message]:
        jar, grams = (value for _, value in old.ListFields())
        return [JarFilledV2(jar=jar, grams=int(grams))]

    @upcasts(JarFilledV2, name="JarFilled", until=2)
    def filled_2(old: Message) -> Iterable[Message]:
        jar, grams = (value for _, value in old.ListFields())
        return [JarOpened(jar=jar), JarWeighed(jar=jar, grams=grams)]

    for function in (fill_jar, jar_opened, jar_weighed, filled_1, filled_2):
        function.__module__ = module.__name__
        setattr(module, function.__name__, function)
    return module


DOMAIN = Domain(
    name="jars",
    version=3,
    schema="CREATE TABLE jar (name TEXT PRIMARY KEY, grams INTEGER NOT NULL) STRICT;",
    requests=POOL.FindFileByName("requests.proto"),
    events=POOL.FindFileByName("events.proto"),
    features=[feature()],
)


@pytest.mark.parametrize(
    ("written", "version"),
    [(JarFilledV1(jar="plums", grams="500"), 1), (JarFilledV2(jar="plums", grams=500), 2)],
    ids=["version 1", "version 2"],
)
def test_an_old_event_is_read_as_what_it_would_be_today(written: Message, version: int) -> None:
    read = DOMAIN.read_event("JarFilled", written.SerializeToString(), version)
    assert list(read) == [JarOpened(jar="plums"), JarWeighed(jar="plums", grams=500)]


def test_an_event_of_today_is_read_as_it_is() -> None:
    written = JarWeighed(jar="plums", grams=7)
    assert list(DOMAIN.read_event("JarWeighed", written.SerializeToString(), 3)) == [written]


def test_an_old_event_in_a_version_that_does_not_write_it_is_unknown() -> None:
    with pytest.raises(KeyError):
        DOMAIN.read_event("JarFilled", b"", 3)


def test_a_log_that_three_versions_wrote_is_replayed_and_keeps_its_positions() -> None:
    written = [
        (JarFilledV1(jar="plums", grams="500"), 1),
        (JarFilledV2(jar="figs", grams=300), 2),
        (JarOpened(jar="dates"), 3),
    ]

    async def story() -> None:
        log, pos = MemoryLog(Generation()), START
        for event, version in written:
            commit = Commit(domain_version=version, time_us=version)
            name = "JarFilled" if version < 3 else event.DESCRIPTOR.name
            commit.events.add(type=name, body=event.SerializeToString())
            pos = await log.append(pos, 1, Batch(commits=[commit]).SerializeToString())
        state = empty_state(DOMAIN)
        await catch_up(state, log, unwatched)
        rows = state.database.execute("SELECT * FROM jar ORDER BY name").fetchall()
        assert rows == [("dates", 0), ("figs", 300), ("plums", 500)]
        assert state.pos == Pos(3, 3)

    asyncio.run(story())
