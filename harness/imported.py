"""Things of a user's own code, by name: ``package.module:name``."""

import importlib
import inspect
import sys
from pathlib import Path
from typing import Any

from harness.errors import ConfigError, told
from harness.files import fingerprint, hash_file


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
            f"cannot import {name}: {told(error)}; it is looked for in {here} and where Python "
            f"looks{_hidden(Path(here))}"
        ) from error
    return found


def _hidden(here: Path) -> str:
    """Which module of the user's is not reached, since another has its name: one of ours, say."""
    for path in sorted(here.glob("*.py")):
        other = getattr(sys.modules.get(path.stem), "__file__", None)
        if other and not Path(other).samefile(path):
            return f"; {path} is hidden by {other}: rename it"
    return ""


def source_of(name: str) -> str:
    """Fingerprint (64 hex digits) of the files that define what ``package.module:name`` is: its
    module, and where that has it from elsewhere, or it is an object of a class, that file too.

    Empty where no file does. What these files import in turn is not looked at.

    Raises:
        ConfigError: as ``imported``.
    """
    found = imported(name)
    module = sys.modules[name.partition(":")[0]]
    written_in = (_file_of(one) for one in (module, inspect.unwrap(found), type(found)))
    files = {Path(file) for file in written_in if file}
    return fingerprint(sorted(map(hash_file, files))) if files else ""


def _file_of(thing: Any) -> str | None:
    """The file that something is written in; None of what is built in, or made at run time."""
    try:
        file = inspect.getsourcefile(thing)
    except TypeError:
        return None
    return file if file and Path(file).is_file() else None
