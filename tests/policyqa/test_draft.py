"""``policyqa data draft``, ``data review`` and ``start``, as a newcomer types them."""

import csv
import json
import re
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


def accept_all(data: Path, count: int | None = None) -> Path:
    """The table of drafts, every row, or the first ones, accepted."""
    path = data.parent / "reviewed.csv"
    rows = list(csv.DictReader((data / "drafts.csv").read_text("utf-8-sig").splitlines(True)))
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(row | {"status": "accepted"} for row in rows[:count])
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
        "conflicts": [],
    }


def test_nothing_unreviewed_is_scored_and_a_run_says_how_many_it_left_out(data: Path) -> None:
    shown("data", "draft", data, "--limit", "40", "--shares", "test=1", "--unanswerable", "0")
    suite = data.parent / "mine.yaml"
    suite.write_text(f"variants: [floor/echo]\nfloors: []\ndata: {data}\nmetrics: [rouge_l]\n")
    line = refused("run", suite)
    assert f"holds no question; none of its drafts is accepted: policyqa data review {data}" in line
    counted = printed("data", "review", data, accept_all(data, 30))
    assert (counted["accepted"], counted["waiting"]) == (30, 10)
    status, output, error = spoken("run", suite)
    assert status == 0, error
    assert f"10 drafts of {data} are not reviewed and left out" in output + error
    assert "n = 30" in output + error


def test_a_table_that_was_reviewed_in_its_place_is_read_before_it_is_written(data: Path) -> None:
    shown("data", "draft", data, "--limit", "12")
    accept_all(data, 5).replace(data / "drafts.csv")
    theirs = data.parent / "theirs.csv"
    last = json.loads((data / "drafts.jsonl").read_text().splitlines()[-1])["id"]
    theirs.write_text(f"id,status\n{last},dropped\n")
    found = printed("data", "review", data, theirs)
    assert (found["accepted"], found["dropped"]) == (5, 1)
    again = printed("data", "review", data)
    assert (again["accepted"], again["dropped"]) == (5, 1)


def test_how_many_questions_show_a_difference(data: Path) -> None:
    large, small = (
        printed("data", "draft", data, "--for", difference) for difference in ("0.1", "0.02")
    )
    assert large["questions"] < small["questions"]
    assert large["drafts"] > large["questions"]
    assert not (data / "drafts.jsonl").exists()
    said = shown("data", "draft", data, "--for", "0.02")
    assert f"next: policyqa data draft {data} --limit {small['drafts']}" in said


@pytest.mark.parametrize("options", [["--for", "inf"], ["--pilot", "runs/x"]])
def test_a_plan_for_no_difference_is_refused(data: Path, options: list[str]) -> None:
    assert "name" in refused("data", "draft", data, *options)
    assert not (data / "drafts.jsonl").exists()


def test_a_model_of_a_suite_drafts(data: Path) -> None:
    def script(call: Call) -> Reply:
        if call.number % 2:
            return says("<think>\nQuestion: Is it?\nAnswer: Perhaps not.\n")
        thought = "<think>\nQuestion: Is it?\nAnswer: Perhaps not.\n</think>\n"
        return says(f"{thought}Question: What is said ({call.number})?\nAnswer: Something.\n")

    with serving(script) as server:
        suite = data.parent / "mine.yaml"
        suite.write_text(
            "variants: [floor/echo]\nmodels:\n  served:\n    engine: local-chat-completions\n"
            f"    base: small\n    options: {{base_url: '{server.chats}'}}\n"
        )
        status, output, error = spoken(
            "data", "draft", data, "--by", f"{suite}:served", "--limit", "10", "--json"
        )
        assert status == 0
        found = json.loads(output)
        thoughts = map(
            int, re.findall(r"served thought on (\d+) of \d+ sections and came to", error)
        )
        calls = len(server.calls)
        assert found["kinds"] == {"drafted": found["drafts"] - found["unanswerable"]} | (
            {"unanswerable": found["unanswerable"]} if found["unanswerable"] else {}
        )
        (data / "drafts.jsonl").unlink()
        printed("data", "draft", data, "--by", f"{suite}:served", "--limit", "10")
        assert len(server.calls) == calls  # What it said is kept.
        assert sum(thoughts) == (calls + 1) // 2
    assert "Is it?" not in (data / "drafts.jsonl").read_text()
    assert "who has not read it" in server.calls[0].asked


@pytest.mark.parametrize("row", ["sft", "today", "nobody"])
def test_a_model_that_cannot_draft_is_refused(data: Path, row: str) -> None:
    suite = data.parent / "mine.yaml"
    suite.write_text(
        "variants: [floor/echo]\nmodel: smollm2-135m\nmodels: {today: {answers: a.jsonl}}\n"
    )
    line = refused("data", "draft", data, "--by", f"{suite}:{row}")
    assert f"'{row}' is no model of {suite} that can be asked to draft; there are base" in line


def test_a_model_without_a_suite_is_refused(data: Path) -> None:
    assert "name a suite and a row of its models" in refused("data", "draft", data, "--by", "mine")


def test_what_a_model_wrote_in_another_form_is_left() -> None:
    text = (
        "Sure!\n1. **Question:** By when?\n   **Answer:** Within *3 days*,\n at noon.\n\n"
        "Question: What for\nAnswer: Nothing.\nQ2: Who signs?\nA2: The clerk.\n"
    )
    assert [(one.question, one.answer) for one in drafted_in(text)] == [
        ("By when?", "Within 3 days, at noon."),
        ("Who signs?", "The clerk."),
    ]


def test_start_walks_from_documents_to_the_next_command(workplace: Path) -> None:
    shutil.copytree(DOCUMENTS, workplace / "docs")
    (workplace / "answers.jsonl").write_text("")
    said = shown("start", "my", "--documents", "docs", "--today", "answers.jsonl")
    assert said.splitlines()[0].split() == ["done", "documents", "read"]
    assert "next  questions drafted: policyqa data draft my/data --shares test=1" in said
    shown("data", "draft", "my/data", "--shares", "test=1", "--limit", "25")
    assert "next  drafts reviewed (0 of 25): open my/data/drafts.html" in shown("start", "my")
    shown("data", "review", "my/data", accept_all(workplace / "my" / "data"))
    assert "next  scored: policyqa run my/suite.yaml --dry-run tells" in shown("start", "my")
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
        (["--train"], ["base/plain", "base/rag", "base/rag+withheld", "base/few", "sft-rag/rag"]),
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
    own = "variants: [floor/echo]\ndata: my/data\nname: other\n"
    (workplace / "my" / "suite.yaml").write_text(own)
    status, output, error = spoken("start", "my", "--documents", DOCUMENTS)
    assert status == 0
    assert "is left as it is: its files are yours to change" in error
    assert (workplace / "my" / "suite.yaml").read_text() == own
    assert "open runs/other/report.html" in output


def test_start_with_documents_that_are_there_asks_for_none(workplace: Path, data: Path) -> None:
    (workplace / "my").mkdir()
    data.rename(workplace / "my" / "data")
    assert "next  questions drafted" in shown("start", "my")
    assert (workplace / "my" / "suite.yaml").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["my", "--documents", "nowhere"], "nowhere is no file or folder"),
        (["my", "--documents", ".", "--model", "http://localhost/v1"], "#my-model"),
        (["my", "--documents", ".", "--today", "gone.jsonl"], "neither a file of answers"),
        (["my", "--documents", ".", "--difference", "nan"], "a difference that matters is above 0"),
        (
            ["my", "--documents", ".", "--train", "--model", "http://h/v1#m"],
            "--model names a server",
        ),
        (["file"], "file is a file: name a folder"),
        (["raw"], "raw/data is there and no data folder: it has no corpus"),
    ],
)
def test_start_refuses_what_cannot_be_and_writes_nothing(
    workplace: Path, arguments: list[str], message: str
) -> None:
    (workplace / "file").write_text("")
    (workplace / "raw" / "data").mkdir(parents=True)
    assert message in refused("start", *arguments)
    assert not (workplace / "my").exists()


def test_start_in_a_folder_of_any_name_writes_a_suite_that_can_be_read(workplace: Path) -> None:
    folder = workplace / "my 1st: project"
    (workplace / "answers, v2.jsonl").write_text("")
    said = shown("start", folder, "--documents", DOCUMENTS, "--today", "answers, v2.jsonl")
    assert load_suite(str(folder / "suite.yaml")).name == "my-1st-project"
    assert f"policyqa data draft '{folder}/data'" in said


def test_a_review_that_accepted_nothing_is_no_dead_end(workplace: Path) -> None:
    shown("start", "my", "--documents", DOCUMENTS)
    shown("data", "draft", "my/data", "--limit", "5")
    table = accept_all(workplace / "my" / "data")
    table.write_text(table.read_text().replace("accepted", "dropped"))
    shown("data", "review", "my/data", table)
    assert "none was accepted: remove my/data/drafts.jsonl" in shown("start", "my")


def test_start_in_a_pipe_names_the_options_it_needs(workplace: Path) -> None:
    line = refused("start", "my")
    assert "policyqa start my --documents FOLDER" in line
    for option in ("--model", "--today", "--train", "--difference"):
        assert option in line
    assert not (workplace / "my").exists()


@pytest.mark.usefixtures("workplace")
def test_start_in_json_has_the_steps() -> None:
    found = printed("start", "my", "--documents", DOCUMENTS)
    assert [one["done"] for one in found] == [True, *[False] * 4]
    assert json.dumps(found[1]).count("policyqa data draft my/data") == 1


def test_a_reviewed_table_that_is_a_link_to_itself_is_refused(workplace: Path) -> None:
    # It was a traceback that fuzzing found.
    for command in (["import", str(DOCUMENTS), "--out", "my"], ["draft", "my"]):
        assert spoken("data", *command)[0] == 0
    (workplace / "reviewed.csv").symlink_to("reviewed.csv")
    assert "reviewed.csv cannot be read" in refused("data", "review", "my", "reviewed.csv")
