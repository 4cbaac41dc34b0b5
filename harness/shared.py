"""Equal texts of many lines, in memory once: the variants of a run are asked the same questions."""

import sys
from collections.abc import Callable
from typing import Any


class Shared:
    """What was met before."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._tables: dict[str, dict[str, Any]] = {}
        self._documents: dict[str, list[dict[str, Any]]] = {}

    def text(self, text: str) -> str:
        """The text, as it was first met."""
        return self._texts.setdefault(text, text)

    def document(
        self, document: dict[str, Any], check: Callable[[dict[str, Any]], object]
    ) -> dict[str, Any]:
        """An equal question's, where one was met, or this one of shared names and texts; not to be
        changed.

        Args:
            document: of a line.
            check: raises if it is none, and is asked where no equal one was met.

        Raises:
            KeyError: it has no id.
        """
        met = self._documents.setdefault(document["id"], [])
        for one in met:
            if one == document:
                return one
        check(document)
        made = {sys.intern(name): self._value(value) for name, value in document.items()}
        met.append(made)
        return made

    def _value(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        # Questions on one framework have a table of its sections each.
        return self._tables.setdefault(repr(value), value) if isinstance(value, dict) else value
