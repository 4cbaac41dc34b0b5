"""What the work runs on."""

import os
import platform
from pathlib import Path
from typing import Any

from harness.models.precision import device


def machine() -> dict[str, Any]:
    """Processor, cores, device and Python, for a manifest."""
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "device": device(),
        "python": platform.python_version(),
    }


def processor() -> str:
    """The processor's name, where the system tells it."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
