"""
Examples shown before a question: of the train split alone, and none that shares its evidence.

lm-eval's own sampler depends on a question's place in the list, and would draw from the questions
that are scored. Here the draw depends on the seed and the question, so that a question is shown the
same examples whichever others are asked.
"""

from collections.abc import Sequence

from harness.errors import ConfigError
from tasks.policyqa.documents import Document


def fit_to_be_shown(document: Document, train: Sequence[Document], count: int) -> list[Document]:
    """The documents of the train split that may stand before ``document``, at least ``count``.

    Raises:
        ConfigError: there are fewer.
    """
    evidence = set(document["evidence"])
    fit = [
        one
        for one in train
        if one["question"] != document["question"] and evidence.isdisjoint(one["evidence"])
    ]
    if len(fit) < count:
        raise ConfigError(
            f"num_fewshot is {count}, and the train split has {len(fit)} questions that share no "
            f"evidence with {document['id']}; ask with fewer"
        )
    return fit
