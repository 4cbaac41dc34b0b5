"""Texts put to a judge behind a server: each asked once, and one it refuses costs itself alone."""

from pathlib import Path

import pytest

from harness.models.asked import JUDGES, answers_to
from harness.models.policyqa_hf import PolicyQALM
from harness.variants import Decoding, Model
from tests.asking import asked
from tests.serving import Call, Reply, says, serving

pytestmark = pytest.mark.usefixtures("own_home")
TEXTS = ["first", "second", "odd", "first"]


def test_a_text_is_asked_once_a_draw_and_a_refused_one_is_none() -> None:
    def grades(call: Call) -> Reply:
        return Reply("no", 400) if call.asked == "odd" else says(f"{call.asked} is fine")

    with serving(grades) as server:
        options = {"base_url": server.chats, "num_concurrent": 4}
        judge = Model(JUDGES, "judge", engine="local-chat-completions", options=options)
        assert answers_to(judge, []) == []
        everything = ["first", "odd", "second"]
        for draw, sent in ((1, everything), (1, ["odd"]), (2, everything)):
            server.calls.clear()
            assert answers_to(judge, TEXTS, "Grade it.", Decoding(8, draw=draw)) == [
                "first is fine",
                "second is fine",
                None,
                "first is fine",
            ]
            assert sorted(server.asked) == sent
            system = {"role": "system", "content": "Grade it."}
            assert server.calls[0].body["messages"][0] == system


def test_a_judge_that_thinks_is_heard_when_it_has_thought() -> None:
    """A grade is the first digit of what it says."""
    said = {"first": "<think>1? No, 0.</think>2", "second": "<think>1? Or"}
    with serving(lambda call: says(said[call.asked])) as server:
        options = {"base_url": server.chats}
        judge = Model(JUDGES, "judge", engine="local-chat-completions", options=options)
        assert answers_to(judge, [*said]) == ["2", ""]


def test_weights_on_this_machine_are_asked_in_their_own_chat(
    tiny_llama: Path, tiny_model: PolicyQALM
) -> None:
    chat = tiny_model.apply_chat_template([{"role": "user", "content": "Who?"}])
    (own,) = tiny_model.generate_until(asked([chat], max_gen_toks=4, until=["\nQuestion:"]), True)
    model = Model(JUDGES, str(tiny_llama))
    assert answers_to(model, ["Who?"], decoding=Decoding(4)) == [own.strip()]
