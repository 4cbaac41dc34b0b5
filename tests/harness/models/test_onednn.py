"""Linear layers by oneDNN, against products in float64."""

import copy

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from harness.models.onednn import OneDnnLinear, as_written, by_onednn, is_reordered

SIZES = st.integers(1, 40)


def test_layers_are_changed_in_place_and_keep_their_weights() -> None:
    model = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Sequential(nn.Linear(3, 2, bias=False)))
    weights = [one.data_ptr() for one in model.parameters()]
    assert by_onednn(model) is model
    copied = copy.deepcopy(model)
    for one in (model, copied):
        assert [type(part) for part in one.modules() if isinstance(part, nn.Linear)] == [
            OneDnnLinear,
            OneDnnLinear,
        ]
    assert [one.data_ptr() for one in model.parameters()] == weights


def test_weights_for_answers_are_reordered_but_shared_ones_and_come_back_as_they_were() -> None:
    names = ("inner", "head", "first", "second", "left", "right", "put_on")
    model = nn.ModuleDict({name: nn.Linear(48, 33) for name in names})
    halves = torch.randn(33, 96)
    for name, half in zip(("left", "right"), halves.split(48, dim=1), strict=True):
        model[name].weight = nn.Parameter(half)
    model["looked_up"] = nn.Embedding(33, 48)
    model["head"].weight = model["looked_up"].weight
    model["second"].weight = model["first"].weight
    rows, before = torch.randn(2, 48), copy.deepcopy(model.state_dict())
    alone = {name: by_onednn(model)[name](rows) for name in names}
    for _ in range(2):  # What is reordered already stays.
        by_onednn(model, answers_only=True, besides={model["put_on"]})
    assert [name for name in names if is_reordered(model[name])] == ["inner"]
    assert model["head"].weight is model["looked_up"].weight
    assert torch.equal(model["inner"].weight, before["inner.weight"])
    assert sum(one.numel() for one in model.parameters()) == 6 * 33 * 48 + 7 * 33
    with torch.inference_mode():
        for name, found in alone.items():
            torch.testing.assert_close(model[name](rows), found)
    after = as_written(model).state_dict()
    assert all(torch.equal(after[name], value) for name, value in before.items())


@pytest.mark.parametrize("answers_only", [False, True])
def test_autocast_has_its_products_in_its_own_type(answers_only: bool) -> None:
    layer = nn.Linear(8, 4)
    weight, rows = layer.weight.detach(), torch.randn(3, 8)
    by_onednn(layer, answers_only)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = layer(rows)
    assert (found.dtype, layer(rows).dtype) == (torch.bfloat16, torch.float32)
    exact = rows @ weight.T + layer.bias
    torch.testing.assert_close(found.float(), exact, rtol=0.05, atol=0.05)


@given(
    leading=st.lists(st.integers(0, 5), max_size=3),
    sizes=st.tuples(SIZES, SIZES),
    bias=st.booleans(),
    frozen=st.sampled_from(["no", "yes", "for answers only"]),
    transposed=st.booleans(),
)
def test_values_and_gradients_are_those_of_the_product(
    leading: list[int], sizes: tuple[int, int], bias: bool, frozen: str, transposed: bool
) -> None:
    inner, outer = sizes
    torch.manual_seed(0)
    layer = nn.Linear(inner, outer, bias=bias)
    weight = layer.weight.detach().double()
    by_onednn(layer, answers_only=frozen == "for answers only")
    layer.weight.requires_grad_(frozen == "no")
    given_rows = torch.randn(*leading, inner)
    if transposed and len(leading) > 1:
        given_rows = given_rows.transpose(0, 1)
    rows = given_rows.detach().requires_grad_()
    found = layer(rows)
    upstream = torch.randn_like(found)
    found.backward(upstream)

    exact = rows.detach().double() @ weight.T
    if bias:
        exact = exact + layer.bias.detach().double()
    close(found, exact)
    close(rows.grad, upstream.double() @ weight)
    if frozen != "no":
        assert layer.weight.grad is None
    else:
        flat = rows.detach().double().reshape(-1, inner)
        close(layer.weight.grad, upstream.double().reshape(-1, outer).T @ flat)
    if bias:
        close(layer.bias.grad, upstream.double().reshape(-1, outer).sum(0))
    with torch.inference_mode():
        close(layer(rows), exact)


def close(found: torch.Tensor | None, exact: torch.Tensor) -> None:
    """Shapes the same, and values but for what float32 rounds."""
    assert found is not None
    torch.testing.assert_close(found.detach(), exact.float(), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_other_types_are_left_to_pytorch(dtype: torch.dtype) -> None:
    usual = nn.Linear(8, 5, dtype=dtype)
    rows = torch.randn(3, 8, dtype=dtype)
    assert torch.equal(by_onednn(copy.deepcopy(usual))(rows), usual(rows))
