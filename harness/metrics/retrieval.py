"""How well rankings of sections find the evidence: ids in, numbers out."""

from collections.abc import Collection, Mapping, Sequence
from importlib.metadata import version


def retrieval_metrics(k: int) -> list[str]:
    """The names of the metrics at cut-off ``k``, as in ``recall@10``."""
    return [f"{name}@{k}" for name in ("recall", "map", "ndcg", "mrr")]


def retrieval_scores(
    rankings: Mapping[str, Sequence[str]], evidence: Mapping[str, Collection[str]], k: int
) -> dict[str, dict[str, float]]:
    """Each question's scores by metric, each in [0, 1], as trec_eval computes them.

    ``recall``: share of its evidence among the first k. ``map``: average precision, the sum of the
    precisions at each evidence section among the first k over the number of all its evidence.
    ``ndcg``: gain 1 for evidence, discount log2(rank + 1), over the best order of the evidence
    (Järvelin & Kekäläinen 2002). ``mrr``: one over the rank of the first evidence section, 0 where
    it is beyond k. Definitions: https://ir-measur.es/en/latest/measures.html.

    Args:
        rankings: section ids by question id, best first; a question it lacks found nothing.
        evidence: the ids of the sections that hold the answer, by question id. These questions
            are scored, in this order, and no others.
        k: cut-off in sections.

    Raises:
        ValueError: k is less than 1, a question has no evidence, or a section stands twice in a
            ranking.
    """
    import ir_measures

    if k < 1:
        raise ValueError(f"k is {k}")
    for question, sections in evidence.items():
        if not sections:
            raise ValueError(f"question {question} has no evidence: it cannot be scored")
    for question, ranking in rankings.items():
        if len(set(ranking)) < len(ranking):
            raise ValueError(f"a section stands twice in the ranking of question {question}")
    # trec_eval goes by scores and breaks ties by name: a section's score is its rank from below.
    run = {
        question: {section: k - rank for rank, section in enumerate(ranking[:k])}
        for question, ranking in rankings.items()
    }
    relevant = {question: dict.fromkeys(sections, 1) for question, sections in evidence.items()}
    # Of one provider, so that all count alike; since a run ends at k, so does its reciprocal rank.
    measures = [ir_measures.R @ k, ir_measures.AP @ k, ir_measures.nDCG @ k, ir_measures.RR]
    names = dict(zip(measures, retrieval_metrics(k), strict=True))
    scores = {question: dict.fromkeys(retrieval_metrics(k), 0.0) for question in evidence}
    for found in ir_measures.pytrec_eval.iter_calc(measures, relevant, run):
        scores[found.query_id][names[found.measure]] = float(found.value)
    return scores


def retrieval_signature() -> str:
    """What can change the scores, in one line."""
    return f"ir-measures:{version('ir-measures')},pytrec_eval-{version('pytrec-eval-terrier')}"
