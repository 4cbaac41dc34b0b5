"""
A suite: which variants are scored on which questions, and what decides between them.

    name: mine
    model: meta-llama/Llama-2-7b-hf
    variants: [base/plain, sft/plain, sft-rag/rag, sft-rag/rag@int8]
    data: my/data

Tables of ``models``, ``prompts`` and ``contexts`` add rows to the shipped ones, which are the
models ``base``, ``sft`` and ``sft-rag``, the prompts of ``tasks/policyqa/prompts.yaml`` and the
contexts ``none``, ``retrieved``, ``oracle``, ``misled`` and ``withheld``.
"""

from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeInt,
    PositiveInt,
    model_validator,
)

from finetune.recipe import GENERAL
from harness.errors import BenchError, ConfigError
from harness.metrics.bertscore import EncoderMetric
from harness.metrics.registry import make_metrics
from harness.models.kinds import FLOORS
from harness.reading import read_yaml
from harness.validation import Name, validated
from harness.variants import SOURCES, Context, Model, Shown, Variant
from policyqa.naming import FLOOR_ROW, Tables, read_variant
from policyqa.rows import ContextRow, DecideRow, DecodingRow, ModelRow, ThresholdRow
from rag.corpus import has_corpus
from rag.embedder import EMBEDDER
from rag.retriever import BUDGET, K
from tasks.policyqa.prompts import PromptRow, prompt_table
from tasks.policyqa.questions import DATA, Split

SUITES = Path(__file__).parent / "suites"
"""The suites this project ships."""
BASELINE = "base/plain"
"""The variant others are compared with, where a suite has it and names none."""


class Suite(BaseModel):
    """What one run does; paths are relative to the working directory."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Name
    model: str | None = None
    """Base of the shipped rows of models: a catalogue name, a Hugging Face id or a folder."""
    models: dict[Name, ModelRow] = {}
    prompts: dict[Name, PromptRow] = {}
    contexts: dict[Name, ContextRow] = {}
    thresholds: dict[Name, ThresholdRow] = {}
    """What answers must reach to be given; named by variants, as contexts are."""
    decoding: DecodingRow = DecodingRow()
    variants: Annotated[list[str], Field(min_length=1)] = Field(
        validation_alias=AliasChoices("variants", "arms")
    )
    """In the order they are shown; as ``policyqa.naming`` reads them."""
    floors: list[str] = list(FLOORS)
    """Kinds of floors shown at the head of the table."""
    baseline: str | None = None
    """What is in place, which others are compared with; None is ``base/plain``, or else the
    first."""
    decide: DecideRow | None = None
    """What decides; None is the first metric, and any difference."""
    metrics: Annotated[list[str], Field(min_length=1)] | None = None
    """Names of metrics; None is all."""
    data: Path = DATA
    split: Split = "test"
    limit: PositiveInt | None = None
    """Questions, drawn by seed; None is all."""
    seed: int = 7
    """Of the drawn questions."""
    recipes: dict[str, str] = {}
    """Of the shipped rows ``sft`` and ``sft-rag``; else that shipped for the model."""
    batch_size: PositiveInt = 16
    """Prompts answered at a time."""
    encoder: str = "minilm-l6"
    """BERTScore's."""
    encoder_layer: PositiveInt | None = None
    """Of the encoder, that BERTScore matches; None is the one known for it."""
    embedder: str = EMBEDDER
    """Retrieval's: a catalogue name, a Hugging Face id or a folder."""
    reranker: str | None = None
    """Puts what was retrieved into a better order; None leaves it as it was found."""
    k: NonNegativeInt = K
    """Sections retrieved for a question, in training and in contexts that set none of their own."""
    budget: NonNegativeInt = BUDGET
    """Tokens of context, likewise."""
    show: Shown = "sentences"
    """What a context has of the sections it is made of, likewise."""
    published: str | None = None
    """Published figures that are shown beside ours: a row of ``reports/published.yaml``."""
    claims: str | None = None
    """Claims that the run is held to: shipped ones (``reports/claims``) or a file."""

    @model_validator(mode="after")
    def _can_be_carried_out(self) -> "Suite":
        try:
            names = [variant.name for variant in self.resolved]
            metrics = make_metrics(self.metrics)
            if self.decide:
                self.decide.check(metrics)
            baseline = self.baseline_name
        except BenchError as error:
            raise ValueError(str(error)) from error
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise ValueError(f"a variant is named twice: {', '.join(sorted(twice))}")
        if baseline not in names:
            raise ValueError(f"the baseline {baseline} is none of its variants")
        if self.decoding.repeats > 1 and all(one.decoding.repeats == 1 for one in self.resolved):
            raise ValueError(
                "repeats draws answers anew, and nothing is drawn: set a temperature in decoding, "
                "or for a variant, as +temperature=0.7"
            )
        if FLOOR_ROW in self.models:
            raise ValueError(f"a row of models cannot be named {FLOOR_ROW}: that is of the floors")
        twice = set(self.thresholds) & set(self.tables.contexts)
        if twice:
            raise ValueError(
                f"{min(twice)} is a row of thresholds and of contexts, and a variant that names it "
                "could mean either: rename one"
            )
        unknown = set(self.recipes) - set(GENERAL)
        if unknown:
            raise ValueError(
                f"recipes has {', '.join(sorted(unknown))}, and is for {', '.join(GENERAL)}; give "
                "a row of models its own recipe"
            )
        return self

    @cached_property
    def resolved(self) -> list[Variant]:
        """The floors, then the variants, in the order they are shown.

        Raises:
            ConfigError: a name is none.
        """
        kinds = [kind for kind in self.floors if kind not in self.floors_left_out]
        floors = [read_variant(f"{FLOOR_ROW}/{kind}", self.tables) for kind in kinds]
        # One that is named as well stands where it is named.
        return [one for one in floors if one not in self._named] + self._named

    @cached_property
    def _named(self) -> list[Variant]:
        return [read_variant(name, self.tables) for name in self.variants]

    @property
    def has_documents(self) -> bool:
        """Whether there is a corpus beside the questions."""
        return has_corpus(self.data)

    @property
    def floors_left_out(self) -> list[str]:
        """Kinds of floors that need passages, where there are no documents."""
        shows = [kind for kind in self.floors if FLOORS.get(kind, "none") != "none"]
        return [] if self.has_documents else shows

    @property
    def baseline_name(self) -> str:
        """The variant others are compared with."""
        if self.baseline:
            return read_variant(self.baseline, self.tables).name
        names = [one.name for one in self._named]
        return BASELINE if BASELINE in names else names[0]

    @cached_property
    def tables(self) -> Tables:
        """What the words of a variant's name stand for."""
        contexts = {one: ContextRow(source=one) for one in SOURCES} | self.contexts
        return Tables(
            models=self._shipped_models() | {n: row.model(n) for n, row in self.models.items()},
            prompts=prompt_table(self.prompts),
            contexts={name: self.context(name, row) for name, row in contexts.items()},
            decoding=self.decoding.decoding(),
            thresholds={name: row.threshold(name) for name, row in self.thresholds.items()},
        )

    def context(self, name: str, row: ContextRow) -> Context:
        """A row of contexts as a value, with what it leaves out as the suite has it."""
        left_out = {
            one: getattr(self, one) for one in ("k", "budget", "embedder", "reranker", "show")
        }
        return row.context(name, **left_out)

    @property
    def trains(self) -> bool:
        """Whether it has a variant with trained weights."""
        return any(one.model.recipe or one.model.adapter for one in self.resolved)

    @property
    def model_names(self) -> list[str]:
        """Every model a run loads, each once."""
        answering = [one.model.tokenizer for one in self.resolved]
        contexts = [one.context for one in self.resolved if one.context.source != "none"]
        searching = [name for one in contexts for name in (one.embedder, one.reranker)]
        metrics = make_metrics(self.metrics, self.encoder, self.encoder_layer)
        scoring = [one.encoder for one in metrics if isinstance(one, EncoderMetric)]
        embedding = [self.embedder] if self.has_documents else []
        auditing = [EMBEDDER] if self.trains else []
        named = (*answering, *scoring, *embedding, *searching, *auditing)
        return list(dict.fromkeys(name for name in named if name))

    def _shipped_models(self) -> dict[str, Model]:
        if self.model is None:
            return {}
        trained = {
            name: Model(name, self.model, recipe=self.recipes.get(name, name)) for name in GENERAL
        }
        return {"base": Model("base", self.model), **trained}


def load_suite(name: str, **changes: Any) -> Suite:
    """A shipped suite by name, or a YAML file by path, with ``changes`` made to it.

    Raises:
        ConfigError: no such suite, or a field that is unknown or wrong; all are named.
    """
    shipped = SUITES / f"{name}.yaml"
    path = shipped if shipped.is_file() else Path(name)
    if not path.is_file():
        names = ", ".join(sorted(p.stem for p in SUITES.glob("*.yaml")))
        raise ConfigError(f"no suite {name!r}: not a file, and the shipped ones are {names}")
    given = {field: value for field, value in changes.items() if value is not None}
    return validated(Suite, {"name": path.stem, **read_yaml(path), **given}, path, ConfigError)
