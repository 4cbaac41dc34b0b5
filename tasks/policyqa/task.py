"""
The task class every policyqa YAML names.

Retrieval happens once, in ``download``; answers are scored together, in ``apply_filters``, so that
BERTScore is one batched pass. Options come from a YAML's ``metadata`` and from
``--metadata '{"data": "DIR", "split": "validation", "k": 3}'``.
"""

from pathlib import Path
from typing import Any

import datasets
from lm_eval.api.task import ConfigurableTask

from harness.errors import ConfigError
from harness.metrics import SimilarityEvaluator, abstention_rates
from rag.corpus import load_corpus
from rag.embedder import EMBEDDER
from rag.retriever import BUDGET, Context, K, Retriever
from tasks.policyqa.prompts import render
from tasks.policyqa.questions import DATA, Question, in_split, load_questions, with_reference

EMPTY = Context("", [], [])


class PolicyQATask(ConfigurableTask):  # type: ignore[misc]
    """Policy questions under one prompt variant, scored by similarity and for abstention."""

    def __init__(self, config: dict[str, Any]) -> None:
        """lm-eval calls this with the YAML, merged with what the command line added."""
        self._scores: dict[tuple[str, str], dict[str, float]] = {}
        super().__init__(config={k: v for k, v in config.items() if k != "class"})

    def download(self, *_: Any, **__: Any) -> None:
        """Load the questions of the split and the context of each; lm-eval calls this once."""
        options: dict[str, Any] = self.config.metadata
        data = Path(options.get("data", DATA)).expanduser()
        sections = load_corpus(data)
        known = [section.id for section in sections]
        wanted = in_split(load_questions(data, known), options.get("split", "test"))
        questions = with_reference(wanted)
        retriever = Retriever(
            sections,
            embedder=options.get("embedder", EMBEDDER),
            reranker=options.get("reranker"),
            k=int(options.get("k", K)),
            budget=int(options.get("budget", BUDGET)),
        )
        contexts = contexts_of(questions, options.get("context", "none"), retriever)
        self.dataset = {
            "test": datasets.Dataset.from_list(
                [
                    question.model_dump()
                    | {
                        "prompt": render(options["prompt"], question.question, context.text),
                        "context_ids": context.ids,
                        "context_scores": context.scores,
                    }
                    for question, context in zip(questions, contexts, strict=True)
                ]
            )
        }

    def apply_filters(self) -> None:
        """Score all answers at once; lm-eval calls this when every answer is there."""
        super().apply_filters()
        pairs = sorted(
            {
                (answer.strip(), instance.doc["answer"])
                for instance in self._instances
                for answer in instance.filtered_resps.values()
            }
        )
        evaluator = SimilarityEvaluator(self.config.metadata.get("encoder", "minilm-l6"))
        scores = evaluator.evaluate_similarity([h for h, _ in pairs], [r for _, r in pairs])
        self._scores = {pair: scores.pair(i) for i, pair in enumerate(pairs)}

    def process_results(self, doc: dict[str, Any], results: list[str]) -> dict[str, float]:
        """The scores of one answer; lm-eval averages each over the questions that have it."""
        answer = results[0].strip()
        return self._scores[(answer, doc["answer"])] | abstention_rates(answer, doc["answerable"])


def contexts_of(questions: list[Question], mode: str, retriever: Retriever) -> list[Context]:
    """The context each question is asked with.

    Args:
        questions: of one split, in order.
        mode: ``none``; ``retrieved``; ``oracle``, the sections that hold the answer; ``misled``,
            those of another question of the list, none of which holds it.
        retriever: over the corpus the questions are about.

    Raises:
        ConfigError: another mode.
    """
    if mode == "none":
        return [EMPTY] * len(questions)
    if mode == "retrieved":
        return retriever.contexts([question.question for question in questions])
    if mode == "oracle":
        return [retriever.given(question.evidence) for question in questions]
    if mode == "misled":
        return [retriever.given(_misleading(questions, i)) for i in range(len(questions))]
    raise ConfigError(f"context is {mode!r}; it must be none, retrieved, oracle or misled")


def _misleading(questions: list[Question], index: int) -> list[str]:
    """Evidence of another question, half the list away or the next that shares none."""
    count = len(questions)
    own = set(questions[index].evidence)
    for step in range(count):
        other = questions[(index + count // 2 + step) % count]
        if other.evidence and own.isdisjoint(other.evidence):
            return other.evidence
    return []
