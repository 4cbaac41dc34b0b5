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
    chosen: dict[str, Split] = {}
    refused: list[Refused] = []
    unsplit: list[list[Draft]] = []
    for group in _groups(drafts, by):
        own = [split for split in reversed(SPLITS) if any(d.split == split for d in group)]
        if not own:
            unsplit.append(group)
            continue
        # Scores on what was trained on are worth nothing, so the later split keeps the section.
        for draft in group:
            if draft.split in (None, own[0]):
                chosen[draft.id] = own[0]
            else:
                refused.append(Refused(draft.place, "question", LEAKS.format(own[0])))
    counts = dict.fromkeys(SPLITS, 0)
    total = sum(map(len, unsplit))
    for group in sorted(unsplit, key=lambda group: _hash(group, seed)):
        split = max(SPLITS, key=lambda name: SHARES[name] * total - counts[name])
        counts[split] += len(group)
        chosen |= {draft.id: split for draft in group}
    return chosen, refused


def _groups(drafts: Sequence[Draft], by: str) -> list[list[Draft]]:
    """Drafts that must stay together, in order of their first."""
    together: dict[int, list[Draft]] = defaultdict(list)
    for draft, group in zip(drafts, groups([_shared(d, by) for d in drafts]), strict=True):
        together[group].append(draft)
    return list(together.values())


def _shared(draft: Draft, by: str) -> list[str]:
    if by == "document":
        return [draft.framework, *(section.split("/")[0] for section in draft.evidence)]
    return draft.evidence


def _hash(group: Sequence[Draft], seed: int) -> str:
    name = min(draft.question for draft in group)
    return hashlib.sha256(f"{seed} {name}".encode()).hexdigest()
