"""What documents, questions and models hold never steers the terminal that it is printed on."""

import json
from pathlib import Path

import pytest

from policyqa.cli_ask import _show_piece
from tests.conftest import shown, spoken, write_questions

STEERS = "\x1b[31m\u202e"
SHOWN = "\\u202e"


def is_inert(text: str) -> bool:
    """Whether nothing steers, and what would is seen."""
    return not {STEERS[0], STEERS[-1]} & set(text) and SHOWN in text


def test_the_counts_and_findings_of_a_data_folder(data: Path) -> None:
    lines = (data / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    rows[0] |= {"answer": f"It is 99 metres{STEERS}.", "kind": f"kind{STEERS}"}
    rows[1] |= {"evidence": [f"bees/{STEERS}"]}
    write_questions(data, rows)
    assert is_inert(spoken("data", "check", data)[1])


def test_the_names_of_files_that_are_not_imported(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / f"a{STEERS}.md").touch()
    (tmp_path / "in" / "b.md").write_text("# Hives\n\nHives stand 40 metres from any road.\n")
    assert is_inert(shown("data", "import", tmp_path / "in", "--out", tmp_path / "out"))


@pytest.mark.usefixtures("own_home")
def test_the_sections_that_a_search_finds(data: Path) -> None:
    path = data / "corpus" / "bees.md"
    text = path.read_text(encoding="utf-8").replace("Hives stand", f"Hives{STEERS[-1]} stand")
    path.write_text(text, encoding="utf-8")
    assert is_inert(shown("index", "search", "hives", "--data", data))


def test_an_answer_as_it_comes(capsys: pytest.CaptureFixture[str]) -> None:
    for piece in f"It is{STEERS} so.":
        _show_piece(piece)
    assert capsys.readouterr().out == "It is\\x1b[31m\\u202e so."
