"""A folder with a LoRA adapter: what it says of itself, and the base it goes on."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from harness.errors import DataError, ModelError
from harness.files import fingerprint, hash_file
from harness.models.entries import CATALOGUE
from harness.models.failures import load_explained
from harness.reading import read_json
from harness.validation import validated

CONFIG = "adapter_config.json"
ADAPTER_WEIGHTS = "adapter_model.safetensors"
RECORD = "training.json"
"""Beside the weights: recipe, data hash, versions and metrics. Its presence marks it finished."""
OF_A_LORA = {
    *("peft_type", "peft_version", "task_type", "auto_mapping", "inference_mode"),
    *("base_model_name_or_path", "revision", "target_modules", "exclude_modules"),
    *("layers_to_transform", "layers_pattern", "rank_pattern", "alpha_pattern"),
    *("r", "lora_alpha", "lora_dropout", "use_rslora", "bias", "lora_bias", "init_lora_weights"),
    *("fan_in_fan_out", "megatron_core", "qalora_group_size", "alora_invocation_tokens"),
}
"""What peft's configuration of a LoRA has where nothing but its two matrices is put on a layer."""


def read_record(folder: Path) -> dict[str, Any]:
    """What training wrote of the model in ``folder``; empty where nothing did.

    Raises:
        DataError: the file is damaged.
    """
    path = folder / RECORD
    return read_json(path) if path.is_file() else {}


def adapter_weights(folder: Path) -> Path:
    """The file of an adapter's weights.

    Raises:
        ModelError: the folder has none.
    """
    weights = folder / ADAPTER_WEIGHTS
    if not weights.is_file():
        raise ModelError(f"{folder} holds no {weights.name}")
    return weights


def adapter_identity(folder: Path) -> str:
    """SHA-256 (64 hex digits) of all of an adapter that could change an answer.

    Its weights, and its configuration but for where the base lay: the scale is there.

    Raises:
        ModelError: the folder has no weights or no configuration.
        DataError: the configuration is damaged.
    """
    config = _config_of(folder)
    config.pop("base_model_name_or_path", None)
    return fingerprint([hash_file(adapter_weights(folder)), config])


def base_of(adapter: Path) -> str:
    """The model that an adapter was trained on: a folder, a Hugging Face id or a catalogue name.

    The configuration names the folder it was trained from. On another machine a model of the
    catalogue lies elsewhere, and the record knows its name.

    Raises:
        ModelError: the folder holds no adapter, or it names no base.
        DataError: a file of it is damaged.
    """
    base = _config_of(adapter).get("base_model_name_or_path")
    if not base:
        raise ModelError(f"{adapter / CONFIG} names no base model (base_model_name_or_path)")
    trained_on = read_record(adapter).get("recipe", {}).get("model")
    if trained_on in CATALOGUE and not Path(base).is_dir():
        return str(trained_on)
    return str(base)


class _Said(BaseModel):
    """What a configuration says that libraries take as it is."""

    model_config = ConfigDict(strict=True)

    base_model_name_or_path: str | None = None
    alora_invocation_tokens: list[int] | None = None
    """From which tokens on the adapter is active; read when it answers."""


def _config_of(folder: Path) -> dict[str, Any]:
    if not (folder / CONFIG).is_file():
        raise ModelError(f"{folder} is no adapter: it has no {CONFIG}")
    config = read_json(folder / CONFIG)
    validated(_Said, config, folder / CONFIG, DataError)
    return config


def adds_alone(config: Mapping[str, Any]) -> bool:
    """Whether an adapter, by its configuration, adds to what layers give without reading or
    changing their weights.

    A LoRA does. DoRA (arXiv:2402.09353) reads them, as does a LoRA that begins with what it takes
    from them (PiSSA, arXiv:2404.02948); of other kinds of adapters nothing is known here.
    """
    more = {name for name, value in config.items() if value} - OF_A_LORA
    begun = config.get("init_lora_weights")
    return config.get("peft_type") == "LORA" and not more and isinstance(begun, bool)


def layers_put_on(model: Any) -> set[Any]:
    """The modules that adapters have put on a model's own."""
    if not hasattr(model, "peft_config"):
        return set()  # Without peft, whose import takes a second.
    from peft.tuners.tuners_utils import BaseTunerLayer

    adapted = [one for one in model.modules() if isinstance(one, BaseTunerLayer)]
    return {part for one in adapted for part in one.modules()} - {
        part for one in adapted for part in one.get_base_layer().modules()
    }


def put_on(model: Any, adapter: Path) -> Any:
    """``model`` with the adapter on it (a ``PeftModel``), for answering (``misfit_explained``).

    Raises:
        ModelError: it cannot be read, or does not fit.
        DataError: its configuration is damaged.
    """
    from peft import PeftModel

    _config_of(adapter)
    with load_explained("adapter", adapter), misfit_explained(adapter):
        return PeftModel.from_pretrained(model, str(adapter)).eval()


@contextmanager
def misfit_explained(adapter: Path) -> Iterator[None]:
    """Tell what to do where peft finds that an adapter does not fit the model it is put on.

    Raises:
        ModelError: it does not.
    """
    try:
        yield
    except (RuntimeError, ValueError) as error:
        reason = " ".join(str(error).split())[:200]
        if "size mismatch" not in str(error) and "Target modules" not in str(error):
            raise
        raise ModelError(
            f"{adapter} does not fit the base it is put on ({reason}); name the one it was trained "
            f"on, or correct base_model_name_or_path in {adapter / CONFIG}"
        ) from error
