"""Keys of the environment are in nothing that commands write or show, however servers repeat them.

Real commands in processes of their own: what a library prints or logs is looked at, too.
"""

import gzip
import json
import os
import re
import subprocess
import sys
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.serving import Call, Reply, says, serving

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
CANARIES = {
    "QDRANT_API_KEY": "qd-canary-81d4fae0c3b75a92",
    "HF_TOKEN": "hf_canaryQx83LmZpT5vWbK2d",
    "OPENAI_API_KEY": "sk-canary-5f0c77d2a9b14e36",
}
PART = 12
"""Characters of a canary that are looked for: what is cut short is no better."""
DONE, REFUSED = 0, 2


def parts() -> Iterator[bytes]:
    """What must be found nowhere: the beginning of each canary, and of it in base64."""
    for canary in CANARIES.values():
        yield canary[:PART].encode()
        for before in range(3):
            # Where it stands in a longer text, its first characters share theirs with what is
            # before them.
            yield b64encode(bytes(before) + canary.encode())[4 : 4 + PART]


def unpacked(content: bytes) -> Iterator[bytes]:
    """What a file holds, and what is packed into it: pages carry their data so."""
    yield content
    for packed in re.findall(rb"[A-Za-z0-9+/]{200,}={0,2}", content):
        with suppress(ValueError, OSError, zlib.error):
            inner = b64decode(packed)
            yield gzip.decompress(inner) if inner[:2] == b"\x1f\x8b" else zlib.decompress(inner)


def leaks(content: bytes) -> list[bytes]:
    return [part for one in unpacked(content) for part in parts() if part in one]


def called(folder: Path, *arguments: str | Path, **more: str) -> tuple[int, str]:
    """The status of a command in a process of its own, and all that it shows."""
    done = subprocess.run(
        [sys.executable, "-m", "policyqa", *map(str, arguments)],
        cwd=folder,
        env={**os.environ, **CANARIES, "PYTHONPATH": str(ROOT), **more},
        capture_output=True,
        check=False,
    )
    shown = done.stdout + done.stderr
    assert leaks(shown) == [], arguments
    return done.returncode, shown.decode()


def hunted(folder: Path) -> int:
    """How many files were looked into, in which no canary is."""
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    found = {str(path): leaks(path.read_bytes()) for path in files}
    assert {path: what for path, what in found.items() if what} == {}
    return len(files)


def repeated(call: Call) -> str:
    """Every header of a call, as it is, and in base64 at each of the places where it may begin."""
    plain = json.dumps(dict(call.headers))
    return " ".join([plain, *(b64encode((" " * n + plain).encode()).decode() for n in range(3))])


def suite_file(folder: Path, data: Path, url: str) -> Path:
    """A suite of a floor and a served model."""
    options = {"base_url": url, "num_concurrent": 2, "max_retries": 1}
    fields = {
        "data": str(data),
        "models": {"far": {"base": "small", "engine": "local-completions", "options": options}},
        "variants": ["far/plain"],
        "floors": ["echo"],
        "metrics": ["bleu"],
    }
    path = folder / "served.yaml"
    path.write_text(yaml.safe_dump(fields))
    return path


def test_the_hunt_finds_what_is_there(tmp_path: Path) -> None:
    canary = CANARIES["OPENAI_API_KEY"].encode()
    packed = gzip.compress(b"x" * 50 + canary + os.urandom(400))
    for content in (canary, b64encode(b"Bearer " + canary), b64encode(packed)):
        assert leaks(b"<" + content + b">")
        (tmp_path / "file").write_bytes(content)
        with pytest.raises(AssertionError):
            hunted(tmp_path)


def test_a_run_its_reports_and_a_refusal_have_no_key(own_home: Path, data: Path) -> None:
    folder = own_home.parent
    (data / "corpus").rename(data / "corpora")  # Nothing is retrieved, so nothing is embedded.
    seen: list[str] = []

    def repeats(call: Call) -> Reply:
        seen.append(call.headers["Authorization"])
        return says(f"It is {repeated(call)}", model=repeated(call)[:300])

    with serving(repeats) as server:
        suite = suite_file(folder, data, server.url)
        assert called(folder, "run", suite, "--out", "run")[0] == DONE
        server.script = lambda call: Reply(repeated(call), 401)
        status, shown = called(folder, "run", suite, "--out", "other", "--ask-again")
    assert set(seen) == {f"Bearer {CANARIES['OPENAI_API_KEY']}"}
    assert status == REFUSED
    assert "HTTP 401" in shown
    assert "[OPENAI_API_KEY]" in shown
    files = ["--html", "page.html", "--markdown", "page.md", "--csv", "rows.csv"]
    status, shown = called(folder, "report", "run", *files)
    assert status == DONE
    assert "[OPENAI_API_KEY]" in (folder / "rows.csv").read_text()
    assert hunted(folder) > 20
    assert (own_home / "kept.sqlite").is_file() or list(own_home.glob("*.sqlite*"))


def test_documents_and_an_index_have_no_key(own_home: Path, data: Path, minilm: Path) -> None:
    folder = own_home.parent
    assert minilm.is_dir()
    (folder / "notes").mkdir()
    (folder / "notes" / "bees.md").write_text("# Bees\n\nHives stand 40 metres from a road.\n")
    assert called(folder, "data", "import", "notes", "--out", "imported")[0] == DONE
    assert called(folder, "index", "build", "--data", data)[0] == DONE
    with serving(lambda call: Reply(repeated(call), 401)) as server:
        url = f"http://127.0.0.1:{server.server_port}"
        status, shown = called(folder, "index", "build", "--data", data, QDRANT_URL=url)
        asked: Any = [call.headers.get("api-key") for call in server.calls]
    assert status == REFUSED
    assert "[hidden]" in shown
    assert set(asked) == {CANARIES["QDRANT_API_KEY"]}
    assert hunted(folder) > 10
