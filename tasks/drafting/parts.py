"""Lists, steps, tables and questions that a section has already → questions with answers."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from tasks.drafting.asked import Drafted
from tasks.drafting.clauses import is_subject, stands_alone
from tasks.drafting.layout import Listed, Table, sentences_of
from tasks.drafting.wording import ended, lowered, raised, turned
from tasks.drafting.words import any_of, words

MOST_WORDS = 70
"""Of an answer that is taken whole."""
MOST_STEP_WORDS = 45
FEWEST_STEPS = 3
_INTRODUCED = re.compile(
    r"(?P<subject>[^,;:()]+?) (?P<modal>must|shall|may|should|will|can)(?P<never> not)?"
    r"(?: (?P<verb>(?!only\b)[^:]+?))?:"
)
_INCLUDES = re.compile(
    r"(?P<subject>[^,;:()]+?) (?P<verb>includes?|contains?|covers?|comprises?)(?: the following)?:"
)
_LAST = re.compile(r"[;,]?\s+(?:and|or)[;,]?$")
_FILLER = re.compile(
    r"(?:,? (?:the following|as follows|at least|all of the following|each of the following))+$"
)
_QUESTION = re.compile(r"(?:Q(?:uestion)?\s?\d*[.:)]\s*)?(?P<text>[A-Z“\"].{8,200}\?)")
_GOES_ON = re.compile(
    r"(?:and|but|or|so|what about|how about|what if not|why not)\b", re.IGNORECASE
)
_UNIT = re.compile(r"(?P<name>.*?)\s*[(\[](?P<unit>[^)\]]{1,20})[)\]]")
_STEP_START = re.compile(r"(?:\d+[.)]\s*)?(?P<first>[A-Z][a-z]+)\b")
_FINITE = re.compile(r"\b(?:is|are|shall|must|may|has|have|was|were|will|who)\b")
_CLAUSE_END = re.compile(r", | (?:if|when|until|that|which|while|once|before|after|where|as) ")
_UNIT_COLUMN = re.compile(r"(?:unit|per|charged per|basis|priced per)", re.IGNORECASE)
_OF_ALL = re.compile(
    r"\b(?:prices?|rates?|fees?|charges?|amounts?|figures)\b.*\b(?:per|in|each|are|include|exclude)\b"
    r"|^per\b|^all\b",
    re.IGNORECASE,
)
_PRICE = re.compile(r"^(?:\+ ?)?(?:[€£$]\s?)?\d[\d.,]*(?: ?(?:[€£$]|[A-Z]{3}))?(?: |/|$)|[€£$]")
_FOOTNOTE = re.compile(r"[¹²³⁴⁵*†‡]|\(\d\)$|\[\d\]")
_NOUN = re.compile(rf"(?:^|\s){any_of('asked_columns')}$", re.IGNORECASE)
_EMPTY = re.compile(r"[\s–—-]*|n/?a\b.*|none|see .*", re.IGNORECASE)


def listed(part: Listed, names: frozenset[str]) -> Iterator[Drafted]:
    """What a list answers, that a sentence introduces."""
    if not 2 <= len(part.items) <= 9 or not part.above:
        return
    items = [_LAST.sub("", item).rstrip(" ;.,") for item in part.items]
    if any("." in re.sub(r"\d\.\d|\w\.\w\.", "", item) for item in items):
        return
    answer = joined(items, "or" if re.search(r"\bor[ ;,]*$", part.items[-2]) else "and")
    if len(answer.split()) > MOST_WORDS:
        return
    match, includes = _INTRODUCED.fullmatch(part.above), _INCLUDES.fullmatch(part.above)
    if includes and stands_alone(includes["subject"]) and is_subject(includes["subject"]):
        asks = "do" if not includes["verb"].endswith("s") else "does"
        verb = includes["verb"].removesuffix("s")
        subject = lowered(includes["subject"], names)
        yield Drafted("list", turned(f"What {asks} {subject} {verb}?"), ended(answer))
    if match is None or not stands_alone(match["subject"]) or not is_subject(match["subject"]):
        return
    verb = _FILLER.sub("", match["verb"] or "").strip()
    subject = lowered(match["subject"], names)
    modal = "must" if match["modal"] == "shall" else match["modal"]
    if match["never"]:
        modal = "may" if modal == "must" else modal
        if verb:
            return
        yield Drafted("list", raised(turned(f"What {modal} {subject} not do?")), ended(answer))
    elif not verb:
        yield Drafted("list", raised(turned(f"What {modal} {subject} do?")), ended(answer))
    elif re.match(r"(?:\w+)$", verb) and verb not in ("be", "have"):
        yield Drafted("list", raised(turned(f"What {modal} {subject} {verb}?")), ended(answer))


def steps(part: Listed, name: str) -> Iterator[Drafted]:
    """What comes after each step of a procedure of that name."""
    if not part.ordered or len(part.items) < FEWEST_STEPS:
        return
    told = [_imperative(item) for item in part.items]
    if sum(one is not None for one in told) < 0.6 * len(part.items):
        return
    for before, item, step in zip(told, part.items, part.items[1:], strict=False):
        # Of a step of several sentences, the next step is not what comes right after the first.
        if (
            before is None
            or len(sentences_of(item)) > 1
            or len(step.split()) > MOST_STEP_WORDS
            or not stands_alone(before)
        ):
            continue
        asks = f"In “{name}”, what is the step right after “{before}”?"
        yield Drafted("procedure", asks, ended(step))


def rows(table: Table, name: str, currency: str = "", above: str = "") -> Iterator[Drafted]:
    """What stands in each cell of a table of that name, by its row and column.

    Args:
        table: whose first one or two columns name its rows.
        name: of the section it stands in.
        currency: of prices that have none of their own.
        above: the paragraph that stands before it; what it says of all prices is in each answer.
    """
    keys = _keys(table)
    units = [place for place, title in enumerate(table.header) if _UNIT_COLUMN.fullmatch(title)]
    said = [one for one in sentences_of(above) if _OF_ALL.search(one) and len(one.split()) <= 25]
    for row in table.rows if keys else ():
        label = " and ".join(
            f"{_low(table.header[key])} “{row[key]}”" if keys > 1 else f"“{row[key]}”"
            for key in range(keys)
        )
        per = next((f" {row[place]}" for place in units if place >= keys), "")
        for place, (title, value) in enumerate(zip(table.header, row, strict=True)):
            if (
                place < keys
                or place in units
                or not title
                or _EMPTY.fullmatch(value)
                or not all(row[:keys])
                or _FOOTNOTE.search(value)
            ):
                continue
            titled = _UNIT.fullmatch(title)
            unit = titled["unit"].strip() if titled else ""
            asks = _cell_question((titled["name"] if titled else title).strip(), label, name)
            shown = _with_unit(value, unit, currency)
            priced = [f"{shown}{per}", *said] if _PRICE.search(shown) else [shown]
            yield Drafted("table", asks, " ".join([ended(priced[0]), *priced[1:]]))


def _cell_question(title: str, label: str, name: str) -> str:
    if _NOUN.search(title):
        return f"What is the {_low(title)} for {label} (“{name}”)?"
    return f"In “{name}”, what is listed under “{title}” for {label}?"


def _with_unit(value: str, unit: str, currency: str) -> str:
    """A cell with the unit that its column has, or its document."""
    if not re.fullmatch(r"[\d.,\s–-]+", value):
        return value
    if unit in "€£$" and unit:
        return f"{unit}{value}"
    if unit:
        return f"{value} {unit}"
    return f"{currency}{value}" if re.fullmatch(r"[\d,]+\.\d\d", value) else value


def asked_as_it_stands(heading: str, text: str) -> Iterator[Drafted]:
    """A heading that is a question itself, with what stands under it."""
    match = _QUESTION.fullmatch(heading.strip())
    if match and not _GOES_ON.match(match["text"]) and len(text.split()) >= 3:
        answer = ""
        for sentence in sentences_of(text):
            if answer and len(f"{answer} {sentence}".split()) > MOST_WORDS:
                return
            answer = f"{answer} {sentence}".strip()
        if len(answer.split()) <= MOST_WORDS and not answer.endswith(":"):
            yield Drafted("faq", match["text"], answer)


def joined(items: Sequence[str], word: str = "and") -> str:
    """``a, b and c``; between semicolons where an item has a comma itself."""
    comma = "; " if any("," in item for item in items) else ", "
    between = f"{comma.rstrip() if comma == '; ' else ''} {word} "
    return between.join([comma.join(items[:-1]), items[-1]]) if len(items) > 1 else items[0]


def _imperative(step: str) -> str | None:
    """The first sentence of a step that tells to do something, without its end."""
    first = sentences_of(step)[0].rstrip(".;:")
    match = _STEP_START.match(first)
    if match is None or match["first"].lower() in words("no_imperatives") or len(first.split()) < 3:
        return None
    if re.search(r"(?<!s)s$", match["first"]) or _FINITE.search(_CLAUSE_END.split(first)[0]):
        return None
    return first if len(first.split()) <= 25 else None


def _keys(table: Table) -> int:
    """How many of the first columns name a row; 0 where not even two do."""
    for keys in (1, 2):
        if keys >= len(table.header):
            break
        names = Counter(tuple(row[:keys]) for row in table.rows)
        if names and max(names.values()) == 1:
            return keys
    return 0


def _low(title: str) -> str:
    return title if title.isupper() else title[:1].lower() + title[1:]
