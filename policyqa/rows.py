"""The rows of a suite's tables, as written: models, contexts, decoding."""

from collections import Counter
from collections.abc import Iterator, Sequence
from math import inf
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveInt,
    model_validator,
)

from harness.errors import ConfigError
from harness.metrics import Metric
from harness.metrics.abstention import abstains
from harness.models.adapter import base_of
from harness.models.kinds import ANSWERS, CALL, ENGINE, kind_of
from harness.models.precision import Precision
from harness.threshold import REFUSAL, AnswerThreshold
from harness.variants import CHAT_OPTIONS, Context, Decoding, Model, Price, Shown, Source
from rag.index import MODES
from reports.decision import DEAR

SECRET = ("api_key", "auth_token", "authorization", "header", "headers", "password", "token")
"""Options of an engine that would put a secret into a suite, and with it into a run folder."""
IN_ADDRESS = ("key", "token", "secret", "password", "sig", "code", "auth")
"""How the names of an address's parameters end that would do the same."""


class _Row(BaseModel):
    """A row of a table, as written."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PriceRow(_Row):
    """A million tokens, in the user's currency."""

    input: NonNegativeFloat = 0.0
    output: NonNegativeFloat = 0.0


class ModelRow(_Row):
    """Who answers: weights on this machine, a server, or an assistant that already exists."""

    base: str | None = None
    """A catalogue name, a Hugging Face id or a folder; None is what the adapter was trained on. Of
    a server, the name it knows the model by."""
    adapter: Path | None = None
    """A folder of LoRA weights."""
    recipe: str | None = None
    """What trains the adapter: a shipped recipe or a file."""
    seeds: tuple[NonNegativeInt, ...] = ()
    """Of the recipe: one training each, all of them one variant."""
    precision: Precision | None = None
    engine: str = ENGINE
    """A model class of lm-eval's registry."""
    options: dict[str, Any] = {}
    """The engine's, as lm-eval's ``model_args``."""
    price: PriceRow | None = None
    """Of a server."""
    answers: Path | None = None
    """A file of what an assistant has answered: ``{"question", "answer"}`` a line, or ``id``."""
    call: str | None = None
    """An assistant as a function, ``package.module:name``."""

    @model_validator(mode="after")
    def _says_what_it_is(self) -> "ModelRow":
        elsewhere = [name for name in ("answers", "call") if getattr(self, name) is not None]
        if elsewhere and self.model_fields_set != set(elsewhere[:1]):
            others = sorted(self.model_fields_set - {elsewhere[0]})
            raise ValueError(f"{elsewhere[0]} stands alone in a row; leave {', '.join(others)} out")
        if elsewhere:
            return self
        if self.adapter and self.recipe:
            raise ValueError("an adapter is there, and a recipe would train one: name one of them")
        if not (self.base or self.adapter):
            raise ValueError("name a base, or an adapter, which knows its base")
        chat = [name for name in CHAT_OPTIONS if name in self.options]
        if self.recipe and chat:
            raise ValueError(
                f"a recipe trains in the chat template as it is, and {chat[0]} asks in another form"
            )
        if self.seeds and not self.recipe:
            raise ValueError("seeds are of a recipe: name the recipe that they train")
        twice = [seed for seed, count in Counter(self.seeds).items() if count > 1]
        if twice:
            raise ValueError(f"the seed {twice[0]} stands there twice")
        return self

    @model_validator(mode="after")
    def _fits_its_engine(self) -> "ModelRow":
        _refuse_secrets(self.options)
        own = [name for name in ("adapter", "recipe", "precision") if getattr(self, name)]
        try:
            kind = kind_of(self.engine)
        except ConfigError as error:
            raise ValueError(str(error)) from error
        if kind == "served":
            if own:
                raise ValueError(f"{own[0]} is of weights on this machine, not of {self.engine}")
        elif self.price:
            raise ValueError("price is of a served model's tokens; leave it out")
        if self.engine != ENGINE and self.precision:
            raise ValueError(
                f"precision is of {ENGINE}; of {self.engine}, use what its options offer"
            )
        return self

    def model(self, name: str) -> Model:
        """The row as a value."""
        if self.answers is not None:
            return Model(name, str(self.answers), engine=ANSWERS)
        if self.call is not None:
            return Model(name, self.call, engine=CALL)
        given = self.model_dump(exclude={"base", "answers", "call", "price"})
        base = self.base or base_of(self.adapter or Path())
        price = Price(self.price.input, self.price.output) if self.price else None
        return Model(name, base, **given, price=price)


def _refuse_secrets(options: dict[str, Any]) -> None:
    """Secrets come from the environment: a suite is written into every run folder."""
    secret = [name for name in _names(options) if name.lower() in SECRET]
    if not secret and not _has_secret(str(options.get("base_url", ""))):
        return
    what = secret[0] if secret else "a base_url with a key"
    raise ValueError(
        f"{what} has no place in a suite, which is copied into results: set the key in the "
        "environment, as OPENAI_API_KEY for a server and HF_TOKEN for weights"
    )


def _names(value: Any) -> Iterator[str]:
    """Those of a table and of all that is in it.

    Raises:
        ValueError: something is no JSON.
    """
    if isinstance(value, dict):
        for name, one in value.items():
            if not isinstance(name, str):
                raise ValueError(f"options: {name!r} stands for a name; write it in quotes")
            yield name
            yield from _names(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _names(one)
    elif not isinstance(value, str | int | float | None) or value in (inf, -inf) or value != value:
        raise ValueError(f"options: {value!r:.60} is no text, number or list; write it in quotes")


def _has_secret(address: str) -> bool:
    """Whether there is a user or a key in an address."""
    url = urlsplit(address)
    names = [part.split("=")[0].lower() for part in url.query.split("&")]
    return "@" in url.netloc or any(name.endswith(IN_ADDRESS) for name in names)


class ContextRow(_Row):
    """Where sections come from; what is left out is as the suite has it."""

    source: Source = "retrieved"
    k: NonNegativeInt | None = None
    budget: NonNegativeInt | None = None
    embedder: str | None = None
    reranker: str | None = None
    mode: str = Field(default="hybrid", pattern=f"^({'|'.join(MODES)})$")
    show: Shown | None = None
    """What is shown of them: the ``sentences`` nearest to the question, or all of each."""

    def context(self, name: str, **left_out: Any) -> Context:
        """The row as a value, with what it leaves out as given."""
        return Context(name=name, **(left_out | self.model_dump(exclude_none=True)))


class ThresholdRow(_Row):
    """What an answer must reach to be given (``harness.threshold``)."""

    nearness: Annotated[float, Field(ge=-1, le=1)] | None = None
    likelihood: Annotated[float, Field(le=0)] | None = None
    refusal: Annotated[str, Field(min_length=1)] = REFUSAL

    @model_validator(mode="after")
    def _asks_for_something(self) -> "ThresholdRow":
        if self.nearness is None and self.likelihood is None:
            raise ValueError("a threshold is of nearness, of likelihood, or of both: name one")
        if not abstains(self.refusal):
            raise ValueError(
                f"the refusal {self.refusal!r} would be scored as an answer: say, in English, that "
                "the documents do not answer, as the default does"
            )
        return self

    def threshold(self, name: str) -> AnswerThreshold:
        """The row as a value."""
        return AnswerThreshold(name, **self.model_dump())


class DecodingRow(_Row):
    """How answers are made, and how they end."""

    max_tokens: PositiveInt = Decoding.max_tokens
    stop: Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Field(min_length=1)] = (
        Decoding.stop
    )
    temperature: Annotated[float, Field(ge=0, le=10)] = Decoding.temperature
    beams: PositiveInt = Decoding.beams
    repeats: PositiveInt = Decoding.repeats
    """Answers drawn for each question, where tokens are drawn."""

    @model_validator(mode="after")
    def _draws_or_searches(self) -> "DecodingRow":
        if self.temperature and self.beams > 1:
            raise ValueError("beams search for the likeliest answer, and a temperature draws one")
        return self

    def decoding(self) -> Decoding:
        """The row as a value."""
        return Decoding(**self.model_dump())


class DecideRow(_Row):
    """How a suite decides between its variants."""

    by: str | None = None
    """The metric; None is the first of the suite's of which better is known."""
    margin: NonNegativeFloat = 0.0
    """The smallest difference of it that matters."""
    cost: Literal["seconds", "tokens", "memory", "price"] | None = None
    """What is dear: of several that are good enough the cheapest is shipped."""
    at_most: Annotated[dict[str, float], BeforeValidator(lambda found: found or {})] = {}
    """Limits, of metrics and of what an answer costs."""

    def check(self, metrics: Sequence[Metric]) -> None:
        """Refuse what no run of these metrics could decide by.

        Raises:
            ConfigError: a name is that of no metric, or of one that has no better.
        """
        directed = [one.name for one in metrics if one.higher_is_better is not None]
        if self.by is not None and self.by not in directed:
            raise ConfigError(f"decide: by names {self.by!r}; it can be {', '.join(directed)}")
        names = [one.name for one in metrics if one.kind != "corpus"]
        for name in self.at_most:
            if name not in (*names, *DEAR):
                raise ConfigError(
                    f"decide: at_most names {name!r}; it can be {', '.join((*DEAR, *names))}"
                )
