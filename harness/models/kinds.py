"""The kinds of those who answer, by their model class in lm-eval's registry."""

from functools import lru_cache
from importlib.metadata import metadata, version
from typing import Any, Literal

from harness.errors import ConfigError

EngineKind = Literal["local", "served", "call", "answers", "floor"]
"""Weights on this machine; a server; the user's own function; a file of answers; no assistant."""

ENGINE = "policyqa-hf"
"""Answers unless a model names another (``policyqa_hf``)."""
FLOOR = "policyqa-floor"
"""No weights (``floors``)."""
FLOORS = {"echo": "none", "other": "none", "first": "retrieved", "sentence": "retrieved"}
"""Every kind of floor, with the row of the contexts that its passages come from."""
ANSWERS = "policyqa-answers"
"""What an assistant that already exists has answered (``answers``)."""
CALL = "policyqa-call"
"""An assistant that already exists, called (``called``)."""
VLLM = "vllm"
"""lm-eval's own; adapters and seeds come with a request (``loading``)."""
_OURS: dict[str, EngineKind] = {ENGINE: "local", FLOOR: "floor", ANSWERS: "answers", CALL: "call"}


@lru_cache(maxsize=32)
def kind_of(engine: str) -> EngineKind:
    """How a model class of lm-eval's registry answers.

    Raises:
        ConfigError: there is no such class, or what it needs is not installed.
    """
    if engine in _OURS:
        return _OURS[engine]
    from lm_eval.models.api_models import TemplateAPI

    return "served" if issubclass(engine_class(engine), TemplateAPI) else "local"


def engine_class(engine: str) -> Any:
    """A model class of lm-eval's registry.

    Raises:
        ConfigError: there is no such class, or what it needs is not installed.
    """
    import lm_eval.models  # noqa: F401 - fills the registry
    from lm_eval.api.registry import get_model, model_registry

    if engine not in model_registry:
        raise ConfigError(
            f"no engine {engine!r} in lm-eval's registry; there are, among others, {ENGINE}, hf, "
            "vllm, local-completions and local-chat-completions"
        )
    try:
        return get_model(engine)
    except ImportError as error:
        extras = metadata("lm_eval").get_all("Provides-Extra") or []
        package = f"'lm_eval[{engine}]'" if engine in extras else error.name or "what it names"
        raise ConfigError(
            f"engine {engine} needs what is not installed ({error}): pip install {package}"
        ) from error
    except (TypeError, ValueError) as error:  # lm-eval 0.4.13 lists three under another's name.
        raise ConfigError(
            f"engine {engine} cannot be loaded from lm-eval {version('lm_eval')}: {error}; use "
            "another"
        ) from error
