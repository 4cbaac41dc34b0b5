"""A model that thinks is scored on what it answers, and is told where it came to no answer."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from rich.console import Console

from harness.runs import read_result
from policyqa.progress import Watch
from tests.conftest import refused
from tests.policyqa.conftest import run, samples, suite_of
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
            assert line["unanswered"] == "it ends in its thoughts, which are no answer"
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
    base = tmp_path / "base"
    base.mkdir()
    for file in tiny_llama.iterdir():
        if file.name not in ("chat_template.jinja", "tokenizer_config.json"):
            (base / file.name).symlink_to(file)
    config = json.loads((tiny_llama / "tokenizer_config.json").read_text())
    template = (
        "{% for turn in messages %}{{ turn.content }}\n{% endfor %}"
        "{% if enable_thinking is not defined or enable_thinking %}<think>\n{% endif %}"
    )
    config["chat_template"] = template
    (base / "tokenizer_config.json").write_text(json.dumps(config))
    row = {"base": str(base)}
    tables = {
        "thinks": row,
        "told": row | {"options": {"enable_thinking": False}},
        "args": row | {"options": {"chat_template_args": {"enable_thinking": False}}},
    }
    names = [f"{name}/chat" for name in tables]
    out = tmp_path / "run"
    run(suite_of(base, data, models=tables, variants=names), out)
    thinks, told, args = (samples(out, name) for name in names)
    for key, line in thinks.items():
        asked = line["arguments"]["gen_args_0"]["arg_0"]
        assert asked.endswith("<think>\n")
        assert line["resps"][0][0].strip()
        assert line["filtered_resps"] == [""]
        for other in (told[key], args[key]):
            assert asked == other["arguments"]["gen_args_0"]["arg_0"] + "<think>\n"
            assert other["filtered_resps"] == [other["resps"][0][0].strip()]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"temperature": 1}, "extra_body of its options has temperature, which the suite sets"),
        ({"api_key": "sk-1"}, "api_key has no place in a suite"),
    ],
)
def test_what_a_body_may_not_have_is_refused(
    more: dict[str, Any], said: str, data: Path, tmp_path: Path
) -> None:
    with serving(thinks) as server:
        assert said in refused("run", written(server, data, **more), "--out", tmp_path / "run")
        assert server.calls == []
