"""The house: imports go down, never up or across, and importing does nothing heavy."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAY_IMPORT = {
    "policyqa": {"reports", "finetune", "tasks", "rag", "harness"},
    "reports": {"tasks", "harness"},
    "finetune": {"tasks", "rag", "harness"},
    "tasks": {"rag", "harness"},
    "rag": {"harness"},
    "harness": set(),
}
HEAVY = {
    "datasets",
    "lm_eval",
    "matplotlib",
    "qdrant_client",
    "sentence_transformers",
    "torch",
    "transformers",
}


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_imports_go_down(room: str) -> None:
    allowed = MAY_IMPORT[room] | {room}
    upward = [
        f"{path.relative_to(ROOT)}:{line} imports {package}"
        for path in sorted((ROOT / room).rglob("*.py"))
        for line, package in _imports(path)
        if package in MAY_IMPORT and package not in allowed
    ]
    assert upward == []


def test_metrics_and_statistics_read_no_files() -> None:
    paths = list((ROOT / "harness/metrics").glob("*.py"))
    paths += [ROOT / f"harness/{name}.py" for name in ("jackknife", "statistics", "rates")]
    readers = [
        path.name for path in paths if {"pathlib", "os", "io"} & {p for _, p in _imports(path)}
    ]
    assert readers == []


def test_the_command_answers_without_heavy_libraries() -> None:
    code = f"import sys, policyqa.cli; print(sorted({HEAVY!r} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd="/"
    )
    assert done.stdout.strip() == "[]"


def _imports(path: Path) -> list[tuple[int, str]]:
    """Line and top-level package of every import of a file."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name.split(".")[0]) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.append((node.lineno, node.module.split(".")[0]))
    return found
