"""
BERTScore's precision of an answer against the context it was shown: are its words from there?

No reference is read, so it tells what an answer adds to its context, not whether it is right: a
sentence of the context that answers another question scores high. Which human ratings it follows,
``policyqa validity`` tells.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from harness.metrics.bertscore import EncoderMetric
from harness.metrics.metric import MetricKind, Row, Value

_WINDOWS = 16
"""That the encoder reads at a time."""


@dataclass(frozen=True)
class ContextPrecision(EncoderMetric):
    """The mean over an answer's words of the cosine to the nearest word of its context.

    P of Zhang et al. 2020 (https://arxiv.org/abs/1904.09675) with the context as the reference;
    of the passages a model is given, the K-Precision of Adlakha et al. 2024
    (https://arxiv.org/abs/2307.16877). A text longer than the encoder's window is read in several,
    side by side: no word of it is left out, and each is matched with the words of all of them.
    """

    name: ClassVar[str] = "bertscore_context_precision"
    title: ClassVar[str] = "BERT precision in context"
    higher_is_better: ClassVar[bool] = True
    kind: ClassVar[MetricKind] = "mean"
    needs_reference: ClassVar[bool] = False

    @property
    def signature(self) -> str:
        """All that could change a score, in one line."""
        return f"bertscore_context_precision:{self._made_with},whole-texts-in-windows"

    def score(self, rows: Sequence[Row]) -> list[Value | None]:
        """Of each row in [-1, 1] and mostly above 0; None where no context was shown, or is known.

        A blank answer scores 0.
        """
        scores: list[Value | None] = [None] * len(rows)
        sharing: dict[str, list[int]] = {}
        for place, row in enumerate(rows):
            if row.context and row.context.strip():
                scores[place] = 0.0
                if row.answer.strip():
                    sharing.setdefault(row.context, []).append(place)
        for context, places in sharing.items():
            answers = [rows[place].answer for place in places]
            found = _precisions(self._loaded(), answers, context)
            for place, value in zip(places, found, strict=True):
                scores[place] = value
        return scores


def _precisions(scorer: Any, answers: Sequence[str], context: str) -> Iterator[float]:
    """The precision of each answer, none blank, against one context."""
    ((shown, _),) = _states(scorer, [context])
    for said, is_word in _states(scorer, answers):
        # As in the package a word may match one of the context's special tokens, and those of the
        # answer are not averaged over. One of characters the encoder does not know has no other.
        nearest = (said @ shown.T).max(dim=1).values[is_word]
        yield float(nearest.mean()) if len(nearest) else 0.0


def _states(scorer: Any, texts: Sequence[str]) -> list[tuple[Any, Any]]:
    """Of each text the states of its T tokens, normalised, (T, D), and which are of words, (T,)."""
    import torch
    from bert_score.utils import bert_encode

    windows = scorer._tokenizer(
        [text.strip() for text in texts],
        truncation=True,
        max_length=scorer._tokenizer.model_max_length,
        return_overflowing_tokens=True,
        return_special_tokens_mask=True,
        padding=True,
        return_tensors="pt",
    )
    read = windows["attention_mask"].bool()
    of_words = windows["special_tokens_mask"] == 0
    states = torch.cat(
        [
            bert_encode(scorer._model, ids.to(scorer.device), mask.to(scorer.device)).cpu()
            for ids, mask in zip(
                windows["input_ids"].split(_WINDOWS), read.split(_WINDOWS), strict=True
            )
        ]
    )
    states = torch.nn.functional.normalize(states, dim=-1)
    owners = windows["overflow_to_sample_mapping"]
    return [
        (states[mine][read[mine]], of_words[mine][read[mine]])
        for mine in (owners == place for place in range(len(texts)))
    ]
