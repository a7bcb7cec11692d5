"""Examples of the in-place methods that write at positions: see `docstrings`."""

from __future__ import annotations

__all__ = ["IN_PLACE"]

_ZEROS = "tg.zeros(3)"
_PLACES = "tg.tensor([0, 2])"
_VALUES = "tg.tensor([5.0, 6.0])"

#: The tensor and the arguments of an example, and what that prints.
IN_PLACE: dict[str, tuple[tuple[str, ...], str]] = {
    "index_copy_": ((_ZEROS, "0", _PLACES, _VALUES), "tensor([5., 0., 6.])"),
    "index_fill_": ((_ZEROS, "0", _PLACES, "7"), "tensor([7., 0., 7.])"),
    "index_reduce_": (("tg.ones(3)", "0", _PLACES, _VALUES, "'prod'"), "tensor([5., 1., 6.])"),
    "scatter_": ((_ZEROS, "0", _PLACES, _VALUES), "tensor([5., 0., 6.])"),
    "scatter_reduce_": ((_ZEROS, "0", _PLACES, _VALUES, "'amax'"), "tensor([5., 0., 6.])"),
    "masked_scatter_": (
        (_ZEROS, "tg.tensor([True, False, True])", _VALUES),
        "tensor([5., 0., 6.])",
    ),
    "put_": ((_ZEROS, _PLACES, _VALUES), "tensor([5., 0., 6.])"),
    "fill_diagonal_": (("tg.zeros(2, 2)", "5"), "tensor([[5., 0.],\n        [0., 5.]])"),
    "tril_": (("tg.ones(2, 2)",), "tensor([[1., 0.],\n        [1., 1.]])"),
    "triu_": (("tg.ones(2, 2)",), "tensor([[1., 1.],\n        [0., 1.]])"),
}
