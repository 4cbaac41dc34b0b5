"""Files checked against a pydantic model, with every wrong field named at once."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, Field, ValidationError

from harness.errors import BenchError

Validated = TypeVar("Validated", bound=BaseModel)


def _names_a_folder(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
        raise ValueError(
            f"{name!r} is no name for a folder: it must be of letters from A to Z, digits, '.', "
            "'_' and '-', and begin with a letter or digit. A file without a name: of its own has "
            "the name of the file: set name: in it"
        )
    return name


Count = Annotated[int, Field(ge=1)]
"""Of something there is at least one of."""
Name = Annotated[str, AfterValidator(_names_a_folder)]
"""What a folder is named after: a suite's, a recipe's, a row's in a suite's table."""


def validated(
    model: type[Validated], values: Mapping[str, Any], place: object, error: type[BenchError]
) -> Validated:
    """``values`` as a ``model``, or an ``error`` that names every field that is wrong.

    Its message begins with their ``place``: a path, or path and line.
    """
    try:
        return model.model_validate(values)
    except ValidationError as wrong:
        parts = (
            (".".join(map(str, one["loc"])), one["msg"].removeprefix("Value error, "))
            for one in wrong.errors()
        )
        fields = "; ".join(": ".join(filter(None, both)) for both in parts)
        raise error(f"{place}: {fields}") from wrong
