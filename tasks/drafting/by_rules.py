"""Sections → all that rules would ask of each."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from rag.corpus import Section
from rag.sections import PATH
from tasks.checking.answers import STOP_WORDS
from tasks.drafting import parts
from tasks.drafting.asked import Drafted
from tasks.drafting.layout import Listed, Paragraph, Table, blocks_of, sentences_of
from tasks.drafting.rules import asked_of
from tasks.drafting.wording import names_of

_TAKES_BACK = re.compile(
    r"(?:however|but|except|unless|nor|only|this (?:does not|do not|rule)|it does not|"
    r"that does not|these do not|the exceptions? |exceptions? |an exception )\b",
    re.IGNORECASE,
)
_VAGUE = re.compile(r"\b(?:it|they|them|that|this|one|which part|in time)\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+")
_CURRENCY = re.compile(r"[€£$]")
_PART = re.compile(r" \(part \d+ of \d+\)$")
_NUMBERED = re.compile(
    r"^(?:[A-Z]\.\s+|[–—-]\s*|\w+ \d+[\w.]*\s*[.:–—-]+\s*"
    r"|(?:Article|Section|Rule|Clause|Chapter|§+)\s*\d+[\w.]*\s*[.:–—-]*\s*|\d+(?:\.\d+)*[.)]?\s+)",
    re.IGNORECASE,
)
"""What counts headings."""


def asked_by_rules(sections: Sequence[Section]) -> Iterator[list[Drafted]]:
    """The questions that each section answers, in the order of its text; none twice.

    Args:
        sections: of whole documents, so that names are told from what begins a sentence; their
            bodies are Markdown or plain text.
    """
    texts: dict[str, list[str]] = defaultdict(list)
    for section in sections:
        texts[section.framework].append(section.body)
    names = {framework: names_of(" ".join(some)) for framework, some in texts.items()}
    for section in sections:
        yield _asked_of(section, names[section.framework])


def _asked_of(section: Section, names: frozenset[str]) -> list[Drafted]:
    path = [_NUMBERED.sub("", part).strip() for part in _PART.sub("", section.heading).split(PATH)]
    above = [one for one in path[::-1] if one and one != "Text"] + [section.framework_title]
    subject = next((one for one in above if one[-1:] != "?" and _roots(one)), above[-1])
    placed = (_placed(one, subject) for one in _asked(section, above[0], names))
    each = {one.question: one for one in placed if 4 <= len(one.question.split()) <= 50}
    return list(each.values())


def _placed(asked: Drafted, subject: str) -> Drafted:
    """The question with what its section is about, where it does not say so itself."""
    own = asked.kind in ("table", "procedure")
    if own or (asked.kind == "faq" and not _VAGUE.search(asked.question)):
        return asked
    if _roots(subject) & _roots(asked.question):
        return asked
    place = f" (“{subject}”)"
    told = asked.told and asked.told + place
    return replace(asked, question=f"{asked.question.removesuffix('?')}{place}?", told=told)


def _roots(text: str) -> set[str]:
    words = (
        word for word in _WORD.findall(text.lower()) if len(word) > 2 and word not in STOP_WORDS
    )
    return {word.rstrip("s")[:5] for word in words}


def _asked(section: Section, name: str, names: frozenset[str]) -> Iterator[Drafted]:
    blocks = blocks_of(section.body)
    texts = [one.text for one in blocks if isinstance(one, Paragraph)]
    if name.endswith("?"):
        if len(texts) == len(blocks):
            yield from parts.asked_as_it_stands(name, " ".join(texts))
        return
    heading = ""
    for place, block in enumerate(blocks):
        if isinstance(block, Paragraph) and block.strong:
            heading = block.text
            after = blocks[place + 1] if place + 1 < len(blocks) else None
            if heading.endswith("?") and isinstance(after, Paragraph):
                yield from parts.asked_as_it_stands(heading, after.text)
        elif isinstance(block, Paragraph):
            if heading.endswith("?"):
                continue
            yield from _in_text(block.text, names)
        elif isinstance(block, Listed):
            yield from parts.listed(block, names)
            yield from parts.steps(block, name)
            for item in block.items:
                if not block.above:
                    yield from _in_text(item, names)
        elif isinstance(block, Table):
            found = set(_CURRENCY.findall(section.body))
            before = blocks[place - 1] if place else None
            above = before.text if isinstance(before, Paragraph) else ""
            yield from parts.rows(block, name, found.pop() if len(found) == 1 else "", above)


def _in_text(text: str, names: frozenset[str]) -> Iterator[Drafted]:
    """What the sentences of a text answer, but for those of which the next one takes back some."""
    sentences = sentences_of(text)
    for sentence, after in zip(sentences, [*sentences[1:], ""], strict=True):
        if not _TAKES_BACK.match(after):
            yield from asked_of(sentence, names)
