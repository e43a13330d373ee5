"""The portable spec text: specs in the kata's words, for implementations in any language.

    sentence
    ------------------------------------------
    // why it is so, drawings included
    GIVEN:
      LocationAdded uid:"…" name:"Warehouse" parent:"…"
    WHEN:
      MoveLocationReq uid:"…" newParent:"…"
    THEN: and EVENTS:, or ERROR: and `Code: text`
    ==========================================

Reading takes blank lines, any indentation, other line ends, separators of three characters or more, sections in any
order and without messages. Every complaint names its line.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from google.protobuf import text_format
from google.protobuf.message import DecodeError, Message

from bf.adapters.kata.messages import kata_type, line_of, responses_of, to_kata
from bf.core.domain import Domain
from bf.core.refusal import Code, Refusal, Told
from bf.core.spec import Spec

UNDERLINE, SEPARATOR = "-" * 42, "=" * 42
SECTIONS = ("GIVEN:", "WHEN:", "THEN:", "EVENTS:", "ERROR:")
CODES = {code.title: code for code in Code if code is not Code.OK} | {"Canceled": Code.CANCELLED}
"""Go spells one of them with one l."""

Line = tuple[int, str]


class BundleError(ValueError):
    """Text that is not a bundle, or a spec that no bundle can hold; the sentence names the line or the spec."""


def write(specs: Iterable[Spec]) -> str:
    """Write specs as a bundle; line breaks in a refusal's text become spaces."""
    return f"{SEPARATOR}\n".join("\n".join([*_lines(spec), ""]) for spec in specs)


def read(text: str, domain: Domain) -> list[Spec]:
    """Read a bundle's specs, each as it was when it was written and made portable; raises BundleError."""
    drafts: list[_Draft] = [_Draft()]
    for number, raw in enumerate(text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n"), start=1):
        line = raw.strip()
        if re.fullmatch("={3,}", line):
            drafts.append(_Draft())
        elif line.startswith("//"):
            drafts[-1].prose.append(raw.lstrip().removeprefix("//").removeprefix(" "))
        elif line:
            drafts[-1].lines.append((number, line))
    return [draft.spec(domain) for draft in drafts if draft.lines]


def _lines(spec: Spec) -> Iterator[str]:
    yield _name(spec.name)
    yield UNDERLINE
    if spec.prose:
        yield from (f"// {line}" if line else "//" for line in spec.prose.split("\n"))
    yield from _section("GIVEN:", spec.given)
    yield from _section("WHEN:", [spec.when])
    if spec.refused:
        yield from ("ERROR:", f"  {spec.refused.code.title}: {' '.join(str(spec.refused).splitlines())}")
    if spec.then is not None:
        yield from _section("THEN:", [spec.then])
    if spec.events:
        yield from _section("EVENTS:", spec.events)


def _name(name: str) -> str:
    if not name or name != name.strip() or len(name.splitlines()) > 1 or name.startswith(("//", "===", "---")):
        raise BundleError(f"a bundle cannot hold a spec named {name!r}; a name is one line of words")
    return name


def _section(title: str, messages: Sequence[Message]) -> Iterator[str]:
    yield title
    yield from (f"  {line_of(to_kata(message))}" for message in messages)


@dataclass(slots=True)
class _Draft:
    """The lines of one spec."""

    lines: list[Line] = field(default_factory=list[Line])
    prose: list[str] = field(default_factory=list[str])

    def spec(self, domain: Domain) -> Spec:
        start, name = self.lines[0]
        if len(self.lines) == 1 or not re.fullmatch("-{3,}", self.lines[1][1]):
            raise _error(start, f"a line of at least three - must follow the name {name!r}")
        found = _sections(self.lines[2:])
        refused = _refusal(_only("ERROR:", found))
        when = _message(_only("WHEN:", found), domain.requests, "request")
        then = _message(_only("THEN:", found), responses_of(domain), "response")
        if when is None:
            raise _error(start, f"the spec {name!r} has no message under WHEN:")
        if (then is None) == (refused is None):
            raise _error(start, f"the spec {name!r} needs a message under THEN:, or an ERROR:, not both")
        given, events = (_events(found.get(title, []), domain) for title in ("GIVEN:", "EVENTS:"))
        if refused and events:
            raise _error(found["EVENTS:"][0][0], f"the spec {name!r} has an ERROR:, so nothing can happen")
        prose = "\n".join(self.prose)
        return Spec(name=name, prose=prose, given=given, when=when, then=then, events=events, refused=refused)


def _sections(lines: Iterable[Line]) -> dict[str, list[Line]]:
    found: dict[str, list[Line]] = {}
    current: list[Line] | None = None
    for number, line in lines:
        if line in SECTIONS:
            if line in found:
                raise _error(number, f"a second {line} in one spec; separate specs with a line of =")
            current = found[line] = []
        elif current is None:
            raise _error(number, f"{line[:60]!r} stands under no section; expected one of {' '.join(SECTIONS)}")
        else:
            current.append((number, line))
    return found


def _only(title: str, found: Mapping[str, Sequence[Line]]) -> Line | None:
    lines = found.get(title, [])
    if len(lines) > 1:
        raise _error(lines[1][0], f"a second line under {title}; there is only one")
    return lines[0] if lines else None


def _events(lines: Iterable[Line], domain: Domain) -> tuple[Message, ...]:
    return tuple(message for line in lines if (message := _message(line, domain.events, "event")))


def _message(line: Line | None, ours: Mapping[str, type[Message]], kind: str) -> Message | None:
    if line is None:
        return None
    number, (name, *rest) = line[0], line[1].split(maxsplit=1)
    if name not in ours:
        raise _error(number, f"{name[:60]!r} is no {kind} of this domain")
    try:
        return ours[name].FromString(text_format.Parse("".join(rest), kata_type(name)()).SerializeToString())
    except (text_format.ParseError, DecodeError, RecursionError) as error:
        raise _error(number, f"{name}: {re.sub(r'^[0-9]+:[0-9]+ : ', '', str(error))}") from error


def _refusal(line: Line | None) -> Refusal | None:
    if line is None:
        return None
    title, _, text = line[1].partition(":")
    if title.strip() not in CODES:
        raise _error(line[0], f"{title[:60]!r} is no code of an error; write for example NotFound: no such product")
    return Told(code=CODES[title.strip()], message=text.strip())


def _error(number: int, sentence: str) -> BundleError:
    return BundleError(f"line {number}: {sentence}")
