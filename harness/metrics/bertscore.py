"""
BERTScore: how well the words of an answer and its reference match in an encoder's space.

F1 of greedy matches by cosine (Zhang et al. 2020, https://arxiv.org/abs/1904.09675). Not rescaled
and without idf weights, so scores of different encoders are not comparable.
"""

from collections.abc import Sequence
from functools import lru_cache
from importlib.metadata import version
from typing import Any

from harness.models import catalogue

MATCHING_LAYERS = {"minilm-l6": 5}
"""Layer whose states are matched. The ``bert-score`` package matches layer 5 of the six-layer
encoders it has tuned (distilbert-base, distilroberta-base); it names its own for others."""


class BertScore:
    """BERTScore with one encoder: a catalogue name, a Hugging Face id or a folder."""

    def __init__(self, encoder: str = "minilm-l6", layer: int | None = None) -> None:
        """``layer`` is the encoder's layer to match; None takes the one known for it."""
        self.encoder = encoder
        self.layer = layer or MATCHING_LAYERS.get(encoder)

    def f1(self, hypotheses: Sequence[str], references: Sequence[str]) -> list[float]:
        """F1 of each pair, in [-1, 1] and mostly above 0; 0 where a text is blank.

        One batched pass. Texts longer than the encoder's window are cut to it.
        """
        scores = [0.0] * len(hypotheses)
        pairs = enumerate(zip(hypotheses, references, strict=True))
        filled = [i for i, (hyp, ref) in pairs if hyp.strip() and ref.strip()]
        if filled:
            scorer = _load(catalogue.resolve(self.encoder), self.layer)
            _, _, f1 = scorer.score(
                [hypotheses[i] for i in filled], [references[i] for i in filled]
            )
            for i, value in zip(filled, f1.tolist(), strict=True):
                # A text of characters the encoder does not know has no tokens: NaN.
                scores[i] = value if value == value else 0.0
        return scores

    def signature(self) -> str:
        """What can change the score, in one line."""
        layer = f"L{self.layer}" if self.layer else "default-layer"
        name = catalogue.identity(self.encoder)
        return f"bertscore_f1:bert-score-{version('bert-score')},{name},{layer},no-idf,no-rescale"


@lru_cache(maxsize=2)
def _load(encoder: str, layer: int | None) -> Any:
    """The package's scorer, loaded once a process."""
    from bert_score import BERTScorer

    scorer = BERTScorer(model_type=encoder, num_layers=layer, use_fast_tokenizer=True)
    window = getattr(scorer._model.config, "max_position_embeddings", 512)
    # RoBERTa keeps two positions for padding. Without a limit the tokenizer overflows.
    window = window - 2 if "roberta" in scorer._model.config.model_type else window
    scorer._tokenizer.model_max_length = min(window, scorer._tokenizer.model_max_length)
    return scorer
