"""
Files that are whole or absent, hashes of what determines a result, and the cache folder.

Nothing here knows about models, data or runs. What is read goes through ``harness.reading``.
"""

import fcntl
import hashlib
import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, TextIO

from harness.errors import ConfigError


def cache_folder(*parts: str) -> Path:
    """The cache folder (``POLICYQA_HOME``, or the user's cache directory) joined with ``parts``."""
    import platformdirs

    home = os.environ.get("POLICYQA_HOME")
    root = Path(home).expanduser() if home else platformdirs.user_cache_path("policyqa")
    return root.absolute().joinpath(*parts)


@contextmanager
def locked(path: Path, wait: bool = True) -> Iterator[None]:
    """Hold an inter-process lock named after ``path``; a second process waits for the first.

    The lock is the operating system's, so a killed process never leaves it held.

    Raises:
        TimeoutError: it is held elsewhere, and ``wait`` is false.
    """
    import filelock

    path.parent.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(path.with_name(path.name + ".lock"), timeout=-1 if wait else 0):
        yield


def write_whole(path: Path, text: str) -> None:
    r"""Write ``text`` so that a reader, or a kill, sees the old file or the new one.

    A link to a file is kept, and the file replaced. A device, fifo or socket is written into, and
    so is the file that this process prints to, after what is in it: replaced, either were lost to
    whoever has it open. Half a character, which UTF-8 has not, is written as JSON writes it:
    ``\ud800``.

    Raises:
        ConfigError: ``path`` is a folder, or cannot be written.
    """
    try:
        if path.is_dir():
            raise ConfigError(f"{path} is a folder, not a file to write: name a file in it")
        printing = _printing_to(path)
        if printing is not None or (path.exists() and not path.is_file()):
            _write_into(path, printing, text)
        else:
            _replace(Path(os.path.realpath(path)), text)
    except (OSError, ValueError) as error:  # A path with a NUL is a ValueError.
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(
            f"{path} cannot be written ({reason}): name a file in a folder of yours, on a disk "
            "that has room"
        ) from error


def _replace(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Short enough beside the longest name there may be; what a kill leaves, the next writes into.
    beside = path.with_name(f".{path.name[:50]}.partial")
    with _held(beside) as file:
        try:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
            beside.replace(path)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise


@contextmanager
def _held(path: Path) -> Iterator[TextIO]:
    """An empty file that no other process writes into meanwhile; a kill lets go of it."""
    while True:
        with path.open("a", encoding="utf-8", errors="backslashreplace", newline="") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            # Who held it before may have renamed it.
            if path.exists() and os.path.samestat(path.stat(), os.fstat(file.fileno())):
                file.truncate(0)
                yield file
                return


def _write_into(path: Path, descriptor: int | None, text: str) -> None:
    """Write what ``descriptor`` has open, or else ``path``, without replacing it."""
    opened = os.open(path, os.O_WRONLY) if descriptor is None else os.dup(descriptor)
    with os.fdopen(opened, "w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        file.write(text)


def _printing_to(path: Path) -> int | None:
    """The descriptor of standard output or error, where ``path`` leads to the same; flushed."""
    for stream in (sys.stdout, sys.stderr):
        # A stream that is closed, or stands in for another, has no descriptor.
        with suppress(OSError, ValueError, AttributeError):
            if os.path.samestat(path.stat(), os.fstat(stream.fileno())):
                stream.flush()
                return stream.fileno()
    return None


def write_json(path: Path, value: Any) -> None:
    """Write ``value`` as indented JSON, whole or not at all."""
    write_whole(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def put_folder(source: Path, target: Path) -> None:
    """Rename the finished folder ``source`` to ``target``, replacing what was there."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        shutil.rmtree(target)
    source.rename(target)


def fingerprint(value: Any) -> str:
    """SHA-256 (64 hex digits) of a JSON value, independent of the order of its keys."""
    canonical = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    # A served model's answer may hold half a character, which JSON can write.
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()


def hash_file(path: Path) -> str:
    """SHA-256 (64 hex digits) of a file's bytes."""
    stat = path.stat()
    return _hash_once(path, stat.st_size, stat.st_mtime_ns)


@lru_cache(maxsize=4096)
def _hash_once(path: Path, size: int, changed: int) -> str:
    """The hash of a file as it was at that size and time; weights of many GB are read once."""
    del size, changed
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hash_folder(folder: Path) -> str:
    """SHA-256 of the names and bytes of the files below ``folder``."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return fingerprint({path.relative_to(folder).as_posix(): hash_file(path) for path in files})
