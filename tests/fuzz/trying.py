"""One input: a child process that carries a command out on changed files, within limits."""

import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from io import TextIOWrapper
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NoReturn

from tests.fuzz.commands import COMMANDS
from tests.fuzz.figures import wrong
from tests.fuzz.mutating import mutate

SECONDS = 60
"""After which a command hangs."""
MEMORY = 4 * 2**30
"""Bytes of address space more than the process begins with."""


@dataclass(frozen=True)
class Tried:
    """What came of an input."""

    number: int
    command: str
    file: str
    change: str
    fresh: bool
    outcome: str
    """success, refused, verdict, traceback, hang, killed, several lines, or wrong."""
    said: str
    """The last line of standard error, or what is wrong."""

    def as_json(self) -> dict[str, Any]:
        """It as JSON."""
        return asdict(self)


def tried(
    template: Path,
    number: int,
    seed: int,
    fresh: bool = False,
    among: Sequence[str] = tuple(COMMANDS),
) -> Tried:
    """Try the input of a number: the same files are changed alike whenever it is tried.

    Args:
        template: a workplace, which is copied.
        number: of the input.
        seed: of all of them.
        fresh: in a process of its own, rather than one forked from this.
        among: the commands that are drawn from.
    """
    draw = random.Random(f"{seed} {number}")  # noqa: S311
    command = draw.choice(among)
    with TemporaryDirectory() as temporary:
        folder = Path(temporary) / "w"
        # Most of an index is holes, which Python would write out.
        copy = ["cp", "--archive", "--sparse=always", str(template), str(folder)]
        subprocess.run(copy, check=True)
        patterns = COMMANDS[command].reads
        files = sorted(path for one in patterns for path in folder.glob(one) if path.is_file())
        path = draw.choice(files)
        change = mutate(path, draw)
        status, output, error = carried_out(folder, COMMANDS[command].arguments, fresh)
        outcome, said = judged(folder, command, status, output, error)
    name = str(path.relative_to(folder))
    return Tried(number, command, name, change, fresh, outcome, said)


def carried_out(
    folder: Path, arguments: tuple[str, ...], fresh: bool = False
) -> tuple[int, str, str]:
    """Status (that of SIGALRM where it hangs), standard output and standard error."""
    child = os.fork()
    if child == 0:
        _in_child(folder, _fresh(arguments) if fresh else lambda: _called(arguments))
    status = _ended(child, time.monotonic() + SECONDS)
    said = [(folder.parent / name).read_text(errors="replace") for name in ("out", "err")]
    return status, said[0], said[1]


def _in_child(folder: Path, carry_out: Callable[[], int]) -> NoReturn:
    status = 70
    try:
        os.setsid()
        os.chdir(folder)
        for name, stream in (("out", 1), ("err", 2)):
            os.dup2(os.open(folder.parent / name, os.O_WRONLY | os.O_CREAT), stream)
        sys.stdout = TextIOWrapper(os.fdopen(1, "wb", closefd=False))
        sys.stderr = TextIOWrapper(os.fdopen(2, "wb", closefd=False))
        os.environ["POLICYQA_HOME"] = str(folder / "home")
        os.environ["TOKENIZERS_PARALLELISM"] = "false"
        if "torch" in sys.modules:  # Threads of it do not outlive a fork.
            sys.modules["torch"].set_num_threads(1)
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))
        status = carry_out()
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:
        import traceback

        traceback.print_exc()
        with suppress(Exception):
            sys.stderr.flush()
    finally:
        os._exit(status)


def _called(arguments: tuple[str, ...]) -> int:
    from policyqa import cli

    sys.argv = ["policyqa", *arguments]
    try:
        cli.main()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 0 if ended.code is None else 1
    return 0


def _fresh(arguments: tuple[str, ...]) -> Callable[[], int]:
    program = [sys.executable, "-c", "from policyqa.cli import main; main()", *arguments]
    paths = os.pathsep.join([str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": paths}

    def run() -> int:
        environment["POLICYQA_HOME"] = os.environ["POLICYQA_HOME"]
        return subprocess.run(program, check=False, env=environment).returncode

    return run


def _ended(child: int, until: float) -> int:
    """The status of a child; that of SIGALRM where it has not ended by then."""
    while time.monotonic() < until:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return -signal.SIGALRM


def judged(folder: Path, command: str, status: int, output: str, error: str) -> tuple[str, str]:
    lines = error.strip().splitlines()
    last = lines[-1][:300] if lines else ""
    if status == -signal.SIGALRM:
        return "hang", last
    if status < 0:
        return "killed", f"signal {-status}"
    if "Traceback (most recent call last)" in error:
        return "traceback", last
    errors = [one for one in lines if one.startswith("error: ")]
    if status == 2:
        alone = len(errors) == 1 and lines[-1] == errors[0]
        return ("refused", last) if alone or lines[:1] == ["Usage:"] else ("several lines", last)
    if command == "gate" and status in (1, 3):
        return "verdict", last
    if command == "check" and status == 1:
        return "verdict", last
    if status:
        return "traceback", f"status {status}: {last}"
    here = Path.cwd()
    os.chdir(folder)
    try:
        flaw = wrong(command, output)
    except (ValueError, KeyError, TypeError, AttributeError, OSError) as found:
        flaw = f"figures of what cannot be read: {found!r:.200}"
    finally:
        os.chdir(here)
    return ("wrong", flaw) if flaw else ("success", "")
