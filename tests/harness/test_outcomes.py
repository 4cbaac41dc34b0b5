"""Sample logs read back: what a question got, and lines that are none of a task of ours."""

from pathlib import Path
from typing import Any

import pytest

from harness.errors import RunError
from harness.metrics import LoggedMark, Mark
from harness.outcomes import Outcome, read_samples
from tests.harness.sampled import sample
from tests.logs import write_log


def test_marks_are_read_without_the_metric_that_made_them(tmp_path: Path) -> None:
    found = {"metric": "facts", "of": "answer", "start": 0, "end": 8, "kind": "fact found"}
    doc = sample("q2")["doc"] | {"answer": "a", "answers": ["Three days."], "context": None}
    second = found | {"of": "reference", "end": 11, "reference": 1, "note": "n"}
    lines = [sample("q1", marks=[found]), sample("q2", doc=doc, marks=[second]), sample("q3")]
    one, two, none = read_samples(write_log(tmp_path, lines)).values()
    assert one.marks == (LoggedMark("facts", Mark("answer", 0, 8, "fact found")),)
    assert two.marks == (LoggedMark("facts", Mark("reference", 0, 11, "fact found", 1, "n")),)
    assert none.marks == ()


BROKEN = [
    {"doc": {"text": "?"}, "acc": 1.0},  # Of another task.
    sample("q", doc=None),
    sample("q", filtered_resps=[]),
    sample("q", filtered_resps=[None]),
    sample("q", metrics=["bleu"]),
    sample("q1"),  # It was the last that counted.
    sample("q", rouge_l=float("nan")),
    sample("q", rouge_l=10**400),
    sample("q", corpus_bleu=[float("inf"), 1.0]),
    sample("q", rouge_l="high"),
    sample("q", corpus_bleu=[[1.0]]),
    sample("q", likelihood="high"),
    sample("q", cost={"seconds": float("nan")}),
    sample("q", doc={"id": True}),  # It was a traceback: no order with those that are texts.
    sample("q", doc={"id": "q", "evidence": [1]}),
    sample("q", doc={"id": "q", "context_ids": "f/a"}),
    sample("q", doc={"id": "q", "kind": ["a"]}),
    sample("q", marks=["all"]),
    sample("q", marks=[{"metric": "facts", "of": "answer"}]),
    sample("q", marks=[{"metric": "facts", "of": "answer", "start": 0, "end": 99, "kind": "k"}]),
]


@pytest.mark.parametrize("line", BROKEN)
def test_a_line_of_another_task_is_named_with_its_place(tmp_path: Path, line: Any) -> None:
    path = write_log(tmp_path, [sample("q1"), line])
    with pytest.raises(RunError, match=r"samples_quiz_.*\.jsonl:2: no sample of a policyqa task"):
        read_samples(path)


@pytest.mark.parametrize(
    ("evidence", "context", "shown"),
    [
        (["f/a", "f/b"], ["f/x", "f/b"], True),
        (["f/a"], ["f/x"], False),
        (["f/a"], [], False),
        ([], ["f/x"], False),
        (None, None, False),  # Of no documents.
    ],
)
def test_an_outcome_says_whether_its_context_held_the_answer(
    evidence: list[str] | None, context: list[str] | None, shown: bool
) -> None:
    outcome = Outcome("q", "", {}, {"evidence": evidence, "context_ids": context})
    assert (outcome.evidence_shown, outcome.evidence) == (shown, evidence or [])
    assert outcome.sections == len(context or [])


@pytest.mark.parametrize(
    ("kind", "score"),
    [("mean", [1.0, 2.0]), ("rate", 0.5), ("rate", [1.0]), ("corpus", 1.0)],
)
def test_a_score_that_its_metric_cannot_give_is_refused(
    tmp_path: Path, kind: str, score: Any
) -> None:
    # A list was a traceback that fuzzing found; of half a question a rate made a figure.
    path = write_log(tmp_path, [sample("q1", rouge_l=score)])
    read_samples(path)
    with pytest.raises(RunError, match=rf":1: no sample of .*a score of a {kind} is "):
        read_samples(path, kinds={"rouge_l": kind})


def test_statistics_of_all_rows_together_are_as_many_in_each(tmp_path: Path) -> None:
    path = write_log(tmp_path, [sample("q1"), sample("q2", corpus_bleu=[1.0, 2.0, 3.0])])
    with pytest.raises(RunError, match=r":2: .*corpus_bleu has 3 numbers here, and 2 before"):
        read_samples(path)


def test_what_lines_have_in_common_is_in_memory_once(tmp_path: Path) -> None:
    tables = [{"law/art-1": ["article/1"]}, {"law/art-2": ["article/2"]}]
    lines = [
        sample(
            f"q{place}", doc={**sample("q")["doc"], "id": f"q{place}", "provisions": dict(table)}
        )
        for place, table in enumerate([*tables, tables[0]])
    ]
    first, other, again = read_samples(write_log(tmp_path, lines)).values()
    assert first.document["provisions"] is again.document["provisions"]
    assert other.document["provisions"] == tables[1]
    assert first.text is again.text
