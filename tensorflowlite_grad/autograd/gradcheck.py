"""`gradcheck` and `gradgradcheck`: derivatives against finite differences."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ..functions import generators, joining
from . import api, modes
from .graph import Variable, make_leaf
from .jacobian_checks import Check, GradcheckError, random_like

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["GradcheckError", "gradcheck", "gradgradcheck"]


def gradcheck(
    func: Callable[..., Any],
    inputs: Any,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_batched_forward_grad: bool = False,
    check_forward_ad: bool = False,
    check_backward_ad: bool = True,
    fast_mode: bool = False,
    complex_step: bool = False,
) -> bool:
    """Check derivatives of a function against differences of its values.

    Inputs, grad modes and random generators are left as they were; `func` draws the same
    random numbers in every call.

    Parameters
    ----------
    func : callable
        Takes the inputs, returns a tensor or several.
    inputs : Tensor or tuple
        Those that require grad are checked: in double precision, or the differences say
        little.
    eps : float
        Half the distance that differences are taken over.
    atol, rtol : float
        What an entry may be off by, absolutely and relative to the numerical one.
    raise_exception : bool
        Whether a wrong derivative raises; otherwise False is returned. Errors of `func`
        itself are raised in any case.
    nondet_tol : float
        What two equal backward passes may differ by.
    check_undefined_grad : bool
        Whether backward is tried with gradients for some of several results only.
    check_grad_dtypes : bool
        Whether gradients must have the inputs' dtypes.
    check_batched_grad, check_batched_forward_grad : bool
        Whether derivatives are the same under `vmap`.
    check_forward_ad, check_backward_ad : bool
        Which modes are checked.
    fast_mode : bool
        Compare one random projection instead of every entry.
    complex_step : bool
        Take differences along the imaginary axis, which are exact to the last digits, where
        inputs are real and `func` is analytic and takes complex numbers.

    Returns
    -------
    bool
        True if all is well.

    Raises
    ------
    GradcheckError
        If a derivative is wrong: which, where and by how much.
    ValueError
        If no input requires grad.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x = tg.tensor([0.5, 1.0], dtype=tg.float64, requires_grad=True)
    >>> tg.autograd.gradcheck(tg.sin, x)
    True
    """
    if not (check_forward_ad or check_backward_ad):
        raise AssertionError(
            "Expected at least one of check_forward_ad or check_backward_ad to be True"
        )
    if check_batched_grad and not check_backward_ad:
        raise AssertionError(
            "Setting check_batched_grad=True requires check_backward_ad to be True"
        )
    if check_batched_forward_grad and not check_forward_ad:
        raise AssertionError(
            "Setting check_batched_forward_grad=True requires check_forward_ad to be True"
        )
    check = Check(func, inputs, eps, atol, rtol, nondet_tol, complex_step)
    try:
        with check.undisturbed():
            check.prepare()
            (check.projected if fast_mode else check.entries)(check_backward_ad, check_forward_ad)
            if check_backward_ad:
                check.backward_alone(check_grad_dtypes, check_undefined_grad)
            if check_batched_grad:
                check.batched_backward()
            if check_batched_forward_grad:
                check.batched_forward()
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def gradgradcheck(
    func: Callable[..., Any],
    inputs: Any,
    grad_outputs: Any = None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    gen_non_contig_grad_outputs: bool = False,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_fwd_over_rev: bool = False,
    check_rev_over_rev: bool = True,
    fast_mode: bool = False,
) -> bool:
    """Check derivatives of a function's gradients, as `gradcheck` checks those of its values.

    Parameters
    ----------
    func, inputs, eps, atol, rtol, raise_exception, nondet_tol, fast_mode
        As for `gradcheck`.
    grad_outputs : Tensor or tuple of Tensor, optional
        What the results' gradients are multiplied with; random without it.
    gen_non_contig_grad_outputs : bool
        Whether random ones lie in memory with gaps.
    check_fwd_over_rev, check_rev_over_rev : bool
        Which modes the gradients are differentiated by.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x = tg.tensor([0.5, 1.0], dtype=tg.float64, requires_grad=True)
    >>> tg.autograd.gradgradcheck(tg.sin, x)
    True
    """
    if not (check_fwd_over_rev or check_rev_over_rev):
        raise AssertionError(
            "Expected at least one of check_fwd_over_rev or check_rev_over_rev to be True"
        )
    given = tuple(inputs) if isinstance(inputs, (tuple, list)) else (inputs,)
    states = generators.all_states()
    if grad_outputs is None:
        try:
            weights = _random_cotangents(func, given, gen_non_contig_grad_outputs)
        finally:
            generators.set_all_states(states)
    else:
        several = isinstance(grad_outputs, (tuple, list))
        weights = tuple(grad_outputs) if several else (grad_outputs,)
    count = len(weights)

    def gradients(*args: Any) -> Any:
        xs, gs = args[: len(args) - count], args[len(args) - count :]
        # Not the arguments themselves, which may be leaves of a check around this one.
        xs = tuple(
            x.view_as(x)  # type: ignore[attr-defined]
            if isinstance(x, Variable) and x._edge is not None
            else x
            for x in xs
        )
        wanted = [x for x in xs if isinstance(x, Variable) and x.dtype.is_differentiable]  # type: ignore[attr-defined]
        for x in wanted:
            if x._edge is None:
                make_leaf(x)
        with modes.enable_grad():
            out = func(*xs)
        outs = out if isinstance(out, (tuple, list)) else (out,)
        outs = [o for o in outs if isinstance(o, Variable) and o._edge is not None]
        chosen = [x for x, t in zip(xs, given, strict=True) if _requires(t)]
        found = api.grad(outs, chosen, list(gs), create_graph=True, allow_unused=True)
        return tuple(
            g if g is not None else x.new_zeros(x.shape) for g, x in zip(found, chosen, strict=True)
        )

    return gradcheck(
        gradients,
        (*given, *weights),
        eps=eps,
        atol=atol,
        rtol=rtol,
        raise_exception=raise_exception,
        nondet_tol=nondet_tol,
        check_undefined_grad=check_undefined_grad,
        check_grad_dtypes=check_grad_dtypes,
        check_batched_grad=check_batched_grad,
        check_forward_ad=check_fwd_over_rev,
        check_backward_ad=check_rev_over_rev,
        fast_mode=fast_mode,
    )


def _requires(t: Any) -> bool:
    return isinstance(t, Variable) and t._edge is not None


def _random_cotangents(func: Any, given: Any, gaps: bool) -> tuple[Any, ...]:
    with modes.enable_grad():
        out = func(*given)
    outs = out if isinstance(out, (tuple, list)) else (out,)
    weights: list[Any] = []
    for o in outs:
        if not (isinstance(o, Variable) and o._edge is not None):
            continue
        w = random_like(o.detach())  # type: ignore[attr-defined]
        if gaps and w._array.ndim:
            w = joining.stack([w, w], -1)[..., 0]
        make_leaf(w)
        weights.append(w)
    return tuple(weights)


class _Module(ModuleType):
    """The module, which may stand where its function is expected: `autograd.gradcheck`."""

    def __call__(self, *args: Any, **kwargs: Any) -> bool:
        return gradcheck(*args, **kwargs)


# Importing a module puts it into its package under the function's name.
sys.modules[__name__].__class__ = _Module
