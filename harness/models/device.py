"""What models run on here."""


def device() -> str:
    """A GPU's name, or ``cpu``."""
    import torch

    return str(torch.cuda.get_device_name()) if torch.cuda.is_available() else "cpu"


def torch_device() -> str:
    """The same as torch names it: ``cuda`` or ``cpu``."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"
