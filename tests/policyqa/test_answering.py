"""Assistants that already exist, as rows of a suite: a file of answers, and a function."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.reading import read_json
from tests.conftest import refused
from tests.policyqa.conftest import run, samples, taken

ASSISTANT = """
from pathlib import Path

def answer(question, context=None):
    with Path("calls.txt").open("a") as calls:
        calls.write(question + "\\n")
    return question if context is None else {"answer": context, "input_tokens": 7}
"""
SUITE = """
data: data
floors: []
metrics: [bleu, corpus_bleu, false_answer, over_refusal, abstained, evidence_shown]
models:
  today: {{answers: answers.jsonl}}
  ours: {{call: "{module}:answer"}}
contexts: {{wide: {{k: 1}}}}
variants: [{variants}]
"""
TEST = ("bees-0002", "kites-0002", "wells-0002")
RATES = ("over_refusal", "abstained", "evidence_shown")
"""Of what was shown."""


@pytest.fixture
def write(workplace: Path, data: Path) -> Callable[[str], str]:
    """Writes a suite of these variants into the working directory; returns its path."""
    assert data == workplace / "data"
    module = f"assistant_of_{workplace.name}"
    Path(f"{module}.py").write_text(ASSISTANT)

    def written(variants: str) -> str:
        Path("mine.yaml").write_text(SUITE.format(module=module, variants=variants))
        return "mine.yaml"

    return written


def answers(*lines: dict[str, Any]) -> None:
    """Write the file of answers; a line that has no answer of its own has one that is right."""
    right = {"answer": "Hives stand 40 metres from any road under Article 2."}
    text = "".join(json.dumps(right | line) + "\n" for line in lines)
    Path("answers.jsonl").write_text(text)


def calls() -> list[str]:
    """What the function was asked since this was looked at."""
    return taken("calls.txt")


# A file of answers


def test_what_a_file_tells_is_shown_and_what_it_does_not_tell_is_open(
    write: Callable[[str], str],
) -> None:
    told = {"seconds": 2, "input_tokens": 100, "output_tokens": 10, "price": 0.25}
    answers({"id": TEST[0], **told}, {"id": "of-none"}, {"id": TEST[2], "seconds": 4})
    Path("told.jsonl").write_text(Path("answers.jsonl").read_text())
    text = "What does part 2 of the  Well Water Rules say?"
    answers(*({"id": one} for one in TEST[:2]), {"question": text})
    suite = Path(write("today, told"))
    suite.write_text(suite.read_text().replace("models:", "models:\n  told: {answers: told.jsonl}"))
    comparison = run(suite)
    assert comparison["baseline"] == "today"
    assert json.loads(Path("run/comparison.json").read_text()) == comparison
    today, told_of = comparison["variants"].values()
    assert set(today["cost"].values()) == {None}
    assert (today["n"], told_of["n"]) == (3, 3)
    assert not set(RATES) & set(today["rates"])
    assert {line["doc"]["context"] for line in samples("run", "today").values()} == {None}
    expected = {"seconds": 3.0, "prompt_tokens": 100.0, "answer_tokens": 10.0, "price": 0.25}
    assert told_of["cost"] == expected | {"cut": None, "memory": None}

    # A question without an answer is scored as an empty one, and named.
    record = read_json(Path("run/variants/told/variant.json"))
    assert told_of["unanswered"] == record["unanswered"] == [TEST[1]]
    lines = samples("run", "told")
    assert (lines[TEST[1]]["filtered_resps"], lines[TEST[1]]["bleu"]) == ([""], 0.0)
    assert [one for one, line in lines.items() if line["unanswered"]] == [TEST[1]]
    _, report = Path("run/report.md").read_text().split("## Variants of suite")
    of_today, of_told = [row for row in report.splitlines() if row.startswith("| to")][:2]
    assert of_today.startswith("| today<br>n = 3<br>in 3 groups |")
    assert of_today.endswith("| – |")
    assert of_told.endswith("<br>1 without |")
    assert f"told has no answer to {TEST[1]}: scored as an empty one." in report


def test_sections_texts_and_both_are_what_was_shown(write: Callable[[str], str]) -> None:
    own = "A text of theirs."
    answers(
        {"id": TEST[0], "context": ["bees/s-2", own]},
        {"id": TEST[1], "context": ["bees/s-1"]},
        {"id": TEST[2], "context": [own], "answer": "The sections do not say."},
    )
    rates = run(write("today"))["variants"]["today"]["rates"]
    lines = samples("run", "today")
    shown = {one: line["doc"]["context_ids"] for one, line in lines.items()}
    assert shown == {TEST[0]: ["bees/s-2"], TEST[1]: ["bees/s-1"], TEST[2]: None}
    both = lines[TEST[0]]["doc"]["context"]
    assert both.startswith("Bee Keeping Act, Hives 2 (Part 2): Hives stand")
    assert both.endswith(f"\n{own}")
    assert lines[TEST[2]]["doc"]["context"] == own
    # Of a text alone nobody knows what section it is, so it says nothing of the third.
    assert (rates["evidence_shown"]["mean"], rates["evidence_shown"]["n"]) == (0.5, 2)
    assert (rates["over_refusal"]["n"], rates["abstained"]["n"]) == (1, 1)
    # That nothing was shown is told, too.
    answers({"id": TEST[0], "context": []}, {"id": TEST[1]}, {"id": TEST[2]})
    rates = run("mine.yaml")["variants"]["today"]["rates"]
    assert (rates["evidence_shown"]["mean"], rates["evidence_shown"]["n"]) == (0.0, 1)
    assert (rates["abstained"]["n"], "over_refusal" in rates) == (1, False)


# A function


def test_a_function_gets_the_question_and_with_a_context_that_too(
    write: Callable[[str], str],
) -> None:
    entries = run(write("ours, ours+wide"))["variants"]
    asked = "What does part 2 of the Bee Keeping Act say?"
    assert samples("run", "ours")[TEST[0]]["filtered_resps"] == [asked]
    line = samples("run", "ours+wide")[TEST[0]]
    assert line["doc"]["context_ids"] == ["bees/s-2"]
    assert line["filtered_resps"] == [line["doc"]["context"]]
    assert calls().count(asked) == 2
    # What the function was shown is known where it was shown it here, and else it must say so.
    assert not set(RATES) & set(entries["ours"]["rates"])
    assert entries["ours+wide"]["rates"]["evidence_shown"]["n"] == 3
    costs = {name: entry["cost"] for name, entry in entries.items()}
    assert (costs["ours"]["prompt_tokens"], costs["ours+wide"]["prompt_tokens"]) == (None, 7.0)
    assert costs["ours"]["seconds"] > 0


def test_a_function_is_not_called_again_but_for_its_source_or_when_that_is_wanted(
    write: Callable[[str], str], tmp_path: Path
) -> None:
    suite = write("ours")
    first = run(suite)
    assert len(calls()) == 3
    assert run(suite, "again")["variants"] == first["variants"]
    # Nothing of an answer's length or end reaches a function.
    Path(suite).write_text(Path(suite).read_text() + "decoding: {max_tokens: 5, stop: [x]}\n")
    run(suite)
    assert calls() == []
    run(suite, ask_again=True)
    assert len(calls()) == 3
    # An edited file of answers is scored anew, and asks nobody.
    answers(*({"id": one} for one in TEST))
    both = write("today, ours")
    before = run(both)["variants"]
    answers({"id": TEST[0], "answer": "Nothing."}, {"id": TEST[1]}, {"id": TEST[2]})
    after = run(both)["variants"]
    assert after["today"]["metrics"]["bleu"]["mean"] < before["today"]["metrics"]["bleu"]["mean"]
    assert after["ours"]["metrics"] == before["ours"]["metrics"]
    assert calls() == []
    source = tmp_path / f"assistant_of_{tmp_path.name}.py"
    source.write_text(source.read_text() + "# changed\n")
    run(suite)
    assert len(calls()) == 3


# Wrong input


def test_what_cannot_be_used_is_one_line_before_any_work(write: Callable[[str], str]) -> None:
    answers({"id": TEST[0]})
    Path("raising.py").write_text("import nothing_of_this_name\n")
    Path("tasks.py").write_text(ASSISTANT)
    suite = write("today")
    wrong = {
        "answers: none.jsonl": "none.jsonl cannot be read",
        "answers: bad.jsonl": "bad.jsonl:2: the id q1 stands here again",
        "call: raising:answer": "cannot import raising:answer: ModuleNotFoundError",
        # Our own package has that name.
        "call: tasks:answer": f"{Path('tasks.py').resolve()} is hidden by ",
        "call: raising": "has not the form package.module:name",
    }
    Path("bad.jsonl").write_text('{"id": "q1", "answer": ""}\n' * 2)
    text = Path(suite).read_text()
    for row, said in wrong.items():
        Path(suite).write_text(text.replace("answers: answers.jsonl", row))
        assert said in refused("run", suite)
    assert not Path("runs").exists()
