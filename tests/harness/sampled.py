"""A line of a sample log."""

from typing import Any


def sample(question: str, **changes: Any) -> dict[str, Any]:
    """A line of lm-eval's log of a task of ours."""
    return {
        "doc": {"id": question, "evidence": ["f/a"], "context_ids": ["f/a", "f/b"]},
        "filtered_resps": [" 72 hours.\n"],
        "metrics": ["rouge_l", "corpus_bleu"],
        "rouge_l": 0.5,
        "corpus_bleu": [3, 4.0],
        **changes,
    }
