"""An LM that has an LM: kept answers are those of an undisturbed run, and are not made again."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lm_eval.api.instance import Instance
from lm_eval.api.model import LM

from harness.errors import ModelError
from harness.files import cache_folder, locked
from harness.kept import Kept, Use
from harness.models.engines import LocalEngine
from harness.models.keeping import SLOTS, KeepingLM
from harness.models.policyqa_hf import PolicyQALM, Unloaded
from harness.variants import Model

SETTINGS = {"until": ["\n\n"], "max_gen_toks": 12, "do_sample": False}
PROMPTS = ["The controller", "A breach of the rules on data", "Who", "Seventy-two hours after"]
USE = Use("suite", "data", "model")


def asked(prompts: list[str], **settings: Any) -> list[Instance]:
    return [
        Instance("generate_until", {"id": prompt}, (prompt, SETTINGS | settings), i)
        for i, prompt in enumerate(prompts)
    ]


class Counting:
    """Loads a model once, and counts the prompts of each batch it is asked."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.batches: list[int] = []

    def __call__(self) -> LM:
        model = PolicyQALM(pretrained=str(self.base), device="cpu", batch_size=8)
        generate = model.generate_until

        def counted(requests: list[Instance], disable_tqdm: bool = False) -> list[str]:
            self.batches.append(len(requests))
            return generate(requests, disable_tqdm)

        model.generate_until = counted
        return model


def never() -> LM:
    raise AssertionError("the model was loaded")


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: Path) -> Kept:
    (tmp_path / "models").symlink_to((home / "models").resolve())
    monkeypatch.setenv("POLICYQA_HOME", str(tmp_path))
    return Kept()


def keeping(base: Path, load: Callable[[], LM], kept: Kept, size: int = 2) -> KeepingLM:
    model = Model("base", str(base))
    return KeepingLM(model.identity, LocalEngine(model, load, size), kept, USE)


def test_answers_are_those_of_the_model_and_are_not_made_again(
    tiny_llama: Path, kept: Kept
) -> None:
    model = PolicyQALM(pretrained=str(tiny_llama), device="cpu", batch_size=2)
    undisturbed = model.generate_until(asked(PROMPTS), True)
    load = Counting(tiny_llama)
    assert keeping(tiny_llama, load, kept).generate_until(asked(PROMPTS)) == undisturbed
    assert load.batches == [2, 2]
    assert keeping(tiny_llama, never, kept).generate_until(asked(PROMPTS)) == undisturbed


def test_a_batch_that_lacks_an_answer_is_asked_whole_and_no_other(
    tiny_llama: Path, kept: Kept
) -> None:
    load = Counting(tiny_llama)
    longest = sorted(PROMPTS, key=lambda one: -len(one))[:2]
    keeping(tiny_llama, load, kept).generate_until(asked(longest))
    # Longest first: a batch with both answers there, and two that lack one.
    keeping(tiny_llama, load, kept).generate_until(asked([*PROMPTS, "Why"]))
    assert load.batches == [2, 2, 1]


def test_fewer_questions_and_back_asks_nothing_again(tiny_llama: Path, kept: Kept) -> None:
    # One slot an arm in the run folder: a limit of 5 threw 60 finished answers away.
    load = Counting(tiny_llama)
    whole = keeping(tiny_llama, load, kept).generate_until(asked(PROMPTS))
    assert keeping(tiny_llama, never, kept).generate_until(asked(PROMPTS[1:2])) == [whole[1]]
    assert keeping(tiny_llama, never, kept).generate_until(asked(PROMPTS)) == whole


@pytest.mark.parametrize("change", [{"max_gen_toks": 3}, {"until": ["e"]}])
def test_another_way_of_decoding_is_asked_anew(
    tiny_llama: Path, kept: Kept, change: dict[str, Any]
) -> None:
    load = Counting(tiny_llama)
    keeping(tiny_llama, load, kept).generate_until(asked(PROMPTS[:1]))
    keeping(tiny_llama, load, kept).generate_until(asked(PROMPTS[:1], **change))
    assert load.batches == [1, 1]


def test_a_prompt_asked_twice_is_answered_once(tiny_llama: Path, kept: Kept) -> None:
    load = Counting(tiny_llama)
    answers = keeping(tiny_llama, load, kept).generate_until(asked([*PROMPTS[:2], PROMPTS[0]]))
    assert answers[0] == answers[2]
    assert load.batches == [2]


def test_tokens_and_seconds_are_kept_beside_the_answer(tiny_llama: Path, kept: Kept) -> None:
    lm = keeping(tiny_llama, Counting(tiny_llama), kept)
    (text,) = lm.generate_until(asked(PROMPTS[:1]))
    answer = lm.given[PROMPTS[0]]
    loaded = PolicyQALM(pretrained=str(tiny_llama), device="cpu", batch_size=1)
    assert answer.prompt_tokens == len(loaded.tok_encode(PROMPTS[0]))
    assert answer.answer_tokens == len(loaded.tok_encode(text))
    assert answer.seconds > 0
    again = keeping(tiny_llama, never, kept)
    again.generate_until(asked(PROMPTS[:1]))
    assert again.given == lm.given


def test_a_batch_another_process_is_at_is_left_to_it(tiny_llama: Path, kept: Kept) -> None:
    """The other process holds the lock of the first batch; the second is asked meanwhile."""
    lm = keeping(tiny_llama, Counting(tiny_llama), kept)
    first, second = lm._batches(asked(PROMPTS))
    slot = cache_folder("asking", str(int(first.key[:8], 16) % SLOTS))
    code = (
        "import sys; from pathlib import Path; from harness.files import locked\n"
        "with locked(Path(sys.argv[1])): print('held', flush=True); sys.stdin.readline()"
    )
    root = Path(__file__).parents[3]
    with subprocess.Popen(
        [sys.executable, "-c", code, str(slot)],
        cwd=root,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        assert lm._without_answered([first, second], 4) == [first]
        other.communicate("\n")
    with locked(slot, wait=False):  # Let go of.
        pass
    assert lm._without_answered([first], 4) == []


def test_what_needs_no_weights_is_as_the_loaded_model_has_it(tiny_llama: Path) -> None:
    loaded, unloaded = (
        PolicyQALM(pretrained=str(tiny_llama), device="cpu"),
        Unloaded(str(tiny_llama)),
    )
    for text in (*PROMPTS, "", "<|im_start|>x", "é 漢字"):
        assert unloaded.tok_encode(text) == loaded.tok_encode(text)
    assert unloaded.max_length == loaded.max_length
    chat = [{"role": "user", "content": "Who?"}]
    assert unloaded.apply_chat_template(chat) == loaded.apply_chat_template(chat)


def test_a_prompt_beyond_the_window_is_refused_without_loading(
    tiny_llama: Path, kept: Kept
) -> None:
    with pytest.raises(ModelError, match=r"a prompt has 3\d\d\d tokens, .* more than the 2048"):
        keeping(tiny_llama, never, kept).generate_until(asked([*PROMPTS, "word " * 3000]))


def test_a_model_without_a_tokenizer_is_named(tiny_llama: Path, tmp_path: Path) -> None:
    config = json.loads((tiny_llama / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match="cannot load the tokenizer"):
        Unloaded(str(tmp_path))
