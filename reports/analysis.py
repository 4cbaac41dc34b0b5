"""What a run has beyond each variant's figures: curves, what each change adds, slices, claims."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.errors import DataError
from harness.pairing import Measure
from harness.runs import MANIFEST, Result
from harness.validation import validated
from reports.attribution import attribution
from reports.claims.checking import check_claims
from reports.claims.reading import Claim
from reports.risk import risk_curves
from reports.slices import over_frameworks, slices
from reports.sweep import Curve, curves


def analysed(
    run: Path, manifest: dict[str, Any], measures: Sequence[Measure], results: Sequence[Result]
) -> dict[str, Any]:
    """What there is of it, by the field of a comparison.

    Args:
        run: the folder.
        manifest: its own.
        measures: its metrics.
        results: its variants, in the order they are shown.
    """
    sweep = curves(results, manifest, measures)
    swept, described = on_curves(sweep), manifest["variants"]
    (baseline,) = (one for one in results if one.name == manifest["baseline"])
    # Those that a run has for the sake of a curve alone are told of there.
    beside = [
        one
        for one in results
        if one is baseline or not (described[one.name]["own_limits"] and one.name in swept)
    ]
    found = {
        "sweep": sweep,
        "attribution": attribution(beside, manifest, measures),
        "slices": slices(beside, baseline, manifest, measures),
        "over_frameworks": over_frameworks(beside, baseline, measures),
        "risk": {
            one.name: found
            for one in beside
            if not described[one.name]["floor"] and (found := risk_curves(one))
        },
        "claims": check_claims(_claims(manifest, run), run),
    }
    return {name: one for name, one in found.items() if one}


def _claims(manifest: dict[str, Any], run: Path) -> list[Claim]:
    place = f"{run / MANIFEST}: claims"
    return [validated(Claim, one, place, DataError) for one in manifest["claims"]]


def on_curves(sweep: Sequence[Curve]) -> set[str]:
    """The names of the variants of curves."""
    points = [point for curve in sweep for point in (*curve.points, curve.oracle)]
    return {point.variant for point in points if point}
