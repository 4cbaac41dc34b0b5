"""
A data folder's documents → drafts of questions, chosen, marked, split, and written beside them.

    summary = draft_questions(Path("my/data"), asked_by_rules)
"""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import ConfigError, DataError
from harness.metrics.facts import drawn_facts
from harness.progress import Advance, silent
from rag.corpus import Section, load_corpus
from rag.sections import PATH
from tasks.drafting.asked import Drafted
from tasks.drafting.doubts import answered_elsewhere, asked_twice
from tasks.drafting.record import DraftQuestion, read_drafts, write_drafts
from tasks.drafting.withheld import all_sections, take_away
from tasks.importing.drafts import Draft
from tasks.importing.splits import split_drafts
from tasks.policyqa.questions import DRAFTS, Question, Split, load_questions

AskSections = Callable[[Sequence[Section]], Iterable[Sequence[Drafted]]]
"""What drafts the questions of each of some sections, in their order."""
LIMIT = 200
"""Drafts, at most, unless one says otherwise: some three hours of review."""
UNANSWERABLE_SHARE = 0.1
"""Share of the drafts whose evidence is taken out of the corpus."""
_PROVISION = re.compile(r"(?:Article|Section|Rule|Regulation|Clause|Schedule|§+)\s*\d+[A-Za-z]?\b")


@dataclass(frozen=True)
class DraftPlan:
    """How many drafts there shall be, and how they are split."""

    limit: int = LIMIT
    unanswerable: float = UNANSWERABLE_SHARE
    split_by: str = "section"
    shares: Mapping[Split, float] | None = None
    seed: int = 7


def draft_questions(
    data: Path, ask: AskSections, plan: DraftPlan | None = None, advance: Advance = silent
) -> dict[str, Any]:
    """Draft questions on the documents of a data folder; what was made of them, in counts.

    Sections that questions of the folder have as evidence already are left alone.

    Args:
        data: the folder; gets ``drafts.jsonl``, and loses the sections that are to answer nothing.
        ask: of each section, what may be asked.
        plan: how many, and how they are split.
        advance: hears sections done and in all.

    Raises:
        ConfigError: it has drafts already, or the plan is none.
        DataError: it has no documents, they cannot be read, or nothing could be asked of them.
    """
    plan = plan or DraftPlan()
    _check(data, plan)
    sections = all_sections(data)
    taken = {id_ for one in _questions(data) for id_ in one.evidence}
    free = [one for one in sections if one.id not in taken]
    asked: dict[str, list[Drafted]] = {}
    for done, (section, found) in enumerate(zip(free, ask(free), strict=True), start=1):
        asked[section.id] = list(found)
        advance(done, len(free))
    if not any(asked.values()):
        raise DataError(
            f"nothing could be asked of the {len(free)} sections of {data} by rules; write "
            "questions.csv yourself (docs/data.md), or have a model draft them: --by SUITE:MODEL"
        )
    drafts = drafts_of(asked, sections, plan)
    take_away(data, sections, {id_ for one in drafts for id_ in one.withheld})
    write_drafts(data, drafts)
    return summary_of(drafts, sum(map(len, asked.values())), len(free))


def drafts_of(
    asked: Mapping[str, Sequence[Drafted]], sections: Sequence[Section], plan: DraftPlan
) -> list[DraftQuestion]:
    """What may be asked, chosen, marked, some of it without an answer, and split.

    Args:
        asked: by the id of a section.
        sections: all there are, since any may answer what was asked of another.
        plan: how many, and how they are split.

    Raises:
        ConfigError: a split of the plan would get none.
    """
    found = chosen(asked, plan.limit, plan.seed)
    drafts = _doubted(_numbered(found, {one.id: one for one in sections}), sections)
    return with_splits(without_answer(drafts, plan.unanswerable, plan.seed), plan)


def chosen(
    asked: Mapping[str, Sequence[Drafted]], limit: int, seed: int
) -> list[tuple[str, Drafted]]:
    """At most ``limit`` of what may be asked, by section, spread over sections and kinds.

    In rounds: of each section, in an order by hash, the question whose kind was asked least so far.
    """
    left = {id_: list(some) for id_, some in asked.items() if some}
    kinds: Counter[str] = Counter()
    found: list[tuple[str, Drafted]] = []
    while left and len(found) < limit:
        for id_ in sorted(left, key=lambda one: _hash(one, seed)):
            one = min(left[id_], key=lambda each: kinds[each.kind])
            left[id_].remove(one)
            kinds[one.kind] += 1
            found.append((id_, one))
        left = {id_: some for id_, some in left.items() if some}
    place = {id_: number for number, id_ in enumerate(asked)}
    return sorted(found[:limit], key=lambda pair: place[pair[0]])


def without_answer(drafts: Sequence[DraftQuestion], share: float, seed: int) -> list[DraftQuestion]:
    """The drafts, of which about a share have no answer any more: their sections are withheld.

    Whole sections, that no draft shares with another and none elsewhere answers, in an order by
    hash; at most every fifth of a document.
    """
    of: dict[str, list[DraftQuestion]] = defaultdict(list)
    for one in drafts:
        of[one.evidence[0]].append(one)
    sections = Counter(id_.split("/")[0] for id_ in of)
    removed: Counter[str] = Counter()
    away: set[str] = set()
    count = 0
    for id_ in sorted(of, key=lambda each: _hash(each, seed)):
        document = id_.split("/")[0]
        room = removed[document] < sections[document] // 5
        if any(one.doubts for one in of[id_]) or not room:
            continue
        if count + len(of[id_]) <= share * len(drafts):
            away.add(id_)
            removed[document] += 1
            count += len(of[id_])
    return [_unanswerable(one) if one.evidence[0] in away else one for one in drafts]


def with_splits(drafts: Sequence[DraftQuestion], plan: DraftPlan) -> list[DraftQuestion]:
    """The drafts with their splits: none shares a section, or asks what another does, across two.

    Raises:
        ConfigError: a split of the plan would get none.
    """
    pairs = asked_twice(drafts)
    made, _ = split_drafts(
        [
            Draft(
                id=one.id,
                place=one.id,
                question=one.question,
                answer=one.answer,
                framework=one.framework,
                evidence=one.evidence or one.withheld,
                kind=one.kind,
                answerable=one.answerable,
            )
            for one in drafts
        ],
        plan.split_by,
        plan.seed,
        plan.shares,
        together=[(drafts[first].id, drafts[second].id) for first, second in pairs],
    )
    return [one.model_copy(update={"split": made[one.id]}) for one in drafts]


def summary_of(drafts: Sequence[DraftQuestion], possible: int, sections: int) -> dict[str, Any]:
    """What was drafted, in counts."""
    return {
        "drafts": len(drafts),
        "possible": possible,
        "sections": sections,
        "sections asked of": len({id_ for one in drafts for id_ in one.evidence + one.withheld}),
        "kinds": dict(Counter(one.kind for one in drafts).most_common()),
        "splits": dict(Counter(one.split for one in drafts)),
        "doubtful": sum(bool(one.doubts) for one in drafts),
        "unanswerable": sum(not one.answerable for one in drafts),
        "sections withheld": len({id_ for one in drafts for id_ in one.withheld}),
    }


def _check(data: Path, plan: DraftPlan) -> None:
    if drafts := read_drafts(data):
        reviewed = sum(one.status != "draft" for one in drafts)
        raise ConfigError(
            f"{data / DRAFTS} has {len(drafts)} drafts already, {reviewed} of them reviewed: go on "
            f"with policyqa data review {data}, or remove the file to draft anew"
        )
    if plan.limit < 1 or not 0 <= plan.unanswerable <= 0.5:
        raise ConfigError(
            f"drafts are 1 at least, found --limit {plan.limit}; and the share of unanswerable "
            f"ones is from 0 to 0.5, found --unanswerable {plan.unanswerable}"
        )


def _questions(data: Path) -> list[Question]:
    """The questions there are; none where an import found none."""
    path = data / "questions.jsonl"
    if not path.exists() or not path.stat().st_size:
        return []
    return load_questions(data, [one.id for one in load_corpus(data)])


def _numbered(
    found: Sequence[tuple[str, Drafted]], sections: Mapping[str, Section]
) -> list[DraftQuestion]:
    return [
        _draft(f"draft-{number:04d}", sections[id_], one)
        for number, (id_, one) in enumerate(found, start=1)
    ]


def _draft(id_: str, section: Section, asked: Drafted) -> DraftQuestion:
    """A draft, its answer under the provision that the section's heading names."""
    named = _PROVISION.search(section.heading.split(PATH)[-1])
    answer = asked.answer
    if named and named[0] not in answer:
        answer = f"{answer.rstrip('.')} ({named[0]})."
    return DraftQuestion(
        id=id_,
        split="test",
        framework=section.framework,
        kind=asked.kind,
        question=asked.question,
        answer=answer,
        evidence=[section.id],
        citations=[named[0]] if named else [],
        facts=list(drawn_facts([answer], asked.question)),
    )


def _doubted(drafts: Sequence[DraftQuestion], sections: Sequence[Section]) -> list[DraftQuestion]:
    doubts: list[list[str]] = [[] for _ in drafts]
    for first, second in asked_twice(drafts):
        doubts[second].append(f"asks what {drafts[first].id} asks")
    for place, others in enumerate(answered_elsewhere(drafts, sections)):
        doubts[place] += [f"{id_} may answer it as well" for id_ in others]
    return [
        one.model_copy(update={"doubts": some}) for one, some in zip(drafts, doubts, strict=True)
    ]


def _unanswerable(draft: DraftQuestion) -> DraftQuestion:
    gone: dict[str, Any] = {"answerable": False, "answer": None, "facts": [], "citations": []}
    kept = draft.model_dump(exclude={"evidence", *gone})
    return DraftQuestion(**kept | gone | {"withheld": draft.evidence, "kind": "unanswerable"})


def _hash(text: str, seed: int) -> str:
    return hashlib.sha256(f"{seed} {text}".encode()).hexdigest()
