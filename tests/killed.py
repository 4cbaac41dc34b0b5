"""Commands that are killed: carried out in processes of their own, undisturbed and not."""

import os
import select
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import chdir, suppress
from dataclasses import dataclass
from itertools import count
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NoReturn

from harness.files import cache_folder
from tests.conftest import call
from tests.left import left_in

CHANGES = {"os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.symlink", "os.truncate"}
"""What Python tells of changes to the file system, beside files opened to be written."""


@dataclass(frozen=True)
class Case:
    """A command that writes."""

    command: str
    steps: tuple[str | Callable[[], None], ...]
    """What comes first, in the working directory: commands, and what writes files."""


@dataclass(frozen=True)
class Undisturbed:
    """What a case leaves, and takes, when nothing kills it."""

    left: dict[str, str]
    seconds: dict[str, float]
    """By mode."""
    changes: int


class Place:
    """A folder in which commands work, always of the same name, which some of them write down."""

    def __init__(self, folder: Path, cases: Mapping[str, Case]) -> None:
        self._folder = folder
        self._cases = cases
        self.work = folder / "work"
        self._models = cache_folder("models").resolve()
        os.environ["POLICYQA_HOME"] = str(self.work / "home")
        self._known: dict[str, Undisturbed] = {}

    def undisturbed(self, name: str) -> Undisturbed:
        """A case carried out undisturbed, in a fresh process and in one that was forked."""
        if name not in self._known:
            self._prepare(name)
            found, seconds = {}, {}
            for mode in ("fresh", "warm"):
                self.lay(name)
                begun = time.monotonic()
                self.end(self._cases[name].command, mode)
                seconds[mode] = time.monotonic() - begun
                found[mode] = self.left()
            if differing := differences(found["fresh"], found["warm"]):
                raise AssertionError(f"two undisturbed runs of {name} differ: {differing}")
            changes = int((self._folder / "changes").read_text(encoding="utf-8"))
            self._known[name] = Undisturbed(found["fresh"], seconds, changes)
        return self._known[name]

    def _prepare(self, name: str) -> None:
        shutil.rmtree(self.work, ignore_errors=True)
        (self.work / "home").mkdir(parents=True)
        (self.work / "home" / "models").symlink_to(self._models)
        with chdir(self.work):
            for step in self._cases[name].steps:
                if isinstance(step, str):
                    self.end(step, "warm")
                else:
                    step()
        shutil.copytree(self.work, self._folder / name, symlinks=True)

    def lay(self, name: str) -> None:
        """Make the working directory what it is before a case."""
        shutil.rmtree(self.work)
        shutil.copytree(self._folder / name, self.work, symlinks=True)

    def end(self, command: str, mode: str) -> None:
        """Let a command end.

        Raises:
            AssertionError: it fails.
        """
        if status := ended(self.begun(command, mode), None):
            raise AssertionError(f"{command} ended with {status}: {self.said()[-2000:]}")

    def begun(self, command: str, mode: str, change: int = 0, log: str = "said.log") -> int:
        """A process that carries out a command, kills itself before that change; its id."""
        sys.stdout.flush()
        process = os.fork()
        if not process:
            self._become(command.split(), mode, change, log)
        with suppress(OSError):
            os.setpgid(process, process)  # Here and there, whichever comes first.
        return process

    def said(self, log: str = "said.log") -> str:
        """What the last command printed."""
        return (self._folder / log).read_text(encoding="utf-8", errors="replace")

    def left(self) -> dict[str, str]:
        """See ``left_in``; in another process, since Qdrant's threads cannot be forked."""
        with get_context("fork").Pool(1) as pool:
            return pool.apply(left_in, [self.work])

    def _become(self, arguments: list[str], mode: str, change: int, name: str) -> NoReturn:
        status = 70
        try:
            with suppress(OSError):
                os.setpgid(0, 0)
            os.chdir(self.work)
            with (self._folder / name).open("w") as log:
                os.dup2(log.fileno(), 1), os.dup2(log.fileno(), 2)
            if mode == "fresh":
                os.execv(sys.executable, [sys.executable, "-m", "policyqa", *arguments])  # noqa: S606
            counted = _counting(change)
            status = call(*arguments)
            made = next(counted) - 1
            (self._folder / "changes").write_text(str(made), encoding="utf-8")
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush(), sys.stderr.flush()
            os._exit(status)


def _counting(change: int) -> "count[int]":
    """Counts changes to the file system from here on, and kills the process before that one."""
    numbers = count(1)

    def hear(event: str, arguments: tuple[Any, ...]) -> None:
        writes = event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR)
        if (event in CHANGES or writes) and next(numbers) == change:
            os.killpg(0, signal.SIGKILL)

    sys.addaudithook(hear)
    return numbers


def ended(process: int, seconds: float | None) -> int | None:
    """The status of a process, which is killed after so many seconds: then it is -9."""
    with os.fdopen(os.pidfd_open(process)) as open_process:
        if not select.select([open_process], [], [], seconds)[0]:
            os.killpg(process, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def differences(expected: dict[str, str], found: dict[str, str]) -> list[str]:
    """The files of which one is missing, or says something else."""
    names = sorted(expected | found)
    return [name for name in names if expected.get(name) != found.get(name)]
