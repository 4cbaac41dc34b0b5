"""
What people compare, as values: a variant is model × prompt × context × decoding.

Each part says its own identity: all of it that could change an answer or a figure. The keys of what
is kept, the manifest and the signature are made of these, so that what is in one is in all.
Names are read where a suite is read, and nowhere else.
"""

from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal, get_args

from harness.errors import ModelError
from harness.files import fingerprint
from harness.models import catalogue
from harness.models.adapter import adapter_identity
from harness.models.device import device
from harness.models.precision import Precision

Identity = dict[str, Any]
"""What determines something, as JSON."""
ENGINE = "policyqa-hf"
"""The model class of lm-eval's registry that answers unless a model names another."""
FLOOR = "policyqa-floor"
"""The model class of floors: no weights (``harness.models.floors``)."""
FLOORS: dict[str, str] = {
    "echo": "none",
    "other": "none",
    "first": "retrieved",
    "sentence": "retrieved",
}
"""Every kind of floor, with the row of the contexts that its passages come from."""
DETERMINING_LIBRARIES = ("bitsandbytes", "lm_eval", "peft", "torch", "transformers")
"""Whose versions can change an answer."""
Source = Literal["none", "retrieved", "oracle", "misled", "withheld"]
SOURCES: tuple[Source, ...] = get_args(Source)


@dataclass(frozen=True)
class Model:
    """Who answers."""

    name: str
    """Its row in the suite's table."""
    base: str
    """A catalogue name, a Hugging Face id or a folder; of a floor, its kind."""
    engine: str = ENGINE
    """A model class of lm-eval's registry."""
    adapter: Path | None = None
    """LoRA weights put onto the base; of a recipe, what it trained."""
    recipe: str | None = None
    """What trains the adapter, where it is not there yet: a shipped recipe or a file."""
    precision: Precision | None = None
    """Of the base's weights; None is their own."""

    @property
    def is_floor(self) -> bool:
        """Whether no language model answers."""
        return self.engine == FLOOR

    @property
    def identity(self) -> Identity:
        """What determines its answers to a prompt, beside the decoding.

        Raises:
            ModelError: its adapter is not trained yet.
        """
        if self.is_floor:
            return {"engine": self.engine, "kind": self.base}
        if self.recipe and not self.adapter:
            raise ModelError(f"model {self.name} is not trained yet (recipe {self.recipe})")
        return {
            "engine": self.engine,
            "base": catalogue.identity(self.base),
            "adapter": adapter_identity(self.adapter) if self.adapter else None,
            "precision": self.precision,
            "device": device(),
            "versions": {name: version(name) for name in DETERMINING_LIBRARIES},
        }


@dataclass(frozen=True)
class Prompt:
    """How a question is put."""

    name: str
    """Its row in the table of prompts."""
    template: str
    """Has ``{question}`` and may have ``{context}``."""
    context: str = "none"
    """The row of the table of contexts it shows unless a variant names another."""

    @property
    def shows_context(self) -> bool:
        """Whether there is a place for sections."""
        return "{context}" in self.template

    @property
    def identity(self) -> Identity:
        """What determines the text, beside question and context."""
        return {"template": self.template}


@dataclass(frozen=True)
class Context:
    """Where the sections come from that a prompt shows, and how many."""

    name: str
    """Its row in the table of contexts."""
    source: Source
    """None; retrieved; the question's own evidence (oracle); another question's (misled); retrieved
    without the evidence (withheld)."""
    k: int
    """Sections at most."""
    budget: int
    """Tokens of context at most, in the embedder's tokens."""
    embedder: str
    """A catalogue name, a Hugging Face id or a folder."""
    reranker: str | None = None
    """A cross-encoder that orders anew what was found; None leaves it."""
    mode: str = "hybrid"
    """How passages are ranked: one of ``rag.index.MODES``."""

    @property
    def identity(self) -> Identity:
        """What determines which sections are shown, beside the index and its libraries."""
        if self.source == "none":
            return {"source": "none"}
        given = self.source in ("oracle", "misled")
        return {
            "source": self.source,
            # The embedder counts the tokens of the budget, also where nothing is searched for.
            "embedder": catalogue.identity(self.embedder),
            "budget": self.budget,
            **({} if given else {"k": self.k, "mode": self.mode}),
            **(
                {"reranker": catalogue.identity(self.reranker)}
                if self.reranker and not given
                else {}
            ),
        }


@dataclass(frozen=True)
class Decoding:
    """How an answer is made of what the model predicts: greedily."""

    max_tokens: int = 96
    """Of an answer; what is longer is cut."""
    stop: tuple[str, ...] = ("\nQuestion:",)
    """Strings that end an answer, beside the model's own end: where the next question would begin.
    Why no blank line is among them is said in tasks/policyqa/README.md."""

    @property
    def identity(self) -> Identity:
        """As lm-eval takes it: its ``generation_kwargs``."""
        return {"until": list(self.stop), "max_gen_toks": self.max_tokens, "do_sample": False}


@dataclass(frozen=True)
class Variant:
    """What people compare: a model, asked with a prompt, shown a context, decoded in a way."""

    name: str
    """As suites, folders and tables have it (``policyqa.naming``)."""
    model: Model
    prompt: Prompt
    context: Context
    decoding: Decoding = field(default_factory=Decoding)

    @property
    def identity(self) -> Identity:
        """What determines its answers, part by part."""
        return {
            "model": self.model.identity,
            "prompt": self.prompt.identity,
            "context": self.context.identity,
            "decoding": self.decoding.identity,
        }

    @property
    def fingerprint(self) -> str:
        """Of its identity, in 12 digits."""
        return fingerprint(self.identity)[:12]
