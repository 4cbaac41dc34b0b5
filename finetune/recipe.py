"""
What one fine-tuning run does. The defaults are the published ones; a YAML states what differs.

Two shipped recipes hold for any model: ``sft`` (question → answer) and ``sft-rag`` (retrieved
context and question → answer). Others are named ``<model>-<weights>``.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from harness.errors import ConfigError
from harness.models.precision import Precision
from harness.reading import read_yaml
from harness.validation import Count, Name, Validated, validated
from harness.variants import Prompt
from tasks.policyqa.prompts import PromptRow, shipped_prompt, shipped_prompts
from tasks.policyqa.questions import Question
from tasks.policyqa.trained import drawn_for_training

RECIPES = Path(__file__).parent / "recipes"
"""The recipes this project ships."""

OWN = "the recipe's own"
"""What the prompt is called that a recipe has for itself."""

GENERAL = ("sft", "sft-rag")
"""The shipped recipes that hold for any model."""

Share = Annotated[float, Field(ge=0, lt=1)]


class Recipe(BaseModel):
    """One fine-tuning run; ``recipes/*.yaml`` supply the values."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Name
    weights: Literal["sft", "sft-rag"]
    """The shipped row of models that it trains: what the checkpoint is called in a variant."""
    model: str = "meta-llama/Llama-2-7b-hf"
    """Base model: a catalogue name, a Hugging Face id or a folder."""
    prompt: str | PromptRow
    """What is trained on: a row of ``tasks/policyqa/prompts.yaml``, or a row of its own; what shows
    a context retrieves it."""

    withheld: Share = 0.0
    """Of the answerable training questions: asked with a context that lacks what answers them, and
    answered with ``harness.threshold.REFUSAL``."""
    buried: Share = 0.0
    """Of the same: asked with what answers them in any place among what else was retrieved."""
    budgets: tuple[Count, ...] = ()
    """Tokens of context, of which each training question is asked with one, drawn by seed, so that
    more or fewer do not hurt; none is the retriever's own."""

    precision: Precision = "int8"
    """Of the base's weights; the adapter trains in float32."""
    lora_rank: Count = 16
    lora_alpha: Count = 32
    """Scale: what the adapter adds is multiplied by alpha / rank."""
    rslora: bool = False
    """By alpha / √rank instead, so that a higher rank does not learn more slowly
    (https://arxiv.org/abs/2312.03732)."""
    lora_dropout: Share = 0.05
    target_modules: Literal["all-linear"] | tuple[str, ...] = (
        "q_proj",
        "k_proj",
        "v_proj",
        "o_proj",
    )
    """The linear layers that get an adapter, by name; ``all-linear`` is all of each block."""
    last_layers: Count | None = None
    """Layers from the end that get an adapter, below which nothing is computed backward; None is
    all."""

    limit: Count | None = None
    """Training questions, drawn by seed, and an eighth as many to validate on; None is all."""
    epochs: Annotated[float, Field(gt=0)] = 3.0
    batch_size: Count = 8
    """Examples a device and step; times ``gradient_accumulation`` is what one update sees."""
    gradient_accumulation: Count = 2
    autocast: bool = False
    """Matrices are multiplied in bfloat16, where the device does so natively; weights, adapters and
    their updates stay as they are."""
    gradient_checkpointing: bool = True
    """Compute activations twice rather than keep them: a third slower, far less memory."""
    optimizer: str = "paged_adamw_8bit"
    """A name of transformers' ``optim``."""
    learning_rate: Annotated[float, Field(gt=0)] = 2e-4
    schedule: Literal["constant", "linear", "cosine"] = "constant"
    """How the rate goes on after the warm-up: as it is, or down to 0."""
    warmup: Share = 0.03
    """Share of the updates over which the rate rises from 0."""
    weight_decay: Annotated[float, Field(ge=0)] = 0.001
    max_gradient_norm: Annotated[float, Field(gt=0)] = 0.3
    max_tokens: Count = 512
    """Prompt plus answer; longer examples are dropped and counted, never cut."""
    save_every: Count = 25
    """Updates between saved states, which a kill can cost, and measurements on validation. The
    checkpoint is the state that measured best."""
    patience: Count | None = None
    """Measurements without a better one after which training stops; None goes on to the end."""
    log_every: Count = 25
    """Updates between lines of the TensorBoard log."""
    seed: int = 7

    @model_validator(mode="after")
    def _shares_of_contexts_fit(self) -> "Recipe":
        try:
            asked = self.asked
        except ConfigError as error:
            raise ValueError(str(error)) from error
        if asked.context not in ("none", "retrieved"):
            raise ValueError(f"a recipe trains on retrieved contexts, not on {asked.context}")
        if asked.shots:
            raise ValueError("a recipe trains on one question at a time: leave shots out")
        if not asked.shows_context and (self.withheld + self.buried or self.budgets):
            raise ValueError(
                f"withheld, buried and budgets are of contexts, and {asked.name} shows none"
            )
        if self.withheld + self.buried > 1:
            raise ValueError("withheld and buried are together more than 1")
        return self

    @property
    def asked(self) -> Prompt:
        """The prompt that is trained on.

        Raises:
            ConfigError: none of that name is shipped.
        """
        if isinstance(self.prompt, str):
            return shipped_prompt(self.prompt)
        return self.prompt.prompt(OWN)

    def adapted(self, layers: int) -> range:
        """Which of a base's ``layers`` get an adapter."""
        return range(layers - min(layers, self.last_layers or layers), layers)


def load_recipe(name: str, **changes: Any) -> Recipe:
    """A recipe with ``changes`` made to it, found and refused as by ``read_recipe``."""
    return read_recipe(Recipe, RECIPES, name, changes)


def read_recipe(
    kind: type[Validated], shipped: Path, name: str, changes: Mapping[str, Any]
) -> Validated:
    """A recipe of that ``kind``: one of the folder ``shipped`` by name, or a YAML file by path.

    Raises:
        ConfigError: no such recipe, or a field that is unknown or out of range; all are named.
    """
    path = shipped / f"{name}.yaml"
    path = path if path.is_file() else Path(name)
    if not path.is_file():
        names = ", ".join(sorted(one.stem for one in shipped.glob("*.yaml")))
        raise ConfigError(f"no recipe {name!r}: not a file, and the shipped ones are {names}")
    return validated(kind, {"name": path.stem, **read_yaml(path), **changes}, path, ConfigError)


def recorded_prompt(record: Mapping[str, Any]) -> Prompt | None:
    """The prompt that a checkpoint was trained on, as its record (``training.json``) says.

    None where it says nothing, or names one that is not shipped any more.
    """
    prompt = record.get("recipe", {}).get("prompt")
    if isinstance(prompt, dict):
        return PromptRow.model_validate(prompt).prompt(OWN)
    return shipped_prompts().get(prompt) if prompt else None


def questions_of(recipe: Recipe, questions: Sequence[Question], split: str) -> list[Question]:
    """The questions of ``split`` that the recipe trains on, or of another that it validates on.

    Raises:
        DataError: the split is empty, or none of its questions has a reference answer.
    """
    return drawn_for_training(questions, split, recipe.limit, recipe.seed)


def shipped_names() -> list[str]:
    """Names of the recipes this project ships."""
    return sorted(path.stem for path in RECIPES.glob("*.yaml"))


def recipe_for(model: str, recipe: str) -> Recipe:
    """A recipe by name or path, for ``model``.

    Of the two that hold for any model, ``sft`` and ``sft-rag``, the one shipped for this very model
    is taken where there is one. Refused as by ``read_recipe``.
    """
    if recipe in GENERAL:
        own = (load_recipe(name) for name in shipped_names() if name.endswith(f"-{recipe}"))
        found = next((one for one in own if (one.model, one.weights) == (model, recipe)), None)
        if found:
            return found
    return load_recipe(recipe, model=model)
