"""BLEU and ROUGE-L of one answer against one reference, each a number in [0, 1]."""

import sys
from importlib.metadata import version

_WORDS_ROUGE_TAKES = 200
"""Below this many words in both texts together the ``rouge`` package needs no more stack."""


def bleu(hypothesis: str, reference: str) -> float:
    """Sentence BLEU in [0, 1]: sacreBLEU's, effective order, 13a tokens, exponential smoothing.

    Effective order leaves out n-grams longer than the hypothesis, so a right two-word answer is
    not zero (Post 2018, https://aclanthology.org/W18-6319). An empty text scores 0.
    """
    import sacrebleu

    if not hypothesis.strip() or not reference.strip():
        return 0.0
    score: float = sacrebleu.sentence_bleu(hypothesis, [reference]).score / 100
    return min(score, 1.0)  # The package can return 100.00000000000004.


def rouge_l(hypothesis: str, reference: str) -> float:
    """ROUGE-L F in [0, 1], summary level: the ``rouge`` package's, on words as written.

    F with equal weight of precision and recall over the union of longest common subsequences,
    sentence by sentence (Lin 2004, https://aclanthology.org/W04-1013). A text without a word
    scores 0; a text against itself 0.999999995, since the package adds 1e-8 to a denominator.
    """
    from rouge import Rouge

    if not _has_words(hypothesis) or not _has_words(reference):
        return 0.0
    words = len(hypothesis.split()) + len(reference.split())
    limit = sys.getrecursionlimit()
    try:
        # The package walks the table of subsequences by recursion, one frame a word.
        sys.setrecursionlimit(limit + max(0, words - _WORDS_ROUGE_TAKES))
        scores = Rouge(metrics=["rouge-l"]).get_scores(hypothesis, reference)
    finally:
        sys.setrecursionlimit(limit)
    value: float = scores[0]["rouge-l"]["f"]
    return value


def _has_words(text: str) -> bool:
    """Whether the ``rouge`` package, which splits sentences at full stops, finds any text."""
    return any(sentence.strip() for sentence in text.split("."))


def signature() -> str:
    """What can change the two scores, in one line."""
    return (
        f"bleu:sacrebleu-{version('sacrebleu')},sentence,effective-order,13a,exp"
        f" | rouge_l:rouge-{version('rouge')},F,summary-level"
    )
