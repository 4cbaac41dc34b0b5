"""Weights, loaded when they are needed: one base at a time, adapters put on and off it."""

from typing import Any

from lm_eval.api.model import LM

from harness.errors import BenchError, ModelError
from harness.files import fingerprint
from harness.models import catalogue
from harness.models.adapter import CONFIG
from harness.models.kinds import ENGINE, VLLM, engine_class
from harness.models.policyqa_hf import PolicyQALM
from harness.models.precision import Precision
from harness.reading import read_json
from harness.variants import Model

DTYPES = {None: "auto", "int8": "auto", "nf4": "auto", "bf16": "bfloat16", "fp32": "float32"}
"""What lm-eval takes as ``dtype`` for each precision of a variant."""
LORA_RANK = 64
"""The highest rank of an adapter that vLLM keeps room for, unless the options say otherwise."""


def load_model(
    base: str, precision: Precision | None, batch_size: int, **options: Any
) -> PolicyQALM:
    """The base in one precision, ready for adapters.

    ``base`` is a catalogue name, a Hugging Face id or a folder; None is the weights' own precision;
    ``options`` are further ones of lm-eval's ``--model hf``, as ``parallelize=True``.

    Raises:
        ModelError: it cannot be loaded, or not so on this machine.
    """
    if options.get("parallelize") and _device() == "cpu":
        raise ModelError(
            f"{base}: parallelize of its options spreads a model over GPUs, and this machine has "
            "none; leave it out"
        )
    arguments = {"dtype": DTYPES[precision], "device": _device()} | options
    return PolicyQALM(
        pretrained=base,
        load_in_8bit=precision == "int8",
        load_in_4bit=precision == "nf4",
        batch_size=batch_size,
        **arguments,
    )


class Loader:
    """Loads models when they are needed, one base at a time."""

    def __init__(self, batch_size: int) -> None:
        self._batch_size = batch_size
        self._loaded: tuple[Any, ...] | None = None
        self._model: LM | None = None

    def load(self, model: Model) -> LM:
        """The model, ready to answer.

        Raises:
            ModelError: it cannot be loaded, or its adapter does not fit it.
        """
        wanted: tuple[Any, ...] = (model.engine, model.base, model.precision, dict(model.options))
        if model.engine not in (ENGINE, VLLM):
            wanted = (*wanted, model.adapter)
        if self._model is None or self._loaded != wanted:
            self._model = self._loaded = None  # What was loaded goes before the next comes.
            self._model = self._make(model)
            self._loaded = wanted
        if model.engine == ENGINE:
            self._model.use_adapter(model.adapter)
        elif model.engine == VLLM:
            self._model.lora_request = _lora_request(model)
        return self._model

    def _make(self, model: Model) -> LM:
        options = model.passed_on
        try:
            if model.engine == ENGINE:
                return load_model(model.base, model.precision, self._batch_size, **options)
            return engine_class(model.engine)(**self._arguments(model) | options)
        except BenchError:
            raise
        # Libraries raise of all kinds at options, weights or memory that will not do.
        except Exception as error:
            reason = " ".join(str(error).split())[:300]
            raise ModelError(
                f"{model.name}: {model.engine} cannot load {model.base}: {reason}; see the options "
                "of its row"
            ) from error

    def _arguments(self, model: Model) -> dict[str, Any]:
        """What lm-eval's class is made with, beside the options of the row."""
        arguments = {"pretrained": catalogue.resolve(model.base), "batch_size": self._batch_size}
        if model.engine == VLLM:
            # Any adapter may come with a request.
            return arguments | {"enable_lora": True, "max_lora_rank": LORA_RANK}
        if model.engine == "hf":
            arguments |= {"device": _device()}
        return arguments | ({"peft": str(model.adapter)} if model.adapter else {})


def _device() -> str:
    """As torch names it."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def _lora_request(model: Model) -> Any:
    """vLLM's request to put an adapter on, known by its folder; None without one.

    Raises:
        ModelError: its rank is higher than vLLM was told to expect.
    """
    if model.adapter is None:
        return None
    rank = int(read_json(model.adapter / CONFIG).get("r", 0))
    room = int(model.options.get("max_lora_rank", LORA_RANK))
    if rank > room:
        raise ModelError(
            f"{model.name}: {model.adapter} has rank {rank}, and vLLM keeps room for {room}: set "
            f"max_lora_rank: {rank} in the options of its row"
        )
    from vllm.lora.request import LoRARequest

    folder = str(model.adapter)
    # vLLM tells adapters apart by a number from 1.
    return LoRARequest(folder, 1 + int(fingerprint(folder)[:7], 16), folder)
