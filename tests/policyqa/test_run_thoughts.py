"""A model that thinks is scored on what it answers, and is told where it came to no answer."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from rich.console import Console

from harness.errors import ModelError
from harness.kept import Kept
from harness.models.unloaded import Unloaded
from harness.runs import read_result
from policyqa.progress import Watch
from tests.conftest import refused
from tests.policyqa.conftest import run, samples, suite_of
from tests.served import CHATS, Asker
from tests.serving import Call, Reply, Server, says, serving

pytestmark = pytest.mark.usefixtures("own_home")
THOUGHT = "<think>Is it 72 hours?\n\nOr 24.</think>\n\n"


def thinks(call: Call) -> Reply:
    """In plain where it is told not to; it comes to no end on part 2."""
    answer = f"It is {call.asked.split()[-1]}."
    if call.body.get("chat_template_kwargs") == {"enable_thinking": False}:
        return says(answer)
    if "part 2" in call.asked:
        return says(THOUGHT.partition("</think>")[0], finish_reason="length")
    return says(THOUGHT + answer)


def written(server: Server, data: Path, **more: Any) -> Path:
    """A suite file of one server, told to think and not to."""
    (data / "corpus").rename(data / "corpora")  # Nothing is retrieved, so nothing is embedded.
    options = {"base_url": server.chats}
    bodies: dict[str, Any] = {
        "thinks": {"reasoning_effort": "low"},
        "plain": {"chat_template_kwargs": {"enable_thinking": False}},
    }
    rows = {
        name: {
            "base": "small",
            "engine": "local-chat-completions",
            "options": options | {"extra_body": body | more},
        }
        for name, body in bodies.items()
    }
    suite = {
        "data": str(data),
        "models": rows,
        "variants": ["thinks/chat", "plain/chat"],
        "floors": [],
        "metrics": ["bleu", "rouge_l", "empty"],
    }
    path = data.parent / "served.yaml"
    path.write_text(yaml.safe_dump(suite))
    return path


def test_what_a_model_thinks_is_kept_and_not_scored(data: Path, tmp_path: Path) -> None:
    out, heard = tmp_path / "run", io.StringIO()
    with serving(thinks) as server:
        run(written(server, data), out, Watch(Console(file=heard, width=400)))
        bodies = [call.body for call in server.calls]
    assert sum(body.get("reasoning_effort") == "low" for body in bodies) == 3
    assert all(not {"extra_body", "options"} & set(body) for body in bodies)
    logged = {name: samples(out, f"{name}/chat") for name in ("thinks", "plain")}
    silent = [key for key, line in logged["thinks"].items() if "part 2" in line["doc"]["question"]]
    assert silent
    for key, line in logged["thinks"].items():
        ((raw,),) = line["resps"]
        assert raw.startswith("<think>")
        (answer,) = line["filtered_resps"]
        if key in silent:
            assert (answer, line["bleu"], line["empty"]) == ("", 0.0, 1.0)
            assert line["unanswered"] == "its thoughts took all its tokens"
        else:
            other = logged["plain"][key]
            assert answer == other["filtered_resps"][0] != ""
            assert (line["bleu"], line["rouge_l"]) == (other["bleu"], other["rouge_l"])
            assert line["unanswered"] is None
    result = read_result(out, "thinks/chat")
    assert result.record["unanswered"] == sorted(silent)
    assert result.cost["cut"] == pytest.approx(len(silent) / 3)
    said = f"{len(silent)} of 3 answers of thinks/chat are thoughts alone"
    assert heard.getvalue().count(said) == 1
    assert "raise max_tokens (96)" in heard.getvalue()
    assert "of plain/chat are thoughts" not in heard.getvalue()


def test_a_chat_template_that_begins_the_thought_is_known_to(
    tiny_llama: Path, data: Path, tmp_path: Path
) -> None:
    """Of weights here, which never say that they began to think; and a template is told not to."""
    base = thinking(tiny_llama, tmp_path / "base")
    row = {"base": str(base)}
    tables = {
        "thinks": row,
        "more": row | {"options": {"enable_thinking": True, "think_end_token": "</end>"}},
        "told": row | {"options": {"enable_thinking": False}},
        "args": row | {"options": {"chat_template_args": {"enable_thinking": False}}},
    }
    names = [f"{name}/chat" for name in tables]
    out = tmp_path / "run"
    run(suite_of(base, data, models=tables, variants=names, decoding={"max_tokens": 8}), out)
    thinks, more, told, args = (samples(out, name) for name in names)
    for key, line in thinks.items():
        asked = line["arguments"]["gen_args_0"]["arg_0"]
        assert asked.endswith("<think>\n")
        assert line["resps"][0][0].strip()
        assert line["cost"]["cut"] == 1.0
        assert line["filtered_resps"] == more[key]["filtered_resps"] == [""]
        for other in (told[key], args[key]):
            assert asked == other["arguments"]["gen_args_0"]["arg_0"] + "<think>\n"
            assert other["filtered_resps"] == [other["resps"][0][0].strip()]


def thinking(model: Path, base: Path) -> Path:
    """The model, whose chat template begins a thought unless it is told not to."""
    base.mkdir()
    for file in model.iterdir():
        if file.name not in ("chat_template.jinja", "tokenizer_config.json"):
            (base / file.name).symlink_to(file)
    config = json.loads((model / "tokenizer_config.json").read_text())
    config["chat_template"] = (
        "{% for turn in messages %}{{ turn.content }}\n{% endfor %}"
        "{% if enable_thinking is not defined or enable_thinking %}<think>\n{% endif %}"
    )
    (base / "tokenizer_config.json").write_text(json.dumps(config))
    return base


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"enable_thinking": "no"}, "enable_thinking true or false"),
        ({"chat_template_args": ["a"]}, "must be a table"),
        ({"chat_template_args": {"tokenize": True}}, "cannot be told {'tokenize': True}"),
        ({"chat_template_args": {"tools": 3}}, "cannot be told {'tools': 3}"),
    ],
)
def test_what_no_chat_template_can_be_told_is_one_line(
    options: dict[str, Any], said: str, tiny_llama: Path
) -> None:
    with pytest.raises(ModelError) as raised:
        Unloaded(str(tiny_llama), options)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


UNSEEN = {
    "part 1": says("He asks of 1.\nQuestion: which?</think>It is 1.\nQuestion: more?"),
    "part 2": says("He asks of 2. It may be 60 metres, or", finish_reason="length"),
    "part 3": says("It is 3."),
}


@pytest.mark.parametrize("mark", ["</think>", "assistantfinal"])
def test_a_server_that_begins_thoughts_unseen_is_known_by_one_that_ends(mark: str) -> None:
    """What is cut before that is a thought; a stop string stops no thought."""
    given = {name: Reply(one.body.replace("</think>", mark)) for name, one in UNSEEN.items()}
    options = {} if mark == "</think>" else {"think_end_token": mark}
    with serving(lambda call: given[call.asked]) as server:
        asker = Asker(server, Kept(), CHATS, **options)
        texts = asker.ask([*given], until=["\nQuestion:"])
    assert texts[0] == f"He asks of 1.\nQuestion: which?{mark}It is 1."
    assert list(asker.lm.without_thoughts.values()) == ["It is 1.", "", "It is 3."]
    assert asker.lm.unanswered == {"part 2": "its thoughts took all its tokens"}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"temperature": 1}, "extra_body of its options has temperature, which the suite sets"),
        ({"max_completion_tokens": 1}, "extra_body of its options has max_completion_tokens"),
    ],
)
def test_what_a_body_may_not_have_is_refused(
    more: dict[str, Any], said: str, data: Path, tmp_path: Path
) -> None:
    with serving(thinks) as server:
        assert said in refused("run", written(server, data, **more), "--out", tmp_path / "run")
        assert server.calls == []
