"""The task class inside lm-eval, with a model that answers from a table."""

from itertools import cycle, islice
from pathlib import Path
from typing import Any

import lm_eval
import pytest
from lm_eval.api.instance import Instance
from lm_eval.api.model import LM
from lm_eval.tasks import TaskManager

from harness.errors import BenchError
from harness.variants import Source
from rag.corpus import load_corpus
from rag.retriever import Retriever
from tasks.policyqa.contexts import excerpts_of
from tasks.policyqa.prompts import render, shipped_prompt
from tasks.policyqa.questions import Question, in_split
from tasks.registration import TASKS
from tests.tasks.folders import change, load, rows_of

pytestmark = pytest.mark.usefixtures("minilm")


class Parrot(LM):  # type: ignore[misc]
    """Answers every prompt with the same text, or with several in turn, and remembers them."""

    def __init__(self, *answers: str) -> None:
        super().__init__()
        self.answers = cycle(answers)
        self.prompts: list[str] = []

    def generate_until(self, requests: list[Instance], disable_tqdm: bool = False) -> list[str]:
        del disable_tqdm
        self.prompts += [request.args[0] for request in requests]
        return list(islice(self.answers, len(requests)))

    def loglikelihood(self, requests: Any, disable_tqdm: bool = False) -> Any:
        raise NotImplementedError

    loglikelihood_rolling = loglikelihood


def evaluate(
    model: LM, tasks: list[str], shots: int | None = None, seed: int = 1234, **metadata: Any
) -> dict[str, Any]:
    manager = TaskManager(include_path=str(TASKS), include_defaults=False, metadata=metadata)
    results: dict[str, Any] = lm_eval.simple_evaluate(
        model=model,
        tasks=tasks,
        task_manager=manager,
        bootstrap_iters=0,
        num_fewshot=shots,
        fewshot_random_seed=seed,
    )
    return results


def test_one_tag_asks_every_prompt_and_logs_scores_and_sections(data: Path) -> None:
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


def test_odd_answers_get_a_score_in_another_split_too(data: Path) -> None:
    model = Parrot("", ".", "word " * 5000)
    samples = evaluate(model, ["policyqa_plain"], data=str(data), split="validation")["samples"]
    asked = samples["policyqa_plain"]
    assert {sample["doc"]["id"] for sample in asked} == {"bees-0001", "kites-0001", "wells-0001"}
    for sample in asked:
        assert all(0.0 <= sample[name] < 0.6 for name in ("bertscore_f1", "bleu", "rouge_l"))


@pytest.mark.parametrize(
    ("tasks", "limits"),
    [(["policyqa_rag"], {"k": 0}), (["policyqa_rag", "policyqa_oracle"], {"budget": 0})],
)
def test_no_context_asks_the_same_template_with_nothing_in_it(
    data: Path, tasks: list[str], limits: dict[str, int]
) -> None:
    model = Parrot("x")
    samples = evaluate(model, tasks, data=str(data), **limits)["samples"]
    logged = [sample["doc"] for task in tasks for sample in samples[task]]
    assert all(doc["context_ids"] == [] for doc in logged)
    prompts = {render(shipped_prompt("rag"), doc["question"], "") for doc in logged}
    assert set(model.prompts) == prompts
    assert all("\nContext: \nQuestion: " in prompt for prompt in prompts)


def test_abstention_is_scored_over_the_questions_it_is_about(data: Path) -> None:
    answer = "No section of the Well Water Rules says it."
    none: list[str] = []
    change(data, {"wells-0002": {"answerable": False, "evidence": none, "answer": answer}})
    refusing = evaluate(Parrot("The sections do not say."), ["policyqa_oracle"], data=str(data))
    figures = refusing["results"]["policyqa_oracle"]
    assert figures["false_answer,none"] == 0.0
    assert figures["over_refusal,none"] == 1.0
    assert "abstained,none" not in figures
    counted = [
        sample for sample in refusing["samples"]["policyqa_oracle"] if "false_answer" in sample
    ]
    assert [sample["doc"]["id"] for sample in counted] == ["wells-0002"]
    assert counted[0]["doc"]["context_ids"] == []
    # A refusal where nothing is shown was counted as an over-refusal.
    for task in ("policyqa_plain", "policyqa_misled"):
        figures = evaluate(Parrot("I do not know."), [task], data=str(data))["results"][task]
        assert figures["abstained,none"] == 1.0
        assert "over_refusal,none" not in figures
    answering = evaluate(Parrot("40 metres."), ["policyqa_plain"], data=str(data))
    assert answering["results"]["policyqa_plain"]["false_answer,none"] == 1.0


def test_corpus_bleu_is_of_all_answers_together(data: Path) -> None:
    import sacrebleu

    answer = "Strings of kites measure at most 60 metres (Rule 2)."
    results = evaluate(Parrot(answer), ["policyqa_plain"], data=str(data))
    references = [sample["target"] for sample in results["samples"]["policyqa_plain"]]
    expected = sacrebleu.corpus_bleu([answer] * 3, [references]).score / 100
    found = results["results"]["policyqa_plain"]["corpus_bleu,none"]
    assert found == pytest.approx(expected)


@pytest.mark.parametrize(
    ("fields", "options", "found"),
    [
        ({"id": ""}, {}, r"questions\.jsonl:1: id"),
        ({"answer": None}, {}, r"can be retrieved for .*, and is neither scored"),
        # It ended in a KeyError after all answers were there.
        ({}, {"encoder": "cross-encoder"}, "encoder_layer"),
        ({}, {"context": "guess"}, "'guess'"),
    ],
)
def test_what_cannot_be_scored_is_refused_before_a_model_answers(
    data: Path, cross_encoder: Path, fields: dict[str, Any], options: dict[str, Any], found: str
) -> None:
    change(data, dict.fromkeys(range(len(rows_of(data))), fields))
    model = Parrot("x")
    if "encoder" in options:
        options = {"encoder": str(cross_encoder)}
    with pytest.raises(BenchError, match=found):
        evaluate(model, ["policyqa_rag"], data=str(data), **options)
    assert model.prompts == []


def test_an_encoder_and_its_layer_can_be_named(data: Path, cross_encoder: Path) -> None:
    options = {"encoder": str(cross_encoder), "encoder_layer": 1}
    results = evaluate(Parrot("x"), ["policyqa_plain"], data=str(data), **options)
    assert "bertscore_f1,none" in results["results"]["policyqa_plain"]


def test_questions_without_a_reference_are_left_out(
    data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    change(data, {key: {"answer": None} for key in ("kites-0002", "wells-0002")})
    model = Parrot("x")
    evaluate(model, ["policyqa_plain"], data=str(data))
    assert len(model.prompts) == 1
    assert "2 of 3 test questions have no reference answer" in caplog.text


def questions_and_retriever(data: Path, split: str) -> tuple[list[Question], Retriever]:
    return in_split(load(data), split), Retriever(load_corpus(data))


def test_excerpts_are_what_their_source_says(data: Path) -> None:
    questions, retriever = questions_and_retriever(data, "train")
    sources: tuple[Source, ...] = ("oracle", "misled", "withheld", "none")
    made = [excerpts_of(questions, source, retriever) for source in sources]
    bodies = {section.id: section.body for section in load_corpus(data)}
    for question, gold, wrong, without, empty in zip(questions, *made, strict=True):
        assert list(gold.ids) == question.evidence
        assert gold.best == bodies[gold.ids[0]]
        assert wrong.ids
        assert set(wrong.ids).isdisjoint(question.evidence)
        assert len(without.ids) == retriever.k
        assert set(without.ids).isdisjoint(question.evidence)
        assert (empty.text, empty.best) == ("", "")
    # What misleads a question does not depend on how many are asked.
    some = excerpts_of(questions[3:5], "misled", retriever, among=questions)
    assert [one.ids for one in some] == [one.ids for one in made[1][3:5]]


def test_sections_that_repeat_the_evidence_are_withheld_with_it(data: Path) -> None:
    # Each names the part that governs the answer to the first question, or has its facts.
    text = (data / "corpus" / "kites.md").read_text(encoding="utf-8")
    repeating = "## s-9 · Repeated (Part 9)\n\nAs Article 12 has it, part 1.\n\n"
    same = "## s-10 · Again (Part 10)\n\nIt is 41 metres for kites, part 1.\n\n"
    added = text.rstrip("\n") + "\n\n" + repeating + same
    (data / "corpus" / "kites.md").write_text(added, encoding="utf-8")
    facts = [{"kind": "number", "value": "41 metres"}]
    change(data, {"kites-0001": {"citations": ["Article 12"], "facts": facts}})
    questions = [one for one in load(data) if one.id == "kites-0001"]
    retriever = Retriever(load_corpus(data), k=30, budget=4000)
    (excerpt,) = excerpts_of(questions, "withheld", retriever)
    assert {"kites/s-1", "kites/s-9", "kites/s-10"}.isdisjoint(excerpt.ids)
    assert len(excerpt.ids) > 10


def test_evidence_by_document_is_shown_withheld_and_found_by_its_sections(data: Path) -> None:
    change(data, {n: {"evidence": [row["framework"]]} for n, row in enumerate(rows_of(data))})
    questions, retriever = questions_and_retriever(data, "test")
    oracle = excerpts_of(questions, "oracle", retriever)
    withheld = excerpts_of(questions, "withheld", retriever)
    for question, gold, without in zip(questions, oracle, withheld, strict=True):
        assert {one.split("/")[0] for one in gold.ids} == {question.framework}
        assert question.framework not in {one.split("/")[0] for one in without.ids}
        assert len(without.ids) == retriever.k
    found = evaluate(Parrot("x"), ["policyqa_rag"], data=str(data))["results"]["policyqa_rag"]
    assert found["evidence_shown,none"] == 1.0


def test_further_references_count(data: Path) -> None:
    answer = "Sixty metres of string, and no more."
    answers = ["Nobody knows.", answer]
    change(data, {n: {"answers": answers} for n in range(len(rows_of(data)))})
    figures = evaluate(Parrot(answer), ["policyqa_plain"], data=str(data))["results"]
    for metric in ("bertscore_f1", "bleu", "corpus_bleu", "rouge_l"):
        assert figures["policyqa_plain"][f"{metric},none"] == pytest.approx(1.0, abs=1e-4)
