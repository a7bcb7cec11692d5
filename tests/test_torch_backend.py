"""PyTorch as just another array library: its own autograd, devices and oddities stay outside."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensorflowlite_grad as tg

torch: Any = pytest.importorskip("torch")


@pytest.fixture(autouse=True)
def _on_torch() -> Any:
    with tg.use_backend("torch"):
        yield


def no_history(*tensors: Any) -> None:
    for t in tensors:
        assert not t._array.requires_grad
        assert t._array.grad_fn is None


@pytest.mark.parametrize("make", [tg.as_tensor, tg.tensor], ids=["as_tensor", "tensor"])
def test_pytorch_records_nothing_of_tensors_that_require_grad(make: Any) -> None:
    leaf = torch.tensor([1.0, 2.0], requires_grad=True)
    for theirs in (leaf, leaf * 2, torch.nn.Parameter(torch.tensor([1.0, 2.0]))):
        x = make(theirs)
        x.requires_grad_()
        y = (x * theirs + theirs).sum()
        y.backward()
        no_history(x, y, x.grad)
        assert x.grad.tolist() == theirs.tolist()
    assert leaf.grad is None
    assert type(x._array) is torch.Tensor


def test_as_tensor_shares_memory_and_tensor_copies() -> None:
    theirs = torch.zeros(2)
    shared, copied = tg.as_tensor(theirs), tg.tensor(theirs)
    theirs[0] = 1
    assert shared.tolist() == [1.0, 0.0]
    assert copied.tolist() == [0.0, 0.0]
    leaf = torch.zeros(2, requires_grad=True)
    tg.as_tensor(leaf).fill_(3.0)
    assert leaf.tolist() == [3.0, 3.0]


def test_a_gradient_given_by_the_user_is_never_taken_over() -> None:
    for theirs in (torch.ones(2), torch.ones(2, requires_grad=True)):
        x = tg.tensor([1.0, 2.0], requires_grad=True)
        for _ in range(2):
            (x * 1).backward(tg.as_tensor(theirs))
            tg.as_tensor(theirs)
        x.grad.fill_(7.0)
        assert theirs.tolist() == [1.0, 1.0]


def test_gradients_that_share_memory_are_not_added_to_in_place() -> None:
    # sum's gradient is one number broadcast, view's is the same memory in another shape.
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    y = tg.tensor([[3.0], [4.0]], requires_grad=True)
    z = x.view(2, 1) + y
    (z.sum() + x.sum() + (x * x).sum() + z.view(2).sum()).backward()
    assert x.grad.tolist() == [1 + 1 + 1 + 2.0, 1 + 1 + 1 + 4.0]
    assert y.grad.tolist() == [[2.0], [2.0]]


def test_operators_with_its_tensors_on_either_side() -> None:
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    theirs = torch.tensor([3.0, 4.0])
    for y in (x * theirs, x - theirs, theirs * x, theirs - x, theirs @ x, theirs < x):
        assert isinstance(y, tg.Tensor)
        assert y.backend == "torch"


def test_lazy_conjugates_are_resolved() -> None:
    theirs = torch.tensor([1 + 2j, 3 - 4j]).conj()
    assert theirs.is_conj()
    x = tg.as_tensor(theirs)
    assert x.tolist() == [1 - 2j, 3 + 4j]
    assert (x * 1).sum().item() == 4 + 2j
    assert tg.as_tensor(torch.tensor([1j]).conj().imag).tolist() == [-1.0]


def test_what_is_not_strided_is_refused() -> None:
    with pytest.raises(TypeError, match="to_dense"):
        tg.as_tensor(torch.eye(2).to_sparse())


def test_pytorch_s_defaults_change_nothing() -> None:
    torch.set_default_dtype(torch.float64)
    torch.set_default_device("meta")
    try:
        x = tg.ones(2, requires_grad=True)
        y = (x * 2 + tg.rand(2) * 0 + tg.arange(2) * 0 + tg.tensor([0.0, 0.0])).exp()
        y[[0, 1]].sum().backward()
        assert x.dtype is x.grad.dtype is tg.float32
        assert str(x.device) == "cpu"
        assert x.grad.tolist() == pytest.approx([2 * np.exp(2)] * 2)
    finally:
        torch.set_default_device(None)
        torch.set_default_dtype(torch.float32)


def test_its_global_generator_is_left_alone() -> None:
    torch.manual_seed(0)
    want = torch.rand(3)
    torch.manual_seed(0)
    tg.manual_seed(1)
    tg.rand(5)
    tg.randperm(5)
    assert torch.equal(torch.rand(3), want)


def test_backward_slices_are_copies_and_can_be_assigned() -> None:
    x = tg.arange(6.0).requires_grad_()
    y = x[::-2]
    assert y.tolist() == [5.0, 3.0, 1.0]
    (y * tg.tensor([1.0, 2.0, 3.0])).sum().backward()
    assert x.grad.tolist() == [0.0, 3.0, 0.0, 2.0, 0.0, 1.0]
    z = tg.zeros(2, 3)
    z[::-1, ::-1] = tg.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    assert z.tolist() == [[6.0, 5.0, 4.0], [3.0, 2.0, 1.0]]
    z[::-1] += 1
    assert z.tolist() == [[7.0, 6.0, 5.0], [4.0, 3.0, 2.0]]


def test_read_only_numpy_memory_is_copied_without_a_warning() -> None:
    host = np.arange(3.0)
    host.flags.writeable = False
    x = tg.as_tensor(host)
    x.fill_(1.0)
    assert host.tolist() == [0.0, 1.0, 2.0]
