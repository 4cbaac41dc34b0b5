"""The house: imports go down, never up, across or round, and importing does nothing heavy."""

import ast
import sys
from collections import defaultdict
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from tests.conftest import completed

ROOT = Path(__file__).parents[1]
MAY_IMPORT = {
    "policyqa": {"reports", "finetune", "tasks", "rag", "harness"},
    "reports": {"tasks", "harness"},
    "finetune": {"tasks", "rag", "harness"},
    "tasks": {"rag", "harness"},
    "rag": {"harness"},
    "harness": set(),
}
ROOMS = (*MAY_IMPORT, "benchmarks", "docs", "tests")
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
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in sorted((ROOT / room).rglob("*.py"))
        for line, name in _imports(path)
        if _package(name) in MAY_IMPORT and _package(name) not in allowed
    ]
    assert upward == []


def test_no_files_import_each_other() -> None:
    """Not in a circle of several either, and not within functions: the error names the circle."""
    paths = {_module(path): path for room in ROOMS for path in (ROOT / room).rglob("*.py")}
    imported = {
        module: {
            found
            for _, name in _imports(path)
            for found in (name, name.rpartition(".")[0])  # A module, or something in it.
            if found in paths
        }
        for module, path in paths.items()
    }
    TopologicalSorter(imported).prepare()


def test_one_name_means_one_thing() -> None:
    """A public top-level name is defined once, but for a command called after what it runs."""
    defined = defaultdict(list)
    for room in MAY_IMPORT:
        for path in (ROOT / room).rglob("*.py"):
            for name in _defines(path):
                if not (path.match("policyqa/cli*.py") and name.islower()):
                    defined[name].append(str(path.relative_to(ROOT)))
    assert {name: places for name, places in defined.items() if len(places) > 1} == {}


def test_metrics_and_statistics_read_no_files() -> None:
    paths = list((ROOT / "harness/metrics").glob("*.py"))
    pure = ("agreement", "jackknife", "statistics", "rates")
    paths += [ROOT / f"harness/{name}.py" for name in pure]
    readers = [
        path.name
        for path in paths
        if {"pathlib", "os", "io"} & {_package(name) for _, name in _imports(path)}
    ]
    assert readers == []


def test_the_command_answers_without_heavy_libraries() -> None:
    code = f"import sys, policyqa.cli; print(sorted({HEAVY!r} & set(sys.modules)))"
    assert completed([sys.executable, "-c", code], Path("/")).strip() == "[]"


def _imports(path: Path) -> list[tuple[int, str]]:
    """Line and dotted name of everything a file imports."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found += [(node.lineno, f"{node.module}.{alias.name}") for alias in node.names]
    return found


def _defines(path: Path) -> list[str]:
    """Public classes, functions and constants at a file's top level."""
    found = []
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            found.append(node.name)
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        found += [target.id for target in targets if isinstance(target, ast.Name)]
    return [name for name in found if not name.startswith("_")]


def _package(name: str) -> str:
    return name.split(".")[0]


def _module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
