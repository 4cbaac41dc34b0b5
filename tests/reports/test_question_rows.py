"""The rows of a run, question by question, as a spreadsheet and pandas read them."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.inert import visible
from harness.outcomes import Outcome
from harness.runs import Result, read_result
from reports.question_rows import question_csv


def rows_of(results: list[Result]) -> list[dict[str, str]]:
    """The rows as Python's csv reads them from a file, by column."""
    text = question_csv(results).encode().decode()
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def outcome(key: str, text: str = "72 hours.", **changes: Any) -> Outcome:
    document = {
        **{"id": key, "split": "test", "framework": "eu-gdpr", "kind": "deadline"},
        **{"question": f"What of {key}?", "answer": "72 hours.", "answers": ["Three days."]},
        **{"answerable": True, "evidence": ["gdpr/33"], "context_ids": ["gdpr/33"]},
        **changes,
    }
    values = {"rouge_l": 0.25, "corpus_bleu": (1.0, 2.0), "evidence_shown": 1.0, "kind": 3.0}
    return Outcome(key, text, {**values}, document, {"prompt_tokens": 12.0, "price": None})


def test_a_row_has_what_was_asked_answered_and_scored() -> None:
    first = Result("base/rag", {"q1": outcome("q1"), "q2": outcome("q2", evidence=["gdpr/9"])})
    other = Result("sft/rag", {"q2": outcome("q2", answerable=False, evidence=[])})
    rows = rows_of([first, other])
    assert [(row["id"], row["variant"], row["group"]) for row in rows] == [
        ("q1", "base/rag", "0"),
        ("q2", "base/rag", "1"),
        ("q2", "sft/rag", "1"),
    ]
    assert rows[0] == {
        **{"id": "q1", "group": "0", "split": "test", "framework": "eu-gdpr", "kind": "deadline"},
        **{"answerable": "1", "question": "What of q1?", "references": "72 hours.\nThree days."},
        **{"variant": "base/rag", "answer": "72 hours.", "rouge_l": "0.25", "kind (metric)": "3.0"},
        **{"evidence_shown": "1", "prompt_tokens": "12.0", "answer_tokens": "", "seconds": ""},
        **{"price": "", "replicates": "1"},
    }
    assert [row["evidence_shown"] for row in rows] == ["1", "0", ""]
    assert [row["answerable"] for row in rows] == ["1", "1", "0"]


def test_several_replicates_are_the_first_answer_and_means_of_what_each_has() -> None:
    one = outcome("q1")
    two = replace(one, text="Never.", values={"rouge_l": 0.75}, cost={"prompt_tokens": 14.0})
    (row,) = rows_of([Result("sft/rag", {"q1": one}, further=({"q1": two},))])
    assert (row["answer"], row["rouge_l"], row["replicates"]) == ("72 hours.", "0.5", "2")
    assert (row["kind (metric)"], row["prompt_tokens"]) == ("", "13.0")


def test_a_whole_run_is_read_by_pandas(made_up_run: Path) -> None:
    names = ["floor/echo", "sft-rag/rag"]
    text = question_csv([read_result(made_up_run, name) for name in names])
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["variant"] for row in rows] == 40 * names
    assert text.count("\r\n") == text.count("\n") == 81
    pandas = pytest.importorskip("pandas")
    table = pandas.read_csv(io.StringIO(text))
    assert table.shape == (80, len(rows[0]))
    assert table["rouge_l"].dtype == table["prompt_tokens"].dtype == float
    assert "corpus_bleu" not in table


STEERING = st.sampled_from("=+-@\t\r\n\x1b\x00\u202e\ud800 ＝'\",;")
TEXTS = st.text(st.one_of(st.characters(), STEERING), max_size=8)


@given(st.tuples(*[TEXTS] * 7), st.lists(TEXTS, min_size=1, max_size=2))
def test_any_text_reads_back_and_no_cell_is_a_formula(texts: Any, answers: list[str]) -> None:
    key, variant, metric, answer, question, framework, reference = texts
    document = {"question": question, "framework": framework, "answer": reference, "kind": answers}
    shown = Outcome(key, answer, {f"m{metric}": -0.5, metric: -1e9}, document)
    (row,) = rows_of([Result(variant, {key: shown})])
    told = {
        "id": key,
        "variant": variant,
        "answer": answer,
        "question": question,
        "framework": framework,
        "references": reference,
        "kind": json.dumps(answers, ensure_ascii=False),
    }
    for column, text in told.items():
        assert row[column] in (visible(text), f"'{visible(text)}")
    assert row[f"m{visible(metric)}"] == "-0.5"
    numbers = {"-0.5", "-1000000000.0"}
    for cell in {*row, *row.values()} - numbers:
        assert not cell.lstrip().startswith(tuple("=+-@＝＋－＠"))
        assert not cell.startswith(("\t", "\r"))
