"""A comparison → its pictures, for a page."""

from reports.comparison import Comparison
from reports.pictures.cost import cost_picture
from reports.pictures.drawing import Picture
from reports.pictures.effects import effects_picture, slices_pictures
from reports.pictures.forest import forest, other_forests
from reports.pictures.risk import risk_pictures
from reports.pictures.sweep import sweep_pictures


def pictures(comparison: Comparison) -> list[Picture]:
    """Every picture that there is something to draw for, in the order they are shown."""
    made = [
        forest(comparison),
        cost_picture(comparison),
        *other_forests(comparison),
        effects_picture(comparison),
        *slices_pictures(comparison),
        *risk_pictures(comparison),
        *sweep_pictures(comparison),
    ]
    return [one for one in made if one]
