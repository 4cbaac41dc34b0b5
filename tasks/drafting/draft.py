"""
A data folder's documents → drafts of questions, chosen, marked, split, and written beside them.

    summary = draft_questions(Path("my/data"), asked_by_rules)
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from shlex import quote
from typing import Any

from harness.errors import ConfigError, DataError
from harness.files import fingerprint
from harness.progress import Advance, silent
from rag.corpus import Section, framework_of, load_corpus
from rag.sections import PATH
from tasks.drafting.asked import Drafted
from tasks.drafting.choosing import DraftPlan, chosen, with_splits, without_answer
from tasks.drafting.doubts import answered_elsewhere, asked_already, asked_twice
from tasks.drafting.record import DraftQuestion, read_drafts, write_drafts
from tasks.drafting.registers import bare, in_a_register, register_of
from tasks.drafting.withheld import all_sections, take_away, withheld_ids
from tasks.policyqa.questions import DRAFTS, Question, load_questions

AskSections = Callable[[Sequence[Section]], Iterable[Sequence[Drafted]]]
"""What drafts the questions of each of some sections, in their order."""
DRAFT_ID = "draft-"
"""With which the id of a draft begins, and of a question that it becomes."""
_PROVISION = re.compile(r"(?:Article|Section|Rule|Regulation|Clause|Schedule|§+)\s*\d+[A-Za-z]?\b")


def draft_questions(
    data: Path,
    ask: AskSections,
    plan: DraftPlan | None = None,
    advance: Advance = silent,
    show: Callable[[Sequence[DraftQuestion]], None] | None = None,
) -> dict[str, Any]:
    """Draft questions on the documents of a data folder; what was made of them, in counts.

    Sections that questions of the folder are on already are left alone, and what they ask is not
    drafted again.

    Args:
        data: the folder; gets ``drafts.jsonl``, and loses the sections that are to answer nothing.
        ask: of each section, what may be asked.
        plan: how many, and how they are split.
        advance: hears sections done and in all.
        show: writes what the drafts are reviewed on, before they are kept: killed in between, they
            are drafted again.

    Raises:
        ConfigError: it has drafts already, or the plan is none.
        DataError: it has no documents, they cannot be read, or nothing could be asked of them.
    """
    plan = plan or DraftPlan()
    plan.check()
    _refuse_drafted(data)
    sections, questions = all_sections(data), _questions(data)
    away = _away_for_good(data, questions)
    taken = {id_ for one in questions for id_ in one.evidence} | away
    free = [one for one in sections if one.id not in taken]
    asked: dict[str, list[Drafted]] = {}
    for done, (section, found) in enumerate(zip(free, ask(free), strict=True), start=1):
        asked[section.id] = list(found)
        advance(done, len(free))
    drafts = drafts_of(asked, sections, plan, questions)
    if not drafts:
        raise DataError(
            f"nothing could be asked of the {len(free)} of {len(sections)} sections of {data} that "
            "no question is on: write questions.csv yourself (docs/data.md), or have a model, or "
            f"another one, draft them: policyqa data draft {quote(str(data))} --by SUITE:MODEL"
        )
    take_away(data, away | {id_ for one in drafts for id_ in one.withheld})
    if show:
        show(drafts)
    write_drafts(data, drafts)
    return _summary(drafts, sum(map(len, asked.values())), len(free))


def drafts_of(
    asked: Mapping[str, Sequence[Drafted]],
    sections: Sequence[Section],
    plan: DraftPlan,
    questions: Sequence[Question] = (),
) -> list[DraftQuestion]:
    """What may be asked, chosen, marked, some of it without an answer, and split.

    Args:
        asked: by the id of a section.
        sections: all there are, since any may answer what was asked of another.
        plan: how many, and how they are split.
        questions: that are there already, with their splits.

    Raises:
        ConfigError: a split of the plan would get none.
    """
    places = {one.id: one for one in sections}
    each = [(_draft(places[id_], one), one) for id_, some in asked.items() for one in some]
    possible, told = [draft for draft, _ in each], {draft.id: one for draft, one in each}
    drafts = chosen(_not_asked(possible, questions, told), plan.limit, plan.seed)
    # Of questions whose evidence nobody knows any section may be it.
    known = all(one.evidence for one in questions if one.answerable)
    share = plan.unanswerable if known else 0.0
    drafts = without_answer(_doubted(drafts, sections), share, plan.seed)
    # Without its evidence a draft may ask what a question does after all.
    drafts = _not_asked(drafts, questions, told)
    spoken = _spoken(drafts, told)
    pairs = sorted({*asked_twice(drafts), *asked_twice(spoken)})
    return with_splits(spoken, pairs, plan, questions)


def _refuse_drafted(data: Path) -> None:
    if drafts := read_drafts(data):
        reviewed = sum(one.status != "draft" for one in drafts)
        raise ConfigError(
            f"{data / DRAFTS} has {len(drafts)} drafts already, {reviewed} of them reviewed: go on "
            f"with policyqa data review {quote(str(data))}; or remove the file to draft anew, "
            "which leaves accepted questions as they are"
        )


def _questions(data: Path) -> list[Question]:
    """The questions there are; none where an import found none."""
    path = data / "questions.jsonl"
    if not path.exists() or not path.stat().st_size:
        return []
    return load_questions(data, [one.id for one in load_corpus(data)])


def _away_for_good(data: Path, questions: Sequence[Question]) -> set[str]:
    """The sections that stay out of the corpus, since accepted questions are answered by none."""
    drafted = any(not one.answerable and one.id.startswith(DRAFT_ID) for one in questions)
    return withheld_ids(data) if drafted else set()


def _draft(section: Section, asked: Drafted) -> DraftQuestion:
    """A draft, its answer under the provision that the section's heading names."""
    named = _PROVISION.search(section.heading.split(PATH)[-1])
    answer = asked.answer
    if named and not re.search(rf"{re.escape(named[0])}\b", answer):
        answer = f"{answer.rstrip('.')} ({named[0]})."
    return DraftQuestion(
        id=f"{DRAFT_ID}{fingerprint([section.id, asked.question, asked.answer])[:8]}",
        split="test",
        framework=framework_of(section.id),
        kind=asked.kind,
        question=asked.question,
        answer=answer,
        evidence=[section.id],
        citations=[named[0]] if named else [],
        drafted=(asked.question, answer),
    )


def _spoken(drafts: Sequence[DraftQuestion], told: Mapping[str, Drafted]) -> list[DraftQuestion]:
    """Drafts, each in the register that its id draws."""
    return [_worded(one, in_a_register(told[one.id], one.id)) for one in drafts]


def _worded(draft: DraftQuestion, question: str) -> DraftQuestion:
    """A draft that asks the same in other words."""
    return draft.model_copy(update={"question": question, "drafted": (question, draft.drafted[1])})


def _not_asked(
    drafts: Sequence[DraftQuestion], questions: Sequence[Question], told: Mapping[str, Drafted]
) -> list[DraftQuestion]:
    """What no question asks already, in any register."""
    plainly = [one.model_copy(update={"question": bare(one.question)}) for one in questions]
    otherwise = [_worded(one, told[one.id].told or one.question) for one in drafts]
    again = asked_already(plainly, drafts) | asked_already(plainly, otherwise)
    again |= asked_already(questions, _spoken(drafts, told))
    return [one for place, one in enumerate(drafts) if place not in again]


def _doubted(drafts: Sequence[DraftQuestion], sections: Sequence[Section]) -> list[DraftQuestion]:
    doubts: list[list[str]] = [[] for _ in drafts]
    for first, second in asked_twice(drafts):
        doubts[first].append(f"asks what {drafts[second].id} asks")
        doubts[second].append(f"asks what {drafts[first].id} asks")
    for place, others in enumerate(answered_elsewhere(drafts, sections)):
        doubts[place] += [f"{id_} may answer it as well" for id_ in others]
    return [
        one.model_copy(update={"doubts": some}) for one, some in zip(drafts, doubts, strict=True)
    ]


def _summary(drafts: Sequence[DraftQuestion], possible: int, sections: int) -> dict[str, Any]:
    """What was drafted, in counts."""
    return {
        "drafts": len(drafts),
        "possible": possible,
        "sections": sections,
        "sections asked of": len({id_ for one in drafts for id_ in one.places}),
        "kinds": dict(Counter(one.kind for one in drafts).most_common()),
        "registers": dict(Counter(register_of(one.question) for one in drafts).most_common()),
        "splits": dict(Counter(one.split for one in drafts)),
        "doubtful": sum(bool(one.doubts) for one in drafts),
        "unanswerable": sum(not one.answerable for one in drafts),
        "sections withheld": len({id_ for one in drafts for id_ in one.withheld}),
    }
