"""A comparison → its pictures, for a page."""

from reports.comparison import Comparison
from reports.pictures.drawing import Picture
from reports.pictures.forest import forest, other_forests
from reports.pictures.sweep import sweep_pictures


def pictures(comparison: Comparison) -> list[Picture]:
    """Every picture that there is something to draw for, in the order they are shown."""
    alone = [forest(comparison)]
    return [*(one for one in alone if one), *other_forests(comparison), *sweep_pictures(comparison)]
