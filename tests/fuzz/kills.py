"""
Kills every command that writes, at random points, and runs it again: is all as if nothing had been?

    python -m tests.fuzz.kills --kills 100 --out TALLY.jsonl

Each trial kills a command twice (SIGKILL, its whole process group) and lets it end. After each kill
what lies under its final name is whole; after the end everything is as an undisturbed run leaves
it, and no partial file is left. A line of TALLY.jsonl a trial: begun again, it goes on behind them.

A third of the trials are of a fresh process, and of one that has imported the libraries, killed at
a moment; and of such a one, killed before one of the changes that it makes to the file system.
"""

import argparse
import json
import os
import random
import select
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from contextlib import chdir, suppress
from dataclasses import dataclass
from importlib import import_module
from itertools import count
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NoReturn

from harness.files import cache_folder
from tests.conftest import call, write_data
from tests.left import damaged_in, left_in, partial_in

DOCUMENTS = Path(__file__).parents[1] / "tasks" / "drafting" / "folders" / "mixed"
SUITE = """\
name: mine
data: data
split: train
metrics: [rouge_l, facts]
models: {today: {answers: answers.jsonl}}
variants: [today]
"""
CHANGES = {"os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.symlink", "os.truncate"}
"""What Python tells of changes to the file system, beside files opened to be written."""
MODES = ("fresh", "warm", "change")


@dataclass(frozen=True)
class Case:
    """A command that writes."""

    command: str
    inputs: Callable[[], None]
    """Writes what it reads into the working directory."""
    before: tuple[str, ...] = ()
    """Commands that come first."""


def _documents() -> None:
    shutil.copytree(DOCUMENTS, "documents")


def _questions() -> None:
    write_data(Path("data"), 12)
    Path("suite.yaml").write_text(SUITE, encoding="utf-8")
    lines = Path("data/questions.jsonl").read_text(encoding="utf-8").splitlines()
    answers = ({"id": row["id"], "answer": row["answer"][:30]} for row in map(json.loads, lines))
    text = "".join(json.dumps(one) + "\n" for one in answers)
    Path("answers.jsonl").write_text(text, encoding="utf-8")


def _passages() -> None:
    write_data(Path("data"), 100)


def _review() -> None:
    """The table of the drafts, of which every fourth is dropped and the rest accepted."""
    text = Path("data/drafts.csv").read_text(encoding="utf-8-sig")
    ids = [line.split(",")[0] for line in text.splitlines() if line.startswith("draft-")]
    rows = (f"{id_},{'dropped' if n % 4 == 0 else 'accepted'}\n" for n, id_ in enumerate(ids))
    Path("reviewed.csv").write_text("id,status\n" + "".join(rows), encoding="utf-8")


IMPORTED = "data import documents --out data"
DRAFTED = "data draft data --limit 40 --unanswerable 0.3 --shares test=1"
SCORED = "run suite.yaml --out run"
CASES = {
    "import": Case(IMPORTED, _documents),
    "draft": Case(DRAFTED, _documents, (IMPORTED,)),
    "review": Case("data review data reviewed.csv", _documents, (IMPORTED, DRAFTED)),
    "run": Case(SCORED, _questions),
    "report": Case(
        "report run --html page.html --markdown r.md --csv r.csv", _questions, (SCORED,)
    ),
    "compare": Case(
        "compare run:today run:floor/echo --markdown c.md --rows c.jsonl", _questions, (SCORED,)
    ),
    "index": Case("index build --data data", _passages),
    "start": Case("start my --documents documents", _documents),
}


@dataclass(frozen=True)
class Undisturbed:
    """What a case leaves, and takes, when nothing kills it."""

    left: dict[str, str]
    seconds: dict[str, float]
    """By mode."""
    changes: int


class Place:
    """A folder in which commands work, always of the same name, which some of them write down."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
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
                self.end(CASES[name].command, mode)
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
            CASES[name].inputs()
            for command in CASES[name].before:
                self.end(command, "warm")
            if name == "review":
                _review()
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

    def begun(self, command: str, mode: str, change: int = 0) -> int:
        """A process that carries out a command, kills itself before that change; its id."""
        sys.stdout.flush()
        process = os.fork()
        if not process:
            self._become(command.split(), mode, change)
        with suppress(OSError):
            os.setpgid(process, process)  # Here and there, whichever comes first.
        return process

    def said(self) -> str:
        """What the last command printed."""
        return (self._folder / "said.log").read_text(encoding="utf-8", errors="replace")

    def left(self) -> dict[str, str]:
        """See ``left_in``; in another process, since Qdrant's threads cannot be forked."""
        with get_context("fork").Pool(1) as pool:
            return pool.apply(left_in, [self.work])

    def _become(self, arguments: list[str], mode: str, change: int) -> NoReturn:
        status = 70
        try:
            with suppress(OSError):
                os.setpgid(0, 0)
            os.chdir(self.work)
            with (self._folder / "said.log").open("w") as log:
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


def trial(place: Place, name: str, mode: str, chance: random.Random) -> dict[str, Any]:
    """Kill a case twice and let it end; what came of it."""
    known, command = place.undisturbed(name), CASES[name].command
    place.lay(name)
    kills, damaged, tracebacks = [], [], 0
    process_mode = "fresh" if mode == "fresh" else "warm"
    for _ in range(2):
        change = chance.randint(1, known.changes) if mode == "change" else 0
        seconds = None if change else chance.uniform(0, known.seconds[process_mode])
        status = ended(place.begun(command, process_mode, change), seconds)
        kills.append({"at": change or round(seconds or 0, 3), "killed": status == -signal.SIGKILL})
        damaged += damaged_in(place.work)
        tracebacks += "Traceback" in place.said()
    status = ended(place.begun(command, process_mode), None)
    return {
        "case": name,
        "mode": mode,
        "kills": kills,
        "damaged": damaged,
        "status": status,
        "said": place.said()[-300:] if status else "",
        "tracebacks": tracebacks + ("Traceback" in place.said()),
        "differences": differences(known.left, place.left()),
        "partial": partial_in(place.work),
    }


def tally(trials: list[dict[str, Any]]) -> list[str]:
    """A line a case."""
    lines = ["case     trials kills finished damaged differences partial tracebacks"]
    for name in CASES:
        some = [one for one in trials if one["case"] == name]
        killed = [kill["killed"] for one in some for kill in one["kills"]]
        sums = [len(some), sum(killed), len(killed) - sum(killed)]
        sums += [sum(bool(one[what]) for one in some) for what in ("damaged", "differences")]
        sums += [sum(bool(one[what]) for one in some) for what in ("partial", "tracebacks")]
        lines.append(" ".join([f"{name:8}", *map(str, sums)]))
    return lines


def main() -> None:
    """Kill as often as is asked, and print the tally."""
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    options.add_argument("--kills", type=int, default=100)
    options.add_argument("--out", type=Path, required=True)
    options.add_argument("--seed", type=int, default=7)
    given = options.parse_args()
    os.environ |= {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
    # Imported once, here: a process that is forked has them.
    for name in ("lm_eval", "policyqa.run", "policyqa.answering", "policyqa.scoring", "rag.bert"):
        import_module(name)
    given.out.touch()
    lines = given.out.read_text(encoding="utf-8").splitlines()
    trials: list[dict[str, Any]] = [json.loads(line) for line in lines]
    with tempfile.TemporaryDirectory() as folder, given.out.open("a", encoding="utf-8") as out:
        place = Place(Path(folder))
        while sum(kill["killed"] for one in trials for kill in one["kills"]) < given.kills:
            number = len(trials)
            name, mode = list(CASES)[number % len(CASES)], MODES[number // len(CASES) % len(MODES)]
            trials.append(trial(place, name, mode, random.Random(f"{given.seed} {number}")))
            out.write(json.dumps(trials[-1]) + "\n")
            out.flush()
            print(number, json.dumps(trials[-1]), flush=True)
    print("\n".join(tally(trials)))


if __name__ == "__main__":
    main()
