"""Which drafts are taken, which lose their answer, and which split each is of."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.errors import ConfigError
from rag.corpus import framework_of
from tasks.drafting.record import DraftQuestion
from tasks.importing.drafts import Draft
from tasks.importing.splits import split_drafts
from tasks.policyqa.questions import Question, Split

BY = ("section", "document")


@dataclass(frozen=True)
class DraftPlan:
    """How many drafts there shall be, and how they are split."""

    limit: int = 200
    """At most: some three hours of review."""
    unanswerable: float = 0.1
    """Share of them whose section is taken out of the corpus, from 0 to 0.5."""
    split_by: str = "section"
    """What no two splits share: ``section`` or ``document``."""
    shares: Mapping[Split, float] | None = None
    """Of the splits; None is as an import makes them."""
    seed: int = 7

    def check(self) -> None:
        """Refuse what cannot be, before anything is asked.

        Raises:
            ConfigError: a number is out of its range, or it is split by something else.
        """
        if self.limit < 1 or not 0 <= self.unanswerable <= 0.5:
            raise ConfigError(
                f"drafts are 1 at least, found --limit {self.limit}; and the share of unanswerable "
                f"ones is from 0 to 0.5, found --unanswerable {self.unanswerable}"
            )
        if self.split_by not in BY:
            raise ConfigError(f"--split-by {self.split_by}: it is {' or '.join(BY)}")


def chosen(possible: Sequence[DraftQuestion], limit: int, seed: int) -> list[DraftQuestion]:
    """At most ``limit`` of what may be asked, in its order, spread over sections and kinds.

    In rounds: of each section, in an order by hash, the question whose kind was asked least so far.
    """
    left: dict[str, list[DraftQuestion]] = defaultdict(list)
    for one in possible:
        left[one.evidence[0]].append(one)
    kinds: Counter[str] = Counter()
    found: dict[str, DraftQuestion] = {}
    while left and len(found) < limit:
        for id_ in sorted(left, key=lambda one: _hash(one, seed))[: limit - len(found)]:
            one = min(left[id_], key=lambda each: kinds[each.kind])
            left[id_].remove(one)
            kinds[one.kind] += 1
            found[one.id] = one
        left = defaultdict(list, {id_: some for id_, some in left.items() if some})
    return [one for one in possible if one.id in found]


def without_answer(drafts: Sequence[DraftQuestion], share: float, seed: int) -> list[DraftQuestion]:
    """The drafts, of which about a share have no answer any more: their sections are withheld.

    Whole sections, of whose drafts none is asked twice or answered elsewhere, in an order by hash;
    of a document at most every fifth of those with drafts, so none of one that has four.
    """
    of: dict[str, list[DraftQuestion]] = defaultdict(list)
    for one in drafts:
        of[one.evidence[0]].append(one)
    sections = Counter(map(framework_of, of))
    removed: Counter[str] = Counter()
    away: set[str] = set()
    for id_ in sorted(of, key=lambda each: _hash(each, seed)):
        document = framework_of(id_)
        full = removed[document] >= sections[document] // 5
        count = sum(len(of[one]) for one in away) + len(of[id_])
        if full or count > share * len(drafts) or any(one.doubts for one in of[id_]):
            continue
        away.add(id_)
        removed[document] += 1
    return [_unanswerable(one) if one.evidence[0] in away else one for one in drafts]


def with_splits(
    drafts: Sequence[DraftQuestion],
    pairs: Sequence[tuple[int, int]],
    plan: DraftPlan,
    questions: Sequence[Question] = (),
) -> list[DraftQuestion]:
    """The drafts with their splits: none shares a section, or asks what another does, across two.

    Args:
        drafts: each with its section.
        pairs: of those that ask the same, by place.
        plan: of the splits.
        questions: that are there already: split by document, a draft is where they are.

    Raises:
        ConfigError: a split of the plan would get none.
    """
    owner = {one.framework: one.split for one in questions if plan.split_by == "document"}
    made = {one.id: owner[one.framework] for one in drafts if one.framework in owner}
    rows = [
        Draft(
            id=one.id,
            place=one.id,
            question=one.question,
            answer=one.answer,
            framework=one.framework,
            evidence=one.places,
            kind=one.kind,
            answerable=one.answerable,
        )
        for one in drafts
        if one.id not in made
    ]
    alike = [(drafts[first].id, drafts[second].id) for first, second in pairs]
    made |= split_drafts(rows, plan.split_by, plan.seed, plan.shares, together=alike)[0]
    # Of two that ask the same of documents with splits of their own one has no place.
    torn = {second for first, second in alike if made[first] != made[second]}
    return [one.model_copy(update={"split": made[one.id]}) for one in drafts if one.id not in torn]


def _unanswerable(draft: DraftQuestion) -> DraftQuestion:
    gone: dict[str, Any] = {"answerable": False, "answer": None, "facts": [], "citations": []}
    kept = draft.model_dump(exclude={"evidence", "drafted", *gone})
    more = {"withheld": draft.evidence, "kind": "unanswerable", "drafted": (draft.question, "")}
    return DraftQuestion(**kept | gone | more)


def _hash(text: str, seed: int) -> str:
    return hashlib.sha256(f"{seed} {text}".encode()).hexdigest()
