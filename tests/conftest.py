"""Shared parts: small data, a made-up run, real models, a tiny Llama, an own cache, the command."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from harness.files import cache_folder
from tests.tiny import write_adapter, write_cross_encoder, write_llama

# How long an example takes says how busy the machine is.
settings.register_profile("policyqa", deadline=None)
settings.load_profile("policyqa")

FRAMEWORKS = {
    "bees": ("Bee Keeping Act", "Hives|Hives stand 40 metres from any road under Article {n}."),
    "kites": ("Kite Flying Code", "Strings|Strings of kites measure at most 60 metres (Rule {n})."),
    "wells": ("Well Water Rules", "Depth|A well is dug 15 metres deep, says Paragraph {n}."),
}


@pytest.fixture(scope="session", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A cache for this session alone, but for the models, which are fetched once a machine."""
    models = cache_folder("models")
    models.mkdir(parents=True, exist_ok=True)
    folder = tmp_path_factory.mktemp("home")
    (folder / "models").symlink_to(models, target_is_directory=True)
    before = dict(os.environ)
    os.environ["POLICYQA_HOME"] = str(folder)
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ.pop("QDRANT_URL", None)
    yield folder
    os.environ.clear()
    os.environ.update(before)


def new_home(folder: Path, patch: pytest.MonkeyPatch) -> Path:
    """A cache with nothing in it but the models, which is used from here on."""
    folder.mkdir()
    (folder / "models").symlink_to(cache_folder("models").resolve())
    patch.setenv("POLICYQA_HOME", str(folder))
    return folder


@pytest.fixture
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of one test's own, in which nothing is kept yet."""
    return new_home(tmp_path / "home", monkeypatch)


@pytest.fixture
def workplace(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory of the user's, whose modules are found, with a cache of its own."""
    monkeypatch.syspath_prepend(str(own_home.parent))
    monkeypatch.chdir(own_home.parent)
    return own_home.parent


def call(*arguments: str | Path) -> int:
    """Call the command in this process; returns its status."""
    from policyqa import cli

    with pytest.MonkeyPatch.context() as patch, pytest.raises(SystemExit) as ended:
        patch.setattr(sys, "argv", ["policyqa", *map(str, arguments)])
        cli.main()
    code = ended.value.code
    return code if isinstance(code, int) else 0


def completed(command: Sequence[str | Path], cwd: Path | None = None, **environment: str) -> str:
    """What a program says on standard output, with status 0, with more in its environment."""
    env = {**os.environ, **environment}
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def spoken(*arguments: str | Path) -> tuple[int, str, str]:
    """The status of the command, and what it says on standard output and standard error."""
    with redirect_stdout(StringIO()) as output, redirect_stderr(StringIO()) as error:
        status = call(*arguments)
    return status, output.getvalue(), error.getvalue()


def refused(*arguments: str | Path) -> str:
    """The one line that the command ends with, with status 2 and nothing on standard output."""
    status, output, error = spoken(*arguments)
    assert (status, output) == (2, "")
    *progress, line = error.splitlines()
    assert line.startswith("error: ")
    assert not [one for one in progress if one.startswith(("error: ", "Traceback"))]
    return line


def shown(*arguments: str | Path) -> str:
    """What the command says on standard output, with status 0."""
    status, output, error = spoken(*arguments)
    assert status == 0, error
    return output


def printed(*arguments: str | Path) -> Any:
    """The one JSON document that the command prints, with status 0."""
    return json.loads(shown(*arguments, "--json"))


def write_data(folder: Path, sections: int = 6) -> Path:
    """A data folder: three frameworks, one question a section, all three splits."""
    (folder / "corpus").mkdir(parents=True)
    rows: list[dict[str, Any]] = []
    for framework, (title, text) in FRAMEWORKS.items():
        heading, body = text.split("|")
        lines = ["---", f"id: {framework}", f"title: {title}", "jurisdiction: Nowhere"]
        lines += ["citation: Act 1", "year: 2001", "---", ""]
        for n in range(1, sections + 1):
            lines += [f"## s-{n} · {heading} {n} (Part {n})", "", body.format(n=n), ""]
            rows.append(
                {
                    "id": f"{framework}-{n:04d}",
                    "split": "validation" if n == 1 else "test" if n == 2 else "train",
                    "framework": framework,
                    "kind": "threshold",
                    "question": f"What does part {n} of the {title} say?",
                    "answer": body.format(n=n),
                    "evidence": [f"{framework}/s-{n}"],
                    "citations": [f"Part {n}"],
                    "answerable": True,
                }
            )
        (folder / "corpus" / f"{framework}.md").write_text("\n".join(lines), encoding="utf-8")
    write_questions(folder, rows)
    return folder


def write_questions(folder: Path, rows: list[dict[str, Any]]) -> None:
    """Write ``questions.jsonl``."""
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / "questions.jsonl").write_text(text, encoding="utf-8")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A small data folder of the shape users have."""
    return write_data(tmp_path / "data")


@pytest.fixture(scope="session")
def smollm2(home: Path) -> Path:  # noqa: ARG001
    """The real small model's folder."""
    from harness.models.catalogue import fetch

    return fetch("smollm2-135m")


@pytest.fixture(scope="session")
def minilm(home: Path) -> Path:  # noqa: ARG001
    """The real embedder's folder."""
    from harness.models.catalogue import fetch

    return fetch("minilm-l6")


@pytest.fixture(scope="session")
def cross_encoder(minilm: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A one-layer cross-encoder with weights drawn by seed."""
    return write_cross_encoder(minilm, tmp_path_factory.mktemp("reranker"))


@pytest.fixture(scope="session")
def tiny_llama(smollm2: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random two-layer Llama with the real tokenizer: all the parts, none of the time."""
    return write_llama(smollm2, tmp_path_factory.mktemp("models") / "tiny-llama")


@pytest.fixture(scope="session")
def make_adapter(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Path]:
    """Makes a LoRA adapter of random weights, large enough to change answers, for a base."""

    def make(base: Path) -> Path:
        return write_adapter(base, tmp_path_factory.mktemp("adapters") / "adapter")

    return make


@pytest.fixture
def made_up_run(tmp_path: Path) -> Path:
    """A finished run under two floors and five variants (``tests.reports.made_up``)."""
    from tests.reports.made_up import write_made_up_run

    return write_made_up_run(tmp_path / "run")
