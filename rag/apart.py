"""
Documents of others, read in a process of its own that may take so much memory and time.

    with ApartReader() as apart:
        blocks = apart.read(Path("policy.pdf"))

A file of some kB can unpack to gigabytes, be nested until a parser ends the process, or keep it
busy for hours. Converters have no limits of their own that hold for all of it; the operating
system has, and a process that it ends is one document left out, and not the import. Where it has no
such limits (Windows; of memory also macOS), a converter that ends its process still costs only that
document.
"""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType

from rag.blocks import Block, DocumentError
from rag.documents import READERS, read_document

MOST_MEMORY = 1536 << 20
"""Bytes of addresses of that process, which has some 80 million before it reads anything."""
MOST_SECONDS = 40
"""Of a processor for a document, so that it does not depend on what else the machine is doing."""
SMALL = 64 << 10
"""Bytes up to which a document of plain text is read here: it cannot take much of either."""
_PACKED = (".pdf", ".docx")
"""Whose size tells nothing of what they hold."""
_SERVE = "import sys; sys.path.insert(0, sys.argv[1]); from rag.apart import serve; serve()"


class ApartReader:
    """Reads documents apart, in a process that is begun when it is needed, and again when ended."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> "ApartReader":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def read(self, path: Path) -> list[Block]:
        """As ``read_document``.

        Raises:
            DocumentError: as there; or it takes more memory or time than it may.
            OSError: it cannot be opened.
        """
        kind = path.suffix.lower()
        if kind not in READERS or (kind not in _PACKED and path.stat().st_size <= SMALL):
            return read_document(path)
        answer = self._asked(path)
        if not answer:
            raise DocumentError(self._ended())
        found = json.loads(answer)
        if isinstance(found, str):
            raise DocumentError(found)
        return [Block(text, level, tuple(pages)) for text, level, pages in found]

    def _asked(self, path: Path) -> str:
        """The line that the process answers; empty where it has ended."""
        if self._process is None:
            self._process = _begun()
        process = self._process
        assert process.stdin and process.stdout  # noqa: S101  Both are pipes.
        try:
            process.stdin.write(
                json.dumps([str(path.absolute()), MOST_SECONDS, MOST_MEMORY]) + "\n"
            )
            process.stdin.flush()
        except BrokenPipeError:
            return ""
        return process.stdout.readline()

    def _ended(self) -> str:
        """Why the process ended, which is left behind."""
        assert self._process is not None  # noqa: S101
        self._process.communicate()
        status, self._process = self._process.returncode, None
        if status == -getattr(signal, "SIGXCPU", 0):
            return (
                f"takes more than {MOST_SECONDS} s of a processor to read: split it, or save its "
                "text alone"
            )
        return (
            f"ended the process that read it (status {status}), as what takes more than "
            f"{MOST_MEMORY >> 20:,} MiB of memory does: split it, or save its text alone"
        )


def serve() -> None:
    """Answer each path that a line of standard input names by what the document holds, as JSON."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8", errors="backslashreplace", newline="\n")
    os.dup2(2, 1)  # What a library prints is no answer.
    for line in sys.stdin:
        path, seconds, memory = json.loads(line)
        _bound(seconds, memory)
        answers.write(_answer(Path(path), memory) + "\n")
        answers.flush()


def _answer(path: Path, memory: int) -> str:
    """The blocks of a document, or the reason why there are none."""
    try:
        blocks = read_document(path)
        return json.dumps([[b.text, b.level, b.pages] for b in blocks], ensure_ascii=False)
    except DocumentError as error:
        return json.dumps(str(error))
    except MemoryError:
        limit = f"{memory >> 20:,} MiB of memory"
        return json.dumps(f"takes more than {limit} to read: split it, or save its text alone")
    except OSError as error:
        return json.dumps(f"cannot be read: {error.strerror or error}")


def _bound(seconds: int, memory: int) -> None:
    """Let this process take so many further seconds of a processor, and so much memory."""
    try:
        import resource
    except ImportError:  # Windows has none.
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    until = int(used.ru_utime + used.ru_stime) + seconds
    for which, most in (
        (resource.RLIMIT_CPU, until),
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(which)
        within = most if hard == resource.RLIM_INFINITY else min(most, hard)
        try:
            resource.setrlimit(which, (within, hard))
        except (OSError, ValueError):  # macOS takes no limit of addresses.
            continue


def _begun() -> "subprocess.Popen[str]":
    """The process. Nothing of it is looked for in the working directory, which may be anyone's."""
    return subprocess.Popen(
        [sys.executable, "-P", "-c", _SERVE, str(Path(__file__).parents[1])],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
    )
