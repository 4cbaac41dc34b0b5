"""
Kills every command that writes, at random points, and runs it again: is all as if nothing had been?

    python -m tests.fuzz.kills --kills 100 --out TALLY.jsonl

Each trial kills a command twice (SIGKILL, its whole process group) and lets it end. After each kill
what lies under its final name is whole; after the end everything is as an undisturbed run leaves
it, and no partial file is left. A line of TALLY.jsonl a trial: begun again, it goes on behind them.

A third of the trials each are of a fresh process, killed at any moment; of one that has imported
the libraries; and of such a one that is killed before one of its changes to the file system.
``--every NAME`` kills a case before each of its changes in turn.
"""

import argparse
import json
import os
import random
import shutil
import signal
import tempfile
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.conftest import write_data
from tests.killed import Case, Place, differences, ended
from tests.left import damaged_in, partial_in

DOCUMENTS = Path(__file__).parents[1] / "tasks" / "drafting" / "folders" / "mixed"
SUITE = """\
name: mine
data: data
split: train
metrics: [rouge_l, facts]
models: {today: {answers: answers.jsonl}}
variants: [today]
"""
HEAVY = (
    "bs4", "lm_eval", "policyqa.answering", "policyqa.drafting", "policyqa.run", "rag.bert",
    "rag.stores.edge", "reports.terminal", "tasks.drafting.by_rules", "tasks.importing.importer",
)  # fmt: skip
"""Modules that take long to import."""
MODES = ("fresh", "warm", "change")
Trial = dict[str, Any]


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
REPORTED = "report run --html page.html --markdown r.md --csv r.csv"
COMPARED = "compare run:today run:floor/echo --markdown c.md --rows c.jsonl"
CASES = {
    "import": Case(IMPORTED, (_documents,)),
    "draft": Case(DRAFTED, (_documents, IMPORTED)),
    "review": Case("data review data reviewed.csv", (_documents, IMPORTED, DRAFTED, _review)),
    "run": Case(SCORED, (_questions,)),
    "report": Case(REPORTED, (_questions, SCORED)),
    "compare": Case(COMPARED, (_questions, SCORED)),
    "index": Case("index build --data data", (_passages,)),
    "start": Case("start my --documents documents", (_documents,)),
}


def trial(place: Place, name: str, mode: str, moments: list[float]) -> Trial:
    """Kill a case at each of some moments and let it end; what came of it.

    Args:
        place: where.
        name: of the case.
        mode: one of ``MODES``.
        moments: as shares of the time, or of the changes, that it takes undisturbed.
    """
    known, command = place.undisturbed(name), CASES[name].command
    process = "fresh" if mode == "fresh" else "warm"
    place.lay(name)
    kills, damaged, said = [], [], []
    for moment in moments:
        change = 1 + int(moment * known.changes) if mode == "change" else 0
        seconds = None if change else moment * known.seconds[process]
        status = ended(place.begun(command, process, change), seconds)
        kills.append({"at": round(moment, 4), "killed": status == -signal.SIGKILL})
        damaged += damaged_in(place.work)
        said.append(place.said())
    status = ended(place.begun(command, process), None)
    said.append(place.said())
    return {
        "case": name,
        "mode": mode,
        "kills": kills,
        "damaged": damaged,
        "status": status,
        "said": said[-1][-300:] if status else "",
        "tracebacks": [one[-2000:] for one in said if "Traceback" in one],
        "differences": differences(known.left, place.left()),
        "partial": partial_in(place.work),
    }


def tally(trials: list[Trial]) -> list[str]:
    """A line a case: trials, kills, those that came too late, and trials with something wrong."""
    wrong = ("damaged", "differences", "partial", "tracebacks")
    lines = [" ".join(["case    ", "trials", "kills", "late", *wrong])]
    for name in CASES:
        some = [one for one in trials if one["case"] == name]
        killed = [kill["killed"] for one in some for kill in one["kills"]]
        sums = [len(some), sum(killed), len(killed) - sum(killed)]
        sums += [sum(bool(one[what]) for one in some) for what in wrong]
        lines.append(" ".join([f"{name:8}", *map(str, sums)]))
    return lines


def _drawn(place: Place, trials: list[Trial], kills: int, seed: int) -> Iterator[Trial]:
    """Trials of all cases in turn, behind those there are, until so many kills were made."""
    while sum(kill["killed"] for one in trials for kill in one["kills"]) < kills:
        number = len(trials)
        name, mode = list(CASES)[number % len(CASES)], MODES[number // len(CASES) % len(MODES)]
        chance = random.Random(f"{seed} {number}")  # noqa: S311
        yield trial(place, name, mode, [chance.random(), chance.random()])


def _each(place: Place, name: str, done: int) -> Iterator[Trial]:
    """Trials of one case, killed before each change, behind those that are done."""
    changes = place.undisturbed(name).changes
    for change in range(done, changes):
        yield trial(place, name, "change", [(change + 0.5) / changes])


def get_ready() -> None:
    """What forked processes share: their environment, and the modules of ``HEAVY``."""
    os.environ |= {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
    os.environ.pop("QDRANT_URL", None)
    # Imported once, here: a process that is forked has them.
    for name in HEAVY:
        import_module(name)


def main() -> None:
    """Kill as often as is asked, and print the tally."""
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    options.add_argument("--kills", type=int, default=100)
    options.add_argument("--every", choices=CASES)
    options.add_argument("--out", type=Path, required=True)
    options.add_argument("--seed", type=int, default=7)
    given = options.parse_args()
    get_ready()
    given.out.touch()
    trials: list[Trial] = [
        json.loads(line) for line in given.out.read_text(encoding="utf-8").splitlines()
    ]
    with tempfile.TemporaryDirectory() as folder, given.out.open("a", encoding="utf-8") as out:
        place = Place(Path(folder), CASES)
        more = (
            _each(place, given.every, len(trials))
            if given.every
            else _drawn(place, trials, given.kills, given.seed)
        )
        for one in more:
            trials.append(one)
            out.write(json.dumps(one) + "\n")
            out.flush()
            print(len(trials), json.dumps(one), flush=True)
    print("\n".join(tally(trials)))


if __name__ == "__main__":
    main()
