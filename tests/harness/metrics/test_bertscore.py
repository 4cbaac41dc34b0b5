"""BERTScore against one computed by hand, on odd texts, and with encoders of users."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from harness.errors import ConfigError, ModelError
from harness.metrics import Row
from harness.metrics import bertscore as bertscore_module
from harness.metrics.bertscore import BertScore

REFERENCE = "Under Article 33(1), the controller notifies the authority within 72 hours."
ANSWERS = [
    "Article 33(1) gives the controller 72 hours to notify the authority.",
    "Kites fly well on windy days.",
    REFERENCE,
]
REFERENCES = ("Kites fly.", REFERENCE, "Notice is due within three days.")
# The encoder of all tests but those that name another.
pytestmark = pytest.mark.usefixtures("minilm")


def rows(*answers: str, reference: str = REFERENCE) -> list[Row]:
    """A row for each answer."""
    return [Row("Within what time?", answer, (reference,)) for answer in answers]


def f1_by_hand(folder: Path, layer: int, answer: str, reference: str) -> float:
    """Greedy cosine matching of token states.

    The two special tokens are not averaged over, but a word may match one: as the authors'
    package has it.
    """
    from transformers import AutoModel, AutoTokenizer

    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder)

    def states(text: str) -> torch.Tensor:
        with torch.no_grad():
            output = model(**tokenizer(text, return_tensors="pt"), output_hidden_states=True)
        return torch.nn.functional.normalize(output.hidden_states[layer][0], dim=-1)

    cosines = states(answer) @ states(reference).T  # (tokens of answer, of reference)
    precision = cosines.max(dim=1).values[1:-1].mean()
    recall = cosines.max(dim=0).values[1:-1].mean()
    return float(2 * precision * recall / (precision + recall))


def test_scores_of_one_pass_agree_with_the_formula_and_of_several_references_the_best_counts(
    minilm: Path,
) -> None:
    by_hand = [
        [f1_by_hand(minilm, 5, one, reference) for reference in REFERENCES] for one in ANSWERS
    ]
    one = BertScore().score(rows(*ANSWERS))
    assert one == pytest.approx([scores[1] for scores in by_hand], abs=1e-4)
    for references in (REFERENCES, REFERENCES[::-1], ("", *REFERENCES)):
        several = BertScore().score([Row("", answer, references) for answer in ANSWERS])
        assert several == pytest.approx(list(map(max, by_hand)), abs=1e-4)
    for answer in ANSWERS:
        # One at a time: beside a longer text the package pads with zeros, and a token whose best
        # cosine is negative, as some are in this layer, then counts 0.
        (score,) = BertScore(layer=6).score(rows(answer))
        assert score == pytest.approx(f1_by_hand(minilm, 6, answer, REFERENCE), abs=1e-4)


@pytest.fixture
def read(minilm: Path) -> Iterator[list[int]]:
    """How many texts the encoder reads at a time, filled as it does; no reference is known yet."""
    counts: list[int] = []
    bertscore_module._kept.cache_clear()
    model = bertscore_module._load(str(minilm), 5)._model
    hook = model.register_forward_pre_hook(lambda _, given: counts.append(len(given[0])))
    yield counts
    hook.remove()


def test_references_are_read_once_for_all_variants(read: list[int]) -> None:
    for answers in (ANSWERS[:2], [f"{one}!" for one in ANSWERS[:2]]):
        BertScore().score(rows(*answers))
    assert read == [1, 2, 2]


def test_the_states_of_some_pairs_alone_are_in_memory(
    monkeypatch: pytest.MonkeyPatch, read: list[int]
) -> None:
    together = BertScore().score(rows(*ANSWERS))
    monkeypatch.setattr(bertscore_module, "PAIRS_AT_ONCE", 1)
    monkeypatch.setattr(bertscore_module, "KEPT", 0)
    bertscore_module._kept.cache_clear()
    read.clear()
    assert BertScore().score(rows(*ANSWERS)) == pytest.approx(together, abs=1e-5)
    assert read == [1, 1, 1, 1, 1]  # The last answer is the reference.
    assert not bertscore_module._kept("minilm-l6", 5)


def test_one_reference_scores_what_the_package_gives_but_for_rounding(minilm: Path) -> None:
    # What is kept of earlier versions must stay right.
    from bert_score import BERTScorer

    package = BERTScorer(model_type=str(minilm), num_layers=5, use_fast_tokenizer=True)
    _, _, f1 = package.score(ANSWERS, [REFERENCE] * len(ANSWERS))
    assert BertScore().score(rows(*ANSWERS)) == pytest.approx(f1.tolist(), abs=1e-6)


@pytest.mark.parametrize("text", ["", " \n", ".", "?!…", "\x00\x01", "\u200b", "word " * 5000])
def test_odd_texts_get_a_score(text: str) -> None:
    odd, other, perfect = BertScore().score(rows(text, ANSWERS[0], REFERENCE))
    assert isinstance(odd, float) and isinstance(other, float)
    assert -1.0 <= odd < 0.6 < other < 1.0
    assert perfect == pytest.approx(1.0, abs=1e-4)
    (turned,) = BertScore().score(rows(REFERENCE, reference=text))
    assert turned == pytest.approx(odd, abs=1e-4)


def test_where_there_is_nothing_to_match_no_encoder_is_needed() -> None:
    assert BertScore("no-such/encoder").score([]) == []
    assert BertScore("no-such/encoder").score(rows("", " ")) == [0.0, 0.0]


def test_the_encoder_is_loaded_once_and_reads_a_text_once(minilm: Path, read: list[int]) -> None:
    bertscore_module._load(str(minilm), 5)
    loads = bertscore_module._load.cache_info().misses
    for _ in range(2):
        BertScore().score([*rows("a", "b", "a", ""), Row("", "c", (REFERENCE, "d", ""))])
    assert read == [2, 3, 3]  # Two references; the answers, twice.
    assert bertscore_module._load.cache_info().misses == loads


def test_the_signature_names_what_could_change_a_score() -> None:
    signature = BertScore().signature
    for part in ("bertscore_f1:", "bert-score-", "minilm-l6@", ",L5,", "no-idf", "no-rescale"):
        assert part in signature
    assert signature != BertScore(layer=6).signature
    assert signature != BertScore("owner/encoder", 5).signature


def test_a_model_that_the_package_has_tuned_takes_its_own_layer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(socket, "socket", None)  # None can be opened.
    for encoder, layer in (("roberta-large", 17), ("microsoft/deberta-xlarge-mnli", 40)):
        assert f",L{layer}," in BertScore(encoder).signature
        assert f",L{layer + 1}," in BertScore(encoder, layer + 1).signature


def test_an_encoder_that_cannot_score_is_refused_beforehand(
    cross_encoder: Path, tmp_path: Path
) -> None:
    encoder = str(cross_encoder)
    # Scoring ended in a KeyError of the package once all answers were there.
    with pytest.raises(ConfigError, match="encoder_layer: 1") as caught:
        BertScore(encoder).check()
    assert encoder in str(caught.value)
    assert ",L?," in BertScore(encoder).signature
    for layer in (-1, 2, 99):
        with pytest.raises(ConfigError, match=rf"encoder_layer is {layer}, .* 1 to 1$"):
            BertScore(encoder, layer).check()
    with pytest.raises(ModelError, match="cannot load the configuration"):
        BertScore(str(tmp_path), 1).check()
    BertScore().check()
    BertScore(encoder, 1).check()
    by_hand = [f1_by_hand(cross_encoder, 1, answer, REFERENCE) for answer in ANSWERS]
    assert BertScore(encoder, 1).score(rows(*ANSWERS)) == pytest.approx(by_hand, abs=1e-4)
