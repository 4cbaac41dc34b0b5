"""
Provisions that an English text names: ``Article 83(5)``, ``Sections 6 to 8``, ``45 CFR 164.408``.

Each is told by its path: what kind it is, its number, and the parts of it, from the outer to the
inner one, so that of two anyone can see whether one is within the other. Of which law it is, a
text often leaves to its reader, and is not read.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

Path = tuple[str, ...]
"""``("article", "83", "5", "a")``; numbers as written, in lower case."""

_KINDS = {
    "article": r"art(?:icle)?s?\.?",
    "section": r"sections?|secs?\.|s{1,2}\.(?= ?\d)|§{1,2}"
    r"|(?:\d+ )?(?:U\.?S\.?C\.?|C\.?F\.?R\.?)(?: §| section)?",
    "recital": r"recitals?",
    "annex": r"annex(?:es)?",
    "schedule": r"schedules?",
    "principle": r"principles?",
    "recommendation": r"recommendations?",
    "rule": r"rules?",
    "clause": r"clauses?",
    "chapter": r"chapters?",
    "paragraph": r"para(?:graph)?s?\.?",
    "policy area": r"policy areas?",
    "function": r"(?:GOVERN|MAP|MEASURE|MANAGE)(?= \d)",
}
"""What a provision is called, and how that is written; ``§`` and codes of federal law are
sections."""
_NUMBER = r"\d+\w?(?:[.-]\d+\w?)*|(?-i:[IVXL]+)(?:\.\d+)?(?![a-z])"
# "Article 7, II, a" is how Brazil's laws are cited; "under Article 7, I would" is none of it.
_PARTS = (
    r"(?: ?\([\dA-Za-z.-]{1,5}\)"
    r"|, (?:§ ?\d+|(?-i:[IVXL]+(?:-[A-Z])?|[a-z](?=[,.;)]|$)))"
    r"(?![\w'’]| (?:would|will|am|have|do)\b))*"
)
_KIND = "|".join(rf"(?P<k{i}>{words})" for i, words in enumerate(_KINDS.values()))
_NAMED = re.compile(
    rf"(?<![\w-])(?:{_KIND}) ?(?P<number>{_NUMBER})(?P<parts>{_PARTS})", re.IGNORECASE
)
_CODE = re.compile(r"\b(?P<number>[A-Z]{3}\d{2})(?:\.(?P<part>\d+))?\b")
_AND = r"(?:, ?(?:and |or )?| and | or | & | to | through |[-–](?=\d))"
_NEXT = re.compile(
    rf"(?P<join>{_AND})(?:(?P<part>\([\dA-Za-z]{{1,5}}\)(?:\([\dA-Za-z]{{1,5}}\))*)"
    rf"|(?P<number>{_NUMBER})(?P<parts>(?:\([\dA-Za-z]{{1,5}}\))*)(?![\w%]))"
)
_PART = re.compile(r"[\dA-Za-z.-]+")
_LONGEST_RANGE = 60


@dataclass(frozen=True)
class Provision:
    """One that a text names."""

    path: Path
    start: int
    """Where its name stands, in characters; of a list, where its own part of it does."""
    end: int


def provisions(text: str) -> list[Provision]:
    """The provisions a text names, in order; of ``Articles 5 to 7`` all three."""
    found = [one for match in _NAMED.finditer(text) for one in _listed(text, match)]
    for match in _CODE.finditer(text):
        parts = [match["part"]] if match["part"] else []
        found.append(Provision((match["number"].lower(), *parts), *match.span()))
    return sorted(found, key=lambda one: (one.start, one.path))


def paths(texts: Iterable[str]) -> frozenset[Path]:
    """The paths of all provisions that some texts name."""
    return frozenset(one.path for text in texts for one in provisions(text))


def within(inner: Path, outer: Path) -> bool:
    """Whether one provision is another, or a part of it."""
    return inner[: len(outer)] == outer


def written(path: Path) -> str:
    """A path as one word, ``article/83/5``; ``read_path`` reads it."""
    return "/".join(path)


def read_path(word: str) -> Path:
    """What ``written`` wrote."""
    return tuple(word.split("/"))


def named_by(path: Path, known: Iterable[Path]) -> bool:
    """Whether some of ``known`` is that provision, a part of it, or what it is a part of."""
    return any(within(path, one) or within(one, path) for one in known)


def _listed(text: str, match: re.Match[str]) -> Iterator[Provision]:
    """A named provision, and those that its list goes on with."""
    kind = next(name for i, name in enumerate(_KINDS) if match[f"k{i}"])
    path = (kind, match["number"].lower(), *_parts(match["parts"]))
    if kind == "paragraph" and re.match(r" of (?:Art|Sec|Ann|Rec|§)", text[match.end() :]):
        return  # The paragraph of what comes next, which is found itself.
    yield Provision(path, *match.span())
    several = re.search(r"\w\ws\.?$|§§$", text[match.start() : match.start("number")].strip())
    place = match.end()
    while following := _NEXT.match(text, place):
        if following["part"]:
            depth = max(2, len(path) - 1)
            path = (*path[:depth], *_parts(following["part"]))
        elif several:
            first, last = path[1], following["number"].lower()
            path = (kind, last, *_parts(following["parts"]))
            if following["join"].strip() in ("to", "through", "-", "–"):
                yield from (
                    Provision((kind, one), following.start(), following.end())
                    for one in _between(first, last)
                )
        else:
            return
        yield Provision(path, following.end() - len(following[0].lstrip(", ")), following.end())
        place = following.end()


def _parts(text: str) -> list[str]:
    return [part.lower() for part in _PART.findall(text)]


def _between(first: str, last: str) -> list[str]:
    """The numbers between two, where both are numbers and the range is one of a law."""
    if not (first.isdigit() and last.isdigit()):
        return []
    between = range(int(first) + 1, int(last))
    return [str(number) for number in between] if len(between) <= _LONGEST_RANGE else []
