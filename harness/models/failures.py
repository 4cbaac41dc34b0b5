"""What libraries raise at the files of a model, which may be damaged in any way, as one line."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.errors import BenchError, ModelError

_LONGEST = 300


@contextmanager
def load_explained(part: str, model: object) -> Iterator[None]:
    """Tell which model it is whose files a library cannot read, and what to do.

    Args:
        part: of the model, as ``weights``.
        model: its folder, or the Hugging Face id.

    Raises:
        ModelError: whatever the library raises.
    """
    try:
        yield
    except BenchError:
        raise
    # Configurations, tokenizers and weights are read by many, each with errors of its own.
    except Exception as error:
        reason = " ".join(str(error).split())[:_LONGEST] or type(error).__name__
        remedy = (
            "copy or download the folder anew"
            if Path(str(model)).is_dir()
            else "a Hugging Face id needs the network, and HF_TOKEN set where access is restricted"
        )
        raise ModelError(f"cannot load the {part} of {model}: {reason} ({remedy})") from error
