"""Texts put to a judge behind a server: each asked once, and one it refuses costs itself alone."""

from pathlib import Path

import pytest

from harness.models.asked import JUDGES, answers_to
from harness.variants import Decoding, Model
from tests.serving import Call, Reply, Server, says, serving

TEXTS = ["first", "second", "odd", "first"]


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POLICYQA_HOME", str(tmp_path))


def judge(server: Server) -> Model:
    options = {"base_url": server.chats, "num_concurrent": 4}
    return Model(JUDGES, "judge", engine="local-chat-completions", options=options)


def test_a_text_is_asked_once_a_draw_and_a_refused_one_is_none() -> None:
    def grades(call: Call) -> Reply:
        return Reply("no", 400) if call.asked == "odd" else says(f"{call.asked} is fine")

    with serving(grades) as server:
        expected = ["first is fine", "second is fine", None, "first is fine"]
        assert answers_to(judge(server), TEXTS, "Grade it.", Decoding(8)) == expected
        assert sorted(server.asked) == ["first", "odd", "second"]
        assert server.calls[0].body["messages"][0] == {"role": "system", "content": "Grade it."}
        server.calls.clear()
        assert answers_to(judge(server), TEXTS, "Grade it.", Decoding(8)) == expected
        assert server.asked == ["odd"]
        server.calls.clear()
        assert answers_to(judge(server), TEXTS, "Grade it.", Decoding(8, draw=2)) == expected
        assert sorted(server.asked) == ["first", "odd", "second"]


def test_nothing_asked_is_nothing_answered() -> None:
    with serving(lambda _: says("x")) as server:
        assert answers_to(judge(server), []) == []
        assert server.calls == []
