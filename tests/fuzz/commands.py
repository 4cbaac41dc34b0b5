"""The commands that are tried, and which files of the workplace each reads."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Command:
    """A command, and which files of the workplace it reads."""

    arguments: tuple[str, ...]
    reads: tuple[str, ...]
    """Patterns below the workplace."""


RUN = ("run/manifest.json", "run/variants/**/*.json", "run/variants/**/*.jsonl")
LOGS = ("log/*",)
LLAMA = ("llama/*",)
ADAPTER = ("adapter/*", *LLAMA)
INDEX = ("home/index/**/*", "encoder/*")
LEARNED = ("learned/questions.jsonl", "learned/corpus/*.md")
META = ("meta/*",)
SEARCHING = ("--data", "learned", "--embedder", "encoder")
QUESTION = "What does part 2 of the Bee Keeping Act say?"
DATA = ("data/questions.jsonl", "data/corpus/*.md")
COMMANDS: Mapping[str, Command] = {
    "report": Command(("report", "run", "--json"), RUN),
    "report to files": Command(
        ("report", "run", "--html", "o.html", "--markdown", "o.md", "--csv", "o.csv"), RUN
    ),
    "compare run": Command(("compare", "run:new", "run:today", "--json"), RUN),
    "compare log": Command(("compare", "log/a.jsonl", "log/b.jsonl", "--json"), LOGS),
    "power": Command(("power", "run", "--json"), RUN),
    "audit": Command(("audit", "run", "--json"), RUN),
    "claims": Command(("claims", "claims.yaml", "run", "--json"), (*RUN, "claims.yaml")),
    "threshold": Command(
        ("threshold", "near", "llama/rag", "--json"),
        tuple(one.replace("run/", "near/") for one in RUN),
    ),
    "gate": Command(
        ("run", "suite.yaml", "--out", "again", "--gate", "baseline.csv"), ("baseline.csv",)
    ),
    "dry run": Command(
        ("run", "suite.yaml", "--dry-run", "--json"), ("suite.yaml", "*.jsonl", *DATA)
    ),
    "run": Command(
        ("run", "suite.yaml", "--out", "again", "--json"), ("suite.yaml", "*.jsonl", *DATA)
    ),
    "import": Command(("data", "import", "source", "--out", "made"), ("source/*",)),
    "import SQuAD": Command(("data", "import", "squad.json", "--out", "made"), ("squad.json",)),
    "import ObliQA": Command(("data", "import", "obliqa", "--out", "made"), ("obliqa/*",)),
    "check": Command(("data", "check", "data", "--json", "--skip", "duplicate"), DATA),
    "draft": Command(("data", "draft", "drafting", "--limit", "20"), ("drafting/corpus/*.md",)),
    "review": Command(
        ("data", "review", "drafted", "reviewed.csv"),
        ("drafted/drafts.jsonl", "drafted/corpus/*.md", "reviewed.csv"),
    ),
    "start": Command(("start", "begun", "--documents", "source", "--model", "m"), ("source/*",)),
    "train": Command(
        ("train", "recipe.yaml", "--data", "learned", "--dry-run"),
        ("recipe.yaml", *LEARNED),
    ),
    "validity": Command(
        ("validity", "preferences.csv", "--metric", "rouge_l", "--json"), ("preferences.csv",)
    ),
    "cache": Command(("cache", "info"), ("home/kept.sqlite",)),
    "run a model": Command(
        ("run", "near.yaml", "--out", "again", "--json"),
        ("near.yaml", "home/kept.sqlite", *LLAMA, *INDEX, *LEARNED),
    ),
    "index build": Command(("index", "build", *SEARCHING), ("encoder/*", "learned/corpus/*.md")),
    "index search": Command(("index", "search", QUESTION, *SEARCHING, "--json"), INDEX),
    "index score": Command(
        ("index", "score", *SEARCHING, "--against", "earlier.json", "--json"),
        ("earlier.json", *INDEX, *LEARNED),
    ),
    "ask": Command(
        ("ask", "adapter", QUESTION, "--rag", *SEARCHING, "--json"),
        (*ADAPTER, *INDEX, "learned/corpus/*.md"),
    ),
    "export": Command(("export", "adapter", "made"), ADAPTER),
    "export to GGUF": Command(("export", "llama", "made.gguf", "--as", "gguf-f16"), LLAMA),
    "convert": Command(("convert", "meta-llama", "meta", "made"), META),
    "data info": Command(("data", "info", "data", "--json"), DATA),
    "ceiling": Command(("data", "ceiling", "twice", "--json"), ("twice/questions.jsonl",)),
}
