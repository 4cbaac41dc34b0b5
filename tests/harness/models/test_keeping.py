"""An LM that has an LM: kept answers are those of an undisturbed run, and are not made again."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from lm_eval.api.instance import Instance

from harness.errors import ModelError
from harness.files import cache_folder, locked
from harness.kept import Kept, Use
from harness.models.engines import LocalEngine
from harness.models.keeping import SLOTS, KeepingLM
from harness.models.policyqa_hf import PolicyQALM
from harness.models.unloaded import Unloaded
from harness.variants import Model
from tests.asking import PROMPTS, asked


class Asker:
    """Asks a model through new KeepingLMs, and counts the prompts of each batch it is asked."""

    alike_in_any_batch = True

    def __init__(self, model: PolicyQALM, kept: Kept) -> None:
        self._model = model
        self._kept = kept
        self.batches: list[int] = []

    def generate_until(self, requests: list[Instance], disable_tqdm: bool = False) -> list[str]:
        self.batches.append(len(requests))
        texts: list[str] = self._model.generate_until(requests, disable_tqdm)
        return texts

    def lm(self) -> KeepingLM:
        model = Model("base", self._model.pretrained)
        engine = LocalEngine(model, lambda: self, 2)  # type: ignore[arg-type, return-value]
        return KeepingLM(model.identity, engine, self._kept, Use("suite", "data", "model"))

    def ask(self, prompts: list[str], **settings: Any) -> list[str]:
        return self.lm().generate_until(asked(prompts, **settings))


@pytest.fixture
def asker(tiny_model: PolicyQALM, kept: Kept) -> Asker:
    return Asker(tiny_model, kept)


def test_answers_are_those_of_the_model_and_none_is_made_again(
    asker: Asker, tiny_model: PolicyQALM
) -> None:
    undisturbed = tiny_model.generate_until(asked(PROMPTS), True)
    assert asker.lm().look_up(asked(PROMPTS)) == ([], 4)
    assert asker.ask([*PROMPTS, PROMPTS[0]]) == [*undisturbed, undisturbed[0]]
    assert asker.batches == [2, 2]
    # One slot an arm in the run folder: a limit of 5 threw 60 finished answers away.
    assert asker.ask(PROMPTS[1:2]) == undisturbed[1:2]
    assert asker.ask(PROMPTS) == undisturbed
    found, missing = asker.lm().look_up(asked([*PROMPTS, "Why"]))
    assert (sorted(one.text for one in found), missing) == (sorted(undisturbed), 1)
    assert asker.batches == [2, 2]


def test_a_batch_that_lacks_an_answer_is_asked_whole_and_no_other(asker: Asker) -> None:
    *_, second, longest = sorted(PROMPTS, key=len)
    asker.ask([longest])
    asker.ask([longest, second])
    # Longest first: a batch with both answers there, and two that lack one.
    asker.ask([*PROMPTS, "Why"])
    assert asker.batches == [1, 2, 2, 1]


def test_tokens_and_seconds_are_kept_and_another_way_of_decoding_is_asked_anew(
    asker: Asker, tiny_model: PolicyQALM
) -> None:
    first, again = asker.lm(), asker.lm()
    (text,) = first.generate_until(asked(PROMPTS[:1]))
    again.generate_until(asked(PROMPTS[:1]))
    answer = again.given[PROMPTS[0]]
    assert again.given == first.given
    assert answer.prompt_tokens == len(tiny_model.tok_encode(PROMPTS[0]))
    assert answer.answer_tokens == len(tiny_model.tok_encode(text))
    assert answer.seconds is not None and answer.seconds > 0
    asker.ask(PROMPTS[:1], max_gen_toks=3)
    asker.ask(PROMPTS[:1], until=["e"])
    assert asker.batches == [1, 1, 1]


class Muddled(Asker):
    """Answers with how many it was asked, as what depends on its batch would."""

    alike_in_any_batch = False

    def generate_until(self, requests: list[Instance], disable_tqdm: bool = False) -> list[str]:
        del disable_tqdm
        return [f"{one.args[0]}, one of {len(requests)}" for one in requests]


def test_answers_that_depend_on_their_batch_are_told_and_stay(
    tiny_model: PolicyQALM, kept: Kept
) -> None:
    told: list[str] = []
    lm = Muddled(tiny_model, kept).lm()
    lm.say = told.append
    answers = lm.generate_until(asked(PROMPTS))
    assert all(one.endswith("one of 2") for one in answers)
    assert len(told) == 1
    assert told[0].startswith("2 of 2 answers come out otherwise where they are asked alone")
    told.clear()
    assert lm.generate_until(asked(["Why", "Where"], do_sample=True))
    assert told == []  # What is drawn differs anyway.


class Dying(Muddled):
    """Fails when it is asked one prompt alone."""

    def generate_until(self, requests: list[Instance], disable_tqdm: bool = False) -> list[str]:
        if len(requests) == 1:
            raise ModelError("gone")
        return super().generate_until(requests, disable_tqdm)


def test_what_was_answered_is_kept_before_any_of_it_is_asked_alone(
    tiny_model: PolicyQALM, kept: Kept
) -> None:
    dying = Dying(tiny_model, kept)
    with pytest.raises(ModelError, match="gone"):
        dying.ask(PROMPTS)
    found, missing = dying.lm().look_up(asked(PROMPTS))
    assert (len(found), missing) == (2, 2)


def test_answers_that_do_not_depend_on_their_batch_are_not_told(asker: Asker) -> None:
    told: list[str] = []
    asker.alike_in_any_batch = False  # So that it is tried.
    lm = asker.lm()
    lm.say = told.append
    lm.generate_until(asked(PROMPTS))
    assert asker.batches == [2, 1, 1, 2]
    assert told == []


class Forgetful(Asker):
    """Loses an answer of each batch."""

    def generate_until(self, requests: list[Instance], disable_tqdm: bool = False) -> list[str]:
        return super().generate_until(requests, disable_tqdm)[1:]


def test_fewer_answers_than_asked_are_refused_and_none_is_kept(
    tiny_model: PolicyQALM, kept: Kept
) -> None:
    forgetful = Forgetful(tiny_model, kept)
    with pytest.raises(ModelError, match="asked 2 prompts, Forgetful gave 1 answers"):
        forgetful.ask(PROMPTS)
    assert forgetful.lm().look_up(asked(PROMPTS)) == ([], 4)


def test_a_batch_another_process_is_at_is_left_to_it(asker: Asker) -> None:
    """The lock of the first batch is held, as a process holds it; the second is asked meanwhile."""
    lm = asker.lm()
    first, second = lm._batches(asked(PROMPTS))
    with locked(cache_folder("asking", str(int(first.key[:8], 16) % SLOTS))):
        assert lm._without_answered([first, second]) == [first]
    assert lm._without_answered([first]) == []


def test_what_needs_no_weights_is_as_the_loaded_model_has_it(
    asker: Asker, tiny_model: PolicyQALM, tiny_llama: Path
) -> None:
    unloaded, lm = Unloaded(str(tiny_llama)), asker.lm()
    for text in (*PROMPTS, "", "<|im_start|>x", "é 漢字"):
        assert unloaded.tok_encode(text) == tiny_model.tok_encode(text)
    assert unloaded.max_length == tiny_model.max_length
    chat = [{"role": "user", "content": "Who?"}]
    for without in (unloaded, lm):
        assert without.apply_chat_template(chat) == tiny_model.apply_chat_template(chat)
        assert without.chat_template(True) == tiny_model.chat_template(True)
        assert without.tokenizer_name == tiny_model.tokenizer_name


def test_a_prompt_beyond_the_window_is_refused_without_loading(
    asker: Asker, tiny_model: PolicyQALM
) -> None:
    long = asked([*PROMPTS, "word " * 3000])
    for refusing in (asker.lm(), tiny_model):
        with pytest.raises(ModelError, match=r"a prompt has 3\d{3} tokens, .* more than the 2048"):
            refusing.generate_until(long, True)
    assert asker.batches == []


def test_a_model_without_a_tokenizer_is_named(tiny_llama: Path, tmp_path: Path) -> None:
    shutil.copy(tiny_llama / "config.json", tmp_path)
    with pytest.raises(ModelError, match="cannot load the tokenizer"):
        Unloaded(str(tmp_path))
