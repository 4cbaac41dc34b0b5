"""Files checked against a pydantic model, with every wrong field named at once."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from harness.errors import BenchError

Model = TypeVar("Model", bound=BaseModel)


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
            f"{'.'.join(str(part) for part in e['loc'])}: {e['msg'].removeprefix('Value error, ')}"
            for e in wrong.errors()
        )
        raise error(f"{place}: {fields}") from wrong
