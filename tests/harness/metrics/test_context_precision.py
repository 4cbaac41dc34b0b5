"""BERTScore's precision in the context: against the package, and by hand where it cuts texts."""

from pathlib import Path

import pytest
import torch

from harness.metrics import Row
from harness.metrics.context_precision import ContextPrecision

SENTENCE = "Under Article 33(1), the controller notifies the authority within 72 hours."
OTHER = "Kites fly well on windy days, and their strings measure sixty metres at most."
FILLER = "A well is dug fifteen metres deep by whoever owns the land around it. "
ANSWERS = ["The controller has 72 hours to notify the authority.", OTHER, SENTENCE, "Kites."]
# The encoder of all tests.
pytestmark = pytest.mark.usefixtures("minilm")


def row(answer: str, context: str | None) -> Row:
    """An answer beside what it was shown, with a reference that nothing of it is like."""
    return Row("Within what time?", answer, ("Zebra.",), context=context)


def score(answer: str, context: str) -> float:
    """Of one answer."""
    (value,) = ContextPrecision().score([row(answer, context)])
    assert isinstance(value, float)
    return value


def by_hand(folder: Path, answer: str, context: str) -> float:
    """The mean of the best cosines of an answer's words, of texts cut into the encoder's windows.

    A window has 510 word pieces between its two special tokens, which a word may match, too.
    """
    from transformers import AutoModel, AutoTokenizer

    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder)

    def states(text: str) -> list[torch.Tensor]:
        pieces = tokenizer(text, add_special_tokens=False)["input_ids"]
        windows = []
        for start in range(0, len(pieces), 510):
            ids = [tokenizer.cls_token_id, *pieces[start : start + 510], tokenizer.sep_token_id]
            with torch.no_grad():
                output = model(torch.tensor([ids]), output_hidden_states=True)
            windows.append(torch.nn.functional.normalize(output.hidden_states[5][0], dim=-1))
        return windows

    words = torch.cat([window[1:-1] for window in states(answer)])
    return float((words @ torch.cat(states(context)).T).max(dim=1).values.mean())


def test_texts_within_a_window_score_as_the_authors_package_has_it(minilm: Path) -> None:
    from bert_score import BERTScorer

    package = BERTScorer(model_type=str(minilm), num_layers=5, use_fast_tokenizer=True)
    for context in (f"{OTHER} {SENTENCE}", SENTENCE):
        precision, _, _ = package.score(ANSWERS, [context] * len(ANSWERS))
        found = ContextPrecision().score([row(answer, context) for answer in ANSWERS])
        assert found == pytest.approx(precision.tolist(), abs=1e-4)
    assert score(SENTENCE, SENTENCE) == pytest.approx(1.0, abs=1e-4)


def test_what_stands_beyond_the_encoders_window_is_matched(minilm: Path) -> None:
    # 60 times 17 word pieces: the sentence stands in the third window, the answer in two.
    context, long_answer = FILLER * 60 + SENTENCE, FILLER * 35 + OTHER * 20
    assert score(SENTENCE, context) > score(SENTENCE, FILLER * 60) + 0.2
    for answer, shown in [(SENTENCE, context), (long_answer, context), (long_answer, SENTENCE)]:
        assert score(answer, shown) == pytest.approx(by_hand(minilm, answer, shown), abs=1e-4)


def test_answers_to_several_contexts_are_scored_as_each_alone(minilm: Path) -> None:  # noqa: ARG001
    contexts = [SENTENCE, OTHER, SENTENCE, FILLER * 80]
    rows = [row(*both) for both in zip(ANSWERS, contexts, strict=True)]
    alone = [score(*both) for both in zip(ANSWERS, contexts, strict=True)]
    assert ContextPrecision().score(rows) == pytest.approx(alone, abs=1e-4)


def test_without_a_context_there_is_nothing_to_say_and_no_encoder_is_needed() -> None:
    metric = ContextPrecision("no-such/encoder")
    assert metric.score([row("a", None), row("b", ""), row("c", " \n")]) == [None, None, None]
    assert metric.score([row(" ", SENTENCE)]) == [0.0]


@pytest.mark.parametrize("text", [".", "\x00\x01", "\u200b", "𒀀𒀁"])
def test_odd_texts_get_a_score(text: str) -> None:
    assert -1.0 <= score(text, SENTENCE) <= 1.0
    assert -1.0 <= score(SENTENCE, text) <= 1.0
