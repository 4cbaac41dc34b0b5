"""
Evidence as a question names it → the sections that it covers.

A name is a section's id (``bins/art-1``) or, where a user knows no more, a page (``bins#page=3``)
or a document (``bins``). In a question set without documents names are labels, which tell what
questions have in common and stand for themselves.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from rag.corpus import framework_of
from rag.pages import pages_text

PAGE = "#page="
"""Between a document's id and its page, from 1: as in the address of a PDF's page."""
_SHOWN = 8
"""Documents that an error names."""


class Coverage:
    """The sections that each name covers, in the order of the corpus."""

    def __init__(
        self, section_ids: Iterable[str], pages: Mapping[str, Sequence[int]] | None = None
    ) -> None:
        """Of these sections, none without documents, and the pages each stands on, where known."""
        self.sections = dict.fromkeys(section_ids)
        self._pages = pages or {}
        self._within: dict[str, list[str]] = defaultdict(list)
        for section in self.sections:
            document = framework_of(section)
            self._within[document].append(section)
            for page in self._pages.get(section, ()):
                self._within[f"{document}{PAGE}{page}"].append(section)

    def of(self, name: str) -> list[str]:
        """The sections that a name covers; none where there is nothing of that name."""
        if not self.sections or name in self.sections:
            return [name]
        return list(self._within.get(name, ()))

    def expanded(self, names: Sequence[str]) -> list[str]:
        """The sections that names cover, none of them twice; what covers none stays as it is."""
        if all(name in self.sections for name in names):
            return list(names)
        return list(dict.fromkeys(one for name in names for one in self.of(name) or [name]))

    def missing(self, name: str) -> str:
        """What to say of a name that covers nothing."""
        document = framework_of(name)
        if names_section(name):
            return f"evidence {name!r} is no section of the corpus"
        if document not in self._within:
            ids = [one for one in self._within if PAGE not in one]
            known = ", ".join(ids[:_SHOWN]) + (" …" if len(ids) > _SHOWN else "")
            return f"evidence {name!r} is no section or document of the corpus, which has {known}"
        noted = {page for one in self._within[document] for page in self._pages.get(one, ())}
        if noted:
            return (
                f"evidence {name!r}: no section stands on that page; those of {document} stand on "
                f"{pages_text(sorted(noted))}, of which the first is {document}{PAGE}{min(noted)}"
            )
        return (
            f"evidence {name!r}: the corpus notes no pages of {document}. policyqa data import "
            f"notes those of a PDF; else name the document, as {document!r}, or its sections"
        )


def known_by(names: Sequence[str]) -> str:
    """What evidence is known by, as closely as it is: ``section``, ``page`` or ``document``.

    Empty where there is none.
    """
    if any(map(names_section, names)):
        return "section"
    if any(map(names_page, names)):
        return "page"
    return "document" if names else ""


def names_section(name: str) -> bool:
    """Whether a name of evidence is written as a section's id; else it is a page or a document."""
    return "/" in name


def names_page(name: str) -> bool:
    """Whether a name of evidence is written as a page."""
    return "#" in name
