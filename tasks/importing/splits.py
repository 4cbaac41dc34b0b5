"""
Drafts → splits: the source's own, else made by section or document, reproducibly.

Questions that share a section or page, or with ``by="document"`` their document, stay together:
those that name a whole document as evidence may share a section, and may not. Groups are taken in
an order by hash, the large and then the rare first, each into the split where the counts come
nearest to its share of all questions and of each kind, answerable or not; so that every split has
of each what it can, and the order of the source's rows has no say.
"""

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from harness.errors import ConfigError
from harness.groups import groups
from rag.corpus import framework_of
from tasks.importing.drafts import Draft, Refused
from tasks.policyqa.evidence import Coverage, names_page, names_section
from tasks.policyqa.questions import SPLITS, Split

SHARES: dict[Split, float] = {"train": 0.6, "validation": 0.15, "test": 0.25}
"""Of the questions."""
LARGE = 0.1
"""Share of the questions above which a group is placed first: late, it could upset all shares."""
_Kind = tuple[str, bool]
"""A question's, and whether it is answerable."""


def shares_of(text: str) -> dict[Split, float]:
    """The shares written as ``train=0.5,validation=0.5``; a split left out has none.

    Raises:
        ConfigError: a name is no split or stands twice, a share is no number from 0 to 1, or
            they do not sum to 1 (to a hundredth).
    """
    form = "; write it like --shares train=0.5,validation=0.5"
    shares: dict[Split, float] = {}
    for part in text.split(","):
        name, _, number = (piece.strip() for piece in part.partition("="))
        split = next((split for split in SPLITS if split == name), None)
        if split is None or split in shares:
            fault = "is no split" if split is None else "stands twice"
            raise ConfigError(f"shares {text!r}: {name!r} {fault}{form}")
        shares[split] = _share(number)
        if not 0 <= shares[split] <= 1:
            raise ConfigError(f"shares {text!r}: {number!r} is no number from 0 to 1{form}")
    if abs(sum(shares.values()) - 1) > 0.01:
        raise ConfigError(f"shares {text!r} sum to {sum(shares.values()):.3g}, not to 1{form}")
    return shares


def _share(number: str) -> float:
    """The number; not a number where it is none."""
    try:
        return float(number)
    except ValueError:
        return math.nan


def split_drafts(
    drafts: Sequence[Draft],
    by: str = "section",
    seed: int = 7,
    shares: Mapping[Split, float] | None = None,
    coverage: Coverage | None = None,
    together: Sequence[tuple[str, str]] = (),
) -> tuple[dict[str, Split], list[Refused]]:
    """The split of each draft by id, and the drafts that would leak one split into another.

    Args:
        drafts: with or without the source's own split.
        by: ``section`` or ``document``: what no two splits share.
        seed: of the hash.
        shares: of new splits for all, in place of the source's own. None keeps those, and splits
            the rest by ``SHARES``.
        coverage: the sections that stand on a page, so that none is in two splits that are made;
            None where nobody knows.
        together: drafts by id that stay in one split for another reason, in pairs.

    Raises:
        ConfigError: ``by`` is something else, or a split of ``shares`` would get no question.
    """
    if by not in ("section", "document"):
        raise ConfigError(f"splits are made by section or document, not by {by!r}")
    if shares is not None:
        drafts = [replace(draft, split=None) for draft in drafts]
    # Scores on what was trained on are worth nothing: of two splits the later keeps the section.
    own = [draft for draft in drafts if draft.split is not None]
    kept, refused = _without_leaks(own, _owners(own))
    others = [draft for draft in drafts if draft.split is None]
    rest, leaking = _without_leaks(others, _owners(kept), "; give the question a split too")
    connected = _groups(rest, by, coverage or Coverage([]), together)
    made = _made(connected, seed, shares or SHARES)
    if shares is not None:
        _refuse_empty(shares, made, connected, by)
    chosen = {draft.id: draft.split for draft in kept if draft.split}
    return chosen | made, refused + leaking


def _made(
    together: Sequence[list[Draft]], seed: int, shares: Mapping[Split, float]
) -> dict[str, Split]:
    """New splits by draft, each group in one of them."""
    drafts = [draft for group in together for draft in group]
    common = Counter(map(_kind, drafts))

    def order(group: list[Draft]) -> tuple[bool, int, str]:
        rarest = min(common[_kind(draft)] for draft in group)
        return len(group) <= LARGE * len(drafts), rarest, _hash(group, seed)

    placed: dict[Split, Counter[_Kind]] = {s: Counter() for s in SPLITS if shares.get(s, 0) > 0}
    chosen: dict[str, Split] = {}
    for group in sorted(together, key=order):
        more = Counter(map(_kind, group))
        costs = {split: _cost(placed[split], more, common, shares[split]) for split in placed}
        split = min(costs, key=costs.__getitem__)
        placed[split] += more
        chosen |= {draft.id: split for draft in group}
    return chosen


def _cost(placed: Counter[_Kind], more: Counter[_Kind], of: Counter[_Kind], share: float) -> float:
    """How far ``more`` takes a split, which has ``placed``, from its share of all questions.

    In chi-squared: of their number, and of that of each kind. The first counts as much as all the
    others together, since shares are what was asked for.
    """
    in_all = _added(placed.total(), more.total(), share * of.total())
    by_kind = (_added(placed[kind], more[kind], share * of[kind]) for kind in sorted(more))
    return len(of) * in_all + sum(by_kind)


def _added(placed: int, more: int, wanted: float) -> float:
    """What ``more`` adds to the squared distance of a count from ``wanted``, in units of it."""
    return ((placed + more - wanted) ** 2 - (placed - wanted) ** 2) / wanted


def _kind(draft: Draft) -> _Kind:
    return draft.kind, draft.answerable


def _refuse_empty(
    shares: Mapping[Split, float],
    made: Mapping[str, Split],
    together: Sequence[list[Draft]],
    by: str,
) -> None:
    """Refuse shares of which a split that was asked for got no question, if there are any."""
    filled = set(made.values())
    empty = [split for split, share in shares.items() if share > 0 and split not in filled]
    if not made or not empty:
        return
    finer = " or --split-by section" if by == "document" else ""
    raise ConfigError(
        f"shares leave no question for {' and '.join(empty)}: questions that share {by}s stay "
        f"together, and the largest group has {max(map(len, together)):,} of {len(made):,}; "
        f"name other --shares{finer}"
    )


def _owners(drafts: Sequence[Draft]) -> dict[str, Split]:
    """The split of each section that is evidence, of several the last."""
    return {
        section: split
        for split in SPLITS
        for draft in drafts
        if draft.split == split
        for section in _sections(draft)
    }


def _without_leaks(
    drafts: Sequence[Draft], owner: Mapping[str, Split], mending: str = ""
) -> tuple[list[Draft], list[Refused]]:
    """The drafts no section of which another split owns; and the others."""
    kept: list[Draft] = []
    refused: list[Refused] = []
    for draft in drafts:
        others = {owner[section] for section in _sections(draft) if section in owner}
        if others <= {draft.split}:
            kept.append(draft)
        else:
            splits = " and ".join(sorted(others - {draft.split}))
            reason = (
                f"its evidence is also asked for in {splits}, and a section belongs to one split"
            )
            refused.append(Refused(draft.place, "question", reason + mending))
    return kept, refused


def _groups(
    drafts: Sequence[Draft],
    by: str,
    coverage: Coverage,
    together: Sequence[tuple[str, str]],
) -> list[list[Draft]]:
    """Drafts that must stay together, in order of their first."""
    found: dict[int, list[Draft]] = defaultdict(list)
    pairs: dict[str, list[str]] = defaultdict(list)
    for pair in together:
        for id_ in pair:
            pairs[id_].append(f"pair {pair}")
    shared = [[*_shared(draft, by, coverage), *pairs[draft.id]] for draft in drafts]
    for draft, group in zip(drafts, groups(shared), strict=True):
        found[group].append(draft)
    return list(found.values())


def _shared(draft: Draft, by: str, coverage: Coverage) -> list[str]:
    if by == "document":
        named = [draft.framework] if draft.framework else []
        return [*named, *map(framework_of, draft.evidence)]
    # All questions of a document would be in one split, where it is all that is known of them.
    known = [name for name in draft.evidence if names_section(name) or names_page(name)]
    return [*known, *(section for name in known for section in coverage.of(name))]


def _sections(draft: Draft) -> list[str]:
    """Its evidence as far as it is known by section."""
    return [name for name in draft.evidence if names_section(name)]


def _hash(group: Sequence[Draft], seed: int) -> str:
    name = min((draft.question, draft.answer or "", *sorted(draft.evidence)) for draft in group)
    return hashlib.sha256(f"{seed} {name}".encode()).hexdigest()
