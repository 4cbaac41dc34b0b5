"""A folder with every kind of file that a command reads, and the commands that read them."""

import csv
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import call, write_data
from tests.logs import TIME, line, write_log, write_results

DOCUMENTS = Path(__file__).parents[1] / "tasks" / "drafting" / "folders" / "mixed"
SUITE = """\
name: mine
data: data
floors: [echo, other]
metrics: [bleu, rouge_l, facts]
models:
  today: {answers: today.jsonl}
  new: {answers: new.jsonl}
variants: [today, new]
baseline: today
"""
CLAIMS = """\
claims:
  - claim: new lifts ROUGE-L by 0.01
    source: a test
    baseline: today
    variant: new
    against: today
    conditions:
      - {metric: rouge_l, difference: {at_least: 0.01}}
"""
SQUAD = {"version": "1", "data": [{"title": "Bees", "paragraphs": [{
    "context": "Hives stand 40 metres from any road.",
    "qas": [{"id": "b1", "question": "How far do hives stand from a road?",
             "answers": [{"text": "40 metres", "answer_start": 12}], "is_impossible": False}],
}]}]}  # fmt: skip
OBLIQA = [{"ID": "1", "DocumentID": 1, "PassageID": "1.1", "Passage": "A hive must be marked."}]
RECIPE = """\
weights: sft
model: smollm2-135m
prompt: plain
epochs: 1
limit: 4
"""


@dataclass(frozen=True)
class Command:
    """A command, and which files of the workplace it reads."""

    arguments: tuple[str, ...]
    reads: tuple[str, ...]
    """Patterns below the workplace."""


RUN = ("run/manifest.json", "run/variants/**/*.json", "run/variants/**/*.jsonl")
LOGS = ("log/*",)
DATA = ("data/questions.jsonl", "data/corpus/*.md")
COMMANDS: Mapping[str, Command] = {
    "report": Command(("report", "run", "--json"), RUN),
    "report to files": Command(
        ("report", "run", "--html", "o.html", "--markdown", "o.md", "--csv", "o.csv"), RUN
    ),
    "compare run": Command(("compare", "run:new", "run:today", "--json"), RUN),
    "compare log": Command(("compare", "log/a.jsonl", "log/b.jsonl", "--json"), LOGS),
    "power": Command(("power", "run", "--json"), RUN),
    "audit": Command(("audit", "run", "--json"), RUN),
    "claims": Command(("claims", "claims.yaml", "run", "--json"), (*RUN, "claims.yaml")),
    "threshold": Command(("threshold", "run", "new"), RUN),
    "gate": Command(
        ("run", "suite.yaml", "--out", "again", "--gate", "baseline.csv"), ("baseline.csv",)
    ),
    "dry run": Command(
        ("run", "suite.yaml", "--dry-run", "--json"), ("suite.yaml", "*.jsonl", *DATA)
    ),
    "run": Command(
        ("run", "suite.yaml", "--out", "again", "--json"), ("suite.yaml", "*.jsonl", *DATA)
    ),
    "import": Command(("data", "import", "source", "--out", "made"), ("source/*",)),
    "import SQuAD": Command(("data", "import", "squad.json", "--out", "made"), ("squad.json",)),
    "import ObliQA": Command(("data", "import", "obliqa", "--out", "made"), ("obliqa/*",)),
    "check": Command(("data", "check", "data", "--json", "--skip", "duplicate"), DATA),
    "draft": Command(("data", "draft", "drafting", "--limit", "20"), ("drafting/corpus/*.md",)),
    "review": Command(
        ("data", "review", "drafted", "reviewed.csv"),
        ("drafted/drafts.jsonl", "drafted/corpus/*.md", "reviewed.csv"),
    ),
    "start": Command(("start", "begun", "--documents", "source", "--model", "m"), ("source/*",)),
    "train": Command(
        ("train", "recipe.yaml", "--data", "learned", "--dry-run"),
        ("recipe.yaml", "learned/questions.jsonl", "learned/corpus/*.md"),
    ),
    "validity": Command(
        ("validity", "preferences.csv", "--metric", "rouge_l", "--json"), ("preferences.csv",)
    ),
    "cache": Command(("cache", "info"), ("home/kept.sqlite",)),
}


def make(folder: Path) -> Path:
    """Fill an empty folder, which is the working directory, with sound files of every kind.

    A cache of its own, ``home``, links the models that are fetched once a machine.
    """
    write_data(folder / "learned")
    write_data(folder / "data", sections=16)
    rows = [json.loads(one) for one in _lines(folder / "data" / "questions.jsonl")]
    tests = [row | {"split": "test"} for row in rows]
    _write_lines(folder / "data" / "questions.jsonl", tests)
    for name, words in (("today", "It is {answer}"), ("new", "{answer}")):
        answers = [{"id": row["id"], "answer": words.format(**row)} for row in tests]
        _write_lines(folder / f"{name}.jsonl", answers)
    (folder / "suite.yaml").write_text(SUITE)
    (folder / "claims.yaml").write_text(CLAIMS)
    (folder / "recipe.yaml").write_text(RECIPE)
    (folder / "squad.json").write_text(json.dumps(SQUAD))
    (folder / "obliqa").mkdir()
    (folder / "obliqa" / "1.json").write_text(json.dumps(OBLIQA))
    (folder / "obliqa" / "ObliQA_test.json").write_text(json.dumps([
        {"QuestionID": "q", "Question": "Must a hive be marked?",
         "Passages": [{"DocumentID": 1, "PassageID": "1.1", "Passage": OBLIQA[0]["Passage"]}]}
    ]))  # fmt: skip
    shutil.copytree(DOCUMENTS, folder / "source")
    (folder / "source" / "questions.csv").write_text(
        "question,answer,evidence\nWho keeps the plot?,The tenant.,allotment-rules.txt\n"
    )
    (folder / "preferences.csv").write_text(
        "question,a,b,preferred,reference\n"
        + "".join(f"Q{n}?,right {n},wrong {n},{'ab'[n % 2]},right {n}\n" for n in range(12))
    )
    for name, shift in (("a", 1), ("b", 0)):
        lines = [line(n, acc=float((n + shift) % 3 == 0)) for n in range(30)]
        write_log(folder / "log", lines, name).rename(folder / "log" / f"{name}.jsonl")
    write_results(folder / "log", {"acc": True}, f"results_{TIME}.json")
    _command("data", "import", "source", "--out", "drafting")
    shutil.copytree(folder / "drafting", folder / "drafted")
    _command("data", "draft", "drafted", "--limit", "20", "--shares", "test=1")
    with (folder / "drafted" / "drafts.csv").open(encoding="utf-8-sig", newline="") as table:
        drafts = list(csv.DictReader(table))
    with (folder / "reviewed.csv").open("w", encoding="utf-8", newline="") as reviewed:
        writer = csv.DictWriter(reviewed, list(drafts[0]))
        writer.writeheader()
        writer.writerows(row | {"status": "accepted"} for row in drafts)
    _command("run", "suite.yaml", "--out", "run")
    _command("compare", "run:today", "run:new", "--gate", "--rows", "baseline.csv")
    return folder


def _command(*arguments: str) -> None:
    status = call(*arguments)
    if status not in (0, 1, 3):
        raise RuntimeError(f"policyqa {' '.join(arguments)} ended with {status}")


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines()


def _write_lines(path: Path, rows: list[dict[str, object]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
