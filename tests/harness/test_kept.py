"""What is kept: found by content, forgotten for good; a file that cannot be used."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import pytest

from harness.errors import RunError
from harness.kept import Answer, Kept, Use

ODD = "line\nline\r\n\u2028\u2029 \U0001f41d \x00 after NUL 'quote\" \u200f"
MINE, OTHER_SUITE = Use("mine", "data/a", "small"), Use("other", "data/a", "small")
OTHER_DATA, OTHER_MODEL = Use("mine", "data/b", "small"), Use("mine", "data/a", "large")
USES = {"k1": MINE, "k2": OTHER_SUITE, "k3": OTHER_DATA, "k4": OTHER_MODEL}


def answer(text: str) -> Answer:
    return Answer(text, prompt_tokens=12, answer_tokens=3, seconds=0.5)


def keep_batch(kept: Kept, batch: str, **answers: str) -> None:
    kept.keep_batch(batch, list(answers), [answer(text) for text in answers.values()])


def keep(kept: Kept, use: Use, key: str, text: str) -> None:
    """One answer in a batch of its own, with a score, both noted to be used."""
    keep_batch(kept, f"batch of {key}", **{key: text})
    kept.keep_scores("m:1", {f"row of {key}": 0.5})
    kept.used(use, "answer", [key])
    kept.used(use, "score", [f"row of {key}"])


def texts(kept: Kept, batch: str) -> list[str] | None:
    found = kept.batch(batch)
    return None if found is None else [one.text for one in found]


def on_disk(kept: Kept) -> bytes:
    """All there is of the store: the file itself and what SQLite has beside it."""
    files = sorted(kept.path.parent.glob(f"{kept.path.name}*"))
    assert kept.path in files
    return b"".join(path.read_bytes() for path in files)


def test_answers_are_found_by_batch_and_by_key(kept: Kept, own_home: Path) -> None:
    assert kept.path == own_home / "kept.sqlite"
    keep_batch(kept, "b1", k2="two", k1="one")
    keep_batch(kept, "b2", k3="three")
    assert texts(kept, "b1") == ["two", "one"]
    assert kept.batch("b3") is None
    found = kept.answers(["k1", "k3", "k9"])
    assert {key: one.text for key, one in found.items()} == {"k1": "one", "k3": "three"}
    code = version("policyqa-bench")
    assert found["k1"] == replace(answer("one"), code=code)


def test_any_number_of_keys_is_looked_up_at_once(kept: Kept) -> None:
    keys = [f"k{n}" for n in range(33_000)]  # SQLite takes 32,766 values in a statement.
    kept.keep_batch("b", keys, [answer(key) for key in keys])
    kept.keep_scores("m:1", {key: float(n) for n, key in enumerate(keys)})
    assert {key: one.text for key, one in kept.answers(keys).items()} == {k: k for k in keys}
    assert len(kept.scores("m:1", keys)) == len(keys)
    assert kept.answers([]) == kept.scores("m:1", []) == {}


def test_the_first_writer_of_a_batch_wins(kept: Kept) -> None:
    keep_batch(kept, "b", k1="first", k2="second")
    keep_batch(kept, "b", k1="later", k2="latest")
    assert texts(kept, "b") == ["first", "second"]
    # One prompt in two batches has an answer in each: int8 answers by batch.
    keep_batch(kept, "a", k1="alone")
    assert texts(kept, "a") == ["alone"]
    assert texts(kept, "b") == ["first", "second"]
    assert kept.answers(["k1"])["k1"].text == "first"
    kept.forget(suite="nobody's")  # SQLite writes the file anew, and numbers its rows.
    assert kept.answers(["k1"])["k1"].text == "first"
    with pytest.raises(ValueError, match="zip"):
        kept.keep_batch("c", ["k1", "k2"], [answer("one")])
    assert kept.batch("c") is None


def test_answers_and_scores_come_back_as_they_were(kept: Kept) -> None:
    given = [
        Answer(ODD, cut=True, context=("a/s", ODD), price=0.1, served_by="m", day="2026-01-02"),
        Answer("", cut=False, context=()),
        Answer("x" * 2_000_000),
    ]
    values = {"r1": 0.1 + 0.2, "r2": None, "r3": (3.0, 0.0, 1e-9), "r4": 0.0}
    kept.keep_batch("b", ["k1", "k2", "k3"], given)
    kept.keep_scores("m:1", values)
    kept.close()
    again = Kept(kept.path)
    found = again.batch("b") or []
    assert [vars(one) | {"code": ""} for one in found] == [vars(one) for one in given]
    assert list(again.answers(["k3", "k2", "k1"]).values()) == found[::-1]
    assert again.scores("m:1", [*values, "r5"]) == values
    assert again.scores("m:2", list(values)) == {}
    again.close()


def test_info_counts_what_each_used(kept: Kept) -> None:
    assert kept.info() == []
    for key, use in USES.items():
        keep(kept, use, key, "four")
    keep_batch(kept, "b", k5="\U0001f41d and bees")
    kept.used(MINE, "answer", ["k5", "k5", "never kept"])
    kept.keep_scores("m:2", {"row of k1": None})  # A second metric of a row already scored.
    found = [tuple(row.values()) for row in kept.info()]
    assert found == [
        ("mine", "data/a", "large", 1, 4, 1),
        ("mine", "data/a", "small", 2, 14, 1),
        ("mine", "data/b", "small", 1, 4, 1),
        ("other", "data/a", "small", 1, 4, 1),
    ]
    assert list(kept.info()[0]) == ["suite", "data", "model", "answers", "characters", "scored"]


@pytest.mark.parametrize(
    ("by", "gone"),
    [
        ({"suite": "mine"}, {"k1", "k3", "k4"}),
        ({"data": "data/a"}, {"k1", "k2", "k4"}),
        ({"model": "small"}, {"k1", "k2", "k3"}),
        ({"suite": "mine", "data": "data/a"}, {"k1", "k4"}),
        ({"suite": "mine", "data": "data/a", "model": "small"}, {"k1"}),
        ({"suite": "other", "model": "large"}, set()),
        ({"suite": "' OR 1 --"}, set()),
        ({}, set(USES)),
    ],
)
def test_what_is_forgotten_is_gone_and_the_rest_is_not(
    kept: Kept, by: dict[str, str], gone: set[str]
) -> None:
    other = Kept(kept.path)  # Has the file open all the time.
    for key, use in USES.items():
        # Long enough for pages of its own, too.
        keep(other, use, key, f"secret of {key} " * 900)
    assert b"secret of k1" in on_disk(kept)
    assert kept.forget(**by) == {"answers": len(gone), "scores": len(gone)}
    left = set(USES) - gone
    assert set(other.answers(list(USES))) == left
    assert set(kept.scores("m:1", [f"row of {k}" for k in USES])) == {f"row of {k}" for k in left}
    assert {tuple(row.values())[:3] for row in kept.info()} == {
        (use.suite, use.data, use.model) for key, use in USES.items() if key in left
    }
    raw = on_disk(kept)
    for key in USES:
        assert (f"secret of {key}".encode() in raw) is (key in left)
        assert (f"row of {key}".encode() in raw) is (key in left)
    other.close()


def test_what_others_used_as_well_is_forgotten_and_what_nobody_did_stays(kept: Kept) -> None:
    keep_batch(kept, "b", k1="shared", nobodys="nobody's")
    for use in (MINE, OTHER_SUITE):
        kept.used(use, "answer", ["k1"])
    assert kept.forget(suite="mine")["answers"] == 1
    assert texts(kept, "b") == ["nobody's"]
    # A batch that lost some of its answers is completed.
    keep_batch(kept, "b", k1="anew", nobodys="later")
    assert texts(kept, "b") == ["anew", "nobody's"]
    assert kept.forget()["answers"] == 2
    assert kept.answers(["k1", "nobodys"]) == {}


@pytest.mark.parametrize("how", ["other", "pages", "cut", "folder"])
def test_a_damaged_file_is_one_clear_error(tmp_path: Path, how: str) -> None:
    path = tmp_path / "kept.sqlite"
    store = Kept(path)
    store.keep_batch("b", [f"k{n}" for n in range(50)], [answer("text " * 200)] * 50)
    store.close()
    whole = path.read_bytes()
    path.unlink()
    if how == "folder":
        path.mkdir()
    else:
        pages = whole[:4096] + b"\xff" * (len(whole) - 4096)
        damaged = {"other": b"no database" * 900, "pages": pages, "cut": whole[: len(whole) // 2]}
        path.write_bytes(damaged[how])
    with pytest.raises(RunError, match="cannot be used") as caught:
        Kept(path).batch("b")
    assert str(path) in str(caught.value) and "delete it" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE answers SET prompt_tokens = 'many'",
        "UPDATE answers SET text = NULL",
        "UPDATE answers SET seconds = 9e999",
        "UPDATE answers SET context = '[1'",
        "UPDATE answers SET text = CAST(x'c328' AS TEXT)",
        "UPDATE scores SET value = 'NaN'",
        "UPDATE uses SET suite = x'00'",
        "UPDATE scores SET value = '{}'",
    ],
)
def test_a_row_of_another_form_is_one_clear_error(tmp_path: Path, change: str) -> None:
    # They were tracebacks, or figures.
    path = tmp_path / "kept.sqlite"
    store = Kept(path)
    store.keep_batch("b", ["k"], [answer("text")])
    store.keep_scores("m", {"r": 0.5})
    store.used(Use("s", "d", "m"), "answer", ["k"])
    store.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute(change)
    with pytest.raises(RunError, match=r"kept\.sqlite cannot be used: .*delete it") as caught:
        Kept(path).batch("b")
        Kept(path).answers(["k"])
        Kept(path).scores("m", ["r"])
        Kept(path).info()
    assert "\n" not in str(caught.value)


def test_what_another_version_kept_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "kept.sqlite"
    Kept(path).close()
    with closing(sqlite3.connect(path)) as other:
        for there in (1, 4):
            other.execute(f"PRAGMA user_version = {there}")
            with pytest.raises(RunError, match=rf"is of version {there}, .* keeps version 3; move"):
                Kept(path)
            assert other.execute("PRAGMA user_version").fetchone() == (there,)


def test_what_the_version_before_kept_is_still_there(tmp_path: Path) -> None:
    path = tmp_path / "kept.sqlite"
    made = Kept(path)
    made.keep_batch("b", ["k"], [Answer("said", 3, 1)])
    made.close()
    with closing(sqlite3.connect(path)) as before:
        before.execute("ALTER TABLE answers DROP COLUMN likelihood")
        before.execute("PRAGMA user_version = 2")
    (found,) = Kept(path).batch("b") or []
    assert (found.text, found.prompt_tokens, found.likelihood) == ("said", 3, None)
    again = Kept(path)
    again.keep_batch("c", ["l"], [Answer("likely", likelihood=-0.5)])
    assert again.answers(["l"])["l"].likelihood == -0.5


def test_a_full_disk_is_one_clear_error_and_loses_nothing(kept: Kept) -> None:
    # SQLite had rolled back itself, and the error said that it could not be done twice.
    keep_batch(kept, "b1", k="there")
    kept._db._db.execute("PRAGMA max_page_count = 20")
    with pytest.raises(RunError, match="database or disk is full"):
        kept.keep_batch("b2", [f"k{n}" for n in range(200)], [answer("x" * 5000)] * 200)
    assert kept.batch("b2") is None
    assert texts(kept, "b1") == ["there"]
    keep_batch(kept, "b3", k3="goes on")
    assert texts(kept, "b3") == ["goes on"]


def test_variants_tried_on_a_question_are_counted_once_and_forgotten_with_their_suite(
    kept: Kept,
) -> None:
    assert kept.tried(["What?"]) == 0
    kept.scored(MINE, "a" * 64, ["What?", "Who?"])
    kept.scored(OTHER_SUITE, "a" * 64, ["What?"])
    kept.scored(OTHER_SUITE, "b" * 64, ["What?"])
    assert kept.tried(["What?", "Who?"]) == 2
    assert kept.tried(["Who?"]) == 1
    kept.forget(suite="other")
    assert kept.tried(["What?"]) == 1
