"""``policyqa data draft``, ``data review`` and ``start``, as a newcomer types them."""

import json
import shutil
from pathlib import Path

import pytest

from policyqa.model_drafts import drafted_in
from policyqa.suite import load_suite
from tests.conftest import printed, refused, shown, spoken
from tests.serving import Call, Reply, says, serving

DOCUMENTS = Path(__file__).parents[1] / "tasks" / "drafting" / "folders" / "mixed"


@pytest.fixture
def data(workplace: Path) -> Path:
    """A data folder of documents alone."""
    shown("data", "import", DOCUMENTS, "--out", workplace / "data")
    return workplace / "data"


def accept_all(data: Path) -> Path:
    """The table of drafts, every row accepted."""
    path = data.parent / "reviewed.csv"
    text = (data / "drafts.csv").read_text(encoding="utf-8")
    path.write_text(text.replace(",draft,", ",accepted,"), encoding="utf-8")
    return path


def test_from_documents_to_questions_each_step_names_the_next(data: Path) -> None:
    said = shown("data", "draft", data, "--limit", "30", "--shares", "test=1")
    assert f"next: open {data}/drafts.html" in said
    assert f"policyqa data review {data} reviewed.csv" in said
    assert (data / "drafts.html").is_file()
    said = shown("data", "review", data, accept_all(data))
    assert f"next: policyqa data check {data}" in said
    assert printed("data", "info", data)["questions"] == 30


def test_drafts_in_json(data: Path) -> None:
    found = printed("data", "draft", data, "--limit", "20", "--unanswerable", "0")
    assert (found["drafts"], found["unanswerable"]) == (20, 0)
    assert printed("data", "review", data) == {
        "data": str(data),
        "accepted": 0,
        "mended": 0,
        "dropped": 0,
        "waiting": 20,
    }


def test_nothing_unreviewed_is_scored_and_a_run_says_how_many_it_left_out(data: Path) -> None:
    shown("data", "draft", data, "--limit", "40", "--shares", "test=1", "--unanswerable", "0")
    suite = data.parent / "mine.yaml"
    suite.write_text(f"variants: [floor/echo]\nfloors: []\ndata: {data}\nmetrics: [rouge_l]\n")
    line = refused("run", suite)
    assert f"holds no question; its drafts wait to be reviewed: policyqa data review {data}" in line
    table = accept_all(data)
    rows = table.read_text(encoding="utf-8").split("accepted")
    table.write_text("accepted".join(rows[:31]) + "draft" + "draft".join(rows[31:]))
    counted = printed("data", "review", data, table)
    status, output, error = spoken("run", suite)
    assert status == 0, error
    waiting = counted["waiting"]
    assert 0 < waiting < 40
    assert f"{waiting} drafts of {data} are not reviewed and left out" in output + error
    assert f"n = {40 - waiting}" in output + error


def test_how_many_questions_show_a_difference(data: Path) -> None:
    large, small = (
        printed("data", "draft", data, "--for", difference) for difference in ("0.1", "0.02")
    )
    assert large["questions"] < small["questions"]
    assert large["drafts"] > large["questions"]
    assert not (data / "drafts.jsonl").exists()
    said = shown("data", "draft", data, "--for", "0.02")
    assert f"next: policyqa data draft {data} --limit {small['drafts']}" in said


def test_a_model_of_a_suite_drafts(data: Path) -> None:
    def script(call: Call) -> Reply:
        return says(f"Question: What is said ({call.number})?\nAnswer: Something.\n")

    with serving(script) as server:
        suite = data.parent / "mine.yaml"
        suite.write_text(
            "variants: [floor/echo]\nmodels:\n  served:\n    engine: local-chat-completions\n"
            f"    base: small\n    options: {{base_url: '{server.chats}'}}\n"
        )
        found = printed("data", "draft", data, "--by", f"{suite}:served", "--limit", "10")
        calls = len(server.calls)
        assert found["kinds"] == {"drafted": found["drafts"] - found["unanswerable"]} | (
            {"unanswerable": found["unanswerable"]} if found["unanswerable"] else {}
        )
        (data / "drafts.jsonl").unlink()
        printed("data", "draft", data, "--by", f"{suite}:served", "--limit", "10")
        assert len(server.calls) == calls  # What it said is kept.
    assert "who has not read it" in server.calls[0].asked


def test_a_model_that_cannot_draft_is_refused(data: Path) -> None:
    suite = data.parent / "mine.yaml"
    suite.write_text("variants: [floor/echo]\nmodel: smollm2-135m\n")
    line = refused("data", "draft", data, "--by", f"{suite}:sft")
    assert f"'sft' is no model of {suite} that can be asked to draft; there are base" in line


def test_what_a_model_wrote_in_another_form_is_left() -> None:
    text = (
        "Sure!\n1. **Question:** By when?\n   **Answer:** Within 3 days.\n\n"
        "Question: What for\nAnswer: Nothing.\nQ2: Who signs?\nA2: The clerk.\n"
    )
    assert [(one.question, one.answer) for one in drafted_in(text)] == [
        ("By when?", "Within 3 days."),
        ("Who signs?", "The clerk."),
    ]


def test_start_walks_from_documents_to_the_next_command(workplace: Path) -> None:
    shutil.copytree(DOCUMENTS, workplace / "docs")
    said = shown("start", "my", "--documents", "docs", "--today", "answers.jsonl")
    assert said.splitlines()[0].split() == ["done", "documents", "read"]
    assert "next  questions drafted: policyqa data draft my/data --shares test=1" in said
    shown("data", "draft", "my/data", "--shares", "test=1", "--limit", "25")
    assert "next  drafts reviewed (0 of 25): open my/data/drafts.html" in shown("start", "my")
    shown("data", "review", "my/data", accept_all(workplace / "my" / "data"))
    assert "next  what a run takes: policyqa run my/suite.yaml --dry-run" in shown("start", "my")
    suite = load_suite("my/suite.yaml")
    assert suite.baseline_name == "today"
    assert [one.name for one in suite.resolved if not one.model.is_floor] == [
        "today",
        "base/plain",
        "base/rag",
        "base/rag+withheld",
    ]
    assert suite.decide is not None
    assert suite.decide.margin == 0.02


@pytest.mark.parametrize(
    ("options", "variants"),
    [
        (["--train"], ["base/plain", "base/rag", "base/few", "base/rag+withheld", "sft-rag/rag"]),
        (
            ["--model", "http://localhost:8000/v1/chat/completions#small"],
            ["served/chat", "served/chat-rag", "served/chat-rag+withheld"],
        ),
        (
            ["--today", "my_package:answer", "--model", "gemma3-270m", "--difference", "0.05"],
            ["today", "base/plain", "base/rag", "base/rag+withheld"],
        ),
    ],
)
@pytest.mark.usefixtures("workplace")
def test_every_suite_that_start_writes_can_be_read(options: list[str], variants: list[str]) -> None:
    shown("start", "my", "--documents", DOCUMENTS, *options)
    suite = load_suite("my/suite.yaml")
    assert [one.name for one in suite.resolved if not one.model.is_floor] == variants


def test_start_writes_over_nothing(workplace: Path) -> None:
    shown("start", "my", "--documents", DOCUMENTS)
    (workplace / "my" / "suite.yaml").write_text("# mine\n")
    shown("start", "my", "--documents", DOCUMENTS)
    assert (workplace / "my" / "suite.yaml").read_text() == "# mine\n"


def test_start_in_a_pipe_names_the_options_it_needs(workplace: Path) -> None:
    line = refused("start", "my")
    assert "policyqa start my --documents FOLDER" in line
    for option in ("--model", "--today", "--train", "--difference"):
        assert option in line
    assert not (workplace / "my").exists()


@pytest.mark.usefixtures("workplace")
def test_start_in_json_has_the_steps() -> None:
    found = printed("start", "my", "--documents", DOCUMENTS)
    assert [one["done"] for one in found] == [True, *[False] * 5]
    assert json.dumps(found[1]).count("policyqa data draft my/data") == 1
