"""What a row of questions calls documents and evidence → what a data folder calls them."""

import re
import unicodedata
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from difflib import get_close_matches
from functools import lru_cache
from itertools import islice
from pathlib import Path

from rag.corpus import Framework, Section
from rag.sections import PATH
from tasks.importing.drafts import ImportedDocument
from tasks.policyqa.evidence import PAGE, Coverage

NEAREST = 3
"""Headings that an error names."""
MOST_GUESSES = 200
"""Rows of which the nearest headings are looked for: each is compared with all there are."""
_NUMBER = re.compile(r"^\d+(?:\.\d+)*[.)]?\s+")
_NUMBERED = re.compile(
    r"(?:(?P<word>section|article|clause|chapter|part|rule|sec\.|art\.|§) ?)?"
    r"(?P<number>\d+(?:\.\d+)*)[.):]?(?= |$)"
)
"""How a heading in plain letters tells its number, and how a row names it."""
_SECTION = ("section", "sec.", "§")
"""What a row may call a section of which the heading has a number alone."""
_BETWEEN = re.compile(r"\s*[/#:,›]\s*")
"""Between a document's name and what is named of it."""
_PART = re.compile(r" \(part \d+ of \d+\)$")


class UnusableError(Exception):
    """Why a row is not taken."""


class Places:
    """The documents, sections and pages that rows may name."""

    def __init__(self, documents: Sequence[ImportedDocument]) -> None:
        self.documents = documents
        self._coverage = coverage_of(documents)
        self._named: dict[str, list[ImportedDocument]] = defaultdict(list)
        for one in documents:
            for name in dict.fromkeys(map(_plain, _names(one.framework))):
                self._named[name].append(one)
        self._headings: dict[tuple[str, ...], _Headings] = {}
        self._guessed = 0

    def named(self, name: str) -> list[ImportedDocument]:
        """The documents whose file, with or without its suffix, or id ``name`` is."""
        return self._named.get(_plain(name), [])

    def evidence(self, name: str, within: Sequence[ImportedDocument]) -> list[str]:
        """What a row calls evidence: a section's id, a page, a heading or a document.

        Args:
            name: as in ``bins/art-1``, ``bins.pdf#page=3`` or ``#page=3``, ``Article 1``, ``bins``,
                ``bins.pdf/Article 1``; of one document also a number, as ``2`` or ``Section 2``.
            within: documents that a heading may stand in, or the page be of.

        Raises:
            UnusableError: there is nothing of that name, or several things.
        """
        if name in self._coverage.sections:
            return [name]
        document, page, number = name.partition(PAGE)
        if page:
            one = _only(name, self.named(document) if document else within)
            name = f"{one.framework.id}{PAGE}{number}"
            if not self._coverage.of(name):
                raise UnusableError(self._coverage.missing(name))
            return [name]
        if found := self._ids_of(name, within):
            return found
        if named := self.named(name):
            return [_only(name, named).framework.id]
        return self._of_document(name, within)

    def _of_document(self, name: str, within: Sequence[ImportedDocument]) -> list[str]:
        """The sections of a name that begins with its document's, as in ``bins.pdf/Article 1``."""
        heading = name
        for between in reversed(list(_BETWEEN.finditer(name))):
            named = self.named(name[: between.start()])
            if named:
                within, heading = [_only(name, named)], name[between.end() :]
                id_ = f"{within[0].framework.id}/{heading}"
                if (
                    found := [id_]
                    if id_ in self._coverage.sections
                    else self._ids_of(heading, within)
                ):
                    return found
                break
        raise UnusableError(
            f"evidence {name!r} is neither an id nor a heading of a section, nor a document; "
            f"{self._nearest(heading, within)}"
        )

    def _ids_of(self, name: str, within: Sequence[ImportedDocument]) -> list[str]:
        """The ids of the sections that a heading names: those headed so, else the one of that
        number in one document, else those beginning so."""
        # All of them have no key of their own: a row without a document may be about any.
        every = within is self.documents
        key = () if every else tuple(one.framework.id for one in within)
        if key not in self._headings:
            self._headings[key] = _Headings(within)
        found = self._headings[key].found(_plain(name), numbered=len(within) == 1)
        if len(_beginnings(found)) > 1:
            places = ", ".join(section.id for section in _beginnings(found)[:4])
            raise UnusableError(f"evidence {name!r} heads several sections: name one of {places}")
        return [section.id for section in found]

    def _nearest(self, name: str, within: Sequence[ImportedDocument]) -> str:
        """What ``_nearest`` says, as long as that takes no hours."""
        self._guessed += 1
        if self._guessed > MOST_GUESSES:
            return f"{MOST_GUESSES:,} before it are not either, so the nearest is not looked for"
        return _nearest(name, within)


class _Headings:
    """Sections by what rows may call them, so that a row goes through none in vain."""

    def __init__(self, documents: Sequence[ImportedDocument]) -> None:
        self._sections = [section for document in documents for section in document.sections]
        self._exact: dict[str, list[Section]] = defaultdict(list)
        self._by_number: dict[str, list[Section]] = defaultdict(list)
        for section in self._sections:
            last = _last(section)
            for name in {_plain(_whole(section)), _plain(last), _plain(_NUMBER.sub("", last))}:
                self._exact[name].append(section)
            if own := _NUMBERED.match(_plain(last)):
                self._by_number[own["number"]].append(section)
        plain = enumerate(_plain(_last(section)) for section in self._sections)
        self._ordered = sorted((name, place) for place, name in plain)

    def found(self, wanted: str, numbered: bool) -> list[Section]:
        """The sections of a name in plain letters; by number as well where that is asked for."""
        if wanted in self._exact:
            return self._exact[wanted]
        number = _NUMBERED.fullmatch(wanted) if numbered else None
        among = self._by_number.get(number["number"], []) if number else []
        return _numbered(wanted, among) or self._begun(wanted)

    def _begun(self, wanted: str) -> list[Section]:
        begins = re.compile(rf"{re.escape(wanted)}\b")
        places = []
        for name, place in islice(self._ordered, bisect_left(self._ordered, (wanted, -1)), None):
            if not name.startswith(wanted):
                break
            places += [place] if begins.match(name) else []
        return [self._sections[place] for place in sorted(places)]


def coverage_of(documents: Sequence[ImportedDocument]) -> Coverage:
    """The sections that each name covers."""
    pages = {one.id: one.pages for document in documents for one in document.sections}
    return Coverage(pages, pages)


def _only(name: str, documents: Sequence[ImportedDocument]) -> ImportedDocument:
    """The one document that evidence is of."""
    if len(documents) != 1:
        found = ", ".join(document.framework.citation for document in documents[:4]) or "none"
        raise UnusableError(f"evidence {name!r} must be of one document; found {found}")
    return documents[0]


def _names(framework: Framework) -> tuple[str, ...]:
    file = Path(framework.citation)
    return file.name, str(file), file.stem, framework.id


def _numbered(name: str, sections: Sequence[Section]) -> list[Section]:
    """The section of the number that a name in plain letters is; none where there are several."""
    wanted = _NUMBERED.fullmatch(name)
    if wanted is None:
        return []
    word = wanted["word"]
    found = [
        section
        for section in sections
        if (own := _NUMBERED.match(_plain(_last(section))))
        and own["number"] == wanted["number"]
        and (word in (None, own["word"]) or (own["word"] is None and word in _SECTION))
    ]
    return found if len(_beginnings(found)) == 1 else []


def _beginnings(sections: Sequence[Section]) -> list[Section]:
    """Sections without the further parts of long ones."""
    return [s for s in sections if _whole(s) == s.heading or " (part 1 of" in s.heading]


def _nearest(name: str, documents: Sequence[ImportedDocument]) -> str:
    """The headings that hold a name or are most like it; where none is, the first there are."""
    wanted = _plain(name)
    named = {_plain(_last(s)): _last(s) for one in documents for s in one.sections}
    holding = [one for one in named if wanted in one]
    like = dict.fromkeys([*holding, *get_close_matches(wanted, named, NEAREST, cutoff=0.5)])
    shown = ", ".join(repr(named[one]) for one in list(like or named)[:NEAREST])
    of = f" of {documents[0].framework.citation}" if len(documents) == 1 else ""
    return f"the nearest headings{of} are {shown}" if like else f"some headings{of} are {shown}"


def _whole(section: Section) -> str:
    """A section's heading without its part of a long one."""
    return _PART.sub("", section.heading)


def _last(section: Section) -> str:
    """The innermost of the headings it stands under."""
    return _whole(section).split(PATH)[-1]


@lru_cache(maxsize=1 << 16)
def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())
