"""
Every command of the documentation is one that its program takes.

Each fenced line, and each command within a line of text, is read by the command line of its own
program, which refuses an option that it has not; of what no program here reads it is said why.
"""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer
from accelerate.commands.launch import launch_command_parser
from lm_eval._cli import HarnessCLI
from typer.exceptions import TyperException

from finetune.recipe import load_recipe
from harness.errors import BenchError
from policyqa.cli import app

ROOT = Path(__file__).parents[2]
PAGES = ["README.md", *(f"docs/{page.name}" for page in sorted((ROOT / "docs").glob("*.md")))]
NOT_READ = {
    "docker": "starts a server in a container",
    "export": "sets the address of such a server",
    "for": "starts several of them",
    "make": "installs, and then does what other tests do",
    "pip": "asks a package index",
    "ray": "serves a model on several machines",
    "vllm": "serves a model on GPUs",
}
"""Programs, and why nothing here reads their commands."""
FENCED = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
SHELL = ("", "sh", "bash", "console", "shell")
WITHIN_A_LINE = re.compile(rf"`((?:policyqa|lm_eval|accelerate|{'|'.join(NOT_READ)}) [^`]+)`")


def commands(text: str) -> list[list[str]]:
    """The words of each command of a page, but for comments, and for where its output goes."""
    blocks = [block for language, block in FENCED.findall(text) if language in SHELL]
    lines = [line for block in blocks for line in block.splitlines()]
    lines += WITHIN_A_LINE.findall(FENCED.sub("", text))
    parts = [part for line in lines for part in line.split(" && ")]
    words = [shlex.split(part.split(" > ")[0], comments=True) for part in parts]
    return [[word for word in one if word != "…"] for one in words if one]


def read(program: str, *arguments: str) -> None:
    """Have a program read its command line."""
    if program == "policyqa":
        read_ours(*arguments)
    elif program == "lm_eval":
        HarnessCLI()._parser.parse_args(["run", *arguments])
    elif program == "accelerate":
        launched = launch_command_parser().parse_args(arguments[1:])
        assert launched.module
        assert (ROOT / launched.config_file).is_file()
        read(launched.training_script, *launched.training_script_args)
    else:
        assert program in NOT_READ, f"nothing reads {program}: say why in NOT_READ"


def read_ours(*arguments: str) -> None:
    command: Any = typer.main.get_command(app)
    rest = list(arguments)
    while rest and hasattr(command, "commands"):
        command = command.commands[rest.pop(0)]
    if not rest:
        return  # The name of a command alone, in a sentence.
    context = command.make_context(command.name, list(rest))
    if command.name == "eval":
        read("lm_eval", *rest)
    recipe = context.params.get("recipe", "minilm-l6-sentences")
    if recipe not in ("minilm-l6-sentences", "my-recipe.yaml"):
        load_recipe(recipe)


@pytest.mark.parametrize("page", PAGES)
def test_a_documented_command_is_taken_by_its_program(page: str) -> None:
    for words in commands((ROOT / page).read_text(encoding="utf-8").replace("\\\n", " ")):
        read(*words)


@pytest.mark.parametrize(
    "command",
    ["policyqa run mine.yaml --colour red", "policyqa sing", "policyqa train no-such", "curl x"],
)
def test_what_no_program_takes_is_noticed(command: str) -> None:
    (words,) = commands(f"```\n{command}  # Comment.\n```\n")
    with pytest.raises((TyperException, KeyError, BenchError, AssertionError)):
        read(*words)


def test_every_reason_not_to_read_a_command_is_needed() -> None:
    texts = [(ROOT / page).read_text(encoding="utf-8").replace("\\\n", " ") for page in PAGES]
    assert set(NOT_READ) <= {words[0] for text in texts for words in commands(text)}
