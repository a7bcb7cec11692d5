"""Getting along with NumPy: conversion, and arrays on either side of an operator."""

from __future__ import annotations

import operator
from typing import Any

from ..autograd import modes
from ..autograd.graph import Variable, cell_of, viewable
from ..backend import registry
from ..dtypes import SCALARS
from ..functions.arguments import as_tensor_argument
from ..functions.outputs import write_into

#: NumPy's functions behind its operators: with a tensor, ours are meant.
_OPERATORS = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "true_divide": operator.truediv,
    "floor_divide": operator.floordiv,
    "remainder": operator.mod,
    "power": operator.pow,
    "matmul": operator.matmul,
    "equal": operator.eq,
    "not_equal": operator.ne,
    "less": operator.lt,
    "less_equal": operator.le,
    "greater": operator.gt,
    "greater_equal": operator.ge,
    "bitwise_and": operator.and_,
    "bitwise_or": operator.or_,
    "bitwise_xor": operator.xor,
}

#: NumPy's reductions, which have our names for their arguments too: with a tensor first,
#: ours are meant, with their gradients.
_REDUCTIONS = {
    **{name: name for name in ("sum", "mean", "prod", "std", "var", "all", "any")},
    **{name: name for name in ("argmax", "argmin", "amax", "amin")},
    "max": "amax",
    "min": "amin",
}


class NumpyMethods:
    """What NumPy asks of objects that are not its own."""

    __slots__ = ()

    def numpy(self: Any, *, force: bool = False) -> Any:
        """Return the elements as a NumPy array, which shares memory on the CPU.

        Parameters
        ----------
        force : bool
            Detach and copy to the host where necessary.

        Raises
        ------
        RuntimeError
            If the tensor requires grad.
        TypeError
            If it is not on the CPU.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.tensor([1.0, 2.0]).numpy()
        array([1., 2.], dtype=float32)
        """
        if self._edge is not None and modes.is_grad_enabled() and not force:
            raise RuntimeError(
                "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() "
                "instead."
            )
        place = self._place
        if place.kind != "cpu" and not force:
            raise TypeError(
                f"can't convert {place.device} device type tensor to numpy. Use Tensor.cpu() to "
                "copy the tensor to host memory first."
            )
        cell_of(self)
        return place.backend.to_numpy(viewable(self))

    def __array__(self: Any, dtype: Any = None, copy: bool | None = None) -> Any:
        array = self.numpy()
        if dtype is not None and array.dtype != dtype:
            return array.astype(dtype)
        return array.copy() if copy else array

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if any(isinstance(out, Variable) for out in kwargs.get("out", ())):
            return _written(self, ufunc, method, inputs, **kwargs)
        apply = _OPERATORS.get(ufunc.__name__) if method == "__call__" and not kwargs else None
        if apply is not None:
            return apply(*(_operand(ufunc.__name__, x) for x in inputs))
        plain = [_as_array(x) for x in inputs]
        result = getattr(ufunc, method)(*plain, **kwargs)
        backend = registry.get("numpy")
        if "out" in kwargs or not backend.is_array(result):
            return result
        place = registry.place(backend, "cpu", 0)
        return place.wrap(result, place)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        ours = _REDUCTIONS.get(function.__name__) if function.__module__ == "numpy" else None
        given = {name: value for name, value in kwargs.items() if value is not None}
        if ours is None or len(args) > 2 or not given.keys() <= {"axis", "keepdims", "ddof"}:
            return function._implementation(*args, **kwargs)
        if not isinstance(args[0] if args else None, Variable):
            return function._implementation(*args, **kwargs)
        if ours in ("std", "var"):
            given["correction"] = given.pop("ddof", 0)
        return getattr(args[0], ours)(*args[1:], **given)


def _written(
    tensor: Any, ufunc: Any, method: str, inputs: tuple[Any, ...], out: tuple[Any, ...], **more: Any
) -> Any:
    """Return tensors that NumPy was asked to write into, written."""
    name = f"numpy.{ufunc.__name__}"
    if more or method != "__call__" or not all(isinstance(o, Variable) for o in out):
        raise TypeError(
            f"{name}(out=) writes into Tensors alone, without further options; use in-place methods"
        )
    result = NumpyMethods.__array_ufunc__(tensor, ufunc, method, *inputs)
    if len(out) == 1:
        return write_into(name, out[0], as_tensor_argument(name, result), "cast")
    return write_into(name, out, tuple(as_tensor_argument(name, r) for r in result), "cast")


def _operand(name: str, x: Any) -> Any:
    number = registry.get("numpy").as_number(x)  # which promotes as Python's numbers do
    if number is not None:
        return number
    return x if type(x) in SCALARS else as_tensor_argument(name, x)


def _as_array(x: Any) -> Any:
    return NumpyMethods.__array__(x) if isinstance(x, Variable) else x
