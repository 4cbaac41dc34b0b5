"""
BERTScore: how well the words of an answer match those of a reference, or of what was shown, in an
encoder's space.

Greedy matches by cosine (Zhang et al. 2020, https://arxiv.org/abs/1904.09675). Not rescaled and
without idf weights, so scores of different encoders are not comparable.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from itertools import islice
from typing import Any, ClassVar

from more_itertools import chunked

from harness.errors import ConfigError
from harness.metrics.metric import MetricKind, Row, Value
from harness.models import catalogue
from harness.models.batches import of_like_length
from harness.models.precision import device

ENCODER = "minilm-l6"
"""The encoder unless another is named."""
MATCHING_LAYERS = {ENCODER: 5}
"""Layer whose states are matched. The ``bert-score`` package matches layer 5 of the six-layer
encoders it has tuned (distilbert-base, distilroberta-base); it names its own for others."""

PAIRS_AT_ONCE = 1_024
"""Pairs of texts whose states are in memory together."""
TOKENS_AT_ONCE = 640
"""Tokens that the encoder reads together, padding included; one text may have more."""
KEPT = 1_000
"""References whose states are kept in memory: 60 kB each of 40 tokens in 384 dimensions."""
States = tuple[Any, Any]
"""The states of a text's T tokens, normalised, (T, D), and which of them are of words, (T,)."""


@dataclass(frozen=True)
class EncoderMetric:
    """What metrics have in common that match words in an encoder's space."""

    encoder: str = ENCODER
    """A catalogue name, a Hugging Face id or a folder."""
    layer: int | None = None
    """The encoder's layer to match, from 1; None takes the one known for it."""

    def check(self) -> None:
        """Look at the encoder's configuration: a cheap check before long work.

        Raises:
            ModelError: there is no such model, or it cannot be reached from here.
            ConfigError: which layer to match is not known, or it has no such layer.
        """
        from transformers import AutoConfig

        layers = AutoConfig.from_pretrained(catalogue.loadable(self.encoder)).num_hidden_layers
        if self._matched is None:
            raise ConfigError(
                f"encoder {self.encoder}: bert-score does not know which of its {layers} layers to "
                "match; name one in the suite, as encoder_layer: "
                f"{max(1, layers * 3 // 4)} (with lm_eval: --metadata)"
            )
        if not 1 <= self._matched <= layers:
            raise ConfigError(
                f"encoder_layer is {self._matched}, and the encoder {self.encoder} has {layers} "
                f"layers; name one of 1 to {layers}"
            )

    @property
    def _made_with(self) -> str:
        """All that could change how words match, as signatures have it."""
        name = catalogue.identity(self.encoder)
        computed = [f"{one}-{version(one)}" for one in ("bert-score", "transformers", "torch")]
        parts = (*computed, device(), name, f"L{self._matched or '?'}", "no-idf", "no-rescale")
        return ",".join(parts)

    def _loaded(self) -> Any:
        """The package's scorer."""
        return _load(catalogue.resolve(self.encoder), self._matched)

    @property
    def _matched(self) -> int | None:
        """The layer that is matched; None where none is named and none is known."""
        return self.layer or MATCHING_LAYERS.get(self.encoder) or _known_layer(self.encoder)


@dataclass(frozen=True)
class BertScore(EncoderMetric):
    """BERTScore F1 with one encoder, averaged over the answers.

    Of several references the one that matches best counts, as in the package.
    """

    name: ClassVar[str] = "bertscore_f1"
    title: ClassVar[str] = "BERTScore"
    higher_is_better: ClassVar[bool] = True
    kind: ClassVar[MetricKind] = "mean"

    @property
    def signature(self) -> str:
        """All that could change a score, in one line."""
        return f"bertscore_f1:{self._made_with}"

    def score(self, rows: Sequence[Row]) -> list[Value | None]:
        """F1 of each row with its best reference, in [-1, 1] and mostly above 0.

        A blank text scores 0; one longer than the encoder's window is cut to it.
        """
        pairs = [(row.answer, reference) for row in rows for reference in row.references]
        scores = iter(self._f1(pairs))
        return [max(islice(scores, len(row.references))) for row in rows]

    def _f1(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """F1 of each answer with a reference."""
        scores = [0.0] * len(pairs)
        filled = [i for i, pair in enumerate(pairs) if all(text.strip() for text in pair)]
        for some in chunked(filled, PAIRS_AT_ONCE):
            answers, references = zip(*(pairs[i] for i in some), strict=True)
            known = self._states_of_references(references)
            said = _states(self._loaded(), set(answers) - set(known)) | known
            for i, answer, reference in zip(some, answers, references, strict=True):
                scores[i] = _matched(said[answer], said[reference])
        return scores

    def _states_of_references(self, references: Sequence[str]) -> dict[str, States]:
        """Those that were met first are read once a process: variants have them in common."""
        kept = _kept(self.encoder, self._matched)
        found = kept | _states(self._loaded(), set(references) - set(kept))
        new = [one for one in dict.fromkeys(references) if one not in kept]
        kept.update((one, found[one]) for one in new[: max(0, KEPT - len(kept))])
        return found


def _matched(answer: States, reference: States) -> float:
    """F1 of the best cosines of the words of both; as in the package, a word may match any token.

    0 for a text of characters the encoder does not know, which has no words.
    """
    cosines = answer[0] @ reference[0].T
    precision = cosines.amax(dim=1)[answer[1]].mean()
    recall = cosines.amax(dim=0)[reference[1]].mean()
    f1 = float(2 * precision * recall / (precision + recall))
    return f1 if f1 == f1 else 0.0


def _states(scorer: Any, texts: Collection[str]) -> dict[str, States]:
    """What the encoder makes of each text, which is cut to its window."""
    import torch
    from torch.nn.utils.rnn import pad_sequence

    if not texts:
        return {}
    tokenizer, found = scorer._tokenizer, {}
    ends = [one for one in (tokenizer.cls_token_id, tokenizer.sep_token_id) if one is not None]
    special = torch.tensor(ends, dtype=torch.long)
    ordered = sorted(texts)
    read = tokenizer([text.strip() for text in ordered], truncation=True)["input_ids"]
    for places in of_like_length([*map(len, read)], TOKENS_AT_ONCE):
        rows = [torch.tensor(read[place]) for place in places]
        mask = pad_sequence([torch.ones_like(row) for row in rows], batch_first=True)
        padded = pad_sequence(rows, batch_first=True, padding_value=tokenizer.pad_token_id)
        with torch.inference_mode():
            made = scorer._model(padded.to(scorer.device), attention_mask=mask.to(scorer.device))[0]
        made = torch.nn.functional.normalize(made.cpu(), dim=-1)
        for place, row, states in zip(places, rows, made, strict=True):
            found[ordered[place]] = states[: len(row)].clone(), ~torch.isin(row, special)
    return found


def _known_layer(encoder: str) -> int | None:
    """The layer that the package has tuned for an encoder, which it may name without its owner."""
    from bert_score.utils import model2layers

    layer: int | None = model2layers.get(encoder, model2layers.get(encoder.split("/")[-1]))
    return layer


@lru_cache(maxsize=2)
def _kept(encoder: str, layer: int | None) -> dict[str, States]:
    """The references met so far, by what reads them; filled by whoever reads more."""
    del encoder, layer
    return {}


@lru_cache(maxsize=2)
def _load(encoder: str, layer: int | None) -> Any:
    """The package's scorer, loaded once a process."""
    from bert_score import BERTScorer

    from harness.models.onednn import by_onednn

    scorer = BERTScorer(model_type=encoder, num_layers=layer, use_fast_tokenizer=True)
    by_onednn(scorer._model.eval(), answers_only=True)
    window = getattr(scorer._model.config, "max_position_embeddings", 512)
    # RoBERTa keeps two positions for padding. Without a limit the tokenizer overflows.
    window = window - 2 if "roberta" in scorer._model.config.model_type else window
    scorer._tokenizer.model_max_length = min(window, scorer._tokenizer.model_max_length)
    return scorer
