"""
The same question asked again, in other words.

Two measures: the share of word triples two questions have in common (Jaccard, found by MinHash;
Broder 1997), for copies that were edited, and the cosine of their embeddings, for the same thing
said by someone else. The thresholds were set on one set of written paraphrases and are tested on
another: ``tests/checking/paraphrases.jsonl``.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.embedder import Embedder
from tasks.checking.findings import Finding, Folder

SHINGLE = 4
"""Letters in a row that two texts are compared by."""
JACCARD = 0.6
"""Share of shingles in common, at least, of an edited copy."""
COSINE = 0.8
"""Of the embeddings of two wordings, at least."""
PERMUTATIONS = 128
BLOCK = 2048
"""Questions whose cosines are held in memory at a time."""


@dataclass(frozen=True)
class Pair:
    """Two texts that say the same."""

    first: int
    second: int
    similarity: float
    measure: str
    """``MinHash`` or ``embedding``."""


def duplicate_findings(folder: Folder, embedder: Embedder) -> Iterator[Finding]:
    """Questions that are asked again in another split."""
    questions = folder.questions
    splits = [one.question.split for one in questions]
    if len(set(splits)) < 2:
        return
    for pair in near_duplicates([one.question.question for one in questions], splits, embedder):
        first, second = questions[pair.first], questions[pair.second]
        yield Finding(
            "duplicate",
            second.place,
            f"asks in {second.question.split} what {first.question.id} (line {first.line}) asks "
            f"in {first.question.split} ({pair.measure} {pair.similarity:.2f}): "
            f"{second.question.question!r} and {first.question.question!r}",
        )


def near_duplicates(texts: Sequence[str], groups: Sequence[str], embedder: Embedder) -> list[Pair]:
    """Pairs of texts of different groups that say the same, in order.

    Args:
        texts: N of them.
        groups: of each; pairs within one group are not sought.
        embedder: for the second measure.
    """
    pairs: dict[tuple[int, int], Pair] = {}
    for pair in (*_by_embedding(texts, groups, embedder), *_by_minhash(texts, groups)):
        pairs[(pair.first, pair.second)] = pair
    return [pairs[key] for key in sorted(pairs)]


def _by_minhash(texts: Sequence[str], groups: Sequence[str]) -> Iterator[Pair]:
    from datasketch import MinHash, MinHashLSH

    shingles = [_shingles(text) for text in texts]
    hashes = MinHash.bulk(
        ([shingle.encode() for shingle in one] for one in shingles), num_perm=PERMUTATIONS
    )
    buckets = MinHashLSH(threshold=JACCARD - 0.15, num_perm=PERMUTATIONS)
    for second, signature in enumerate(hashes):
        for first in sorted(buckets.query(signature)):
            common = _jaccard(shingles[first], shingles[second])
            if common >= JACCARD and groups[first] != groups[second]:
                yield Pair(first, second, common, "MinHash")
        buckets.insert(second, signature)


def _by_embedding(
    texts: Sequence[str], groups: Sequence[str], embedder: Embedder
) -> Iterator[Pair]:
    import numpy as np

    vectors = embedder.embed(texts)
    for start in range(0, len(texts), BLOCK):
        cosines = vectors[start : start + BLOCK] @ vectors.T
        for row, column in zip(*np.nonzero(cosines >= COSINE), strict=True):
            first, second = start + int(row), int(column)
            if first < second and groups[first] != groups[second]:
                yield Pair(first, second, float(cosines[row, column]), "embedding")


def _shingles(text: str) -> set[str]:
    plain = " ".join(re.findall(r"\w+", text.lower()))
    return {plain[i : i + SHINGLE] for i in range(max(1, len(plain) - SHINGLE + 1))}


def _jaccard(first: set[str], second: set[str]) -> float:
    return len(first & second) / len(first | second)
