"""Files checked against a pydantic model, with every wrong field named at once."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ValidationError

from harness.errors import BenchError

Model = TypeVar("Model", bound=BaseModel)


def _names_a_folder(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
        raise ValueError(
            f"{name!r} is no name for a folder: it must be of letters from A to Z, digits, '.', "
            "'_' and '-', and begin with a letter or digit. A file without a name: of its own has "
            "the name of the file: set name: in it"
        )
    return name


Name = Annotated[str, AfterValidator(_names_a_folder)]
"""What a folder is named after: a suite's, a recipe's, a row's in a suite's table."""


def validated(
    model: type[Model], values: Mapping[str, Any], place: object, error: type[BenchError]
) -> Model:
    """``values`` as a ``model``.

    Args:
        model: what they must be.
        values: by field name.
        place: where they stand, for the message: a path, or path and line.
        error: raised when they are not; its message names every field that is wrong.
    """
    try:
        return model.model_validate(values)
    except ValidationError as wrong:
        fields = "; ".join(
            ": ".join(
                part
                for part in (
                    ".".join(str(part) for part in e["loc"]),
                    e["msg"].removeprefix("Value error, "),
                )
                if part
            )
            for e in wrong.errors()
        )
        raise error(f"{place}: {fields}") from wrong
