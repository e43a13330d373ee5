"""Reading our own Markdown: anchors, links, and the steps that a reader is told to do."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PLACE = re.compile(r"(?:(?P<verb>Write|Append to)|[Ii]n) `(?P<path>[^`]+)`(?:, after `(?P<after>[^`]+)`)?:$")


@dataclass(frozen=True, slots=True)
class Command:
    """A command, and what it prints; None if the page does not show it."""

    line: str
    output: str | None


@dataclass(frozen=True, slots=True)
class Text:
    """Text for a file: all of it, for its end, or for the place after a line."""

    path: str
    body: str
    at_end: bool
    after: str


def anchors(page: Path) -> set[str]:
    """Return a page's anchors, as GitHub makes them of its headings."""
    titles = re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-") for title in titles}


def links(page: Path) -> list[str]:
    """Return where a page's links lead."""
    return re.findall(r"\]\(([^)\s]+)\)", FENCE.sub("", page.read_text("utf-8")))


def words_of_code(page: Path) -> list[str]:
    """Return what stands between backticks in a page's sentences."""
    return re.findall(r"`([^`\n]+)`", FENCE.sub("", page.read_text("utf-8")))


def steps(page: Path) -> Iterator[Command | Text]:
    """Yield what the reader is told to run or to write, in order.

    Blocks marked `sh` hold commands; blocks marked `console` hold `$ ` commands and what they print. Any other block is
    text for a file if the sentence before it ends with: Write `path`: Append to `path`: In `path`, after `line`:
    """
    text = page.read_text("utf-8")
    for block in FENCE.finditer(text):
        kind, body = block.groups()
        before = " ".join(text[: block.start()].rstrip().rpartition("\n\n")[2].split())
        place = PLACE.search(before)
        if kind == "sh":
            lines = (re.sub(r"(^|\s)#\s.*$", "", line).strip() for line in body.splitlines())
            yield from (Command(line, None) for line in lines if line)
        elif kind == "console":
            for one in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
                line, _, output = one.partition("\n")
                yield Command(line, output)
        elif place:
            yield Text(place["path"], body, at_end=place["verb"] == "Append to", after=place["after"] or "")
