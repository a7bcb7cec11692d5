"""What ties a tensor to the graph: its gradient, its history, and the way out of it."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any
from weakref import ref

from ..autograd import api
from ..autograd.graph import (
    Extra,
    Leaf,
    RemovableHandle,
    Variable,
    callable_hook,
    hooks_of,
    shown,
    viewable,
)
from ..autograd.storage import share, take_memory
from ..functions.factory import require

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..tensor import Tensor


class GradientMethods(Variable):
    """Requiring gradients, having them, and hooks on them."""

    __slots__ = ()

    @property
    def requires_grad(self: Any) -> bool:
        """Whether operations on it are recorded, so that gradients reach it."""
        return self._edge is not None

    @requires_grad.setter
    def requires_grad(self: Any, value: bool) -> None:
        if not isinstance(value, bool):
            raise RuntimeError(f"requires_grad must be a bool, not {type(value).__name__}")
        self.requires_grad_(value)

    @requires_grad.deleter
    def requires_grad(self: Any) -> None:
        raise RuntimeError("requires_grad must be a bool; it cannot be deleted")

    def requires_grad_(self: Any, requires_grad: bool = True) -> Tensor:
        """Say whether a leaf requires grad, and return it.

        Raises
        ------
        RuntimeError
            If it is no leaf, or of integers.
        TypeError
            If `requires_grad` is no bool.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.ones(2).requires_grad_()
        tensor([1., 1.], requires_grad=True)
        """
        if not isinstance(requires_grad, bool):
            raise TypeError(
                "requires_grad_(): argument 'requires_grad' (position 1) must be bool, not "
                f"{type(requires_grad).__name__}"
            )
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

    def _extras(self: Any) -> Extra:
        if self._extra is None:
            self._extra = Extra()
        return self._extra

    @property
    def is_leaf(self: Any) -> bool:
        """Whether it was not computed from tensors that require grad.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> x = tg.tensor([1.0, 2.0], requires_grad=True)
        >>> x.is_leaf, (x * 2).is_leaf
        (True, False)
        """
        return self._edge is None or type(self._edge) is Leaf

    def is_inference(self: Any) -> bool:
        """Return False: tensors made in `inference_mode` are as any others.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> with tg.inference_mode():
        ...     x = tg.ones(2)
        >>> x.is_inference()
        False
        """
        return False

    @property
    def grad_fn(self: Any) -> Any:
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
    def output_nr(self: Any) -> int:
        """Which of its operation's results it is."""
        return shown(self._edge)[1]

    @property
    def grad(self: Any) -> Tensor | None:
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
        return extra.grad

    @grad.setter
    def grad(self: Any, value: Tensor | None) -> None:
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
    def grad(self: Any) -> None:
        self.grad = None

    def _check_gradient(self: Any, value: Any) -> None:
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
        self: Any,
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

    def retain_grad(self: Any) -> None:
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
    def retains_grad(self: Any) -> bool:
        """Whether this tensor, no leaf, keeps its gradient."""
        return self._extra is not None and self._extra.retains

    def register_hook(self: Any, hook: Callable[[Tensor], Tensor | None]) -> RemovableHandle:
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
        self: Any, hook: Callable[[Tensor], None]
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

    def detach(self: Any) -> Tensor:
        """Return a tensor that shares the memory and its version, without history.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> x = tg.tensor([1.0, 2.0], requires_grad=True)
        >>> (x * 2).detach()
        tensor([2., 4.])
        """
        out: Tensor = self._place.wrap(viewable(self), self._place)
        share(out, self)
        return out

    def detach_(self: Any) -> Tensor:
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
            raise RuntimeError("Can't detach views in-place. Use detach() instead.")
        if type(self._edge) is Leaf:
            self._extras().leaf = self._edge  # which has the gradient
        self._edge = None
        return self

    @property
    def _version(self: Any) -> int:
        """How often the memory was written in place."""
        return 0 if self._cell is None else self._cell.count

    @property
    def _base(self: Any) -> Any:
        """The tensor whose memory this one is a view of, or None."""
        view = None if self._extra is None else self._extra.view
        return None if view is None else view.base

    def _is_view(self: Any) -> bool:
        return self._base is not None

    @property
    def data(self: Any) -> Tensor:
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
    def data(self: Any, value: Tensor) -> None:
        if not isinstance(value, Variable):
            raise TypeError(f"Variable data has to be a tensor, but got {type(value).__name__}")
        if self._edge is not None and not value._place.dtype_of(value._array).is_differentiable:
            raise RuntimeError(
                "data set to a tensor that requires gradients must be floating point or complex "
                "dtype"
            )
        take_memory(self, value)

    @data.deleter
    def data(self: Any) -> None:
        raise RuntimeError("Deleting tensor data is not allowed. Delete tensor instead!")
