"""`Tensor`: an array that remembers how it was computed."""

from __future__ import annotations

import warnings
from math import prod
from typing import TYPE_CHECKING, Any
from weakref import ref

from . import array_api, dtypes, printing
from .autograd import api, carrier, modes
from .autograd.graph import (
    Extra,
    Leaf,
    RemovableHandle,
    Variable,
    callable_hook,
    cell_of,
    hooks_of,
    shown,
)
from .autograd.storage import share
from .backend import registry
from .backend.selection import resolve
from .functions import elementwise
from .functions.creation import require
from .methods import (
    ElementwiseMethods,
    IndexingMethods,
    InPlaceMethods,
    NumpyMethods,
    ReductionMethods,
    ShapeMethods,
)
from .ops import conversion
from .size import Size

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .backend.place import Place, device

__all__ = ["Tensor"]


class Tensor(
    ElementwiseMethods,
    ReductionMethods,
    ShapeMethods,
    IndexingMethods,
    InPlaceMethods,
    NumpyMethods,
    Variable,
):
    """An array of one dtype on one device, whose operations are recorded.

    Make one with `tensor`, `zeros`, `randn` and the like.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x = tg.tensor([1.0, 2.0], requires_grad=True)
    >>> (x**2).sum().backward()
    >>> x.grad
    tensor([2., 4.])
    """

    __slots__ = ()

    def __new__(cls, data: Any = (), *, device: Any = None) -> Any:
        """Return a float tensor with a copy of `data`."""
        from .functions.creation import tensor

        source = tensor(data, dtype=dtypes.get_default_dtype(), device=device)
        return _wrap_as(cls, source._array, source._place)

    # -- what it is ---------------------------------------------------------------------

    @property
    def shape(self) -> Size:
        """The size along each axis."""
        return Size(self._array.shape)

    def size(self, dim: int | None = None) -> Any:
        """Return the shape, or the size along one axis.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.ones(2, 3).size()
        tensorflowlite_grad.Size([2, 3])
        >>> tg.ones(2, 3).size(0)
        2
        """
        if dim is None:
            return Size(self._array.shape)
        from .functions.arguments import axis

        if not self._array.ndim:
            axis("size", dim, 0)
            raise IndexError("Dimension specified as 0 but tensor has no dimensions")
        return int(self._array.shape[axis("size", dim, self._array.ndim)])

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return int(self._array.ndim)

    def dim(self) -> int:
        """Return the number of axes.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.ones(2, 3).dim()
        2
        """
        return int(self._array.ndim)

    ndimension = dim

    def numel(self) -> int:
        """Return the number of elements.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.ones(2, 3).numel()
        6
        """
        return prod(self._array.shape)

    nelement = numel

    @property
    def dtype(self) -> dtypes.dtype:
        """The type of the elements."""
        return self._place.dtype_from(self._array.dtype)

    @property
    def device(self) -> device:
        """Where the elements are."""
        return self._place.device

    @property
    def backend(self) -> str:
        """The name of the backend whose array this is."""
        return self._place.backend.name

    @property
    def is_cuda(self) -> bool:
        """Whether the elements are on a CUDA device."""
        return self._place.kind == "cuda"

    @property
    def itemsize(self) -> int:
        """The bytes of one element."""
        return self.dtype.itemsize

    def element_size(self) -> int:
        """Return the bytes of one element.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.ones(2).element_size()
        4
        """
        return self.dtype.itemsize

    @property
    def nbytes(self) -> int:
        """The bytes of all elements."""
        return self.dtype.itemsize * self.numel()

    def is_floating_point(self) -> bool:
        """Return whether elements are real floating-point numbers.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.ones(2).is_floating_point()
        True
        """
        return self.dtype.is_floating_point

    def is_complex(self) -> bool:
        """Return whether elements are complex.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.ones(2).is_complex()
        False
        """
        return self.dtype.is_complex

    def is_contiguous(self) -> bool:
        """Return whether elements lie in memory in order, without gaps.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.ones(2, 3).is_contiguous()
        True
        >>> tg.ones(2, 3).T.is_contiguous()
        False
        """
        return bool(self._place.backend.is_contiguous(self._array))

    # -- values -------------------------------------------------------------------------

    def item(self) -> Any:
        """Return the only element as a Python number.

        Raises
        ------
        RuntimeError
            If there is not exactly one.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.tensor([2.5]).item()
        2.5
        """
        if self.numel() != 1:
            raise RuntimeError(
                f"a Tensor with {self.numel()} elements cannot be converted to Scalar"
            )
        return self._place.backend.to_numpy(self._array).item()

    def tolist(self) -> Any:
        """Return the elements as nested lists of Python numbers.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.tensor([[1, 2], [3, 4]]).tolist()
        [[1, 2], [3, 4]]
        """
        return self._place.backend.to_numpy(self._array).tolist()

    def _one(self, what: type) -> Any:
        if self.numel() != 1:
            raise ValueError(
                "only one element tensors can be converted to Python scalars: "
                f"{what.__name__}() was given one of shape {list(self._array.shape)}"
            )
        if what is not int and self._edge is not None and modes.is_grad_enabled():
            warnings.warn(
                "Converting a tensor with requires_grad=True to a scalar may lead to unexpected "
                "behavior.\nConsider using tensor.detach() first.",
                stacklevel=3,
            )
        value = self.item()
        if isinstance(value, complex) and what is not complex:
            if value.imag:
                raise RuntimeError(
                    f"value cannot be converted to type {what.__name__} without overflow: "
                    f"{value} is complex"
                )
            value = value.real
        return what(value)

    def __float__(self) -> float:
        return float(self._one(float))

    def __int__(self) -> int:
        return int(self._one(int))

    def __complex__(self) -> complex:
        return complex(self._one(complex))

    def __index__(self) -> int:
        if self.numel() != 1 or self.dtype.kind > dtypes.Kind.INT:
            raise TypeError("only integer tensors of a single element can be converted to an index")
        return int(self.item())

    def __bool__(self) -> bool:
        count = self.numel()
        if count != 1:
            if count == 0:
                raise RuntimeError("Boolean value of Tensor with no values is ambiguous")
            raise RuntimeError(
                "Boolean value of Tensor with more than one value is ambiguous; use any() or all()"
            )
        return bool(self._array)

    def __len__(self) -> int:
        if not self._array.ndim:
            raise TypeError("len() of a 0-d tensor")
        return int(self._array.shape[0])

    def __contains__(self, element: Any) -> bool:
        return bool((self == element).any())

    def __format__(self, spec: str) -> str:
        if self._array.ndim or not spec:
            return object.__format__(self, spec)
        return format(self.item(), spec)

    def __repr__(self) -> str:
        return printing.format_tensor(
            self._fetch,
            tuple(self._array.shape),
            kind=("bool", "int", "float", "complex")[self.dtype.kind],
            suffixes=self._suffixes(),
        )

    def _fetch(self, index: tuple[Any, ...]) -> Any:
        part = self._place.xp.index_get(self._array, index) if index else self._array
        return self._place.backend.to_numpy(part).tolist()

    def _suffixes(self) -> list[str]:
        out = []
        if self._place.kind != "cpu":
            out.append(f"device={str(self._place.device)!r}")
        d = self.dtype
        default = dtypes.get_default_dtype()
        usual = {default, default.to_complex(), dtypes.int64, dtypes.bool_}
        if (d is not default) if not self.numel() else (d not in usual):
            out.append(f"dtype={d!r}")
        edge = self._edge
        if type(edge) is Leaf:
            out.append("requires_grad=True")
        elif edge is not None:
            out.append(f"grad_fn=<{shown(edge)[0].name()}>")
        return out

    # -- gradients ----------------------------------------------------------------------

    @property
    def requires_grad(self) -> bool:
        """Whether operations on it are recorded, so that gradients reach it."""
        return self._edge is not None

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        self.requires_grad_(value)

    @requires_grad.deleter
    def requires_grad(self) -> None:
        raise RuntimeError("requires_grad must be a bool; it cannot be deleted")

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Say whether a leaf requires grad, and return it.

        Raises
        ------
        RuntimeError
            If it is no leaf, or of integers.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.ones(2).requires_grad_()
        tensor([1., 1.], requires_grad=True)
        """
        if not isinstance(requires_grad, bool):
            raise RuntimeError(f"requires_grad must be a bool, not {type(requires_grad).__name__}")
        edge = self._edge
        if not requires_grad:
            if edge is not None and type(edge) is not Leaf:
                raise RuntimeError(
                    "you can only change requires_grad flags of leaf variables. If you want to use "
                    "a computed variable in a subgraph that doesn't require differentiation use "
                    "var_no_grad = var.detach()."
                )
            if edge is not None:
                self._extras().leaf = edge
                self._edge = None
        elif edge is None:
            require(self)
        return self

    def _extras(self) -> Extra:
        if self._extra is None:
            self._extra = Extra()
        return self._extra

    @property
    def is_leaf(self) -> bool:
        """Whether it was not computed from tensors that require grad.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> x = tg.tensor([1.0, 2.0], requires_grad=True)
        >>> x.is_leaf, (x * 2).is_leaf
        (True, False)
        """
        return self._edge is None or type(self._edge) is Leaf

    @property
    def grad_fn(self) -> Any:
        """The node of the operation that made it, or None for a leaf.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> x = tg.tensor([1.0, 2.0], requires_grad=True)
        >>> (x * 2).grad_fn.name()
        'MulBackward0'
        """
        edge = self._edge
        return None if edge is None or type(edge) is Leaf else shown(edge)[0]

    @property
    def output_nr(self) -> int:
        """Which of its operation's results it is."""
        return shown(self._edge)[1]

    @property
    def grad(self) -> Tensor | None:
        """The gradient that backward passes have added up so far.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> x = tg.tensor([1.0, 2.0], requires_grad=True)
        >>> x.sum().backward()
        >>> x.grad
        tensor([1., 1.])
        """
        edge = self._edge
        if type(edge) is Leaf:
            grad: Tensor | None = edge.grad
            return grad
        extra = self._extra
        if edge is None:
            if extra is None:
                return None
            kept: Tensor | None = extra.leaf.grad if extra.leaf is not None else extra.grad
            return kept
        if extra is None or not extra.retains:
            warnings.warn(
                "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its "
                ".grad attribute won't be populated during autograd.backward(). If you indeed want "
                "the .grad field to be populated for a non-leaf Tensor, use .retain_grad() on the "
                "non-leaf Tensor. If you access the non-leaf Tensor by mistake, make sure you "
                "access the leaf Tensor instead.",
                stacklevel=2,
            )
            return None
        return extra.grad  # type: ignore[no-any-return]

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is not None:
            self._check_gradient(value)
        edge = self._edge
        if type(edge) is Leaf:
            edge.grad = value
            return
        if value is None and self._extra is None:
            return
        extra = self._extras()
        if extra.leaf is not None:
            extra.leaf.grad = value
        else:
            extra.grad = value

    @grad.deleter
    def grad(self) -> None:
        self.grad = None

    def _check_gradient(self, value: Any) -> None:
        if not isinstance(value, Variable):
            raise TypeError(
                "assigned grad expected to be a Tensor or None but got grad of type "
                f"{type(value).__name__}"
            )
        if value is self:
            raise RuntimeError("can't assign Variable as its own grad")
        if value._place is not self._place:
            raise RuntimeError(
                f"assigned grad has data located on a different device: {value._place.device} "
                f"(backend {value._place.backend.name}), the tensor is on {self._place.device} "
                f"(backend {self._place.backend.name})"
            )
        mine, its = self.dtype, self._place.dtype_of(value._array)
        if mine is not its:
            raise RuntimeError(
                f"attempting to assign a gradient with dtype '{its.name}' to a tensor with "
                f"grad_dtype '{mine.name}'. The gradient must match the tensor's grad_dtype "
                "(defaults to the tensor's dtype); convert it with .to()"
            )
        if tuple(value._array.shape) != tuple(self._array.shape):
            raise RuntimeError(
                f"attempting to assign a gradient of size '{list(value._array.shape)}' to a tensor "
                f"of size '{list(self._array.shape)}'. Please ensure that the gradient and the "
                "tensor are the same size"
            )

    def backward(
        self,
        gradient: Tensor | None = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        inputs: Sequence[Tensor] | Tensor | None = None,
    ) -> None:
        """Compute the gradients of this tensor and add them to the leaves' ``.grad``.

        Parameters
        ----------
        gradient : Tensor, optional
            The cotangent, of this tensor's shape; may be left out if it has one element.
        retain_graph : bool, optional
            Whether saved values are kept for another pass; by default as `create_graph`.
        create_graph : bool
            Whether the gradients can be differentiated again.
        inputs : Tensor or sequence of Tensor, optional
            Add only to these.

        Raises
        ------
        RuntimeError
            If this tensor needs no grad, `gradient` is missing or of another shape, or the
            graph was freed.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> x = tg.tensor([1.0, 2.0], requires_grad=True)
        >>> (x * x).backward(tg.tensor([1.0, 10.0]))
        >>> x.grad
        tensor([ 2., 40.])
        """
        api.backward(self, gradient, retain_graph, create_graph, inputs)

    def retain_grad(self) -> None:
        """Keep this tensor's gradient in ``.grad`` though it is no leaf.

        Raises
        ------
        RuntimeError
            If it does not require grad.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> x = tg.tensor([1.0, 2.0], requires_grad=True)
        >>> y = x * 3
        >>> y.retain_grad()
        >>> (y * y).sum().backward()
        >>> y.grad
        tensor([ 6., 12.])
        """
        edge = self._edge
        if edge is None:
            raise RuntimeError("can't retain_grad on Tensor that has requires_grad=False")
        if type(edge) is Leaf:
            return
        self._extras().retains = True
        hooks_of(edge).retained = ref(self)

    @property
    def retains_grad(self) -> bool:
        """Whether this tensor, no leaf, keeps its gradient."""
        return self._extra is not None and self._extra.retains

    def register_hook(self, hook: Callable[[Tensor], Tensor | None]) -> RemovableHandle:
        """Call ``hook(grad)`` whenever the gradient of this tensor is known.

        A tensor that it returns takes the gradient's place.

        Raises
        ------
        RuntimeError
            If the tensor does not require grad.
        TypeError
            If the hook cannot be called.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> x = tg.tensor([1.0, 2.0], requires_grad=True)
        >>> handle = x.register_hook(lambda grad: grad * 10)
        >>> x.sum().backward()
        >>> x.grad
        tensor([10., 10.])
        """
        if self._edge is None:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        return RemovableHandle(hooks_of(self._edge).tensor, callable_hook(hook))

    def register_post_accumulate_grad_hook(
        self, hook: Callable[[Tensor], None]
    ) -> RemovableHandle:
        """Call ``hook(tensor)`` whenever a pass has added to this leaf's ``.grad``.

        Raises
        ------
        RuntimeError
            If it is no leaf that requires grad.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> x = tg.tensor([1.0, 2.0], requires_grad=True)
        >>> handle = x.register_post_accumulate_grad_hook(lambda leaf: print(leaf.grad))
        >>> x.sum().backward()
        tensor([1., 1.])
        """
        edge = self._edge
        if type(edge) is not Leaf:
            raise RuntimeError(
                "post accumulate grad hooks cannot be registered on non-leaf tensors"
            )
        if edge.post_accumulate is None:
            edge.post_accumulate = {}
        return RemovableHandle(edge.post_accumulate, callable_hook(hook))

    def detach(self) -> Tensor:
        """Return a tensor that shares the memory and its version, without history.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> x = tg.tensor([1.0, 2.0], requires_grad=True)
        >>> (x * 2).detach()
        tensor([2., 4.])
        """
        self._array = self._place.backend.mutable(self._array)
        out: Tensor = _wrap(self._array, self._place)
        share(out, self)
        return out

    def detach_(self) -> Tensor:
        """Forget how this tensor was computed, and return it.

        Raises
        ------
        RuntimeError
            If it is a view.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> x = tg.tensor([1.0, 2.0], requires_grad=True)
        >>> y = x * 2
        >>> y.detach_()
        tensor([2., 4.])
        """
        if self._extra is not None and self._extra.view is not None:
            raise RuntimeError(
                "Can't detach views in-place. Use detach() instead."
            )
        if type(self._edge) is Leaf:
            self._extras().leaf = self._edge  # which has the gradient
        self._edge = None
        return self

    @property
    def _version(self) -> int:
        """How often the memory was written in place."""
        return 0 if self._cell is None else self._cell.count

    @property
    def _base(self) -> Any:
        """The tensor whose memory this one is a view of, or None."""
        view = None if self._extra is None else self._extra.view
        return None if view is None else view.base

    def _is_view(self) -> bool:
        return self._base is not None

    @property
    def data(self) -> Tensor:
        """The same memory without history; writes through it count as versions too.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> x = tg.tensor([1.0, 2.0], requires_grad=True)
        >>> x.data
        tensor([1., 2.])
        """
        return self.detach()

    @data.setter
    def data(self, value: Tensor) -> None:
        if not isinstance(value, Variable):
            raise TypeError(f"Variable data has to be a tensor, but got {type(value).__name__}")
        if self._edge is not None and not value._place.dtype_of(value._array).is_differentiable:
            raise RuntimeError(
                "data set to a tensor that requires gradients must be floating point or complex "
                "dtype"
            )
        self._array = value._place.backend.mutable(value._array)
        self._place = value._place
        # What saved the old value must not take the new one for it.
        cell_of(self).count += 1

    @data.deleter
    def data(self) -> None:
        raise RuntimeError("Deleting tensor data is not allowed. Delete tensor instead!")

    # -- copies and moves ---------------------------------------------------------------

    def clone(self) -> Tensor:
        """Return a copy in memory of its own; gradients flow through.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> x = tg.ones(2)
        >>> y = x.clone()
        >>> y[0] = 5
        >>> x
        tensor([1., 1.])
        """
        return conversion.clone(self)  # type: ignore[no-any-return]

    def contiguous(self) -> Tensor:
        """Return the tensor, or a copy whose elements lie in memory in order.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.ones(2, 3).T.contiguous().is_contiguous()
        True
        """
        if self.is_contiguous():
            return self
        out = self.clone()
        if not out.is_contiguous():  # a clone may keep the order of the axes in memory
            out._array = out._place.backend.copy(out._place.xp, out._array)
        return out

    def to(self, *args: Any, **kwargs: Any) -> Tensor:
        """Return the tensor on another device or in another dtype.

        Parameters
        ----------
        *args
            A device or its name, a dtype, both, or a tensor to be like.
        copy : bool, optional
            Copy even if nothing changes.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.tensor([1, 2]).to(tg.float64)
        tensor([1., 2.], dtype=tensorflowlite_grad.float64)
        >>> tg.ones(2).to("cpu").device
        device(type='cpu')
        """
        copy = kwargs.pop("copy", False)
        kwargs.pop("non_blocking", None)
        where = kwargs.pop("device", None)
        wanted = kwargs.pop("dtype", None)
        if kwargs:
            raise TypeError(f"to() got an unexpected keyword argument {next(iter(kwargs))!r}")
        for arg in args:
            if isinstance(arg, dtypes.dtype):
                wanted = arg
            elif isinstance(arg, Variable):
                where, wanted = arg._place.device, arg._place.dtype_of(arg._array)
            elif isinstance(arg, bool) or arg is None:
                copy = copy or bool(arg)
            else:
                where = arg
        out: Any = self
        if where is not None:
            out = conversion.move(out, resolve(where, self._place))
        if wanted is not None:
            out = conversion.cast(out, wanted)
        moved: Tensor = conversion.clone(out) if copy and out is self else out
        return moved

    def cpu(self) -> Tensor:
        """Return the tensor on the CPU: with its own backend if that serves it, else NumPy.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.ones(2).cpu()
        tensor([1., 1.])
        """
        return self.to("cpu")

    def cuda(self, device: int | str | None = None) -> Tensor:
        """Return the tensor on a CUDA device, the first by default."""
        return self.to("cuda" if device is None else device)

    def type(self, dtype: Any = None) -> Any:
        """Return the tensor in another dtype, or the name of its own.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.ones(2).type()
        'tensorflowlite_grad.FloatTensor'
        >>> tg.ones(2).type(tg.int64)
        tensor([1, 1])
        """
        if dtype is None:
            return f"tensorflowlite_grad.{dtypes.LEGACY_NAMES[self.dtype.name]}Tensor"
        return self.to(dtype)

    def type_as(self, other: Tensor) -> Tensor:
        """Return the tensor in the dtype of another.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.tensor([1, 2]).type_as(tg.ones(1))
        tensor([1., 2.])
        """
        return self.to(other.dtype)

    def float(self) -> Tensor:
        """Return the tensor as float32.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.tensor([1, 2]).float()
        tensor([1., 2.])
        """
        return self.to(dtypes.float32)

    def double(self) -> Tensor:
        """Return the tensor as float64.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.tensor([1.0]).double()
        tensor([1.], dtype=tensorflowlite_grad.float64)
        """
        return self.to(dtypes.float64)

    def half(self) -> Tensor:
        """Return the tensor as float16.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.tensor([1.0]).half()
        tensor([1.], dtype=tensorflowlite_grad.float16)
        """
        return self.to(dtypes.float16)

    def int(self) -> Tensor:
        """Return the tensor as int32.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.tensor([1.7]).int()
        tensor([1], dtype=tensorflowlite_grad.int32)
        """
        return self.to(dtypes.int32)

    def long(self) -> Tensor:
        """Return the tensor as int64.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.tensor([1.7]).long()
        tensor([1])
        """
        return self.to(dtypes.int64)

    def bool(self) -> Tensor:
        """Return the tensor as bool: whether elements are not zero.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.tensor([0.0, 0.5]).bool()
        tensor([False,  True])
        """
        return self.to(dtypes.bool_)

    @property
    def real(self) -> Tensor:
        """The real part."""
        return elementwise.real(self)  # type: ignore[no-any-return]

    @property
    def imag(self) -> Tensor:
        """The imaginary part."""
        return elementwise.imag(self)  # type: ignore[no-any-return]

    def new_tensor(self, data: Any, *, dtype: Any = None, requires_grad: Any = False) -> Tensor:
        """Return new data as a tensor of this one's device, and dtype unless given.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.ones(2, dtype=tg.float64).new_tensor([5, 6])
        tensor([5., 6.], dtype=tensorflowlite_grad.float64)
        """
        from .functions.creation import tensor

        return tensor(  # type: ignore[no-any-return]
            data, dtype=dtype or self.dtype, device=self.device, requires_grad=requires_grad
        )

    def new_zeros(self, *size: Any, dtype: Any = None, requires_grad: Any = False) -> Tensor:
        """Return zeros of this tensor's device, and dtype unless given.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.ones(2, dtype=tg.float64).new_zeros(3)
        tensor([0., 0., 0.], dtype=tensorflowlite_grad.float64)
        """
        from .functions.creation import zeros

        return zeros(  # type: ignore[no-any-return]
            *size, dtype=dtype or self.dtype, device=self.device, requires_grad=requires_grad
        )

    def new_ones(self, *size: Any, dtype: Any = None, requires_grad: Any = False) -> Tensor:
        """Return ones of this tensor's device, and dtype unless given.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.zeros(2, dtype=tg.float64).new_ones(3)
        tensor([1., 1., 1.], dtype=tensorflowlite_grad.float64)
        """
        from .functions.creation import ones

        return ones(  # type: ignore[no-any-return]
            *size, dtype=dtype or self.dtype, device=self.device, requires_grad=requires_grad
        )

    def __copy__(self) -> Tensor:
        return self.detach().requires_grad_(self.requires_grad) if self.is_leaf else self

    def __deepcopy__(self, memo: dict[Any, Any]) -> Tensor:
        if not self.is_leaf:
            raise RuntimeError(
                "Only Tensors created explicitly by the user (graph leaves) support the deepcopy "
                "protocol at the moment. Use detach().clone() for a copy of a computed one."
            )
        with modes.no_grad():
            out = self.clone()
        if type(self) is not Tensor:
            out = _wrap_as(type(self), out._array, out._place)
        memo[id(self)] = out
        if self.requires_grad:
            out.requires_grad_()
        if self.grad is not None:
            out.grad = self.grad.__deepcopy__(memo)
        return out

    def __reduce_ex__(self, protocol: Any) -> Any:
        host = self._place.backend.to_numpy(self._array)
        where = (self._place.backend.name, self._place.kind, self._place.index)
        return _rebuilt, (host, self.dtype.name, where, self.requires_grad)


def _rebuilt(host: Any, name: str, where: tuple[str, str, int], requires_grad: bool) -> Tensor:
    place = registry.place(registry.get(where[0]), where[1], where[2])
    array = place.xp.astype(
        place.backend.from_numpy(host, place.kind, place.index), place.native(dtypes.named(name))
    )
    out: Tensor = _wrap(array, place)
    return out.requires_grad_() if requires_grad else out


_new = object.__new__


def _wrap(array: Any, place: Place) -> Any:
    """Return a tensor of a native array, without history."""
    out = _new(Tensor)
    out._array = array
    out._place = place
    out._edge = out._cell = out._extra = None
    return out


def _wrap_as(cls: type[Any], array: Any, place: Place) -> Any:
    out = _new(cls)
    out._array = array
    out._place = place
    out._edge = out._cell = out._extra = None
    return out


Tensor.__module__ = "tensorflowlite_grad"
registry.bind_wrapper(_wrap)
carrier.bind(Tensor, array_api)
