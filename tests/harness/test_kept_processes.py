"""What is kept is sound after a kill in the middle of writing, and among processes at once."""

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from harness.files import locked
from harness.kept import Kept

SIZE = 40
WRITING = f"""
import sys
from contextlib import closing
from pathlib import Path
from harness.kept import Answer, Kept

path, who, last, tell = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]
print("ready", flush=True)
sys.stdin.readline()
kept = Kept(path)
if tell == "steps":
    kept._db._db.set_trace_callback(lambda step: print(step.split()[0], flush=True))
for n in range(last):
    print("begin", n, flush=True)
    keys = [f"k{{n}}-{{i}}" for i in range({SIZE})]
    kept.keep_batch(f"b{{n}}", keys, [Answer(f"{{who}} " * 4000, 1, 1, 0.1)] * {SIZE})
    kept.keep_scores("m:1", {{key: (1.0, 2.0) for key in keys}})
    print("kept", n, flush=True)
"""


def started(path: Path, last: int, tell: str, count: int = 1) -> list[subprocess.Popen[str]]:
    """Processes that keep ``last`` batches each, let go at once."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", WRITING, str(path), str(who), str(last), tell],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for who in range(count)
    ]
    for one in processes:
        assert one.stdout and one.stdout.readline() == "ready\n"
    for one in processes:
        assert one.stdin
        one.stdin.write("go\n")
        one.stdin.flush()
    return processes


def is_sound(path: Path) -> bool:
    """As SQLite itself sees it."""
    with closing(sqlite3.connect(path)) as database:
        return database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def is_whole(kept: Kept, batch: str) -> bool:
    """Whether all answers of a batch, and the scores of each, are there."""
    answers = kept.batch(f"b{batch}") or []
    scores = kept.scores("m:1", [f"k{batch}-{i}" for i in range(SIZE)])
    return len(answers) == SIZE and list(scores.values()) == [(1.0, 2.0)] * SIZE


@pytest.mark.parametrize(
    ("step", "times"), [("BEGIN", 1), ("INSERT", 700), ("COMMIT", 6), ("kept", 9)]
)
def test_a_process_killed_while_writing_loses_nothing_it_had_kept(
    tmp_path: Path, step: str, times: int
) -> None:
    path = tmp_path / "kept.sqlite"
    (process,) = started(path, 60, "steps")
    assert process.stdout
    said = []
    for line in process.stdout:
        said.append(line)
        if line.startswith(step):
            times -= 1
        if times == 0:
            process.kill()
    assert process.wait() == -signal.SIGKILL
    assert is_sound(path)
    kept = Kept(path)
    words = [line.split() for line in said if line.endswith("\n")]  # The last may be half a line.
    assert all(is_whole(kept, word[1]) for word in words if word[0] == "kept")
    # What was being written is there whole, or not at all.
    begun = [kept.batch(f"b{word[1]}") for word in words if word[0] == "begin"]
    assert {len(answers) for answers in begun if answers is not None} <= {SIZE}
    kept.close()


def test_a_file_is_opened_by_one_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Of processes that made it at once some ended with "database is locked": SQLite does not wait
    # where two turn a file to WAL.
    path, connect = tmp_path / "kept.sqlite", sqlite3.connect

    def locked_out(*arguments: Any, **options: Any) -> sqlite3.Connection:
        with pytest.raises(TimeoutError), locked(path, wait=False):
            pass
        return connect(*arguments, **options)

    monkeypatch.setattr(sqlite3, "connect", locked_out)
    Kept(path).close()
    with locked(path, wait=False):
        pass


def test_processes_that_keep_the_same_at_once_leave_all_of_it(tmp_path: Path) -> None:
    path, batches = tmp_path / "kept.sqlite", 12
    processes = started(path, batches, "batches", 4)
    said = [process.communicate()[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * 4
    assert all(text.count("kept") == batches for text in said)
    assert is_sound(path)
    kept = Kept(path)
    for batch in range(batches):
        assert is_whole(kept, str(batch))
        # Of one writer, the first.
        assert len({answer.text for answer in kept.batch(f"b{batch}") or []}) == 1
    kept.close()
