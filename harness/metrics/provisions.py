"""
Provisions that an English text names: ``Article 83(5)``, ``Sections 6 to 8``, ``45 CFR 164.408``.

Each is told by its path: what kind it is, its number, and the parts of it, from the outer to the
inner one, so that of two anyone can see whether one is within the other. Of which law it is, a
text often leaves to its reader, and is not read.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from harness.metrics.once import read_once
from harness.metrics.unemphasised import unemphasised

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
} | {name.lower(): rf"(?-i:{name})(?= \d)" for name in ("GOVERN", "MAP", "MEASURE", "MANAGE")}
"""What a provision is called, and how that is written; ``§`` and codes of federal law are
sections."""
_NUMBER = r"\d+[a-z]?(?:[.-]\d+[a-z]?)*|(?-i:[IVXL]+)(?:\.\d+)?(?![a-z])"
# "Article 7, II, a" is how Brazil's laws are cited; "under Article 7, I would" is none of it.
_PARTS = (
    r"(?: ?\((?![a-z]{3,}\)(?<![ivxl]{3}\)))[\dA-Za-z.-]{1,5}\)"
    r"|,? (?:points?|para(?:graph)?s?\.?|(?-i:Part)) (?:\([\da-z]{1,5}\)|\d+|(?-i:[IVX]+))(?!\w)"
    r"|, (?:§ ?\d+|(?-i:[IVXL]+(?:-[A-Z])?|[a-z](?=[,.;)]|$)|[b-hj-z](?= )))"
    r"(?![\w']| (?:would|will|am|have|do)\b))*"
)
_KIND = "|".join(rf"(?P<k{i}>{words})" for i, words in enumerate(_KINDS.values()))
# In "Articles 33 and 34, 72 hours" the last number is none of theirs, nor in "as a rule 3 weeks".
_UNIT = r"[ -](?:per ?cent|working|business|hour|day|week|month|year|euro|million|employee)"
_NAMED = re.compile(
    rf"(?<![\w-])(?:{_KIND})\s?(?P<number>{_NUMBER})(?!\d|{_UNIT})(?P<parts>{_PARTS})",
    re.IGNORECASE,
)
_CODE = re.compile(
    r"\b(?P<number>(?:BCP|CAP|CRE|DIS|LCR|LEV|LEX|MAR|MGN|NSF|OPE|RBC|SCO|SRP)\d{2})"
    r"(?:\.(?P<part>\d+))?\b"
)
"""Of the Basel framework, which names its chapters so; ``COP21`` is none."""
_AND = r"(?:, ?(?:and |or )?| and | or | & | to | through |[-–](?=[\d(]))"
_NEXT = re.compile(
    rf"(?P<join>{_AND})(?:(?P<part>\([\dA-Za-z]{{1,5}}\)(?:\([\dA-Za-z]{{1,5}}\))*)"
    rf"|(?P<number>{_NUMBER})(?P<parts>(?:\([\dA-Za-z]{{1,5}}\))*)(?![\w%]|{_UNIT}))",
    re.IGNORECASE,
)
_PART = re.compile(r"(?:point|part|para(?:graph)?)s?\.? |([\da-z.-]+)", re.IGNORECASE)
_ITEM = r"(?:\([\da-z]{1,5}\)|\d{1,3}[a-z]?|[a-z])"
_OUTER = r",? of (?:the )?"
# "Paragraph 2 of Article 5", "points (a) and (b) of Article 6(1)".
_INNER = re.compile(
    r"\b(?:(?:sub-?)?paragraphs?|sub-?sections?|paras?\.?|points?|items?|letters?) ?"
    rf"(?P<items>{_ITEM}(?:(?:, | and | or |, and |, or ){_ITEM})*){_OUTER}$",
    re.IGNORECASE,
)
_OF_ANOTHER = re.compile(
    rf"(?:{_AND}{_ITEM})*{_OUTER}(?:(?:para|art|sec|ann|rec|sch)\w*\.? ?(?:\d|(?-i:[IVXL]))|§)",
    re.IGNORECASE,
)
_FARTHEST = 60
"""From which what a provision is preceded by is read."""
_SEVERAL = re.compile(r"(?:\w\w|s)s\.?$|§§$")
_LONGEST_RANGE = 60
_LONGEST_NUMBER = 6


@dataclass(frozen=True, slots=True)
class Provision:
    """One that a text names."""

    path: Path
    start: int
    """Where its name stands, in characters; of a list, where its own part of it does."""
    end: int


@read_once
def provisions(text: str) -> tuple[Provision, ...]:
    """The provisions a text names, in order; of ``Articles 5 to 7`` all three."""
    read = unemphasised(text)
    found = [one for match in _NAMED.finditer(read.text) for one in _listed(read.text, match)]
    for match in _CODE.finditer(read.text):
        parts = [match["part"]] if match["part"] else []
        found.append(Provision((match["number"].lower(), *parts), *match.span()))
    written = (Provision(one.path, *read.written(one.start, one.end)) for one in found)
    return tuple(sorted(written, key=lambda one: (one.start, one.path)))


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


def named(path: Path) -> str:
    """A path as a text names it: ``Article 83(5)(a)``; a number of letters is a Roman one."""
    kind, *rest = path
    number = rest[0] if rest and rest[0][0].isdecimal() else "".join(rest[:1]).upper()
    return f"{kind.capitalize()} {number}" + "".join(f"({part})" for part in rest[1:])


def named_by(path: Path, known: Iterable[Path]) -> bool:
    """Whether some of ``known`` is that provision, a part of it, or what it is a part of."""
    return any(within(path, one) or within(one, path) for one in known)


def _listed(text: str, match: re.Match[str]) -> Iterator[Provision]:
    """A named provision, and those that its list goes on with."""
    kind = next(name for i, name in enumerate(_KINDS) if match[f"k{i}"])
    if kind == "paragraph" and _OF_ANOTHER.match(text, match.end()):
        return  # The paragraph of what comes next, which is found itself.
    several = bool(_SEVERAL.search(text[match.start() : match.start("number")].strip()))
    if inner := [] if several else _inner(text, match.start()):
        ((number, *parts),) = _numbers(match, several)
        for place, (inside, start, end) in enumerate(inner, 1):
            last = match.end() if place == len(inner) else end
            yield Provision((kind, number, *parts, *inside), start, last)
        return
    path: Path = (kind,)
    for one in _numbers(match, several):
        path = (kind, *one)
        yield Provision(path, *match.span())
    place = match.end()
    while following := _NEXT.match(text, place):
        if not (following["part"] or several):
            return
        span = following.end() - len(following[0].lstrip(", ")), following.end()
        for parts in (
            [_parts(following["part"])] if following["part"] else _numbers(following, True)
        ):
            depth = _depth(path, parts[0]) if following["part"] else 1
            if following["join"].strip() in ("to", "through", "-", "–") and depth < len(path):
                between = _between(path[depth], parts[0])
                yield from (Provision((*path[:depth], one), *span) for one in between)
            path = (*path[:depth], *parts)
            yield Provision(path, *span)
        place = following.end()


def _inner(text: str, end: int) -> list[tuple[list[str], int, int]]:
    """The parts that stand before the provision they are of, outer ones first, and where: of
    ``points (a) and (b) of Article 6`` two, of ``point (a) of paragraph 1 of Article 6`` one."""
    offset = max(0, end - _FARTHEST)
    match = _INNER.search(text[offset:end])
    if not match:
        return []
    start, first = offset + match.start(), offset + match.start("items")
    items = list(re.finditer(rf"(?<!\w){_ITEM}(?!\w)", match["items"], re.IGNORECASE))
    parts = [one[0].strip("()").lower() for one in items]
    if len(items) == 1:
        further = _inner(text, start) or [([], start, end)]
        return [([*parts, *more], begun, ended) for more, begun, ended in further]
    begun = [start, *(first + one.start() for one in items[1:])]
    return [
        ([part], place, first + one.end())
        for part, place, one in zip(parts, begun, items, strict=True)
    ]


def _numbers(match: re.Match[str], several: bool) -> list[list[str]]:
    """The numbers of a match, each with its parts: of ``Articles 5-7`` three."""
    number = match["number"].lower()
    first, _, last = number.partition("-")
    if several and (first.isdecimal() and last.isdecimal()) and len(first) <= len(last) < 4:
        return [[one] for one in (first, *_between(first, last), last)]
    return [[number, *_parts(match["parts"])]]


def _parts(text: str) -> list[str]:
    return [part.lower() for part in _PART.findall(text) if part]


def _depth(path: Path, part: str) -> int:
    """Where in a path a part stands that a list goes on with: ``(b)`` where a letter does."""
    alike = [i for i in range(2, len(path)) if path[i].isdecimal() == part.isdecimal()]
    return alike[-1] if alike else max(2, len(path) - 1)


def _between(first: str, last: str) -> list[str]:
    """What stands between two numbers of a law's, or two letters; of a longer range nothing."""
    if len(first) == len(last) == 1 and first.isalpha() and last.isalpha():
        return [chr(code) for code in range(ord(first) + 1, ord(last))][:_LONGEST_RANGE]
    if not all(one.isdecimal() and len(one) <= _LONGEST_NUMBER for one in (first, last)):
        return []
    between = range(int(first) + 1, int(last))
    return [str(number) for number in between] if len(between) <= _LONGEST_RANGE else []
