"""
The task class: of the stock command, whose YAML names a prompt, and of a suite, which hands over
the documents.

Answers are scored together, when all are there. Options of the YAML's ``metadata``, which
``--metadata '{"data": "DIR", "split": "validation", "k": 3}'`` changes: ``data``, ``split``,
``prompt``, ``context``, ``k``, ``budget``, ``show``, ``embedder``, ``reranker``, ``encoder``,
``encoder_layer``.
"""

import logging
from collections.abc import Callable, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from lm_eval.api.task import ConfigurableTask

from harness.errors import ConfigError
from harness.metrics import Metric, Row, Scores, aggregate, check, make_metrics, score
from harness.metrics.bertscore import ENCODER
from harness.thoughts import answer_of
from harness.variants import SHOWS, SOURCES, Context, Decoding, Prompt
from rag.corpus import load_sections
from rag.embedder import EMBEDDER
from rag.retriever import BUDGET, K
from tasks.policyqa.contexts import excerpts_of, retriever_for
from tasks.policyqa.documents import VERSION, make_documents, provisions_of, row_of
from tasks.policyqa.prompts import next_begins, shipped_prompt
from tasks.policyqa.questions import DATA, in_split, left_out, load_questions, with_reference
from tasks.policyqa.shots import fit_to_be_shown

FIELDS: dict[str, Any] = {
    "output_type": "generate_until",
    "test_split": "test",
    "fewshot_split": "train",
    "doc_to_text": "prompt",
    "doc_to_target": "answer",
    # Not null, so that lm-eval takes the metrics from the class rather than looking them up.
    "process_results": "class",
    "metadata": {"version": VERSION},
}
"""What every task of ours has in lm-eval's configuration."""


class Documents(list[dict[str, Any]]):
    """A split as lm-eval takes it; ``datasets.Dataset`` would fill what is left out with None."""

    @property
    def features(self) -> dict[str, Any]:
        """The first document, whose keys are the names lm-eval may refer to."""
        return self[0] if self else {}


class PolicyQATask(ConfigurableTask):  # type: ignore[misc]
    """Policy questions under one prompt, scored by the metrics this project has."""

    def __init__(
        self,
        config: dict[str, Any],
        documents: Sequence[dict[str, Any]] | None = None,
        train: Callable[[], Sequence[dict[str, Any]]] | None = None,
        prompt: Prompt | None = None,
        metrics: Sequence[Metric] | None = None,
        scorer: Callable[[Sequence[Row]], Scores] | None = None,
        decoding: Decoding | None = None,
        gives: Callable[[dict[str, Any], str], str] | None = None,
    ) -> None:
        """lm-eval calls this with the YAML, merged with what the command line added.

        Args:
            config: lm-eval's configuration of the task.
            documents: what is asked; None is what ``metadata`` says.
            train: gives what shots are drawn from, where some are shown; None is likewise.
            prompt: how the documents are put; None is likewise.
            metrics: what is scored; None is every metric there is.
            scorer: gives the values of rows under ``metrics``; None computes them.
            decoding: how answers are made; None is as everywhere.
            gives: what is given, and scored, of a text to a document; None is all but its thoughts.
        """
        self._given = documents
        self._given_train = train
        self._given_prompt = prompt
        self._measured: Sequence[Metric] | None = metrics
        self._scorer = scorer
        self._gives = gives
        self._values: dict[str, dict[str, Any]] = {}
        self._shot_seed: int | None = None
        self._train: Documents | None = None
        metadata = FIELDS["metadata"] | (config.get("metadata") or {})
        generation = {"generation_kwargs": (decoding or Decoding()).identity}
        given = {name: value for name, value in config.items() if name != "class"}
        super().__init__(config=FIELDS | generation | given | {"metadata": metadata})

    @cached_property
    def metrics(self) -> Sequence[Metric]:
        """What is scored.

        Raises:
            ConfigError, ModelError: the encoder cannot be used.
        """
        if self._measured is not None:
            return self._measured
        options = self.config.metadata
        layer = options.get("encoder_layer")
        encoder = str(options.get("encoder", ENCODER))
        made = make_metrics(encoder=encoder, layer=None if layer is None else int(layer))
        check(made)
        return made

    def download(self, *_arguments: Any, **_options: Any) -> None:
        """The documents of the split; lm-eval calls this once, before any answer is made."""
        documents = self._given if self._given is not None else self._documents_of()
        _ = self.metrics  # An encoder that cannot be used is refused now.
        # lm-eval wants to see a split it may take examples from; which, is said when it asks.
        self.dataset = {"test": Documents(documents), "train": Documents()}

    @property
    def _prompt(self) -> Prompt:
        return self._given_prompt or shipped_prompt(self.config.metadata["prompt"])

    def _documents_of(self, split: str | None = None) -> list[dict[str, Any]]:
        """The documents of a split, as ``metadata`` has them asked; None is the split it names."""
        options: dict[str, Any] = self.config.metadata
        prompt = self._prompt
        source = options.get("context", prompt.context)
        if source not in SOURCES:
            raise ConfigError(f"context is {source!r}; it must be one of {', '.join(SOURCES)}")
        show = options.get("show", SHOWS[0])
        if show not in SHOWS:
            raise ConfigError(f"show is {show!r}; it must be one of {', '.join(SHOWS)}")
        data = Path(options.get("data", DATA)).expanduser()
        sections = load_sections(data)
        questions = load_questions(data, [section.id for section in sections])
        split = split or str(options.get("split", "test"))
        asked = with_reference(in_split(questions, split))
        for line in left_out(questions, split):
            logging.getLogger(__name__).warning(line)
        context = Context(
            name=source,
            source=source,
            k=int(options.get("k", K)),
            budget=int(options.get("budget", BUDGET)),
            embedder=options.get("embedder", EMBEDDER),
            reranker=options.get("reranker"),
            show=show,
        )
        excerpts = excerpts_of(asked, source, retriever_for(context, sections))
        return make_documents(asked, prompt, excerpts, provisions_of(sections))

    def set_fewshot_seed(self, seed: int | None = None) -> None:
        """Remember the seed of the examples; lm-eval calls this."""
        self._shot_seed = seed
        super().set_fewshot_seed(seed)

    def build_all_requests(self, **options: Any) -> None:
        """Make the prompts; lm-eval calls this when the number of examples is known."""
        if self.config.num_fewshot:
            train = self._given_train() if self._given_train else self._documents_of("train")
            self._train = Documents(train)
            if not options.get("apply_chat_template"):
                decoding = self.config.generation_kwargs
                stops = dict.fromkeys([*decoding["until"], next_begins(self._prompt)])
                decoding["until"] = list(stops)
        super().build_all_requests(**options)

    def fewshot_context(self, doc: dict[str, Any], num_fewshot: int, **options: Any) -> Any:
        """The prompt of one document, after its examples; lm-eval calls this.

        Raises:
            ConfigError: the train split has too few that share no evidence with it.
        """
        if num_fewshot:
            fit = fit_to_be_shown(doc, self._train or Documents(), num_fewshot)
            self.sampler.replace_df(fit).set_rnd(f"{self._shot_seed}:{doc['id']}")
        return super().fewshot_context(doc, num_fewshot, **options)

    def apply_filters(self) -> None:
        """Score all answers at once, without the thoughts before them; lm-eval calls this when
        every answer is there."""
        super().apply_filters()
        documents = [instance.doc for instance in self._instances]
        for one in self._instances:
            for name, text in one.filtered_resps.items():
                given = self._gives(one.doc, text) if self._gives else answer_of(text)
                one.filtered_resps[name] = given
        answers = [next(iter(i.filtered_resps.values())).strip() for i in self._instances]
        rows = [row_of(*pair) for pair in zip(documents, answers, strict=True)]
        scorer = self._scorer or partial(score, self.metrics)
        scores = scorer(rows)
        self._values = {
            document["id"]: {
                name: values[place] for name, values in scores.items() if values[place] is not None
            }
            for place, document in enumerate(documents)
        }

    def process_results(self, doc: dict[str, Any], results: list[str]) -> dict[str, Any]:
        """The values of one answer; lm-eval aggregates each over the questions that have it."""
        del results
        return self._values[doc["id"]]

    def aggregation(self) -> dict[str, Callable[[Sequence[Any]], float]]:
        """How the values of each metric become a figure."""
        return {metric.name: partial(aggregate, metric) for metric in self.metrics}

    def higher_is_better(self) -> dict[str, bool | None]:
        """Which way each metric is better."""
        return {metric.name: metric.higher_is_better for metric in self.metrics}
