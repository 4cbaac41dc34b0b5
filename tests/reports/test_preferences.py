"""A user's CSV of preferences: of whom which judgement is, and what is wrong with a line."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.errors import DataError
from reports.preferences import read_preferences
from tests.conftest import write_data
from tests.policyqa.conftest import run
from tests.reports.judging import RIGHT, WRONG, judged, write_preferences

TURNED = {"a": judged(1)["b"], "b": judged(1)["a"]}


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_lines_about_two_answers_in_either_order_are_judgements_of_one_pair(
    tmp_path: Path, delimiter: str
) -> None:
    rows = [
        judged(1, "A ", rater="ann", reference="One."),
        judged(1, "a", rater="bob", reference="", **TURNED),
        judged(1, "tie", rater="cyd", reference="Two."),
        judged(1, "b", rater="", reference="One."),
        judged(1, "b", rater="", reference="", note='Two nameless raters; "quoted"'),
        judged(2, "b", rater="ann", context="What was shown."),
    ]
    path = write_preferences(tmp_path / "p.csv", rows, delimiter)
    first, second = read_preferences(path).pairs
    assert (first.first.answer, first.second.answer) == (judged(1)["a"], judged(1)["b"])
    assert first.votes == (1, -1, 0, -1, -1)
    assert (first.first.references, first.first.context) == (("One.", "Two."), None)
    assert (second.votes, second.first.context) == ((-1,), "What was shown.")
    assert (first.group, second.group) == ("q1", "q2")


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], r":1: the columns are question, a, b, preferred, .* found none"),
        ([judged(1) | {"colour": "red"}], ":1: the columns are .*, each once, .* found question,"),
        ([judged(1), judged(2, "c")], ":3: preferred is 'c'; it must be one of a, b, tie"),
        ([judged(1, "")], ":2: preferred is ''"),
        ([judged(1) | {"question": " "}], ":2: no question; name its id, or its text"),
        (
            [judged(1, rater="ann"), judged(2, rater="ann"), judged(1, rater="ann", **TURNED)],
            r":4: 'ann' judged this pair in .*:2 already; leave one",
        ),
        (
            [judged(1) | {"a": "base/plain", "b": "sft/plain"}],
            ":2: a and b are 'base/plain' and 'sft/plain', which look like .* name it: --run RUN",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_place(
    tmp_path: Path, rows: list[dict[str, Any]], said: str
) -> None:
    path = write_preferences(tmp_path / "p.csv", rows)
    with pytest.raises(DataError, match=said) as caught:
        read_preferences(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"question,a,b,preferred\n", ":1: no judgement; a line has question, a, b, preferred"),
        (b"question,a,b,preferred\nq,1,2\n", ":2: 3 fields, and the header has 4"),
        (b"question,a,b,preferred,a\nq,1,2,a,3\n", ":1: the columns are .* each once"),
        (b'question,a,b,preferred\nq,"1"x,2,a\n', ":2: no CSV"),
        (b"question,a,b,preferred\n\xff,1,2,a\n", "cannot be read: .* save it as CSV in UTF-8"),
    ],
)
def test_what_is_no_such_table_is_said(tmp_path: Path, text: bytes, said: str) -> None:
    path = tmp_path / "p.csv"
    path.write_bytes(text)
    with pytest.raises(DataError, match=said):
        read_preferences(path)


@pytest.fixture
def run_folder(tmp_path: Path, own_home: Path) -> Path:  # noqa: ARG001
    """A run of two files of answers."""
    write_data(tmp_path / "data")
    for name, answer in (("good", RIGHT), ("bad", WRONG)):
        ids = [f"{framework}-0002" for framework in ("bees", "kites", "wells")]
        lines = "".join(f'{{"id": "{one}", "answer": "{answer} of {one}."}}\n' for one in ids)
        (tmp_path / f"{name}.jsonl").write_text(lines)
    suite = {
        "data": str(tmp_path / "data"),
        "models": {name: {"answers": str(tmp_path / f"{name}.jsonl")} for name in ("good", "bad")},
        "variants": ["good", "bad"],
        "baseline": "good",
        "floors": [],
        "metrics": ["rouge_l"],
        "encoder": "minilm-l6",
        "encoder_layer": 3,
    }
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(suite))
    run(tmp_path / "mine.yaml", tmp_path / "run")
    return tmp_path / "run"


def test_names_of_variants_take_their_answers_from_the_run(
    run_folder: Path, tmp_path: Path
) -> None:
    text = "What does part 2 of the Bee Keeping Act say?"
    pair = {"a": "good", "b": "bad", "preferred": "a"}
    rows = [
        {"question": "bees-0002", "rater": "ann", **pair},
        {"question": f" {text.replace(' ', '  ')}", "rater": "bob", **pair},
        {"question": "wells-0002", "rater": "ann", **pair},
    ]
    found = read_preferences(write_preferences(tmp_path / "p.csv", rows), run_folder)
    bees, wells = found.pairs
    assert (bees.votes, wells.votes) == ((1, 1), (1,))
    assert (bees.first.answer, bees.second.answer) == (
        f"{RIGHT} of bees-0002.",
        f"{WRONG} of bees-0002.",
    )
    assert bees.first.references == ("Hives stand 40 metres from any road under Article 2.",)
    assert bees.first.evidence == ("bees/s-2",)
    assert bees.group != wells.group
    assert list(found.scored_with.metrics) == ["rouge_l"]
    assert found.scored_with.layer == 3
    for change, said in [
        ({"a": "god"}, r":2: .*run has no variant 'god'; it has good, bad"),
        ({"question": "Who?"}, r":2: of the questions of .*run, 'Who\?' is none of its own; ids"),
        ({"reference": "Hives."}, ":2: of a run's variants the run knows the reference"),
    ]:
        path = write_preferences(tmp_path / "wrong.csv", [rows[0] | change])
        with pytest.raises(DataError, match=said):
            read_preferences(path, run_folder)


def test_what_was_kept_from_being_a_formula_is_read_as_it_was_said(tmp_path: Path) -> None:
    file = tmp_path / "preferences.csv"
    file.write_text("question,a,b,preferred\nWhich?,'- one,\"'tis\",a\n")
    (pair,) = read_preferences(file).pairs
    assert (pair.first.answer, pair.second.answer) == ("- one", "'tis")
