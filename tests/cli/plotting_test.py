import builtins
from pathlib import Path
from typing import Any

import pytest

from bf.cli.plotting import plot_lines, require_plotting
from bf.cli.usage import UsageError

LINES = {"reserve": [(100.0, 70.0), (1_000.0, 71.0)], "rebuild": [(100.0, 900.0), (1_000.0, 9_000.0)]}


@pytest.mark.parametrize(("name", "begins", "log"), [("plot.svg", b"<?xml", True), ("plot.png", b"\x89PNG", False)])
def test_lines_are_drawn_into_a_file_of_the_kind_that_its_name_says(
    tmp_path: Path, name: str, begins: bytes, *, log: bool
) -> None:
    plot_lines(tmp_path / name, "What it costs", "locations", "µs", LINES, log=log)
    assert (tmp_path / name).read_bytes().startswith(begins)


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"--plot: .*plot\.gif is no \.svg or \.png file; name one"):
        require_plotting("--plot", tmp_path / "plot.gif")


def test_a_folder_that_is_not_there_is_named_before_anything_is_measured(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"there is no folder .*; make it first"):
        require_plotting("--plot", tmp_path / "none" / "plot.svg")


def test_without_matplotlib_the_remedy_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **named_rest: Any) -> Any:  # noqa: ANN401  # python's own signature
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return real(name, *rest, **named_rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UsageError, match=r"install bf with its extra: bf\[plot\]"):
        plot_lines(tmp_path / "plot.svg", "", "", "", LINES)
