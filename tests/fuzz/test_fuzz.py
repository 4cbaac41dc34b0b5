"""A short, seeded part of the fuzzing; the long run is ``python -m tests.fuzz``."""

import os
import shutil
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

from harness.files import cache_folder
from tests.fuzz.commands import COMMANDS
from tests.fuzz.trying import carried_out, judged, tried
from tests.fuzz.workplace import make

FINE = ("success", "refused", "verdict")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A workplace of every kind of file."""
    folder, here, models = tmp_path_factory.mktemp("fuzz"), Path.cwd(), cache_folder("models")
    with pytest.MonkeyPatch.context() as patch:
        (folder / "home").mkdir()
        (folder / "home" / "models").symlink_to(models)
        patch.setenv("POLICYQA_HOME", str(folder / "home"))
        os.chdir(folder)
        with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
            make(folder)
        yield folder
    os.chdir(here)


@pytest.mark.parametrize("number", range(10, 20))
def test_a_changed_file_ends_in_success_or_in_one_line(template: Path, number: int) -> None:
    found = tried(template, number, seed=22, fresh=number == 18)
    assert found.outcome in FINE, found


@pytest.mark.parametrize("command", list(COMMANDS))
def test_sound_files_are_no_reason_to_refuse(template: Path, tmp_path: Path, command: str) -> None:
    """Else all that is tried would be refused for one reason."""
    folder = tmp_path / "w"
    shutil.copytree(template, folder, symlinks=True)
    status, output, error = carried_out(folder, COMMANDS[command].arguments)
    assert judged(folder, command, status, output, error) == ("success", "")


@pytest.mark.parametrize(
    ("status", "error", "outcome"),
    [
        (2, "error: a.yaml: no", "refused"),
        (2, "error: a.yaml: no\nmore", "several lines"),
        (2, "", "several lines"),
        (1, "Traceback (most recent call last):\nValueError: x", "traceback"),
        (1, "", "traceback"),
        (-11, "", "killed"),
        (-14, "", "hang"),
    ],
)
def test_what_no_command_should_do_is_told_from_a_refusal(
    tmp_path: Path, status: int, error: str, outcome: str
) -> None:
    assert judged(tmp_path, "power", status, "", error)[0] == outcome


def test_a_figure_that_its_files_do_not_have_is_wrong(template: Path, tmp_path: Path) -> None:
    folder = tmp_path / "w"
    shutil.copytree(template, folder, symlinks=True)
    command = "compare run"
    status, output, error = carried_out(folder, COMMANDS[command].arguments)
    assert '"delta": 0.1621' in output
    changed = output.replace('"delta": 0.1621', '"delta": 0.1721')
    assert judged(folder, command, status, changed, error)[0] == "wrong"
