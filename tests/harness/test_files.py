"""Files are whole or absent; hashes follow content; bad lines are named."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from harness.errors import ConfigError
from harness.files import fingerprint, hash_folder, put_folder, write_whole


@pytest.mark.parametrize("old", ["old", None])
def test_a_file_is_replaced_and_a_link_to_it_kept(tmp_path: Path, old: str | None) -> None:
    # The link was replaced by the file, and what it pointed to was left as it had been.
    (tmp_path / "there").mkdir()
    target, link = tmp_path / "there" / "a.txt", tmp_path / "link"
    if old:
        write_whole(target, old)
    link.symlink_to("there/a.txt")
    write_whole(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"
    assert [path.name for path in target.parent.iterdir()] == ["a.txt"]


@pytest.mark.parametrize("name", ["fifo", "link"])
def test_what_is_no_file_is_written_into_and_stays(tmp_path: Path, name: str) -> None:
    # --markdown /dev/stdout, run as root, put a regular file in the place of the device.
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "link").symlink_to("fifo")
    reader = os.open(tmp_path / "fifo", os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_whole(tmp_path / name, "größer")
        assert (tmp_path / "fifo").is_fifo()
        assert os.read(reader, 100).decode() == "größer"
    finally:
        os.close(reader)
    assert (tmp_path / "link").is_symlink()
    assert {path.name for path in tmp_path.iterdir()} == {"fifo", "link"}


def test_what_a_process_prints_to_keeps_what_is_in_it(tmp_path: Path) -> None:
    # report --markdown /dev/stdout >> log never reached the log; were the link only followed, the
    # log would be replaced, and what it had held and what is printed next lost.
    log, link = tmp_path / "log", tmp_path / "link"
    log.write_text("held\n")
    link.symlink_to("/dev/stdout")
    code = (
        "import pathlib, sys; from harness.files import write_whole; print('before');"
        "write_whole(pathlib.Path(sys.argv[1]), 'report\\n'); print('after')"
    )
    with log.open("a") as out:
        subprocess.run([sys.executable, "-c", code, str(link)], stdout=out, check=True)
    assert log.read_text() == "held\nbefore\nreport\nafter\n"
    assert link.is_symlink()


def test_a_folder_and_a_socket_are_no_files_to_write(tmp_path: Path) -> None:
    # A folder ended in a traceback, and a socket was replaced.
    with pytest.raises(ConfigError, match="is a folder, not a file to write"):
        write_whole(tmp_path, "text")
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(os.path.relpath(path))  # A socket's path has 107 characters at most.
        with pytest.raises(ConfigError, match=r"cannot be written \(.*\): name a file"):
            write_whole(path, "text")
        assert path.is_socket()


def test_put_folder_replaces_what_was_there(tmp_path: Path) -> None:
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    put_folder(tmp_path / "new", tmp_path / "old")
    assert [path.name for path in (tmp_path / "old").iterdir()] == ["new"]
    assert not (tmp_path / "new").exists()


def test_hashes_change_with_what_they_are_of_alone(tmp_path: Path) -> None:
    assert fingerprint({"a": 1, "b": [1, 2]}) == fingerprint({"b": [1, 2], "a": 1})
    assert fingerprint([1, 2]) != fingerprint([2, 1])
    # Answers are kept under it, those of half a character too.
    assert fingerprint({"b": None, "a": "é\ud800"}) == (
        "a3f5d51a54262f8faace69c94fbba6978e4a3f5392c61720e3ca582981f36a91"
    )
    (tmp_path / "a").write_text("x")
    first = hash_folder(tmp_path)
    (tmp_path / "a").write_text("y")
    second = hash_folder(tmp_path)
    (tmp_path / "a").rename(tmp_path / "b")
    assert len({first, second, hash_folder(tmp_path)}) == 3


@pytest.mark.parametrize("path", ["/dev/full", "f/below", "a" * 300, "a\0b"])
def test_what_cannot_be_written_is_one_line_and_leaves_nothing(tmp_path: Path, path: str) -> None:
    # Each but the first was a traceback.
    (tmp_path / "f").write_text("")
    with pytest.raises(ConfigError, match="cannot be written") as caught:
        write_whole(tmp_path / path, "text")
    assert "\n" not in str(caught.value)
    assert [one.name for one in tmp_path.iterdir()] == ["f"]


def test_half_a_character_is_written_as_json_writes_it(tmp_path: Path) -> None:
    write_whole(tmp_path / "f.json", '{"a": "\ud800"}')
    assert json.loads((tmp_path / "f.json").read_text()) == {"a": "\ud800"}


def test_processes_that_write_one_file_at_once_leave_one_of_them_whole(tmp_path: Path) -> None:
    path = tmp_path / "f.txt"
    code = (
        "import sys; from pathlib import Path; from harness.files import write_whole\n"
        "for _ in range(30): write_whole(Path(sys.argv[1]), sys.argv[2] * 100_000)"
    )
    started = [subprocess.Popen([sys.executable, "-c", code, path, letter]) for letter in "abc"]
    assert [one.wait() for one in started] == [0, 0, 0]
    text = path.read_text()
    assert text in {letter * 100_000 for letter in "abc"}
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_kill_left_beside_a_file_is_gone_after_the_next_writing(tmp_path: Path) -> None:
    (tmp_path / ".f.txt.partial").write_text("half of something longer")
    write_whole(tmp_path / "f.txt", "new")
    assert [(one.name, one.read_text()) for one in tmp_path.iterdir()] == [("f.txt", "new")]
