"""A suite of served models carried out: what it costs, who answered, and what a failure leaves."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.kept import Kept
from harness.runs import read_result
from tests.conftest import call, refused
from tests.policyqa.conftest import run
from tests.serving import Call, Reply, Server, says, serving

CANARY = "sk-canary-5f0c77d2a9b14e36"
CHAT = {"chat": True, "system": "Be brief.", "template": "Asked: {question}"}
NAMES = ["plain/plain", "chats/mine"]


pytestmark = pytest.mark.usefixtures("own_home")


def echoes(call: Call) -> Reply:
    # On one line: a stop string is where a next question would begin.
    return says(f"It is {call.asked}.".replace("\n", " "))


def written(server: Server, data: Path, **more: Any) -> Path:
    """A suite file of one model behind two addresses."""
    (data / "corpus").rename(data / "corpora")  # Nothing is retrieved, so nothing is embedded.
    price = {"input": 2.0, "output": 10.0}

    def row(engine: str, url: str) -> dict[str, Any]:
        options = {"base_url": url, "num_concurrent": 4, "max_retries": 1}
        return {"base": "small", "engine": engine, "options": options, "price": price}

    suite = {
        "data": str(data),
        "models": {
            "plain": row("local-completions", server.url),
            "chats": row("local-chat-completions", server.chats),
        },
        "prompts": {"mine": CHAT},
        "variants": NAMES,
        "floors": [],
        "metrics": ["bleu"],
    }
    path = data.parent / "served.yaml"
    path.write_text(yaml.safe_dump(suite | more))
    return path


def test_a_run_says_what_answers_cost_and_who_gave_them_and_asks_once(
    data: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    with serving(echoes) as server:
        suite = written(server, data)
        comparison = run(suite, out)
        asked = list(server.calls)
        assert len(asked) == 6  # Three questions of each variant.
        chat = next(call.body["messages"] for call in asked if "messages" in call.body)
        assert chat[0] == {"role": "system", "content": "Be brief."}
        assert chat[1]["content"].startswith("Asked: What does part 2")
        for name in NAMES:
            result = read_result(out, name)
            assert result.cost["price"] == pytest.approx((11 * 2.0 + 5 * 10.0) / 1e6)
            assert (result.cost["prompt_tokens"], result.cost["answer_tokens"]) == (11.0, 5.0)
            assert result.cost["cut"] == 0.0
            today = datetime.now(UTC).date().isoformat()
            assert result.record["served_by"] == [f"small-2026 on {today}"]
            assert f"served {name}:small-2026 on {today}" in comparison["signature"]
            texts = [outcome.text for outcome in result.outcomes.values()]
            assert all("What does part 2" in text for text in texts)
        (log,) = (out / "variants/chats/mine").glob("samples_*.jsonl")
        sample = json.loads(log.read_text().splitlines()[0])
        assert "Be brief." in json.dumps(sample["arguments"])

        server.calls.clear()
        assert run(suite, out) == comparison
        assert server.calls == []
        server.script = lambda call: says(f"Now {call.asked}.", model="small-2027")
        again = run(suite, out, ask_again=True)
        assert len(server.calls) == 6
        assert "small-2027 on" in again["signature"]
        assert "small-2026" not in again["signature"]


def test_a_wrong_key_is_one_line_and_status_2_and_nowhere(
    data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    for name in ("", "lm_eval", "lm_eval.models.api_models", "asyncio", "urllib3", "requests"):
        caplog.set_level("DEBUG", logger=name or None)

    def refuses(call: Call) -> Reply:
        return Reply(f"Incorrect API key: {call.headers['Authorization']}", 401)

    with serving(refuses) as server:
        suite = written(server, data)
        assert call("run", suite, "--out", tmp_path / "run") == 2
        assert server.calls[0].headers["Authorization"] == f"Bearer {CANARY}"
    printed = capfd.readouterr()
    (line,) = [line for line in printed.err.splitlines() if line.startswith("error: ")]
    assert "HTTP 401 (Incorrect API key: Bearer [OPENAI_API_KEY]); set its key" in line
    assert printed.err.endswith(f"{line}\n")
    assert "Traceback" not in printed.err
    logged = [f"{record.getMessage()} {vars(record)}" for record in caplog.records]
    assert not [text for text in (*printed, *logged) if CANARY[:12] in text]
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert Kept().path in files
    assert not [path for path in files if CANARY[:12].encode() in path.read_bytes()]


@pytest.mark.parametrize(
    ("variant", "options", "said"),
    [
        ("chats/plain", {}, "takes chats alone; name a prompt with chat: true"),
        ("plain/mine", {}, "takes text, and the chat is rendered here: name the model whose"),
        ("plain/plain", {"baseurl": "x"}, "takes no option baseurl here"),
        ("plain/plain", {"enable_thinking": False}, "this server has its own: see extra_body"),
    ],
)
def test_what_a_server_cannot_is_refused_before_any_call(
    variant: str, options: dict[str, Any], said: str, data: Path, tmp_path: Path
) -> None:
    with serving(echoes) as server:
        path = written(server, data, variants=[variant])
        fields = yaml.safe_load(path.read_text())
        fields["models"]["plain"]["options"] |= options
        path.write_text(yaml.safe_dump(fields))
        assert said in refused("run", path, "--out", tmp_path / "run")
        assert server.calls == []
    assert not (tmp_path / "run").exists()
