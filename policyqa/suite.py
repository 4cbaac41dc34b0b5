"""
A suite: which arms of which model are scored on which questions.

    name: mine
    model: meta-llama/Llama-2-7b-hf
    arms: [base/plain, sft/plain, sft-rag/rag, sft-rag/rag@int8]
    data: my/data
"""

from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from harness.errors import BenchError, ConfigError
from harness.files import read_yaml
from harness.runs import Arm
from harness.validation import validated
from rag.embedder import EMBEDDER
from rag.retriever import BUDGET, K
from tasks.policyqa.questions import DATA, Split

SUITES = Path(__file__).parent / "suites"
"""The suites this project ships."""

Count = Annotated[int, Field(ge=1)]


class Suite(BaseModel):
    """What one run does; paths are relative to the working directory."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    model: str
    """A name of the catalogue, a Hugging Face id or a folder."""
    arms: Annotated[list[str], Field(min_length=1)]
    """``weights/prompt[+k=K][+budget=B][@precision]``, in the order they are shown."""
    data: Path = DATA
    split: Split = "test"
    limit: Count | None = None
    """Questions, drawn by seed; None is all."""
    seed: int = 7
    """Of the drawn questions and the bootstrap."""
    recipes: dict[str, str] = {}
    """Weights to recipe; unnamed weights take the one shipped for the model."""
    batch_size: Count = 16
    """Prompts answered at a time."""
    encoder: str = "minilm-l6"
    """BERTScore's."""
    embedder: str = EMBEDDER
    """Retrieval's: a catalogue name, a Hugging Face id or a folder."""
    reranker: str | None = None
    """Puts what was retrieved into a better order; None leaves it as it was found."""
    k: Count = K
    """Sections retrieved for a question, in training and in arms that set none of their own."""
    budget: Count = BUDGET
    """Tokens of context, likewise."""

    @field_validator("arms")
    @classmethod
    def _arms_are_known(cls, arms: list[str]) -> list[str]:
        try:
            names = [str(Arm.parse(arm)) for arm in arms]
        except BenchError as error:
            raise ValueError(str(error)) from error
        if len(set(names)) < len(names):
            raise ValueError("an arm is named twice")
        return names

    @property
    def parsed_arms(self) -> list[Arm]:
        """The arms, in the order they are shown."""
        return [Arm.parse(arm) for arm in self.arms]

    @property
    def models(self) -> list[str]:
        """Every model a run loads, each once."""
        named = (self.model, self.encoder, self.embedder, self.reranker)
        return list(dict.fromkeys(name for name in named if name))

    @property
    def trained_weights(self) -> list[str]:
        """Weights the arms need that are not the base's, each once."""
        return list(dict.fromkeys(arm.weights for arm in self.parsed_arms if arm.weights != "base"))


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
