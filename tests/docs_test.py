"""The documentation is true: its commands run and print what it shows, its links lead somewhere."""

import argparse
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from tests.support.markdown import Command, Text, anchors, links, steps, words_of_code

from bf.cli.actions import Action
from bf.cli.main import COMMANDS, Parser, main

ROOT = Path(__file__).parents[1]
PAGES = [
    *(ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CHANGELOG.md", "bench/README.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
EVERY_PAGE = pytest.mark.parametrize("page", PAGES, ids=[page.relative_to(ROOT).as_posix() for page in PAGES])

ADDRESS = "127.0.0.1:50051"
READY = "Ctrl-C stops"
COMMAND_SECONDS_MAX = 120

LONG = {
    "make run": "test_the_demo_says_what_to_try_and_it_works runs all of it but the installation",
    "make test": "it is what runs this test",
    "make bench": "it takes minutes and wants the machine for itself",
    "make bench-compare main HEAD floor durable.inside": "the same; tests/bench_test.py lets two commits take turns",
}
"""Commands that are not run here, and why."""

STAND_INS = {"make protos": "sh scripts/protos"}
"""Commands without the installation that `make` would check first."""


class Folder:
    """A folder in which a reader follows a page: files are written, commands run, a server may run beside them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{free.getsockname()[1]}"
        self._env = {
            **os.environ,
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), *_stand_in_for_curl(path), os.environ["PATH"]]),
            "PYTHONPATH": str(path / "src"),
            "NO_COLOR": "1",
            "COLUMNS": "100",
        }
        self._server: subprocess.Popen[bytes] | None = None
        self._told = path / "server.out"

    def close(self) -> None:
        if self._server:
            self._server.kill()
            self._server.wait(COMMAND_SECONDS_MAX)

    def write(self, text: Text) -> None:
        path = self.path / text.path
        if not text.at_end and not text.after:
            path.write_text(text.body.replace(ADDRESS, self.address), "utf-8")
            return
        before = path.read_text("utf-8")
        if text.at_end:
            path.write_text(before + text.body, "utf-8")
            return
        assert [line.strip() for line in before.splitlines()].count(text.after) == 1, f"{text.path}: {text.after}"
        at = re.compile(rf"^ *{re.escape(text.after)}\n", re.MULTILINE)
        path.write_text(at.sub(lambda found: found[0] + text.body, before), "utf-8")

    def run(self, command: Command) -> None:
        """Run a command as it stands, but on an address of our own; what it prints is what the page shows."""
        line = STAND_INS.get(command.line, command.line).replace(ADDRESS, self.address)
        line = line.replace(f"localhost:{ADDRESS.rpartition(':')[2]}", f"localhost:{self.address.rpartition(':')[2]}")
        if re.match(r"bf (serve|demo|load|report)\b", line) and "--addr" not in line:
            line = f"{line} --addr {self.address}"
        if line.startswith("kill "):
            printed = self._kill(line)
        elif re.match(r"bf (serve|demo)\b", line):
            printed = self._serve(line)
        else:
            printed = self._finish(line, fails=(command.output or "").startswith("bf: "))
        if command.output is not None:
            shown = r"\s*".join(map(re.escape, command.output.replace(ADDRESS, self.address).strip().split("\n")))
            assert re.fullmatch(shown.replace("…", ".*"), _trimmed(printed), re.DOTALL), f"$ {line}\n{printed}"

    def _finish(self, line: str, *, fails: bool) -> str:
        done = subprocess.run(
            ["sh", "-c", line],
            cwd=self.path,
            env=self._env,
            timeout=COMMAND_SECONDS_MAX,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == (2 if fails else 0), f"$ {line}\n{done.stdout}{done.stderr}"
        return done.stderr if fails else done.stdout

    def _serve(self, line: str) -> str:
        """Start a server and leave it running; one that ends at once has told why."""
        told = self.path / "refused.out" if self._server else self._told
        with told.open("wb") as out:
            server = subprocess.Popen(shlex.split(line), cwd=self.path, env=self._env, stdout=out, stderr=out)
        deadline = time.monotonic() + COMMAND_SECONDS_MAX
        while server.poll() is None and READY not in told.read_text("utf-8"):
            if time.monotonic() > deadline:
                server.kill()
                raise AssertionError(f"$ {line}\nis not ready: {told.read_text('utf-8')}")
            time.sleep(0.02)
        if server.poll() is None:
            assert self._server is None, "two servers run"
            self._server = server
        return told.read_text("utf-8")

    def _kill(self, line: str) -> str:
        assert self._server, "no server runs"
        before = self._told.read_text("utf-8")
        self._server.send_signal(signal.SIGKILL if "-9" in line else signal.SIGTERM)
        self._server.wait(COMMAND_SECONDS_MAX)
        self._server = None
        return self._told.read_text("utf-8").removeprefix(before)


def _stand_in_for_curl(path: Path) -> list[str]:
    """Make a curl where there is none; return the folders to look for it in."""
    if shutil.which("curl"):
        return []
    folder = path.with_name(f"{path.name}-bin")
    folder.mkdir()
    (folder / "curl").write_text(f'#!/bin/sh\nexec {sys.executable} {ROOT / "tests/support/curl.py"} "$@"\n', "utf-8")
    (folder / "curl").chmod(0o755)
    return [str(folder)]


def _trimmed(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    made = Folder(tmp_path)
    yield made
    made.close()


def follow(page: Path, folder: Folder) -> None:
    for step in steps(page):
        if isinstance(step, Text):
            folder.write(step)
        elif step.line not in LONG:
            folder.run(step)


@pytest.mark.parametrize("name", ["README.md", "bench/README.md"])
def test_the_commands_for_a_checkout_run(name: str, folder: Folder) -> None:
    for linked in (".venv", "src", "examples", "bench"):
        (folder.path / linked).symlink_to(ROOT / linked)
    follow(ROOT / name, folder)


FOLLOWED = (
    "docs/client.md",
    "docs/reports.md",
    "docs/scripts.md",
    "docs/runbooks/serve.md",
    "docs/runbooks/access.md",
    "docs/runbooks/load.md",
    "docs/runbooks/observe.md",
    "docs/runbooks/compact.md",
    "docs/runbooks/keys.md",
    "docs/runbooks/restore.md",
    "docs/runbooks/upgrade.md",
    "docs/runbooks/simulate.md",
    "docs/runbooks/stress.md",
)
"""Pages whose commands are run as they stand, in an empty folder."""


@pytest.mark.parametrize("name", FOLLOWED)
def test_a_pages_commands_run_in_order_and_print_what_it_shows(name: str, folder: Folder) -> None:
    follow(ROOT / name, folder)


def test_the_tutorial_makes_a_feature_that_keeps_the_house_rules(folder: Folder) -> None:
    ignored = shutil.ignore_patterns(".*", "data", "__pycache__")
    shutil.copytree(ROOT, folder.path, ignore=ignored, dirs_exist_ok=True)
    (folder.path / ".venv").symlink_to(ROOT / ".venv")
    follow(ROOT / "docs/tutorial-feature.md", folder)
    rules = "features or feature or specs or story or refusal or katas or generated or module"
    folder.run(Command(f"pytest tests/tidy_test.py -k '{rules}'", None))
    folder.run(Command("pytest tests/specs_test.py -k 'gets and name'", None))
    folder.run(Command("ruff check src/bf/inventory && ruff format --check src/bf/inventory", None))


def test_the_tutorial_of_a_package_makes_features_of_one_tenant(folder: Folder) -> None:
    follow(ROOT / "docs/tutorial-package.md", folder)
    assert (folder.path / "data/features").read_text("utf-8") == "my_company.features\n"


def test_the_demo_says_what_to_try_and_it_works(folder: Folder) -> None:
    for linked in (".venv", "src", "examples"):
        (folder.path / linked).symlink_to(ROOT / linked)
    folder.run(Command("bf demo", "…orders taken…is ready on…Ctrl-C stops."))
    told = (folder.path / "server.out").read_text("utf-8")
    tries = re.findall(r"^  (\.venv/.*|curl .*)$", told, re.MULTILINE)
    assert len(tries) == 3
    for line in tries:
        folder.run(Command(line, None))
    folder.run(Command("kill PID", "stopped"))


def test_every_page_with_commands_is_followed() -> None:
    by_tests_of_their_own = {"README.md", "bench/README.md", "docs/tutorial-feature.md", "docs/tutorial-package.md"}
    followed = by_tests_of_their_own | set(FOLLOWED)
    assert {page.relative_to(ROOT).as_posix() for page in PAGES if any(steps(page))} == followed


def test_what_is_not_run_is_still_in_a_page() -> None:
    written = {step.line for page in PAGES for step in steps(page) if isinstance(step, Command)}
    assert set(LONG) <= written
    assert set(STAND_INS) <= written


@EVERY_PAGE
def test_links_lead_somewhere(page: Path) -> None:
    for link in links(page):
        if re.match(r"https?://", link):
            continue
        target, _, anchor = link.partition("#")
        path = (page.parent / target).resolve() if target else page
        assert path.exists(), link
        assert not anchor or anchor in anchors(path), link


@EVERY_PAGE
def test_files_and_tests_that_are_named_exist(page: Path) -> None:
    written = {step.path for step in steps(page) if isinstance(step, Text)}
    for words in words_of_code(page):
        if not re.match(r"(src|tests|docs|proto|bench|scripts|examples)/[\w./\-]+(::\w+)?$", words):
            continue
        name, _, test = words.partition("::")
        assert name in written or (ROOT / name).exists(), words
        assert not test or re.search(rf"^(async )?def {test}\(", (ROOT / name).read_text("utf-8"), re.MULTILINE), words


def parser_of(command: str) -> Parser:
    parser = Parser(prog=f"bf {command}", allow_abbrev=False)
    import_module(COMMANDS[command]).arguments(parser)
    return parser


def actions_of(command: str) -> dict[str, Action]:
    return getattr(import_module(COMMANDS[command]), "ACTIONS", {})


def modules_of(command: str) -> list[str]:
    """Name a command's module, and those of its actions."""
    return [COMMANDS[command], *(action.module for action in actions_of(command).values())]


EXAMPLES = [
    line.strip()
    for command in COMMANDS
    for module in modules_of(command)
    for line in import_module(module).EXAMPLES.splitlines()
    if line.startswith("  bf ")
]


@pytest.mark.parametrize(("command", "name"), [(command, name) for command in COMMANDS for name in actions_of(command)])
def test_every_action_explains_itself_with_examples(
    command: str, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, name, "--help"]) == 0
    assert f"  bf {command} {name}" in capsys.readouterr().out.partition("examples:")[2]


@pytest.mark.parametrize("example", dict.fromkeys(EXAMPLES))
def test_the_examples_of_the_commands_are_well_formed(example: str) -> None:
    _, command, *words = shlex.split(re.split(r"\s{2,}", example)[0])
    assert isinstance(parser_of(command).parse_args(words), argparse.Namespace)


@EVERY_PAGE
def test_commands_inside_sentences_exist(page: Path) -> None:
    for words in words_of_code(page):
        if not words.startswith("bf ") or "…" in words:
            continue
        _, command, *rest = words.split()
        assert command in COMMANDS, words
        if actions_of(command) and rest and not rest[0].startswith("--"):
            assert rest[0] in actions_of(command), words
        files = [import_module(module).__file__ or "" for module in modules_of(command)]
        source = "".join(Path(file).read_text("utf-8") for file in files)
        for word in rest:
            assert not word.startswith("--") or word in {"--help", "--file", "--features"} or f'"{word}"' in source, (
                words
            )
