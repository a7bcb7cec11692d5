"""Transforms of functions give what PyTorch's give: values, shapes and structures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tensorflowlite_grad as tg

torch = pytest.importorskip("torch")

Program = Callable[[Any, Any], Any]

RANDOM = np.random.default_rng(7)
DATA = {
    "s": RANDOM.standard_normal(()),
    "v": RANDOM.standard_normal(3),
    "u": RANDOM.standard_normal(3),
    "m": RANDOM.standard_normal((3, 3)),
    "b": RANDOM.standard_normal((4, 3)),
    "c": RANDOM.standard_normal((4, 2, 3)),
    "z": RANDOM.standard_normal(3) + 1j * RANDOM.standard_normal(3),
    "y": RANDOM.standard_normal(4),
}


class Data:
    """The same tensors for both libraries."""

    def __init__(self, xp: Any) -> None:
        for name, value in DATA.items():
            setattr(self, name, xp.tensor(value))


def quadratic(m: Any) -> Any:
    return lambda x: x @ m @ x


def loss(p: Any, x: Any, y: Any) -> Any:
    return ((x @ p["w"]).tanh() + p["b"] - y) ** 2


def params(d: Any) -> Any:
    return {"w": d.v, "b": d.s}


# Each takes a library and its data; inside, the very same lines run on both.
FUNC: dict[str, Program] = {
    "grad": lambda f, d: f.grad(lambda x: (x**3).sum())(d.v),
    "grad of an argument": lambda f, d: f.grad(lambda a, b: (a * b).sum(), argnums=1)(d.v, d.u),
    "grad of arguments": lambda f, d: f.grad(lambda a, b: (a * b).sum(), argnums=(0, 1))(d.v, d.u),
    "grad of the last": lambda f, d: f.grad(lambda a, b: (a * b).sum(), argnums=-1)(d.v, d.u),
    "grad of one in a tuple": lambda f, d: f.grad(lambda a: a.sum(), argnums=(0,))(d.v),
    "grad of a dict": lambda f, d: f.grad(lambda p: loss(p, d.u, d.s))(params(d)),
    "grad with aux": lambda f, d: f.grad(lambda x: (x @ x, x * 2), has_aux=True)(d.v),
    "grad and value": lambda f, d: f.grad_and_value(lambda x: x @ x)(d.v),
    "grad, value, aux": lambda f, d: f.grad_and_value(lambda x: (x @ x, {"k": x}), has_aux=True)(
        d.v
    ),
    "grad of no use": lambda f, d: f.grad(lambda a, b: a.sum(), argnums=1)(d.v, d.u),
    "grad of grad": lambda f, d: f.grad(f.grad(lambda x: x.sin() * x))(d.s),
    "grad with a keyword": lambda f, d: f.grad(lambda x, k: (x * k).sum())(d.v, k=d.u),
    "vjp": lambda f, d: (lambda r: (r[0], r[1](d.u)))(f.vjp(lambda x: x.sin() * 2, d.v)),
    "vjp of two": lambda f, d: f.vjp(lambda a, b: (a * b, a.sum()), d.v, d.u)[1]((d.v, d.s)),
    "vjp of a dict": lambda f, d: f.vjp(lambda p: p["w"] * p["b"], params(d))[1](d.u),
    "vjp to a dict": lambda f, d: f.vjp(lambda x: {"a": x * 2, "b": x.sum()}, d.v)[1](
        {"a": d.u, "b": d.s}
    ),
    "vjp with aux": lambda f, d: f.vjp(lambda x: (x * 2, x + 1), d.v, has_aux=True)[2],
    "jvp": lambda f, d: f.jvp(lambda x: x.sin() * x, (d.v,), (d.u,)),
    "jvp of two": lambda f, d: f.jvp(lambda a, b: (a * b, a), (d.v, d.u), (d.u, d.v)),
    "jvp with aux": lambda f, d: f.jvp(lambda x: (x * 2, x), (d.v,), (d.u,), has_aux=True),
    "jvp of jvp": lambda f, d: f.jvp(
        lambda x: f.jvp(lambda t: t.exp() * t, (x,), (d.u,))[1], (d.v,), (d.u,)
    ),
    "jvp of a constant": lambda f, d: f.jvp(lambda x: d.u * 2, (d.v,), (d.u,)),
    "linearize": lambda f, d: (lambda r: (r[0], r[1](d.u)))(f.linearize(lambda x: x.exp(), d.v)),
    "jacrev": lambda f, d: f.jacrev(lambda x: d.m @ x.sin())(d.v),
    "jacfwd": lambda f, d: f.jacfwd(lambda x: d.m @ x.sin())(d.v),
    "jacrev of two": lambda f, d: f.jacrev(lambda a, b: (a * b, b.sum()), argnums=(0, 1))(d.v, d.u),
    "jacfwd of two": lambda f, d: f.jacfwd(lambda a, b: (a * b, b.sum()), argnums=(0, 1))(d.v, d.u),
    "jacrev of a dict": lambda f, d: f.jacrev(lambda p: p["w"] * p["b"])(params(d)),
    "jacfwd to a dict": lambda f, d: f.jacfwd(lambda x: {"a": x * 2, "b": [x.sum()]})(d.v),
    "jacrev of a matrix": lambda f, d: f.jacrev(lambda m: m @ d.v)(d.m),
    "jacfwd of a matrix": lambda f, d: f.jacfwd(lambda m: m @ m)(d.m),
    "jacrev in chunks": lambda f, d: f.jacrev(lambda x: d.m @ x.sin(), chunk_size=2)(d.v),
    "jacrev with aux": lambda f, d: f.jacrev(lambda x: (x * 2, x.sum()), has_aux=True)(d.v),
    "jacfwd of a scalar": lambda f, d: f.jacfwd(lambda x: x * d.v)(d.s),
    "hessian": lambda f, d: f.hessian(quadratic(d.m))(d.v),
    "hessian of two": lambda f, d: f.hessian(lambda a, b: (a * b**2).sum(), argnums=(0, 1))(
        d.v, d.u
    ),
    "hessian of a dict": lambda f, d: f.hessian(lambda p: loss(p, d.u, d.s))(params(d)),
    "jacfwd of jacrev": lambda f, d: f.jacfwd(f.jacrev(quadratic(d.m)))(d.v),
    "jacrev of jacrev": lambda f, d: f.jacrev(f.jacrev(quadratic(d.m)))(d.v),
    "jacrev of jacfwd": lambda f, d: f.jacrev(f.jacfwd(quadratic(d.m)))(d.v),
    "third derivative": lambda f, d: f.jacfwd(f.jacfwd(f.jacrev(lambda x: (x**3).sum())))(d.v),
    "vmap": lambda f, d: f.vmap(lambda x: x @ d.m)(d.b),
    "vmap of two": lambda f, d: f.vmap(lambda x, y: x * y)(d.b, d.y),
    "vmap with a shared": lambda f, d: f.vmap(lambda x, m: m @ x, in_dims=(0, None))(d.b, d.m),
    "vmap of an axis": lambda f, d: f.vmap(lambda x: x.sum(0), in_dims=-1)(d.c),
    "vmap to an axis": lambda f, d: f.vmap(lambda x: x * 2, out_dims=1)(d.b),
    "vmap to two": lambda f, d: f.vmap(lambda x: (x, x.sum()), out_dims=(1, 0))(d.b),
    "vmap of a dict": lambda f, d: f.vmap(lambda p: p["x"] * p["y"], in_dims=({"x": 0, "y": 0},))(
        {"x": d.b, "y": d.y}
    ),
    "vmap of vmap": lambda f, d: f.vmap(f.vmap(lambda x: x / x.norm()))(d.c),
    "vmap of vmap, axes": lambda f, d: f.vmap(
        f.vmap(lambda x, y: x * y, in_dims=(0, None)), in_dims=(None, 0)
    )(d.v, d.y),
    "vmap in chunks": lambda f, d: f.vmap(lambda x: x.sort().values, chunk_size=3)(d.b),
    "vmap of grad": lambda f, d: f.vmap(f.grad(lambda x: (x**3).sum()))(d.b),
    "gradients of examples": lambda f, d: f.vmap(f.grad(loss), in_dims=(None, 0, 0))(
        params(d), d.b, d.y
    ),
    "vmap of hessian": lambda f, d: f.vmap(f.hessian(quadratic(d.m)))(d.b),
    "vmap of jacrev": lambda f, d: f.vmap(f.jacrev(lambda x: x.cumsum(0)))(d.b),
    "vmap of jvp": lambda f, d: f.vmap(lambda x: f.jvp(lambda t: t.exp(), (x,), (d.u,)))(d.b),
    "grad of vmap": lambda f, d: f.grad(lambda m: f.vmap(lambda x: x @ m @ x)(d.b).sum())(d.m),
    "grad of vmap of grad": lambda f, d: f.grad(
        lambda m: f.vmap(f.grad(lambda x: x @ m @ x))(d.b).pow(2).sum()
    )(d.m),
    "jacrev of vmap": lambda f, d: f.jacrev(f.vmap(lambda x: x.prod()))(d.b),
    "jvp of vmap of grad": lambda f, d: f.jvp(
        f.vmap(f.grad(lambda x: x.exp().sum())), (d.b,), (d.b,)
    ),
    "hessian-vector product": lambda f, d: f.jvp(f.grad(quadratic(d.m)), (d.v,), (d.u,)),
    "grad of complex": lambda f, d: f.grad(lambda z: (z * z.conj()).real.sum())(d.z),
    "vjp of complex": lambda f, d: f.vjp(lambda z: z * z, d.z)[1](d.z),
    "jvp of complex": lambda f, d: f.jvp(lambda z: z * z, (d.z,), (d.z,)),
}


def bilinear(a: Any, b: Any) -> Any:
    return (a * b).sum()


# As above, but with `autograd.functional`.
FUNCTIONAL: dict[str, Program] = {
    "jacobian": lambda f, d: f.jacobian(lambda x: d.m @ x.sin(), d.v),
    "jacobian of two": lambda f, d: f.jacobian(lambda a, b: a * b, (d.v, d.u)),
    "jacobian to two": lambda f, d: f.jacobian(lambda x: (x * 2, x.sum()), d.v),
    "jacobian two to two": lambda f, d: f.jacobian(lambda a, b: (a * b, b.sum()), (d.v, d.u)),
    "jacobian of a constant": lambda f, d: f.jacobian(lambda a, b: a * 2, (d.v, d.u)),
    "jacobian, vectorized": lambda f, d: f.jacobian(lambda a, b: a * b, (d.v, d.u), vectorize=True),
    "jacobian, forward mode": lambda f, d: f.jacobian(
        lambda x: d.m @ x, d.v, vectorize=True, strategy="forward-mode"
    ),
    "hessian": lambda f, d: f.hessian(lambda x: (x**3).sum(), d.v),
    "hessian of two": lambda f, d: f.hessian(lambda a, b: (a * b**2).sum(), (d.v, d.u)),
    "hessian, vectorized": lambda f, d: f.hessian(lambda x: (x**3).sum(), d.v, vectorize=True),
    "hessian, outer forward": lambda f, d: f.hessian(
        lambda x: (x**3).sum(),
        d.v,
        vectorize=True,
        outer_jacobian_strategy="forward-mode",
    ),
    "vjp": lambda f, d: f.vjp(lambda x: x.sin(), d.v, d.u),
    "vjp of a scalar": lambda f, d: f.vjp(lambda x: x.sum(), d.v),
    "vjp of two": lambda f, d: f.vjp(lambda a, b: a * b, (d.v, d.u), d.u),
    "jvp": lambda f, d: f.jvp(lambda x: x.sin(), d.v, d.u),
    "jvp of two": lambda f, d: f.jvp(lambda a, b: (a * b, a), (d.v, d.u), (d.u, d.v)),
    "hvp": lambda f, d: f.hvp(lambda x: (x**3).sum(), d.v, d.u),
    "hvp of two": lambda f, d: f.hvp(bilinear, (d.v, d.u), (d.u, d.v)),
    "vhp": lambda f, d: f.vhp(lambda x: (x**3).sum(), d.v, d.u),
    "vhp of two": lambda f, d: f.vhp(bilinear, (d.v, d.u), (d.u, d.v)),
}


def same(mine: Any, theirs: Any) -> None:
    """Assert that results are alike: containers, shapes, dtypes and values."""
    if isinstance(theirs, (tuple, list)):
        assert isinstance(mine, type(theirs))
        assert len(mine) == len(theirs)
        for a, b in zip(mine, theirs, strict=True):
            same(a, b)
    elif isinstance(theirs, dict):
        assert isinstance(mine, dict)
        assert list(mine) == list(theirs)
        for key in theirs:
            same(mine[key], theirs[key])
    else:
        assert tuple(mine.shape) == tuple(theirs.shape)
        assert str(mine.dtype).split(".")[-1] == str(theirs.dtype).split(".")[-1]
        assert not mine.requires_grad
        np.testing.assert_allclose(mine.numpy(), theirs.detach().resolve_conj().numpy(), atol=1e-10)


@pytest.mark.filterwarnings("ignore:Attempted to insert a get_attr Node")
@pytest.mark.parametrize("name", FUNC)
def test_func(name: str) -> None:
    with tg.use_backend("numpy"):
        same(FUNC[name](tg.func, Data(tg)), FUNC[name](torch.func, Data(torch)))


@pytest.mark.parametrize("name", FUNCTIONAL)
def test_autograd_functional(name: str) -> None:
    program = FUNCTIONAL[name]
    with tg.use_backend("numpy"):
        found = program(tg.autograd.functional, Data(tg))
    same(found, program(torch.autograd.functional, Data(torch)))


def dual(xp: Any, f: Any) -> Any:
    """Return primal and tangent of a function, through dual tensors made by hand."""
    d, mode = Data(xp), xp.autograd.forward_ad
    with mode.dual_level():
        return tuple(mode.unpack_dual(f(mode.make_dual(d.v, d.u), d)))


DUAL: dict[str, Any] = {
    "elementwise": lambda x, d: x.sin() * x.exp(),
    "with a constant": lambda x, d: x * d.u + 1,
    "product": lambda x, d: d.m @ x,
    "reduction": lambda x, d: x.softmax(0),
    "view": lambda x, d: x[1:].reshape(2, 1),
    "join": lambda x, d: (x * 1).index_fill(0, d.u.argmax(), 0.0),
    "in place": lambda x, d: x.clone().mul_(d.u).add_(x),
    "written into": lambda x, d: d.m.clone().copy_(x),
}


@pytest.mark.parametrize("name", DUAL)
def test_forward_ad(name: str) -> None:
    with tg.use_backend("numpy"):
        mine = dual(tg, DUAL[name])
    theirs = dual(torch, DUAL[name])
    same(mine, tuple(theirs))


# What is refused, in both with an exception of the same type and key phrase.
REFUSED: dict[str, tuple[Program, str]] = {
    "grad of a vector": (
        lambda f, d: f.grad(lambda x: x)(d.v),
        "to return a scalar Tensor, got tensor with 1 dims",
    ),
    "grad of a number": (
        lambda f, d: f.grad(lambda x: 3.0)(d.v),
        "to return a Tensor, got <class 'float'>",
    ),
    "argnums": (
        lambda f, d: f.grad(lambda x: x.sum(), argnums=2)(d.v),
        "Got argnum=2, but only 1 positional inputs",
    ),
    "sizes": (lambda f, d: f.vmap(lambda a, b: a + b)(d.v, d.y), "same size in the mapped dim"),
    "in_dims": (lambda f, d: f.vmap(lambda a: a, in_dims=(0, 0))(d.v), "in_dims is not compatible"),
    "in_dims too great": (lambda f, d: f.vmap(lambda a: a, in_dims=3)(d.v), "Got in_dim=3"),
    "no inputs": (lambda f, d: f.vmap(lambda: 1)(), "no inputs"),
    "all shared": (lambda f, d: f.vmap(lambda a: a, in_dims=None)(d.v), ""),
    "result": (lambda f, d: f.vmap(lambda a: 1.0)(d.v), "must only return Tensors"),
    "item": (lambda f, d: f.vmap(lambda a: a * a.item())(d.v), "vmap: It looks like you're"),
    "condition": (lambda f, d: f.vmap(lambda a: a if a > 0 else -a)(d.v), ""),
    "randomness": (lambda f, d: f.vmap(lambda a: a, randomness="no")(d.v), "Only allowed values"),
    "chunk_size": (lambda f, d: f.vmap(lambda a: a, chunk_size=0)(d.v), "chunk_size should be"),
    "cotangents": (lambda f, d: f.vjp(lambda x: (x, x), d.v)[1](d.v), ""),
    "tangents": (lambda f, d: f.jvp(lambda x: x, (d.v,), (d.v, d.u)), ""),
}


def error_of(program: Program, library: Any, data: Any) -> Exception:
    try:
        program(library, data)
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")


@pytest.mark.parametrize("name", REFUSED)
def test_refused_alike(name: str) -> None:
    program, phrase = REFUSED[name]
    theirs = error_of(program, torch.func, Data(torch))
    with tg.use_backend("numpy"):
        mine = error_of(program, tg.func, Data(tg))
    assert isinstance(mine, type(theirs))
    assert phrase in str(theirs)
    assert phrase in str(mine)
