"""
What a checkpoint says of itself to people: ``README.md``, with the front matter of a model card.

Everything in it is of ``training.json``; the licence is the base's.
"""

import json
import re
from pathlib import Path
from typing import Any

from harness.models import catalogue

UNKNOWN = "unknown"
KINDS = {
    "adapter": ("peft", "A LoRA adapter for"),
    "merged": ("transformers", "A LoRA adapter merged into"),
    "int8": ("peft", "An int8 base, and a LoRA adapter for it, of"),
    "gguf-f16": ("gguf", "A GGUF file (F16) of a LoRA adapter merged into"),
    "gguf-q8_0": ("gguf", "A GGUF file (Q8_0) of a LoRA adapter merged into"),
}
"""By form: the library that loads it, and what it is."""


def card(record: dict[str, Any], form: str = "adapter") -> str:
    """The model card of a checkpoint, as Markdown.

    Args:
        record: of the checkpoint (``training.json``).
        form: a key of ``KINDS``.
    """
    library, what = KINDS[form]
    recipe = record["recipe"]
    license_name = license_of(recipe["model"])
    head = {
        "base_model": recipe["model"],
        "library_name": library,
        "pipeline_tag": "text-generation",
        **({"license": license_name.lower()} if license_name != UNKNOWN else {}),
        "tags": ["lora", "policyqa-bench", recipe["weights"]],
    }
    parts = [
        f"---\n{_yaml(head)}---",
        f"# {_cell(recipe['name'])}",
        f"{what} {_code(recipe['model'])} that answers questions about policy and "
        f"regulation, trained on the prompt {_code(_prompt(recipe))} by policyqa-bench "
        f"{record['versions']['policyqa-bench']}.{_quantised(recipe['model'])}",
        "## Data\n\n" + _data(record),
        "## Scores\n\n" + _table(("", "value"), sorted(_scores(record).items())),
        f"## Recipe\n\n```yaml\n{_yaml(recipe)}```",
        "## Versions\n\n" + _table(("library", "version"), sorted(record["versions"].items())),
        f"## Licence\n\nThat of the base, {_code(recipe['model'])}: {_cell(license_name)}.",
        *([USE] if form == "adapter" else []),
    ]
    return "\n\n".join(parts) + "\n"


def _prompt(recipe: dict[str, Any]) -> str:
    """The name of the prompt, or, of one of the recipe's own, its template."""
    prompt = recipe["prompt"]
    return str(prompt if isinstance(prompt, str) else prompt["template"])


USE = """## Use

```python
from transformers import AutoModelForCausalLM, AutoTokenizer

model = AutoModelForCausalLM.from_pretrained("FOLDER")  # This one.
tokenizer = AutoTokenizer.from_pretrained("FOLDER")
```

`policyqa ask FOLDER "…"` answers a question, and
`lm_eval --model hf --model_args pretrained=BASE,peft=FOLDER` scores it."""


def license_of(model: str) -> str:
    """The licence of a base model: a catalogue name, a Hugging Face id or a folder.

    The catalogue's, or what the front matter of the folder's ``README.md`` says, or the name of
    its licence file; ``unknown`` if none says.
    """
    if model in catalogue.CATALOGUE:
        return catalogue.CATALOGUE[model].license
    folder = Path(model).expanduser()
    if not folder.is_dir():
        return UNKNOWN
    readme = folder / "README.md"
    text = readme.read_text(encoding="utf-8", errors="replace") if readme.is_file() else ""
    head = re.match(r"---\n(.*?)^---$", text, re.DOTALL | re.MULTILINE)
    stated = re.search(r"^license: *(\S.*)$", head[1], re.MULTILINE) if head else None
    if stated:
        return stated[1].strip("\"' ")
    files = sorted(path.name for path in folder.glob("LICEN[CS]E*"))
    return f"see {files[0]} of the base" if files else UNKNOWN


def _quantised(model: str) -> str:
    """What the catalogue's small model was before; a figure on what int8 keeps needs it."""
    entry = catalogue.CATALOGUE.get(model)
    return f" The base is {entry.summary}." if entry else ""


def _data(record: dict[str, Any]) -> str:
    rows = []
    for split, part in record["data"].items():
        used = part.get("trained_on", part.get("measured"))
        contexts = ", ".join(f"{count} {kind}" for kind, count in part.get("contexts", {}).items())
        rows.append((split, part["questions"], used, part["tokens"], contexts))
    header = ("split", "questions", "used", "tokens", "contexts")
    hashes = record["determinants"]["questions"].items()
    said = ", ".join(f"{split} {_code(digest)}" for split, digest in hashes)
    return f"SHA-256 of what was asked, and answered: {said}.\n\n{_table(header, rows)}"


def _scores(record: dict[str, Any]) -> dict[str, str]:
    return {name.replace("_", " "): f"{value:.4g}" for name, value in record["metrics"].items()}


def _table(header: tuple[str, ...], rows: Any) -> str:
    lines = [header, ("---",) * len(header), *rows]
    return "\n".join(f"| {' | '.join(_cell(str(one)) for one in line)} |" for line in lines)


def _code(text: str) -> str:
    return f"`{' '.join(text.replace('`', '').split())}`"


def _yaml(values: dict[str, Any]) -> str:
    """A line a value, each as JSON, which YAML reads: no text of a value begins a line."""
    return "".join(f"{key}: {json.dumps(value)}\n" for key, value in values.items())


def _cell(text: str) -> str:
    """``text`` with no effect on Markdown but its own."""
    return re.sub(r"([\\`*_<|\[#])", r"\\\1", " ".join(text.split()))
