"""The task class inside lm-eval, with a model that answers from a table."""

import json
from pathlib import Path
from typing import Any

import lm_eval
import pytest
from lm_eval.api.instance import Instance
from lm_eval.api.model import LM
from lm_eval.tasks import TaskManager

from harness.errors import ConfigError, DataError
from rag.corpus import load_corpus
from rag.retriever import Retriever
from tasks.policyqa.prompts import render
from tasks.policyqa.questions import in_split, load_questions
from tasks.policyqa.task import contexts_of
from tasks.registration import TASKS
from tests.conftest import write_questions


class Parrot(LM):  # type: ignore[misc]
    """Answers every prompt with the same text, and remembers the prompts."""

    def __init__(self, answer: str) -> None:
        super().__init__()
        self.answer = answer
        self.prompts: list[str] = []

    def generate_until(self, requests: list[Instance], disable_tqdm: bool = False) -> list[str]:
        del disable_tqdm
        self.prompts += [request.args[0] for request in requests]
        return [self.answer] * len(requests)

    def loglikelihood(self, requests: Any, disable_tqdm: bool = False) -> Any:
        raise NotImplementedError

    loglikelihood_rolling = loglikelihood


def evaluate(model: LM, tasks: list[str], **metadata: Any) -> dict[str, Any]:
    manager = TaskManager(include_path=str(TASKS), include_defaults=False, metadata=metadata)
    results: dict[str, Any] = lm_eval.simple_evaluate(
        model=model, tasks=tasks, task_manager=manager, bootstrap_iters=0
    )
    return results


def test_the_group_asks_every_variant_and_logs_scores_and_sections(
    data: Path,
    minilm: Path,  # noqa: ARG001
) -> None:
    model = Parrot(" Strings of kites measure at most 60 metres (Rule 2).")
    results = evaluate(model, ["policyqa"], data=str(data), k=2)
    variants = ["plain", "engineered", "rag", "oracle", "misled"]
    assert set(results["samples"]) == {f"policyqa_{variant}" for variant in variants}
    for task, samples in results["samples"].items():
        by_question = {sample["doc"]["id"]: sample for sample in samples}
        assert set(by_question) == {"bees-0002", "kites-0002", "wells-0002"}
        right = by_question["kites-0002"]
        for metric in ("bertscore_f1", "bleu", "rouge_l"):
            assert right[metric] == pytest.approx(1.0, abs=1e-4)
            assert by_question["wells-0002"][metric] < 0.9
            scores = [sample[metric] for sample in samples]
            mean = results["results"][task][f"{metric},none"]
            assert mean == pytest.approx(sum(scores) / len(scores))
    logged = results["samples"]["policyqa_rag"][0]["doc"]
    assert len(logged["context_ids"]) == len(logged["context_scores"]) == 2
    assert len(model.prompts) == 15


@pytest.mark.parametrize("answer", ["", "  ", ".", "word " * 5000])
def test_odd_answers_get_a_score(data: Path, answer: str) -> None:
    results = evaluate(Parrot(answer), ["policyqa_plain"], data=str(data))
    for sample in results["samples"]["policyqa_plain"]:
        assert all(0.0 <= sample[name] < 0.6 for name in ("bertscore_f1", "bleu", "rouge_l"))


@pytest.mark.parametrize(
    ("variant", "limits"), [("rag", {"k": 0}), ("rag", {"budget": 0}), ("oracle", {"budget": 0})]
)
def test_no_context_asks_the_same_template_with_nothing_in_it(
    data: Path,
    minilm: Path,  # noqa: ARG001
    variant: str,
    limits: dict[str, int],
) -> None:
    model = Parrot("x")
    results = evaluate(model, [f"policyqa_{variant}"], data=str(data), **limits)
    logged = [sample["doc"] for sample in results["samples"][f"policyqa_{variant}"]]
    assert [doc["context_ids"] for doc in logged] == [[], [], []]
    assert set(model.prompts) == {render("rag", doc["question"], "") for doc in logged}
    assert all("\nContext: \nQuestion: " in prompt for prompt in model.prompts)


def test_another_split_can_be_asked(data: Path) -> None:
    results = evaluate(Parrot("x"), ["policyqa_plain"], data=str(data), split="validation")
    ids = {sample["doc"]["id"] for sample in results["samples"]["policyqa_plain"]}
    assert ids == {"bees-0001", "kites-0001", "wells-0001"}


def test_bad_data_is_refused_before_a_model_answers(data: Path) -> None:
    (data / "questions.jsonl").write_text("{}\n")
    model = Parrot("x")
    with pytest.raises(DataError, match=r"questions\.jsonl:1"):
        evaluate(model, ["policyqa_plain"], data=str(data))
    assert model.prompts == []


def test_abstention_is_scored_over_the_questions_it_is_about(data: Path) -> None:
    rows = [json.loads(line) for line in (data / "questions.jsonl").read_text().splitlines()]
    for row in rows:
        if row["id"] == "wells-0002":
            row |= {"answerable": False, "evidence": [], "citations": []}
            row["answer"] = "No section of the Well Water Rules says it."
    write_questions(data, rows)
    refusing = evaluate(Parrot("The sections do not say."), ["policyqa_oracle"], data=str(data))
    figures = refusing["results"]["policyqa_oracle"]
    assert figures["false_answer,none"] == 0.0
    assert figures["over_refusal,none"] == 1.0
    counted = [
        sample for sample in refusing["samples"]["policyqa_oracle"] if "false_answer" in sample
    ]
    assert [sample["doc"]["id"] for sample in counted] == ["wells-0002"]
    assert counted[0]["doc"]["context_ids"] == []
    answering = evaluate(Parrot("40 metres."), ["policyqa_plain"], data=str(data))
    figures = answering["results"]["policyqa_plain"]
    assert figures["false_answer,none"] == 1.0
    assert figures["over_refusal,none"] == 0.0


def test_questions_without_a_reference_are_refused_before_a_model_answers(data: Path) -> None:
    rows = [json.loads(line) for line in (data / "questions.jsonl").read_text().splitlines()]
    for row in rows:
        row["answer"] = None
    write_questions(data, rows)
    model = Parrot("x")
    with pytest.raises(DataError, match=r"can be retrieved for, .* but neither scored"):
        evaluate(model, ["policyqa_rag"], data=str(data))
    assert model.prompts == []


def test_contexts_are_what_their_mode_says(data: Path, minilm: Path) -> None:  # noqa: ARG001
    sections = load_corpus(data)
    questions = in_split(load_questions(data, [s.id for s in sections]), "train")
    retriever = Retriever(sections)
    oracle = contexts_of(questions, "oracle", retriever)
    misled = contexts_of(questions, "misled", retriever)
    none = contexts_of(questions, "none", retriever)
    for question, gold, wrong, empty in zip(questions, oracle, misled, none, strict=True):
        assert gold.ids == question.evidence
        assert wrong.ids
        assert set(wrong.ids).isdisjoint(question.evidence)
        assert empty.text == ""
    with pytest.raises(ConfigError, match="'guess'"):
        contexts_of(questions, "guess", retriever)
