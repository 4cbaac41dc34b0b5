"""
The detector of abstention against labelled answers.

``abstention.jsonl``: answers in the manner of experts and of language models, written and labelled
by hands that had not seen the detector. The part ``development`` is full of odd wordings and traps;
``test`` is in natural wordings. The rules were last changed with the errors in both in view, so
that neither says how well they do on answers not seen. ``answers.jsonl``: real answers to
validation questions by our own models (docs/results/2026-11-29-abstention.md), each labelled by
two language models that saw neither the rules nor each other's labels. The rules were written with
its part ``development``; ``held-out`` was scored once, after that.
"""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from harness.metrics import Row, abstains
from harness.metrics.abstention import ABSTAINED, OVER_REFUSAL, FalseAnswer
from harness.metrics.evidence import EvidenceShown
from rag.corpus import load_corpus
from tasks.policyqa.questions import DATA, load_questions


def labelled(name: str, part: str) -> list[dict[str, Any]]:
    """One part of a file of answers."""
    lines = Path(__file__).with_name(name).read_text("utf-8").splitlines()
    return [row for row in map(json.loads, lines) if row["part"] == part]


def agreement(rows: list[tuple[str, bool]]) -> tuple[float, float]:
    """Precision and recall of the detector."""
    found = [label for answer, label in rows if abstains(answer)]
    return sum(found) / len(found), sum(found) / sum(label for _, label in rows)


def test_labelled_answers_are_told_apart() -> None:
    rows = [(row["answer"], row["abstains"]) for row in labelled("abstention.jsonl", "test")]
    precision, recall = agreement(rows)
    print(f"n = {len(rows)}, precision {precision:.3f}, recall {recall:.3f}")
    assert len(rows) == 120
    assert precision >= 0.9
    assert recall >= 0.85


def test_real_answers_that_the_rules_were_not_written_with_are_told_apart() -> None:
    rows = labelled("answers.jsonl", "held-out")
    agreed = [(row["answer"], all(row["labels"])) for row in rows if len(set(row["labels"])) == 1]
    counts = Counter((label, abstains(answer)) for answer, label in agreed)
    print(counts)
    assert (len(rows), len(agreed)) == (303, 299)
    assert counts[True, True] >= 66  # Of 78 abstentions.
    assert counts[False, False] >= 212  # Of 221 answers.


def test_the_references_of_the_shipped_set_are_told_apart() -> None:
    questions = load_questions(DATA, [section.id for section in load_corpus(DATA)])
    precision, recall = agreement([(q.reference, not q.answerable) for q in questions])
    print(f"n = {len(questions)}, precision {precision:.3f}, recall {recall:.3f}")
    assert precision >= 0.95
    assert recall >= 0.95


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("The sections on fines do not name any company.", True),
        ("No section gives a deadline; only the form is described.", True),
        ("I cannot answer this from the context.", True),
        ("This is not specified.", True),
        ("The Act does not apply to small firms.", False),
        ("Article 5 does not require consent.", False),
        ("If the notice does not state the price, the buyer may withdraw.", False),
        ("Micro-enterprises are not covered by the Directive.", False),
        ("The documents must be kept for no less than ten years.", False),
        ("The articles may only be sold with a mark.", False),
        ("The sections on penalties do not apply to small firms.", False),
        ("The Act does not address deceased persons.", False),
        ("Unknown.", True),
        ("The provided context does not contain information about penalties.", True),
        ("No answer found.", True),
        ("It does not provide a deadline.", True),
        ("No section deals with returns.", True),
        ("The sections deal with importers, not with sellers.", True),
        ("No. The provisions deal with transfers, not with persons.", False),
        ("No data may leave the Union.", False),
        ("Systems that are not listed in Annex III are not high-risk.", False),
        ("Personal data are not provided without the consent of the data subject.", False),
        ('The label must say "origin not specified".', False),
        ("72 hours.", False),
        ("", False),
        ("I don’t have enough information.", True),
        ("It isn’t specified here.", True),
        ("**Not specified**", True),
        ("N/A", True),
        ("Insufficient context.", True),
        ("Information not available.", True),
        ("I am not able to answer this with what is given.", True),
        ("An operator that cannot find the origin must stop.", False),
        ("The label must say “origin not specified”.", False),
    ],
)
def test_a_rule_that_denies_is_no_abstention(answer: str, expected: bool) -> None:
    assert abstains(answer) is expected


REFUSED, ANSWERED = "The sections do not say.", "72 hours."
SHOWN, NOT_SHOWN = ("act/s-1", "act/s-2"), ("act/s-9",)


def row(answer: str, evidence: tuple[str, ...], shown: tuple[str, ...], answerable: bool) -> Row:
    """What was said to a question, with the sections it was shown."""
    return Row("?", answer, ("72 hours.",), answerable, evidence, "…", shown)


@pytest.mark.parametrize("answer", [REFUSED, ANSWERED])
@pytest.mark.parametrize(
    ("evidence", "shown", "answerable", "counts_for"),
    [
        (("act/s-2", "act/s-3"), SHOWN, True, "over_refusal"),
        # Over-refusal counted a refusal without evidence in sight, which is right, as an error.
        (("act/s-2",), NOT_SHOWN, True, "abstained"),
        (("act/s-2",), (), True, "abstained"),
        (("act/s-1",), ("act/s-10", "act/s"), True, "abstained"),  # Names that begin alike.
        ((), SHOWN, True, None),  # Nobody knows where the answer is.
        ((), SHOWN, False, "false_answer"),
        ((), (), False, "false_answer"),
    ],
)
def test_an_answer_counts_for_one_rate_or_none_by_whether_any_of_its_evidence_is_shown(
    answer: str,
    evidence: tuple[str, ...],
    shown: tuple[str, ...],
    answerable: bool,
    counts_for: str | None,
) -> None:
    asked = row(answer, evidence, shown, answerable)
    found = {m.name: m.score([asked]) for m in (FalseAnswer(), OVER_REFUSAL, ABSTAINED)}
    value = float((answer == REFUSED) is (counts_for != "false_answer"))
    assert found == {name: [value if name == counts_for else None] for name in found}
    # Of what is unanswerable, or answered nobody knows where, no evidence was missed.
    shows = {"over_refusal": True, "abstained": False}.get(counts_for or "")
    assert asked.evidence_shown is shows
    assert EvidenceShown().score([asked]) == [shows]


def test_values_stand_in_the_order_of_the_rows() -> None:
    rows = [
        row(REFUSED, ("act/s-1",), SHOWN, True),
        row(REFUSED, (), SHOWN, False),
        row(ANSWERED, ("act/s-1",), SHOWN, True),
        row(ANSWERED, (), SHOWN, False),
    ]
    assert OVER_REFUSAL.score(rows) == [1.0, None, 0.0, None]
    assert FalseAnswer().score(rows) == [None, 0.0, None, 1.0]
    assert ABSTAINED.score(rows) == [None] * 4


def test_the_rules_are_in_the_signatures(monkeypatch: pytest.MonkeyPatch) -> None:
    metrics = (FalseAnswer(), OVER_REFUSAL, ABSTAINED)
    before = [metric.signature for metric in metrics]
    monkeypatch.setattr("harness.metrics.abstention._SENTENCE_END", re.compile(r"\n"))
    after = [metric.signature for metric in metrics]
    assert not set(before) & set(after)
