"""Naming devices, moving tensors between them, and what never moves by itself."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import tensorflowlite_grad as tg
from tensorflowlite_grad.backend import BackendError, registry

# -- devices --------------------------------------------------------------------------------


def test_a_device_reads_as_pytorch_s() -> None:
    d = tg.device("cuda:1")
    assert (d.type, d.index, str(d), repr(d)) == (
        "cuda",
        1,
        "cuda:1",
        "device(type='cuda', index=1)",
    )
    assert repr(tg.device("cpu")) == "device(type='cpu')"
    assert tg.device("cuda", 1) == d
    assert tg.device(d) == d
    assert tg.device("cuda") != d
    assert d != "cuda:1"
    assert len({d, tg.device("cuda", 1), tg.device("cuda")}) == 2
    assert copy.deepcopy(d) == pickle.loads(pickle.dumps(d)) == d  # noqa: S301


@pytest.mark.parametrize(
    "text",
    [
        *("", "CPU", "cpu:", ":1", "cuda:-1", "cuda:a", "cuda:1:2", "cuda 1", "cuda:1\n", "cüda"),
        *("cuda:٣", "../x", "os.system", "cuda:99999999999999999999"),
    ],
)
def test_bad_device_strings(text: str) -> None:
    with pytest.raises(RuntimeError, match="Invalid device string"):
        tg.device(text)
    with pytest.raises(RuntimeError, match="Invalid device string"):
        tg.ones(2, device=text)


@pytest.mark.parametrize("bad", [1.5, b"cpu", ["cpu"], object()])
def test_a_device_of_a_wrong_type(bad: Any) -> None:
    with pytest.raises(TypeError, match="device"):
        tg.device(bad)
    with pytest.raises(TypeError, match="device"):
        tg.ones(2, device=bad)


def test_an_index_is_given_once_and_not_negative() -> None:
    with pytest.raises(RuntimeError, match="must not include an index"):
        tg.device("cuda:1", 1)
    with pytest.raises(RuntimeError, match="negative"):
        tg.device("cuda", -1)


def test_an_ordinal_out_of_range_says_how_many_there_are(backend: str) -> None:
    kind = registry.get(backend).kinds[0]
    count = registry.get(backend).device_count(kind)
    with pytest.raises(RuntimeError, match="invalid device ordinal") as caught:
        tg.ones(2, device=f"{kind}:{count}")
    assert f"{count} device(s)" in str(caught.value)
    assert backend in str(caught.value)
    with pytest.raises(RuntimeError, match="invalid device ordinal"):
        tg.ones(2).to(f"{kind}:9999")


def test_a_kind_that_nobody_serves_lists_why() -> None:
    with pytest.raises(BackendError, match=r"serves device 'tpu'.*numpy"):
        tg.ones(2, device="tpu")


@pytest.mark.skipif("cupy" in registry.available(), reason="CUDA is here")
def test_cuda_without_a_gpu_says_what_to_install() -> None:
    torch_has_one = registry.why_unavailable("torch") is None and registry.get(
        "torch"
    ).device_count("cuda")
    if torch_has_one:
        pytest.skip("PyTorch serves CUDA here")
    for move in (lambda x: x.cuda(), lambda x: x.to("cuda:1"), lambda x: x.cuda(0)):
        with pytest.raises(BackendError, match="no backend that works here") as caught:
            move(tg.ones(2))
        assert 'pip install "tensorflowlite-grad[cuda13]"' in str(caught.value)


def test_tensors_are_made_on_the_default_backend_s_first_device(backend: str) -> None:
    first = registry.get(backend).kinds[0]
    for x in (
        tg.ones(2),
        tg.tensor([1.0]),
        tg.arange(3),
        tg.rand(2),
        tg.eye(2),
        tg.zeros_like(tg.ones(1)),
    ):
        assert x.backend == backend
        assert x.device.type == first
        assert x.device == x.detach().device == (x + 1).device


def test_one_place_is_one_device_however_it_is_named() -> None:
    with tg.use_backend("strict"):
        names = [None, "strict", "strict:0", tg.device("strict"), tg.device("strict", 0)]
        xs = [tg.ones(2, device=name) for name in names]
        assert len({x.device for x in xs}) == 1
        assert sum(xs).tolist() == [5.0, 5.0]


# -- moves ----------------------------------------------------------------------------------


def _targets(backend: str) -> list[str]:
    found = registry.get(backend)
    return [f"{k}:{i}" for k in found.kinds for i in range(found.device_count(k))]


def test_moves_keep_values_and_dtypes(backend: str) -> None:
    for d in (tg.float32, tg.float64, tg.int64, tg.bool):
        x = tg.tensor([[0, 1], [2, 3]], dtype=d)
        for target in [*_targets(backend), "cpu"]:
            y = x.to(target)
            assert y.device.type == target.split(":")[0]
            assert y.dtype is d
            assert y.tolist() == x.tolist()
            back = y.to(x.device)
            assert back.tolist() == x.tolist()


def test_moving_to_where_it_is_gives_the_same_tensor(backend: str) -> None:
    x = tg.ones(2)
    assert x.to(x.device) is x
    assert x.to(str(x.device)) is x
    assert x.to(x.device, copy=True) is not x


def test_gradients_return_to_the_leaf_s_device(backend: str) -> None:
    x = tg.tensor([1.0, 2.0, 3.0], dtype=tg.float64, requires_grad=True)
    total = tg.zeros((), dtype=tg.float64, device="cpu")
    for target in [*_targets(backend), "cpu"]:
        y = x.to(target)
        assert y.requires_grad
        total = total + (y * y).sum().to(total.device)
    total.backward()
    count = len(_targets(backend)) + 1
    assert x.grad.device == x.device
    assert x.grad.backend == backend
    assert x.grad.tolist() == [2.0 * count, 4.0 * count, 6.0 * count]


def test_gradients_cross_between_backends() -> None:
    with tg.use_backend("strict"):
        far = tg.tensor([2.0, 3.0], requires_grad=True)
    with tg.use_backend("numpy"):
        near = tg.tensor([5.0, 7.0], requires_grad=True)
        here = far.to(near.device)
        assert here.device.type == "cpu"
        numpy_cpu = tg.device("cpu", backend="numpy")
        loss = (far.to(numpy_cpu) * near).sum()
        loss.backward()
    assert (far.grad.backend, far.grad.tolist()) == ("strict", [5.0, 7.0])
    assert (near.grad.backend, near.grad.tolist()) == ("numpy", [2.0, 3.0])


def test_second_derivatives_cross_too(backend: str) -> None:
    x = tg.tensor([2.0, 3.0], dtype=tg.float64, requires_grad=True)
    y = (x.to(tg.device("cpu", backend="numpy")) ** 3).sum()
    (first,) = tg.autograd.grad(y, x, create_graph=True)
    (second,) = tg.autograd.grad(first.sum(), x)
    assert first.backend == second.backend == backend
    assert second.tolist() == [12.0, 18.0]


def test_a_move_is_a_copy(backend: str) -> None:
    x = tg.tensor([1.0, 2.0])
    with tg.use_backend("numpy"):
        y = x.to(tg.device("cpu", backend="numpy"), copy=backend == "numpy")
    with tg.no_grad():
        x += 1
    assert y.tolist() == [1.0, 2.0]
    y.fill_(9.0)
    assert x.tolist() == [2.0, 3.0]


def test_to_another_tensor_is_to_its_backend(backend: str) -> None:
    host = tg.from_numpy(np.ones(2))
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    moved = x.to(host)
    assert (moved.backend, moved.device, moved.dtype) == ("numpy", host.device, tg.float64)
    (moved * host).sum().backward()
    assert x.grad is not None
    assert (x.grad.backend, x.grad.tolist()) == (backend, [1, 1])
    assert host.to(x).backend == backend


def test_cpu_keeps_the_backend_where_it_serves_the_cpu() -> None:
    with tg.use_backend("strict"):
        x = tg.ones(2)
        assert (x.cpu().backend, x.cpu().device.type) == ("strict", "cpu")
    assert x.cpu().backend == "strict"


def test_mixing_backends_is_an_error_that_names_both() -> None:
    with tg.use_backend("strict"):
        far = tg.ones(2, requires_grad=True)
    with tg.use_backend("numpy"):
        near = tg.ones(2, requires_grad=True)
    mixed: list[Any] = [
        lambda: near + far,
        lambda: far * near,
        lambda: far @ near,
        lambda: tg.where(far > 0, near, near),
        lambda: tg.cat([near, far]),
        lambda: tg.stack([far, near]),
        lambda: tg.maximum(near, far),
    ]
    for do in mixed:
        with pytest.raises(RuntimeError, match="on the same device") as caught:
            do()
        assert "numpy" in str(caught.value)
        assert "strict" in str(caught.value)
    assert near.grad is far.grad is None
    with pytest.raises(RuntimeError, match="device"):
        near[0] = far
    with pytest.raises(RuntimeError, match="device"):
        near.grad = far.detach()
    with pytest.raises(RuntimeError, match=r"device|backend"):
        (near * 2).backward(far.detach())
    assert near.tolist() == [1.0, 1.0]


def test_mixing_devices_of_one_backend_is_an_error_too() -> None:
    with tg.use_backend("strict"):
        first, second = tg.ones(2), tg.ones(2, device="strict:1")
        with pytest.raises(RuntimeError, match=r"strict:0.*strict:1"):
            first + second
        number = tg.tensor(2.0, device="cpu")  # a 0-d one on the CPU goes along
        assert (second * number).device == second.device


# -- nothing goes to or from a device by itself --------------------------------------------


def test_numpy_reads_no_tensor_of_another_device() -> None:
    with tg.use_backend("strict"):
        x = tg.tensor([1.0, 2.0])
        for convert in (np.asarray, np.array, lambda t: t.numpy(), np.exp):
            with pytest.raises(TypeError, match=r"Use Tensor.cpu"):
                convert(x)
        assert x.cpu().numpy().tolist() == [1.0, 2.0]
        assert x.numpy(force=True).tolist() == [1.0, 2.0]
        doubled = np.multiply(2.0, x)  # an operator by another name: it stays on the device
        assert (doubled.device, doubled.tolist()) == (x.device, [2.0, 4.0])


def test_numpy_arrays_do_not_go_to_another_device() -> None:
    with tg.use_backend("strict"):
        x = tg.tensor([1.0, 2.0])
        with pytest.raises(RuntimeError, match="same device"):
            x + np.ones(2)
        with pytest.raises(RuntimeError, match="device"):
            x[0:2] = np.ones(2)
        assert (x + tg.tensor(np.ones(2), dtype=tg.float32)).tolist() == [2.0, 3.0]


def test_a_tensor_anywhere_prints_converts_and_compares() -> None:
    with tg.use_backend("strict"):
        x = tg.tensor([1.0, 2.0], requires_grad=True)
        assert repr(x) == "tensor([1., 2.], device='strict:0', requires_grad=True)"
        assert repr(x * 2).startswith("tensor([2., 4.], device='strict:0', grad_fn=<")
        assert x.tolist() == [1.0, 2.0]
        assert float(x.detach()[1]) == x[1].item() == 2.0
        assert bool((x == x).all())
        assert "device='strict:1'" in repr(tg.ones(2000, device="strict:1"))


def test_pickling_keeps_backend_and_device(backend: str) -> None:
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    y = pickle.loads(pickle.dumps(x))  # noqa: S301
    assert (y.backend, y.device, y.requires_grad) == (backend, x.device, True)
    assert y.tolist() == [1.0, 2.0]
