"""A suite of what is the user's own: metrics, a dataset, and questions without documents."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rich.console import Console

from harness.metrics import LoggedMark, Mark
from harness.metrics.foreign import TAKEN
from harness.runs import read_result
from policyqa.progress import Watch
from tests.conftest import printed, refused, write_data, write_questions
from tests.policyqa.conftest import run, taken

METRICS = """
class Own:
    higher_is_better = True

    @property
    def signature(self):
        return f"{self.name}:1"

    def score(self, rows):
        with open("scored.txt", "a") as scored:
            scored.write(f"{self.name} {len(rows)}\\n")
        return [self.of(row) for row in rows]

class Length(Own):
    name, title, kind, higher_is_better = "letters", "letters", "mean", None

    def of(self, row):
        return len(row.answer)

class Digits(Own):
    name, title, kind = "digits", "has digits", "rate"

    def of(self, row):
        return any(map(str.isdigit, row.answer))

class Vowels(Own):
    name, title, kind = "vowels", "share of vowels", "corpus"

    def of(self, row):
        return sum(row.answer.count(one) for one in "aeiou"), len(row.answer)

    def total(self, sums):
        return sums[..., 0] / sums[..., 1]
"""
NAMES = ("letters", "digits", "vowels")
ANSWERS = {"bees-0002": "aaa4", "kites-0002": "bb", "wells-0002": "ebb5"}
SUITE = """
data: data
floors: []
metrics: [bleu, "{module}:Length", "{module}:Digits", "{module}:Vowels"]
models: {{today: {{answers: answers.jsonl}}}}
variants: [today]
"""
ECHO = [
    f"What does part 2 of the {title} say?"
    for title in ("Bee Keeping Act", "Kite Flying Code", "Well Water Rules")
]


@pytest.fixture
def here(workplace: Path) -> Path:
    """A working directory of the user's, with answers to questions."""
    lines = (json.dumps({"id": one, "answer": text}) for one, text in ANSWERS.items())
    Path("answers.jsonl").write_text("\n".join(lines))
    return workplace


@pytest.fixture
def module(here: Path) -> Iterator[str]:
    """The name of a module of metrics, with a suite beside it that has them."""
    name = f"metrics_of_{here.name}"
    write_data(Path("data"))
    Path(f"{name}.py").write_text(METRICS)
    Path("mine.yaml").write_text(SUITE.format(module=name))
    yield name
    sys.modules.pop(name, None)


def edit(module: str, old: str, new: str) -> None:
    """Change the module of metrics, and forget that it was imported."""
    path = Path(f"{module}.py")
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    sys.modules.pop(module)


def scored() -> list[str]:
    """Which metrics were asked to score how many rows, since this was looked at."""
    return taken("scored.txt")


@pytest.mark.usefixtures("module")
def test_metrics_of_every_kind_stand_in_tables_json_report_and_compare() -> None:
    suite = Path("mine.yaml")
    suite.write_text(suite.read_text().replace("floors: []", "floors: [echo]"))
    comparison = run("mine.yaml")
    assert list(comparison["metrics"]) == ["bleu", *NAMES]
    assert comparison["metrics"]["vowels"]["signature"] == "vowels:1"
    assert "letters:1 | digits:1 | vowels:1" in comparison["signature"]
    today = comparison["variants"]["today"]
    assert today["metrics"]["letters"]["mean"] == pytest.approx((4 + 2 + 4) / 3)
    assert today["metrics"]["vowels"]["mean"] == (3 + 0 + 1) / (4 + 2 + 4)
    assert today["rates"]["digits"]["mean"] == pytest.approx(2 / 3)
    report = Path("run/report.md").read_text()
    for title in ("letters", "share<br>of<br>vowels<br>↑", "has<br>digits<br>↑"):
        assert f" {title} |" in report

    assert printed("report", "run") == comparison
    both = printed("compare", "run:today", "run:floor/echo")
    vowels = sum(sum(map(text.count, "aeiou")) for text in ECHO) / sum(map(len, ECHO))
    found = both["metrics"]
    assert found["vowels"]["delta"] == pytest.approx(0.4 - vowels)
    assert found["digits"]["delta"] == pytest.approx(2 / 3 - 1)
    assert found["letters"]["b"] == pytest.approx(sum(map(len, ECHO)) / 3)

    # What else the sample log has is no name for a metric.
    (log,) = Path("run/variants/today").glob("samples_*.jsonl")
    sample = json.loads(log.read_text().splitlines()[0])
    assert set(sample) - set(sample["metrics"]) == set(TAKEN) - {"marks"}


MARKING = """
    def marks(self, row):
        from harness.metrics import Mark
        return [Mark("answer", 3, 4, "digit")] if row.answer[3:].isdigit() else []
"""


def test_marks_are_logged_with_scores_that_are_kept_and_read_without_their_metric(
    module: str,
) -> None:
    before = run("mine.yaml")
    edit(module, "class Vowels", f"{MARKING}\nclass Vowels")
    taken("scored.txt")
    assert run("mine.yaml") == before
    assert scored() == []
    Path(f"{module}.py").unlink()
    outcomes = read_result(Path("run"), "today").outcomes
    digit = LoggedMark("digits", Mark("answer", 3, 4, "digit"))
    assert {key: one.marks for key, one in outcomes.items()} == {
        key: (digit,) if text[-1].isdigit() else () for key, text in ANSWERS.items()
    }


def test_scores_are_kept_by_the_signature_of_their_metric(module: str) -> None:
    run("mine.yaml")
    assert scored() == [f"{name} 3" for name in NAMES]
    first = run("mine.yaml")
    assert scored() == []
    edit(module, "return len(row.answer)", "return 7")
    assert run("mine.yaml") == first  # It does not say that it is another.
    edit(module, "class Length(Own):", "class Length(Own):\n    signature = 'letters:2'")
    assert run("mine.yaml")["variants"]["today"]["metrics"]["letters"]["mean"] == 7.0
    assert scored() == ["letters 3"]


def test_after_the_run_only_what_is_of_all_rows_together_is_looked_for(module: str) -> None:
    run("mine.yaml")
    edit(module, ':1"', ':two"')
    said = refused("report", "run")
    assert said.startswith("error: metric vowels was vowels:1 when this run was scored, and now it")
    assert said.endswith("is vowels:two: run the suite again, which asks no model anew")
    Path(f"{module}.py").unlink()
    sys.modules.pop(module)
    said = refused("report", "run", "--json")
    assert said.startswith(f"error: cannot import {module}:Length: ModuleNotFoundError")

    Path(f"{module}.py").write_text(METRICS)
    suite = Path("mine.yaml")
    suite.write_text(suite.read_text().replace(f', "{module}:Vowels"', ""))
    comparison = run("mine.yaml")
    Path(f"{module}.py").unlink()
    sys.modules.pop(module)
    assert printed("report", "run") == comparison


def test_a_metric_that_fails_is_one_line_and_the_others_scores_are_kept(module: str) -> None:
    path = Path(f"{module}.py")
    path.write_text(METRICS.replace("return any(", "return 0.5 + any("))
    said = refused("run", "mine.yaml", "--out", "run")
    assert said == "error: metric digits gave 1.5 of a row; it must give None or 0 or 1"
    assert scored() == ["letters 3", "digits 3"]
    sys.modules.pop(module)
    path.write_text(METRICS)
    run("mine.yaml")
    assert scored() == ["digits 3", "vowels 3"]


# Questions without documents


@pytest.fixture
def alone(here: Path) -> Callable[[str], str]:
    """Writes a suite of these variants over questions without documents; returns its path."""
    Path("questions").mkdir()
    rows = [
        {
            "id": name,
            "split": "test",
            "question": f"What of {name}?",
            "answer": f"This of {name}.",
            "evidence": [f"label of {name}"],  # Whether it is shown says nothing.
        }
        for name in ANSWERS
    ]
    write_questions(Path("questions"), rows)
    (here / "assistant_alone.py").write_text("def answer(question, context=''): return question\n")

    def written(variants: str, floors: str = "") -> str:
        Path("alone.yaml").write_text(
            "data: questions\nmetrics: [bleu, false_answer, evidence_shown]\n"
            "models:\n  today: {answers: answers.jsonl}\n  ours: {call: 'assistant_alone:answer'}\n"
            f"variants: [{variants}]\n{floors}\n"
        )
        return "alone.yaml"

    return written


def test_without_documents_the_floors_that_need_none_stay_and_the_others_are_said_to_be_left_out(
    alone: Callable[[str], str], here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    comparison = run(alone("today, ours"), watch=Watch(Console(stderr=True)))
    said = capfd.readouterr().err.splitlines()
    assert said[0] == "left out, since questions has no documents: floor/first, floor/sentence"
    assert said[1].startswith("too few test questions to decide anything: 3, and a verdict needs")
    variants = comparison["variants"]
    assert list(variants) == ["floor/echo", "floor/other", "today", "ours"]
    assert {entry["n"] for entry in variants.values()} == {3}
    assert comparison["floor"] is None
    assert not any("evidence_shown" in entry["rates"] for entry in variants.values())
    assert not (here / "home" / "index").exists()


@pytest.mark.parametrize(
    ("variants", "floors"),
    [
        ("ours+oracle", ""),
        ("floor/first", ""),
        ("today, floor/sentence", ""),  # Named, it is not left out quietly.
        ("today, ours+retrieved", "floors: []"),
    ],
)
def test_without_documents_a_variant_that_shows_some_is_refused_in_one_line(
    alone: Callable[..., str], variants: str, floors: str
) -> None:
    said = refused("run", alone(variants, floors))
    shows = variants.split(", ")[-1]
    assert said.startswith(f"error: {shows} shows sections of documents, and questions has none: ")
    assert not Path("runs").exists()
