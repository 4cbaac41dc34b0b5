"""What the work runs on."""

import os
import platform
from pathlib import Path
from typing import Any


def machine() -> dict[str, Any]:
    """Processor, cores, device and Python, for a manifest."""
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "device": device(),
        "python": platform.python_version(),
    }


def device() -> str:
    """What models run on here: a GPU's name, or ``cpu``."""
    import torch

    return str(torch.cuda.get_device_name()) if torch.cuda.is_available() else "cpu"


def processor() -> str:
    """The processor's name, where the system tells it."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
