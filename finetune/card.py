"""
What a checkpoint says of itself to people: ``README.md``, a card as the hub reads it.

Everything in it is of ``training.json``; the licence is the base's.
"""

import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml
from huggingface_hub import EvalResult, ModelCard, ModelCardData, metadata_load

from harness.models.entries import CATALOGUE

TEMPLATE = Path(__file__).with_name("card.md")
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
    """The model card of a checkpoint, by its ``record``, in a form of ``KINDS``; as Markdown."""
    library, what = KINDS[form]
    recipe = record["recipe"]
    entry, prompt = CATALOGUE.get(recipe["model"]), recipe["prompt"]
    terms, license_name = entry and entry.terms, license_of(recipe["model"])
    known = {"license": license_name.lower()} if license_name != UNKNOWN else {}
    # The hub has no word for a licence under terms: it has a name and a link.
    named = {"license": "other", "license_name": license_name, "license_link": terms}
    results = [
        EvalResult(
            task_type="text-generation",
            dataset_type="policyqa-bench",
            dataset_name="validation split",
            dataset_split="validation",
            dataset_revision=record["determinants"]["questions"]["validation"],
            metric_type=name,
            metric_value=value,
        )
        for name, value in record["metrics"].items()
        if name.startswith("validation")
    ]
    head = ModelCardData(
        base_model=recipe["model"],
        library_name=library,
        pipeline_tag="text-generation",
        tags=["lora", "policyqa-bench", recipe["weights"]],
        model_name=recipe["name"],
        eval_results=results,
        **(named if terms else known),
    )
    made = ModelCard.from_template(
        head,
        str(TEMPLATE),
        record=record,
        form=form,
        what=what,
        prompt=prompt if isinstance(prompt, str) else prompt["template"],
        # A figure on what int8 keeps needs what the catalogue's model was before.
        before=f" The base is {entry.summary}." if entry else "",
        conditions=f"{license_name}, {terms}" if terms else license_name,
        code=_code,
        cell=_cell,
    )
    return str(made)


def license_of(model: str) -> str:
    """The licence of a base model: a catalogue name, a Hugging Face id or a folder.

    The catalogue's, or what the front matter of the folder's ``README.md`` says, or the name of
    its licence file; ``unknown`` if none says.
    """
    if model in CATALOGUE:
        return CATALOGUE[model].license
    folder = Path(model).expanduser()
    with suppress(OSError, ValueError, RecursionError, yaml.YAMLError):
        stated = (metadata_load(folder / "README.md") or {}).get("license")
        if stated and isinstance(stated, str):
            return stated
    files = sorted(path.name for path in folder.glob("LICEN[CS]E*"))
    return f"see {files[0]} of the base" if files else UNKNOWN


def _code(text: str) -> str:
    return f"`{' '.join(text.replace('`', '').split())}`"


def _cell(text: str) -> str:
    """``text`` with no effect on Markdown but its own."""
    return re.sub(r"([\\`*_<|\[#])", r"\\\1", " ".join(text.split()))
