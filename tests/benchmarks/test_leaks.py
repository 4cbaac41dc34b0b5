"""Planted copies are edited as their kind says, and what is counted of them is what is printed."""

import re
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.leaks.__main__ import print_leaks
from benchmarks.leaks.measuring import found_among, mixed_copies
from benchmarks.leaks.planting import EDITS, can_be_reordered, copy_of, planted, write_leaky
from tasks.checking.matching import plain
from tasks.policyqa.questions import DATA, Question, draw, in_split
from tests.embedding import Blind
from tests.tasks.folders import load

WORDS = re.compile(r"\w[\w.,'’-]*\w|\w")


@pytest.fixture(scope="module")
def scored() -> list[Question]:
    return in_split(load(DATA), "test")


@pytest.mark.parametrize("kind", EDITS)
def test_a_copy_is_edited_as_its_kind_says(scored: list[Question], kind: str) -> None:
    fit = [one for one in scored if kind != "other order" or can_be_reordered(one)]
    for one, copy in zip(fit, planted(fit, kind, 1), strict=True):
        before, after = (
            (one.question, one.reference),
            (copy.question.question, copy.question.reference),
        )
        words = [tuple(WORDS.findall(text) for text in pair) for pair in (before, after)]
        if kind == "exact copy":
            assert after == before
        elif kind == "case and punctuation":
            assert [plain(text) for text in after] == [plain(text) for text in before]
        elif kind == "other order":
            assert after != before
            assert [sorted(text) for text in words[1]] == [sorted(text) for text in words[0]]
        else:
            changes = [len(_apart(*pair)) for pair in zip(*words, strict=True)]
            assert max(changes) <= 2  # One out, one in.
        assert (copy.of, copy.question.evidence, copy.question.framework) == (one.id, [], "")
    assert planted(fit[:9], kind, 1) == planted(fit[:9], kind, 1)


def _apart(ours: list[str], theirs: list[str]) -> list[str]:
    """The words that one has more often than the other."""
    counts = Counter(ours), Counter(theirs)
    return list(((counts[0] - counts[1]) + (counts[1] - counts[0])).elements())


def test_a_leaky_folder_can_be_trained_on_and_leaks_what_a_suite_asks_first(
    data: Path, tmp_path: Path
) -> None:
    (leaked,) = write_leaky(data, tmp_path / "leaky", count=1, kept=4, seed=7)
    rows = load(tmp_path / "leaky")
    assert [one.id for one in in_split(rows, "train")][4:] == [f"copy of {leaked}"]
    test = in_split(load(data), "test")
    assert leaked == test[draw(len(test), 1, 7)[0]].id
    assert in_split(rows, "test") == test


def test_copies_of_all_kinds_are_of_different_questions(scored: list[Question]) -> None:
    copies = mixed_copies(scored, 100, 1)
    assert len({one.of for one in copies}) == len(copies) == 100 * len(EDITS)


def test_what_is_found_of_copies_and_beside_them_is_counted(scored: list[Question]) -> None:
    few = scored[::150][:4]
    copies = [copy_of(few[0], few[0].question, few[0].reference, "exact copy")]
    copies.append(copy_of(few[1], "Quite another?", "Quite another answer.", "paraphrase"))
    trained = [few[2].model_copy(update={"id": "leaked", "split": "train"})]
    found = found_among(few, trained, copies, Blind())
    assert (found.planted, found.found, found.false) == (2, 1, 1)
    assert (found.recall, found.precision, found.by["exact"]) == (0.5, 0.5, 1)
    found += found
    assert found.cells == ["4", "2", "2", "2", "0", "0", "0", "0.500", "0.500"]


@pytest.mark.usefixtures("minilm")
def test_a_folder_without_copies_has_a_line(
    data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["leaks", "--data", str(data), "--seeds", "0"])
    print_leaks()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "3 questions scored, 12 trained on"
    assert lines[-1].startswith("| none | 0 | 0 | 0 |")
