"""Disks that are full or cannot be written, odd folders, old caches: one line, and no work lost."""

import json
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from harness.kept import Kept
from tasks.drafting.record import read_drafts
from tasks.drafting.review import read_review
from tests.conftest import call, refused, shown, spoken, write_data
from tests.left import damaged_in, left_in

DOCUMENTS = Path(__file__).parents[1] / "tasks" / "drafting" / "folders" / "mixed"
SUITE = """\
name: mine
data: {data}
split: train
floors: [echo, other]
metrics: [rouge_l, facts]
models: {{today: {{answers: answers.jsonl}}}}
variants: [today]
"""
Mounted = Callable[[str], Path]
REPORTS = {
    "--html": ("report", "run"),
    "--csv": ("report", "run"),
    "--markdown": ("compare", "run:today", "run:floor/echo"),
    "--rows": ("compare", "run:today", "run:floor/echo"),
    "--junit": ("compare", "run:today", "run:floor/echo", "--gate"),
}
"""What writes a file of its own, by its option."""


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Mounted]:
    """Makes a file system in memory, with options of ``mount``: root may write anywhere else."""
    folder = tmp_path / "mounted"
    folder.mkdir()

    def mount(options: str) -> Path:
        command = ["/usr/bin/env", "mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"nothing can be mounted here: {done.stderr.strip()}")
        return folder

    yield mount
    subprocess.run(
        ["/usr/bin/env", "umount", "--lazy", str(folder)], capture_output=True, check=False
    )


def write_suite(folder: Path, data: str = "data") -> Path:
    """A data folder, answers to its questions, and a suite of these and of two floors."""
    write_data(folder / data, 12)
    lines = (folder / data / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    answers = ({"id": row["id"], "answer": row["answer"][:30]} for row in map(json.loads, lines))
    text = "".join(json.dumps(one) + "\n" for one in answers)
    (folder / "answers.jsonl").write_text(text, encoding="utf-8")
    (folder / "suite.yaml").write_text(SUITE.format(data=data), encoding="utf-8")
    return folder / "suite.yaml"


def interrupted(*_: object) -> None:
    """As far as a process came that was killed."""
    raise KeyboardInterrupt


@pytest.fixture
def here(workplace: Path) -> Path:
    """A working directory with a suite."""
    write_suite(workplace)
    return workplace


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the suite, made once."""
    folder = tmp_path_factory.mktemp("scored")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        shown("run", write_suite(folder), "--out", "run")
    return folder


@pytest.mark.parametrize(
    ("option", "place", "reason"),
    [
        *((option, "/dev/full", "No space left on device") for option in REPORTS),
        ("--html", "run", "is a folder"),
        ("--csv", "suite.yaml/x", "Not a directory|File exists"),
        ("--rows", "x" * 300, "File name too long"),
    ],
)
def test_a_report_that_cannot_be_written_is_told_in_one_line(
    scored: Path, monkeypatch: pytest.MonkeyPatch, option: str, place: str, reason: str
) -> None:
    monkeypatch.chdir(scored)
    status, _, error = spoken(*REPORTS[option], option, place)
    assert (status, len(error.splitlines())) == (2, 1)
    assert error.startswith(f"error: {place} ")
    assert re.search(reason, error)


@pytest.mark.parametrize("option", ["--html", "--rows"])
def test_a_report_on_a_full_disk_leaves_the_one_before(
    scored: Path, monkeypatch: pytest.MonkeyPatch, mounted: Mounted, option: str
) -> None:
    monkeypatch.chdir(scored)
    full = mounted("size=4k")
    (full / "before").write_text("before")
    assert spoken(*REPORTS[option], option, full / "before")[0] == 2
    assert [(one.name, one.read_text()) for one in full.iterdir()] == [("before", "before")]


def test_a_full_disk_costs_a_run_nothing_it_had_finished(here: Path, mounted: Mounted) -> None:
    full = mounted("size=200k")
    assert "No space left on device" in refused("run", "suite.yaml", "--out", full / "run")
    assert damaged_in(full) == []
    scored = [one for one in Kept().info() if one["scored"]]
    assert scored
    shown("run", "suite.yaml", "--out", here / "run")
    assert scored == [one for one in Kept().info() if one in scored]


def test_a_full_disk_leaves_no_half_a_data_folder(mounted: Mounted) -> None:
    full = mounted("size=16k")
    line = refused("data", "import", DOCUMENTS, "--out", full / "data")
    assert "No space left on device" in line
    assert not (full / "data").exists()


def test_a_full_cache_is_told_in_one_line(
    here: Path, mounted: Mounted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POLICYQA_HOME", str(mounted("size=8k")))
    assert "is the disk full" in refused("run", "suite.yaml", "--out", here / "run")


def test_a_cache_that_is_read_only_is_told_in_one_line(
    here: Path, mounted: Mounted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POLICYQA_HOME", str(mounted("ro")))
    assert "POLICYQA_HOME" in refused("run", "suite.yaml", "--out", here / "run")


def test_a_read_only_cache_needs_no_writing_to_report(
    scored: Path, mounted: Mounted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(scored)
    monkeypatch.setenv("POLICYQA_HOME", str(mounted("ro")))
    shown("report", "run", "--markdown", "again.md")
    shown("compare", "run:today", "run:floor/echo")


def test_an_index_in_a_read_only_cache_is_told_in_one_line(
    here: Path, own_home: Path, mounted: Mounted, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = (own_home / "models").resolve()
    folder = mounted("size=1m")
    (folder / "models").symlink_to(models)
    subprocess.run(["/usr/bin/env", "mount", "-o", "remount,ro", str(folder)], check=True)
    monkeypatch.setenv("POLICYQA_HOME", str(folder))
    line = refused("index", "build", "--data", here / "data")
    assert "Read-only file system" in line


@pytest.mark.parametrize("version", [1, 99])
def test_a_cache_of_another_version_is_refused_and_left_alone(
    here: Path, own_home: Path, version: int
) -> None:
    kept = own_home / "kept.sqlite"
    with closing(sqlite3.connect(kept)) as database:
        database.executescript(f"CREATE TABLE theirs (a); PRAGMA user_version = {version}")
    line = refused("run", "suite.yaml", "--out", here / "run")
    assert f"is of version {version}" in line
    assert "move it away" in line
    with closing(sqlite3.connect(kept)) as database:
        assert database.execute("SELECT name FROM sqlite_master").fetchall() == [("theirs",)]


def test_a_home_and_folders_with_spaces_and_letters_of_any_language(
    workplace: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = workplace / "das größte Zuhause ماوى 家"
    shutil.move(own_home, home)
    monkeypatch.setenv("POLICYQA_HOME", str(home))
    suite = write_suite(workplace, "meine Daten ü")
    shown("run", suite, "--out", "läuft 家")
    shown("report", "läuft 家", "--html", "ö ö/Seite 家.html")
    shown("compare", "läuft 家:today", "läuft 家:floor/echo", "--markdown", "ö ö/a b.md")
    assert Path("ö ö/Seite 家.html").is_file()
    shown("data", "import", DOCUMENTS, "--out", "eingelesen ß")
    shown("data", "draft", "eingelesen ß", "--limit", "20", "--shares", "test=1")
    shown("data", "review", "eingelesen ß")


@pytest.mark.parametrize("name", ["put_accepted", "write_drafts", "take_away"])
def test_a_review_that_was_killed_is_taken_in_when_it_is_read_again(
    here: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    # Killed between its two files, what was accepted never became a question.
    shown("data", "import", DOCUMENTS, "--out", "imported")
    shown(
        "data", "draft", "imported", "--limit", "12", "--unanswerable", "0.3", "--shares", "test=1"
    )
    drafts = read_drafts(Path("imported"))
    rows = [f"{one.id},{'drop' if n % 4 == 0 else 'accept'}\n" for n, one in enumerate(drafts)]
    Path("reviewed.csv").write_text("id,status\n" + "".join(rows))
    shutil.copytree("imported", "killed")
    shown("data", "review", "imported", "reviewed.csv")
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(f"tasks.drafting.review.{name}", interrupted)
        read_review(Path("killed"), Path("reviewed.csv"))
    shown("data", "review", "killed", "reviewed.csv")
    left, expected = left_in(here / "killed"), left_in(here / "imported")
    assert left.pop("drafts.html") and expected.pop("drafts.html")  # It names its folder.
    assert left == expected


def test_drafting_that_was_killed_before_its_page_was_written_is_done_again(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The drafts were there, and their page and table never.
    shown("data", "import", DOCUMENTS, "--out", "imported")
    with monkeypatch.context() as patch:
        patch.setattr("policyqa.drafting.write_table", interrupted)
        assert call("data", "draft", "imported", "--shares", "test=1") != 0
    shown("data", "draft", "imported", "--shares", "test=1")
    assert (here / "imported" / "drafts.html").is_file()
