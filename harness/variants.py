"""
What people compare, as values: a variant is model × prompt × context × decoding.

Each part says its own identity: all of it that could change an answer or a figure. The keys of what
is kept, the manifest and the signature are made of these, so that what is in one is in all.
Names are read where a suite is read, and nowhere else.
"""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from itertools import product
from pathlib import Path
from typing import Any, Literal, get_args

from harness.errors import ModelError
from harness.files import fingerprint, hash_file
from harness.imported import source_of
from harness.models import catalogue
from harness.models.adapter import adapter_identity
from harness.models.kinds import ENGINE, FLOOR, EngineKind, kind_of
from harness.models.precision import Precision, device
from harness.threshold import AnswerThreshold

Identity = dict[str, Any]
"""What determines something, as JSON."""
MANNERS = frozenset(
    ("num_concurrent", "max_retries", "timeout", "verify_certificate", "ca_cert_path", "header")
)
"""Options of a served model that say how it is reached, and nothing of what it answers."""
CHAT_OPTIONS = ("chat_template_args", "enable_thinking")
"""Options that a chat template is told."""
THOUGHTS_END = "think_end_token"
"""lm-eval's name of the option that says what ends a model's thoughts: a text, or a token's id."""
ANSWERING_LIBRARIES = ("bitsandbytes", "lm_eval", "peft", "torch", "transformers")
"""Whose versions can change an answer."""
Shown = Literal["sentences", "sections"]
"""What a context has of the sections it is made of: of their sentences those nearest to the
question, or all."""
Source = Literal["none", "retrieved", "oracle", "misled", "withheld"]
SOURCES: tuple[Source, ...] = get_args(Source)
SHOWS: tuple[Shown, ...] = get_args(Shown)


@dataclass(frozen=True)
class Price:
    """What a served model costs, a million tokens, in the user's currency."""

    input: float
    output: float

    def of(self, prompt_tokens: float, answer_tokens: float) -> float:
        """What so many tokens cost."""
        return (prompt_tokens * self.input + answer_tokens * self.output) / 1e6


@dataclass(frozen=True)
class Model:
    """Who answers."""

    name: str
    """Its row in the suite's table."""
    base: str
    """A catalogue name, a Hugging Face id or a folder; of a served model, the name its server knows
    it by; of a floor, its kind; else a file of answers, or a function, ``module:name``."""
    engine: str = ENGINE
    """A model class of lm-eval's registry."""
    adapter: Path | None = None
    """LoRA weights put onto the base; of a recipe, what it trained."""
    recipe: str | None = None
    """What trains the adapter, where it is not there yet: a shipped recipe or a file."""
    seeds: tuple[int, ...] = ()
    """The recipe's, each a training of its own; none is the recipe's own."""
    precision: Precision | None = None
    """Of the base's weights; None is their own."""
    options: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """The engine's, as lm-eval's ``model_args``."""
    price: Price | None = None
    """Of a served model."""

    @property
    def kind(self) -> EngineKind:
        """How it answers (``harness.models.kinds``)."""
        return kind_of(self.engine)

    @property
    def is_floor(self) -> bool:
        """Whether no assistant answers."""
        return self.engine == FLOOR

    @property
    def label(self) -> str:
        """Its name; with the seed, of a recipe that several train."""
        return f"{self.name}+seed={self.seeds[0]}" if len(self.seeds) == 1 else self.name

    @property
    def tokenizer(self) -> str | None:
        """The model whose tokenizer counts its tokens and renders its chats here; None where a
        server, or the user's own assistant, does so."""
        if self.kind == "local":
            return self.base
        found = self.options.get("tokenizer") if self.kind == "served" else None
        return str(found) if found else None

    @property
    def thoughts_end(self) -> str | None:
        """The text that ends its thoughts, where its options have one."""
        found = self.options.get(THOUGHTS_END)
        return found if isinstance(found, str) and found and not found.isdigit() else None

    @property
    def passed_on(self) -> dict[str, Any]:
        """Its options but for those that are read here: a copy, since lm-eval's classes take out
        of it what they read."""
        read_here = (*CHAT_OPTIONS, *([THOUGHTS_END] if self.thoughts_end else []))
        return deepcopy({name: one for name, one in self.options.items() if name not in read_here})

    @property
    def identity(self) -> Identity:
        """What determines its answers to a prompt, beside the decoding.

        Raises:
            ModelError: its adapter is not trained yet, or its function cannot be imported.
        """
        if self.kind == "floor":
            return {"engine": self.engine, "kind": self.base}
        if self.kind == "answers":
            return {"engine": self.engine, "file": hash_file(Path(self.base))}
        if self.kind == "call":
            return {"engine": self.engine, "function": self.base, "source": source_of(self.base)}
        if self.kind == "served":
            options = {k: v for k, v in self.options.items() if k not in MANNERS}
            found = {"engine": self.engine, "base": self.base, "options": options}
            return {**found, "versions": {"lm_eval": version("lm_eval")}}
        if self.recipe and not self.adapter:
            raise ModelError(f"model {self.label} is not trained yet (recipe {self.recipe})")
        return {
            "engine": self.engine,
            "base": catalogue.identity(self.base),
            "adapter": adapter_identity(self.adapter) if self.adapter else None,
            "precision": self.precision,
            "device": device(),
            "versions": {name: version(name) for name in ANSWERING_LIBRARIES},
            **({"options": dict(self.options)} if self.options else {}),
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
    chat: bool = False
    """Whether the template is the user's turn in the model's own chat template."""
    system: str | None = None
    """Of a chat: what stands in the system's turn."""
    shots: int = 0
    """Questions of the train split shown before, with their answers."""

    @property
    def shows_context(self) -> bool:
        """Whether there is a place for sections."""
        return "{context}" in self.template

    @property
    def identity(self) -> Identity:
        """What determines the text, beside question, context and the model's chat template."""
        more = {"chat": self.chat, "system": self.system, "shots": self.shots}
        return {"template": self.template} | {name: one for name, one in more.items() if one}


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
    show: Shown = "sentences"

    @property
    def identity(self) -> Identity:
        """What determines which sections are shown, beside the index and its libraries."""
        if self.source == "none":
            return {"source": "none"}
        # The embedder counts the tokens of the budget, also where nothing is searched for.
        embedder = catalogue.identity(self.embedder)
        found = {"source": self.source, "embedder": embedder, "budget": self.budget}
        found |= {"show": self.show}
        if self.source in ("oracle", "misled"):
            return found
        reranker = {"reranker": catalogue.identity(self.reranker)} if self.reranker else {}
        return {**found, "k": self.k, "mode": self.mode, **reranker}


@dataclass(frozen=True)
class Decoding:
    """How an answer is made of what the model predicts."""

    max_tokens: int = 96
    """Of an answer; what is longer is cut."""
    stop: tuple[str, ...] = ("\nQuestion:",)
    """Strings that end an answer, beside the model's own end: where the next question would begin.
    Why no blank line is among them is said in tasks/policyqa/README.md."""
    temperature: float = 0.0
    """0 takes the likeliest token; above, tokens are drawn, flatter the higher it is."""
    beams: int = 1
    """Beginnings of an answer that are gone on with side by side, of which the likeliest whole is
    given; 1 takes the likeliest token each time."""
    repeats: int = 1
    """Answers drawn for each question."""
    draw: int = 1
    """Which of these; from 1."""

    @property
    def identity(self) -> Identity:
        """As lm-eval takes it: its ``generation_kwargs``."""
        drawn = {"temperature": self.temperature} if self.temperature else {}
        length = {"until": list(self.stop), "max_gen_toks": self.max_tokens}
        wide = {"num_beams": self.beams} if self.beams > 1 else {}
        return {**length, "do_sample": bool(self.temperature), **drawn, **wide}


@dataclass(frozen=True)
class Variant:
    """What people compare: a model, asked with a prompt, shown a context, decoded in a way, and
    what its answers must reach."""

    name: str
    """As suites, folders and tables have it (``policyqa.naming``)."""
    model: Model
    prompt: Prompt
    context: Context
    decoding: Decoding = field(default_factory=Decoding)
    threshold: AnswerThreshold | None = None
    """What its answers must reach to be given; None gives all."""

    @property
    def replicates(self) -> "list[Variant]":
        """The same once for each seed and draw: what is asked and scored by itself."""
        models = [replace(self.model, seeds=(seed,)) for seed in self.model.seeds] or [self.model]
        decodings = [replace(self.decoding, draw=n) for n in range(1, self.decoding.repeats + 1)]
        pairs = product(models, decodings)
        return [replace(self, model=model, decoding=decoding) for model, decoding in pairs]

    @property
    def replicate(self) -> str:
        """Which of them it is, as a folder is named: ``seed=7``, ``draw=2``; empty of one alone."""
        seed = [f"seed={one}" for one in self.model.seeds]
        draw = [f"draw={self.decoding.draw}"] if self.decoding.repeats > 1 else []
        return "+".join([*seed, *draw])

    @property
    def identity(self) -> Identity:
        """What determines its answers, part by part."""
        parts = ("model", "prompt", "context", "decoding")
        draw = {"draw": self.decoding.draw} if self.decoding.draw > 1 else {}
        held = {"threshold": self.threshold.identity} if self.threshold else {}
        return {**{part: getattr(self, part).identity for part in parts}, **draw, **held}

    @property
    def fingerprint(self) -> str:
        """Of its identity, in 12 digits."""
        return fingerprint(self.identity)[:12]
