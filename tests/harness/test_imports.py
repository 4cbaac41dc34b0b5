"""Garbage is looked for again after an import, also one that fails, and not within another."""

import gc

import pytest

from harness.imports import uncollected


def test_garbage_is_looked_for_again_afterwards() -> None:
    assert gc.isenabled()
    with pytest.raises(ImportError), uncollected():
        with uncollected():
            assert not gc.isenabled()
        assert not gc.isenabled()
        raise ImportError
    assert gc.isenabled()
