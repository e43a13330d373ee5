"""The house rules that are cheap to check. An exception is listed by name with its reason; one without need goes."""

import ast
import importlib
import io
import re
import subprocess
import sys
import sysconfig
import tokenize
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import cast

import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor, FileDescriptor
from tests.support.chance import chances

from bf.adapters.kata.api import kata_pb2
from bf.cli.main import COMMANDS
from bf.core.refusal import Refusal
from bf.core.spec import specs_of
from bf.inventory.api import events_pb2, requests_pb2
from bf.inventory.domain import INVENTORY

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "bf"

CORE_LINES_MAX = 1_000
FILE_LINES_MAX = 400

UNIT = re.compile(
    "BATCHES|BYTES|CELLS|CHARS|COUNT|DEPTH|EVENTS|LINES|LOCATIONS|MS|PRODUCTS|REPORTS|REQUESTS|ROWS|S|TAGS|UNITS"
)
"""What our limits count."""

LARGE_FILES: dict[str, str] = {}
"""Files that may have more lines than FILE_LINES_MAX, and why."""

GRAND_NAMES = {"DomainService": "a service is gRPC's own word for what a server offers"}
"""Classes that may be called so, and why."""

SPECS = specs_of(INVENTORY)


def sources(folder: Path = SOURCE) -> list[Path]:
    """Return the files that people write: no generated ones."""
    return [path for path in sorted(folder.rglob("*.py")) if not path.stem.endswith("_pb2")]


def own_code() -> list[Path]:
    return [path for path in sources() if not path.stem.endswith("_specs")]


def short(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT / "src").with_suffix("").parts)


def names_used(path: Path) -> set[str]:
    """Return every name and attribute that code reads; imports and texts do not count."""
    nodes = list(ast.walk(parsed(path)))
    return {node.id for node in nodes if isinstance(node, ast.Name)} | {
        node.attr for node in nodes if isinstance(node, ast.Attribute)
    }


def is_feature(path: Path) -> bool:
    marks = (
        mark for node in ast.walk(parsed(path)) if isinstance(node, ast.FunctionDef) for mark in node.decorator_list
    )
    return any(isinstance(mark, ast.Call) and ast.unparse(mark.func).split(".")[-1] == "handles" for mark in marks)


# Features and specs.


def test_every_feature_is_in_its_domains_list() -> None:
    written = {module_name(path) for path in own_code() if is_feature(path)}
    assert written == {feature.name for feature in INVENTORY.features}


def test_every_feature_has_its_specs_beside_it_and_all_specs_have_a_feature() -> None:
    specs = {module_name(path).removesuffix("_specs") for path in sources() if path.stem.endswith("_specs")}
    assert specs == {feature.name for feature in INVENTORY.features}
    empty = [
        feature.name for feature in INVENTORY.features if not importlib.import_module(f"{feature.name}_specs").SPECS
    ]
    assert not empty


def test_no_two_specs_have_one_name() -> None:
    assert [name for name, count in Counter(spec.name for spec in SPECS).items() if count > 1] == []


def test_what_readers_may_ask_changes_nothing() -> None:
    """A request whose file applies no event is taken for a query."""
    assert [spec.name for spec in SPECS if type(spec.when) in INVENTORY.queries and spec.events] == []


def anchors(path: Path) -> set[str]:
    """Return a Markdown file's anchors, as GitHub makes them of its headings."""
    titles = re.findall(r"^#+ (.+)$", path.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-") for title in titles}


def test_every_spec_belongs_to_a_story_and_every_story_has_specs() -> None:
    title, *stories = re.findall(r"^#+ (.+)$", (ROOT / "docs/stories.md").read_text("utf-8"), re.MULTILINE)
    assert title == "User stories"
    assert len(anchors(ROOT / "docs/stories.md")) == len(stories) + 1, "two stories have one anchor"
    told = {f"docs/stories.md#{anchor}" for anchor in anchors(ROOT / "docs/stories.md") - {"user-stories"}}
    assert {spec.story for spec in SPECS} == told


REFUSALS = [
    found
    for path in sorted(SOURCE.glob("inventory/**/errors.py"))
    for found in vars(importlib.import_module(module_name(path))).values()
    if isinstance(found, type) and issubclass(found, Refusal) and found is not Refusal
]


def test_every_refusal_is_raised_by_code() -> None:
    raised = {
        node.exc.func.id
        for path in own_code()
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and isinstance(node.exc.func, ast.Name)
    }
    assert {refusal.__name__ for refusal in REFUSALS} <= raised


def test_every_refusal_is_told_by_a_spec() -> None:
    told = {type(spec.refused) for spec in SPECS}
    assert [refusal.__name__ for refusal in REFUSALS if refusal not in told] == []


# Limits.

LIMITS = [
    (path, name)
    for path in (
        SOURCE / f"{name}/limits.py"
        for name in ("core", "node", "inventory", "adapters/access", "adapters/front", "adapters/workers")
    )
    for name in re.findall(r"^([A-Z_]+) = ", path.read_text("utf-8"), re.MULTILINE)
]
EVERY_LIMIT = pytest.mark.parametrize(("path", "name"), LIMITS, ids=[name for _, name in LIMITS])


@EVERY_LIMIT
def test_a_limit_ends_with_its_unit_and_max_and_says_what_it_is(path: Path, name: str) -> None:
    *_, unit, end = name.split("_")
    assert end == "MAX"
    assert UNIT.fullmatch(unit)
    assert re.search(rf'^{name} = .+\n"""\S', path.read_text("utf-8"), re.MULTILINE), "a sentence stands below it"


@EVERY_LIMIT
def test_a_limit_limits_something(path: Path, name: str) -> None:
    assert any(name in names_used(other) for other in own_code() if other != path)


@EVERY_LIMIT
def test_a_limit_is_reached_by_a_spec_or_a_test(path: Path, name: str) -> None:
    del path
    specs = [path for path in sources() if path.stem.endswith("_specs")]
    tests = [path for path in sources(ROOT / "tests") if path != Path(__file__)]
    assert any(re.search(rf"\b{name}\b", path.read_text("utf-8")) for path in [*specs, *tests])


# Sizes, names and comments.


def lines(path: Path) -> int:
    return len(path.read_text("utf-8").splitlines())


def test_the_core_can_be_read_in_one_sitting() -> None:
    assert sum(lines(path) for path in sources(SOURCE / "core")) <= CORE_LINES_MAX


def test_no_file_is_large() -> None:
    large = {short(path) for path in own_code() if lines(path) > FILE_LINES_MAX}
    assert large == set(LARGE_FILES)


def test_every_module_says_what_it_is() -> None:
    assert [short(path) for path in sources() if path.read_text("utf-8") and not ast.get_docstring(parsed(path))] == []


def test_nothing_is_called_a_manager_service_helper_or_utility() -> None:
    grand = re.compile(r"manager|service|helper|util", re.IGNORECASE)
    modules = {short(path) for path in sources() if grand.search(path.stem)}
    classes = {
        node.name
        for path in sources()
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ClassDef) and grand.search(node.name)
    }
    assert modules == set()
    assert classes == set(GRAND_NAMES)


DIRECTIVE = re.compile(r"#\s*(noqa|pyright:|type:|ruff:|pragma:|fmt:)")


def comments(path: Path) -> Iterator[tuple[int, str]]:
    for token in tokenize.generate_tokens(io.StringIO(path.read_text("utf-8")).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def test_every_silenced_check_has_its_reason_beside_it() -> None:
    places = [SOURCE, ROOT / "tests", ROOT / "bench", ROOT / "examples"]
    silent = [
        f"{short(path)}:{number}"
        for path in [path for place in places for path in sources(place)]
        for number, comment in comments(path)
        if DIRECTIVE.search(comment) and DIRECTIVE.match(f"#{comment.split('#')[-1]}")
    ]
    assert silent == []


def test_every_rule_that_is_turned_off_has_its_reason_beside_it() -> None:
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    rules = re.findall(r'^    "[A-Z]+[0-9]*",.*$|^"[^"]+" = \["[A-Z]+[0-9]*"\].*$', text, re.MULTILINE)
    assert len(rules) > 20, "the pattern no longer finds the rules"
    assert [rule for rule in rules if " # " not in rule] == []


# What no fence of the simulator sees.

LEFT_TO_CHANCE = {
    "src/bf/sim/fences.py: state _FENCE": "a process has one fence, as it has one clock; a run leaves it as it was",
    "src/bf/sim/fences.py: state DATETIMES": "what it changes is Python's own class, and a run leaves it as it was",
    "src/bf/sim/fences.py: id": "says whether two names are one function; nothing has an order of it",
    "src/bf/sim/loop.py: hash": "the digest, of numbers only",
}
"""What code that is simulated leaves to chance, and why."""

CHANCES = {
    "the order of a set": (
        "for each in {1, 2}: pass",
        "async def f():\n    async for each in set(a): pass",
        "[each for each in frozenset(a)]",
        "{each: 1 for each in {b for b in c}}",
        "list({1, 2})",
        "tuple(set(a))",
        "asyncio.gather(*{f(), g()})",
        "one, other = {1, 2}",
        "', '.join({'a', 'b'})",
        "enumerate(set(a) | other)",
        "seen = set()\nfor each in seen: pass",
        "class A:\n    def f(self):\n        self.seen: set[str] = set()\n        return list(self.seen - {1})",
        "def f(names: frozenset[str]): return [name for name in names]",
        "for each in one.keys() - other: pass",
        "for each in one.union(other): pass",
        "def f(seen: set[int]): return seen.pop()",
    ),
    "__del__": ("class A:\n    def __del__(self): pass",),
    "as_completed": ("asyncio.as_completed(tasks)", "from asyncio import as_completed\nas_completed(tasks)"),
    "id": ("sorted(a, key=lambda each: id(each))",),
    "hash": ("hash(name) % 7",),
    "state a": (
        "a = []\ndef f(): a.append(1)",
        "a = dict()\ndef f(): a[1] = 2",
        "a: dict[int, int] = {}\ndef f(): del a[1]",
        "a = Thing()\ndef f(): a.count += 1",
        "a = 1\ndef f():\n    global a\n    a = 2",
    ),
}
"""Kinds of what is left to chance, and code that has them."""

CERTAIN = (
    "for each in sorted({1, 2}): pass",
    "1 in {1, 2}",
    "len(set(a)), min({1, 2}), set(a) == set(b), sorted(set(a) - set(b))",
    "names = {1: 2}\nfor name in names: pass\nfor name in names.keys(): pass",
    "A = {1: 2}\ndef f(): return A[1]",
    "def f():\n    a = []\n    a.append(1)",
    "thing.id(1), thing.hash",
    "{each for each in [1, 2]}",
)
"""Code that leaves nothing to chance."""


def test_what_is_simulated_leaves_nothing_to_chance() -> None:
    found = {
        f"{short(path)}: {what}"
        for folder in ("sim", "node")
        for path in sources(SOURCE / folder)
        for _, what in chances(parsed(path))
    }
    assert found == set(LEFT_TO_CHANCE)


@pytest.mark.parametrize(("what", "code"), [(what, code) for what, codes in CHANCES.items() for code in codes])
def test_what_is_left_to_chance_is_noticed(what: str, code: str) -> None:
    assert {found for _, found in chances(ast.parse(code))} == {what}


@pytest.mark.parametrize("code", CERTAIN)
def test_what_is_certain_is_not_taken_for_chance(code: str) -> None:
    assert list(chances(ast.parse(code))) == []


# Commands, generated code, the lock file.


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_examples_and_a_place_in_the_documentation(command: str) -> None:
    examples: str = importlib.import_module(COMMANDS[command]).EXAMPLES
    assert re.search(rf"^  bf {command}\b", examples, re.MULTILINE)
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    assert any(re.search(rf"\bbf {command}\b", page.read_text("utf-8")) for page in pages)


def test_generated_code_is_what_the_protos_say(tmp_path: Path) -> None:
    protos = sorted((ROOT / "proto").rglob("*.proto"))
    folders = (ROOT / "proto", sysconfig.get_path("purelib"))
    options = [*(f"--proto_path={folder}" for folder in folders), f"--python_out={tmp_path}", f"--pyi_out={tmp_path}"]
    subprocess.run([sys.executable, "-m", "grpc_tools.protoc", *options, *map(str, protos)], check=True, timeout=60)
    options = [f"--proto_path={ROOT}", f"--python_out={tmp_path}", f"--pyi_out={tmp_path}"]
    examples = sorted(map(str, (ROOT / "examples").rglob("*.proto")))
    subprocess.run([sys.executable, "-m", "grpc_tools.protoc", *options, *examples], check=True, timeout=60)
    made = {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*_pb2.py*")}
    kept = {
        path.relative_to(ROOT / "src" if path.is_relative_to(SOURCE) else ROOT): path.read_bytes()
        for folder in (SOURCE, ROOT / "examples")
        for path in folder.rglob("*_pb2.py*")
        if "cache" not in str(path)
    }
    assert sorted(made) == sorted(kept)
    assert [str(path) for path, body in made.items() if body != kept[path]] == [], "run: make protos"


Shape = tuple[int, bool, int, "tuple[Shape, ...]"]


def shape(message: Descriptor) -> tuple[Shape, ...]:
    """Return what the bytes of a message depend on: numbers and types, not names."""
    fields = cast("Iterable[FieldDescriptor]", message.fields)
    return tuple(
        sorted(
            (field.number, field.is_repeated, field.type, field_shape(message, field.message_type)) for field in fields
        )
    )


def field_shape(message: Descriptor, inside: Descriptor | None) -> tuple[Shape, ...]:
    """A location's locations have the shape that is being told."""
    return shape(inside) if inside is not None and inside is not message else ()


def top(*files: FileDescriptor) -> dict[str, Descriptor]:
    return {name: message for file in files for name, message in file.message_types_by_name.items()}


def test_the_katas_messages_have_our_numbers_and_types() -> None:
    ours, theirs = top(requests_pb2.DESCRIPTOR, events_pb2.DESCRIPTOR), top(kata_pb2.DESCRIPTOR)
    assert set(theirs) - set(ours) == {"SpecRequest", "SpecResponse", "AboutRequest", "AboutResponse"}
    assert {name: shape(message) for name, message in ours.items()} == {name: shape(theirs[name]) for name in ours}


def test_the_lock_pins_everything_with_hashes_and_names_no_host() -> None:
    text = (ROOT / "requirements.lock").read_text("utf-8")
    entries = [entry for entry in re.split(r"(?<!\\)\n", text) if entry.strip()]
    loose = [entry for entry in entries if not re.match(r"[\w.\-]+==\S+.*--hash=sha256:[0-9a-f]{64}", entry, re.DOTALL)]
    assert loose == []
    assert re.findall(r"://|--(?:extra-)?index-url|--find-links|--trusted-host", text) == []


def test_the_lock_has_everything_that_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    asked = {
        re.split(r"[<>=]", name)[0] for name in [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    }
    locked = set(re.findall(r"^([\w.\-]+)==", (ROOT / "requirements.lock").read_text("utf-8"), re.MULTILINE))
    assert asked <= locked
