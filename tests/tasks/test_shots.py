"""Examples before a question: of train alone, never one that shares its evidence."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from lm_eval.tasks import TaskManager

from harness.errors import ConfigError
from rag.context import Excerpt
from tasks.policyqa.documents import make_documents
from tasks.policyqa.prompts import shipped_prompt
from tasks.policyqa.questions import DATA, in_split
from tasks.policyqa.shots import fit_to_be_shown
from tasks.policyqa.task import PolicyQATask
from tests.conftest import write_questions
from tests.tasks.folders import change, load, note_pages, rows_of
from tests.tasks.test_task import TASKS, Parrot, evaluate

pytestmark = pytest.mark.usefixtures("minilm")


def shown(prompt: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The questions of a data folder that stand in a prompt with their answers."""
    return [row for row in rows if f"{row['question']}\n---\nAnswer: {row['answer']}" in prompt]


def test_examples_are_of_the_train_split_and_num_fewshot_counts(data: Path) -> None:
    # The base YAML pinned 0; without the pin the stock sampler drew from the test split.
    model = Parrot("x")
    evaluate(model, ["policyqa_rag"], shots=3, data=str(data))
    assert len(model.prompts) == 3
    for prompt in model.prompts:
        assert [row["split"] for row in shown(prompt, rows_of(data))] == ["train"] * 3
        assert prompt.count("\nContext: [1]") == 4


def test_a_questions_examples_depend_on_it_and_the_seed_alone(data: Path) -> None:
    def prompts(**options: Any) -> dict[str, str]:
        results = evaluate(Parrot("x"), ["policyqa_plain"], shots=2, data=str(data), **options)
        samples = results["samples"]["policyqa_plain"]
        return {sample["doc"]["id"]: sample["arguments"][0][0] for sample in samples}

    whole = prompts()
    rows = rows_of(data)
    kept = [row for row in rows if row["split"] != "test" or row["id"] == "wells-0002"]
    write_questions(data, kept)
    assert prompts() == {"wells-0002": whole["wells-0002"]}
    assert prompts(seed=5) != prompts()


def test_no_question_is_shown_one_whose_document_or_page_has_its_section(data: Path) -> None:
    note_pages(data / "corpus" / "kites.md", {"s-2": "2"})
    by_page, by_document = {"evidence": ["kites#page=2"]}, {"evidence": ["kites"]}
    change(data, {"kites-0003": by_page, "kites-0004": by_document})
    documents = {one.id: one.model_dump() for one in load(data)}
    train = [one for one in documents.values() if one["split"] == "train"]
    fit = fit_to_be_shown(documents["kites-0002"], train, 1)
    left_out = {one["id"] for one in train} - {one["id"] for one in fit}
    assert left_out == {"kites-0003", "kites-0004"}


def test_too_few_examples_are_refused(data: Path) -> None:
    with pytest.raises(ConfigError, match="num_fewshot is 40, and the train split has 12"):
        evaluate(Parrot("x"), ["policyqa_plain"], shots=40, data=str(data))


def stock_task() -> PolicyQATask:
    """As the stock command makes it of its YAML, with --num_fewshot 3."""
    manager = TaskManager(include_path=str(TASKS), include_defaults=False)
    task: PolicyQATask = manager.load(["policyqa_plain"])["tasks"]["policyqa_plain"]
    task.set_config("num_fewshot", 3)
    return task


def suite_task() -> PolicyQATask:
    """As a suite makes it."""
    prompt = replace(shipped_prompt("plain"), shots=3)

    def documents(split: str) -> list[dict[str, Any]]:
        some = in_split(load(DATA), split)
        return make_documents(some, prompt, [Excerpt()] * len(some), {})

    return PolicyQATask(
        {"task": "policyqa_mine", "num_fewshot": 3},
        documents=documents("test"),
        train=lambda: documents("train"),
        prompt=prompt,
        metrics=[],
    )


@pytest.mark.parametrize("make", [stock_task, suite_task])
def test_every_prompt_shows_train_alone_and_no_shared_evidence_and_stops_where_more_would_begin(
    make: Callable[[], PolicyQATask],
) -> None:
    task = make()
    task.set_fewshot_seed(7)
    task.build_all_requests(limit=None, rank=0, world_size=1)
    by_text = {f"{row['question']}\n---\nAnswer: {row['answer']}": row for row in rows_of(DATA)}
    assert len(task.instances) == 740
    for instance in task.instances:
        *shots, asked = instance.args[0].split("\n\nAnswer the following question:\nQuestion: ")
        shots[0] = shots[0].removeprefix("Answer the following question:\nQuestion: ")
        found = [by_text[shot] for shot in shots]
        assert asked == f"{instance.doc['question']}\n---\nAnswer:"
        assert [row["split"] for row in found] == ["train"] * 3
        assert not any(set(row["evidence"]) & set(instance.doc["evidence"]) for row in found)
        stops = ["\nQuestion:", "\nAnswer the following question:"]
        assert instance.args[1]["until"] == stops
