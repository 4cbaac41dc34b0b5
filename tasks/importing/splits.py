"""
Drafts → splits: the source's own, else made by section or document, reproducibly.

Questions that share evidence, or with ``by="document"`` their document, stay together. Groups are
taken in the order of a hash, each into the split that is furthest from its share, so that the
order of the source's rows has no say.
"""

import hashlib
from collections import defaultdict
from collections.abc import Sequence

from harness.errors import ConfigError
from harness.groups import groups
from rag.corpus import framework_of
from tasks.importing.drafts import Draft, Refused
from tasks.policyqa.questions import SPLITS, Split

SHARES: dict[Split, float] = {"train": 0.6, "validation": 0.15, "test": 0.25}
"""Of the questions."""
LEAKS = "its evidence is also asked for in {}, and a section belongs to one split"


def split_drafts(
    drafts: Sequence[Draft], by: str = "section", seed: int = 7
) -> tuple[dict[str, Split], list[Refused]]:
    """The split of each draft by id, and the drafts that would leak one split into another.

    Args:
        drafts: with or without the source's own split.
        by: ``section`` or ``document``: what no two splits share.
        seed: of the hash.

    Raises:
        ConfigError: ``by`` is something else.
    """
    if by not in ("section", "document"):
        raise ConfigError(f"splits are made by section or document, not by {by!r}")
    own = [draft for draft in drafts if draft.split is not None]
    chosen, refused = _keep_own(own)
    rest, leaking = _without_own_sections([d for d in drafts if d.split is None], own, chosen)
    unsplit = _groups(rest, by)
    counts = dict.fromkeys(SPLITS, 0)
    total = sum(map(len, unsplit))
    for group in sorted(unsplit, key=lambda group: _hash(group, seed)):
        split = max(SPLITS, key=lambda name: SHARES[name] * total - counts[name])
        counts[split] += len(group)
        chosen |= {draft.id: split for draft in group}
    return chosen, refused + leaking


def _keep_own(drafts: Sequence[Draft]) -> tuple[dict[str, Split], list[Refused]]:
    """The drafts that keep their source's split, and those whose section a later split has.

    Scores on what was trained on are worth nothing: of two splits the later keeps the section.
    """
    owner = {
        section: split
        for split in SPLITS
        for draft in drafts
        if draft.split == split
        for section in draft.evidence
    }
    chosen: dict[str, Split] = {}
    refused: list[Refused] = []
    for draft in drafts:
        others = {owner[section] for section in draft.evidence} - {draft.split}
        if draft.split is not None and not others:
            chosen[draft.id] = draft.split
        else:
            reason = LEAKS.format(" and ".join(sorted(others)))
            refused.append(Refused(draft.place, "question", reason))
    return chosen, refused


def _without_own_sections(
    drafts: Sequence[Draft], own: Sequence[Draft], chosen: dict[str, Split]
) -> tuple[list[Draft], list[Refused]]:
    """The drafts without a split that share no section with those that have one; and the others."""
    taken = {section: chosen[d.id] for d in own if d.id in chosen for section in d.evidence}
    rest: list[Draft] = []
    refused: list[Refused] = []
    for draft in drafts:
        splits = {taken[section] for section in draft.evidence if section in taken}
        if splits:
            reason = LEAKS.format(" and ".join(sorted(splits))) + "; give the question a split too"
            refused.append(Refused(draft.place, "question", reason))
        else:
            rest.append(draft)
    return rest, refused


def _groups(drafts: Sequence[Draft], by: str) -> list[list[Draft]]:
    """Drafts that must stay together, in order of their first."""
    together: dict[int, list[Draft]] = defaultdict(list)
    for draft, group in zip(drafts, groups([_shared(d, by) for d in drafts]), strict=True):
        together[group].append(draft)
    return list(together.values())


def _shared(draft: Draft, by: str) -> list[str]:
    if by == "document":
        named = [draft.framework] if draft.framework else []
        return [*named, *map(framework_of, draft.evidence)]
    return draft.evidence


def _hash(group: Sequence[Draft], seed: int) -> str:
    name = min((draft.question, draft.answer or "", *sorted(draft.evidence)) for draft in group)
    return hashlib.sha256(f"{seed} {name}".encode()).hexdigest()
