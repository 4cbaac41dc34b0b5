"""Things of a user's own code, by name: ``package.module:name``."""

import importlib
import inspect
import sys
from pathlib import Path
from typing import Any

from harness.errors import ConfigError
from harness.files import hash_file


def imported(name: str) -> Any:
    """What ``package.module:name`` is, found as Python finds it, the working directory first.

    Raises:
        ConfigError: another form, no such module, one that fails, or no such name in it.
    """
    module_name, colon, attribute = name.partition(":")
    if not (module_name and colon and attribute):
        raise ConfigError(f"{name!r} has not the form package.module:name")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        found: Any = importlib.import_module(module_name)
        for part in attribute.split("."):
            found = getattr(found, part)
    except Exception as error:  # Whatever a user's module raises while it is imported.
        raise ConfigError(
            f"cannot import {name}: {type(error).__name__}: {error}; it is looked for in {here} "
            "and where Python looks"
        ) from error
    return found


def source_of(name: str) -> str:
    """SHA-256 (64 hex digits) of the file that defines what ``package.module:name`` is.

    Empty where no file does. What that file imports in turn is not looked at.

    Raises:
        ConfigError: as ``imported``.
    """
    try:
        file = inspect.getsourcefile(inspect.unwrap(imported(name)))
    except TypeError:
        # An object with __call__: what its class is in.
        file = inspect.getsourcefile(type(imported(name)))
    return hash_file(Path(file)) if file and Path(file).is_file() else ""
