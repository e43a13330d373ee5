"""The command line as a whole: help, wrong calls and ends."""

import os
import signal
import subprocess
import sys

import pytest

from bf.cli import main as cli
from bf.cli.main import COMMANDS, main
from bf.cli.usage import UsageError, address

BF = [sys.executable, "-m", "bf.cli.main"]


def test_help_lists_every_command_with_its_summary(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    lines = capsys.readouterr().out.splitlines()
    for name in COMMANDS:
        assert any(line.split()[:1] == [name] and len(line.split()) > 3 for line in lines), name


def test_without_a_command_the_help_is_shown_and_the_call_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "bf COMMAND" in capsys.readouterr().out


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_every_command_shows_its_examples(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "--help"]) == 0
    out = capsys.readouterr().out
    assert f"usage: bf {name}" in out
    assert f"  bf {name}" in out.partition("examples:")[2]


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("bf 0.")


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["tset"], "bf: there is no command 'tset'; the commands are: "),
        (["--verbose"], "bf: unrecognized arguments: --verbose; see bf --help"),
        (["test", "--colour"], "bf: unrecognized arguments: --colour; see bf test --help"),
        (["explore"], "bf: the following arguments are required: SPEC; see bf explore --help"),
        (["subject", "--addr"], "bf: argument --addr: expected one argument; see bf subject --help"),
        (["subject", "--addr", "here"], "bf: --addr: 'here' is not HOST:PORT; write for example 127.0.0.1:50051"),
    ],
    ids=str,
)
def test_a_wrong_call_is_one_line_that_says_what_and_how(
    words: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(complaint)
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [("127.0.0.1:1", ("127.0.0.1", 1)), ("localhost:0", ("localhost", 0)), ("[::1]:65535", ("::1", 65535))],
)
def test_an_address_is_host_and_port(text: str, expected: tuple[str, int]) -> None:
    assert address("--addr", text) == expected


@pytest.mark.parametrize("text", ["", ":", "host", "host:", ":1", "host:65536", "host:-1", "host:1x", "host:\u0661"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"--addr: .* is not HOST:PORT"):
        address("--addr", text)


def test_ctrl_c_ends_without_a_traceback(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(_words: list[str]) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "_run", interrupted)
    assert main(["test"]) == 130
    assert capsys.readouterr().err == "bf: interrupted\n"


def test_a_reader_that_goes_away_ends_it_without_a_traceback() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer) as pipe:
        ended = subprocess.run([*BF, "export"], stdout=pipe, stderr=subprocess.PIPE, text=True, check=False, timeout=60)
    assert ended.returncode == 141
    assert "Traceback" not in ended.stderr
    assert "BrokenPipe" not in ended.stderr


def test_it_does_not_start_without_assertions() -> None:
    command = [sys.executable, "-O", "-m", "bf.cli.main", "--version"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == 1
    assert ended.stderr.startswith("bf refuses to start under -O")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_a_subject_says_where_it_listens_and_ends_cleanly(number: signal.Signals) -> None:
    command = [*BF, "subject", "--addr", "127.0.0.1:0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        first = process.stdout.readline()
        port = first.partition("127.0.0.1:")[2].partition(";")[0]
        tested = subprocess.run(
            [*BF, "test", "gives everything back", "--subject", f"127.0.0.1:{port}"],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        process.send_signal(number)
        assert process.wait(20) == 0
        assert process.stderr.read() == ""
    assert first.startswith("subject listens on 127.0.0.1:")
    assert "1 passed, 0 failed" in tested.stdout


def test_an_address_where_nobody_can_listen_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["subject", "--addr", "192.0.2.1:1"]) == 2  # an address that is nobody's
    assert "bf: --addr: cannot listen on 192.0.2.1:1: " in capsys.readouterr().err
