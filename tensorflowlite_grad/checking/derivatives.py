"""What is checked of an operation: its values, and its derivatives against each other.

Reverse mode is held against finite differences, forward mode against reverse mode, and
second derivatives against finite differences of the first. Inner products are real ones:
with PyTorch's convention for complex numbers a gradient is what ``Re <gradient, step>``
predicts of a change.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .. import dtypes
from ..autograd import api, carrier, forward_ad, modes
from ..autograd.graph import Variable, make_leaf
from ..ops import promotion
from .samples import Case, Sample, numpy_namespace

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..backend.place import Place

__all__ = ["CHECKS", "Problem", "problems"]


@dataclass(frozen=True)
class Problem:
    """Something that an operation does wrongly.

    Attributes
    ----------
    case : Case
    what : str
        Which property does not hold.
    detail : str
        By how much, or what happened instead.
    """

    case: Case
    what: str
    detail: str


class Wrong(Exception):
    """A property does not hold."""


class Trial:
    """A case on one device, and the numbers that go into it.

    Parameters
    ----------
    case : Case
    place : Place
    """

    def __init__(self, case: Case, place: Place) -> None:
        self.case = case
        self.place = place
        self.np = numpy_namespace()
        self.hosts = [s.host(k) for k, s in enumerate(case.operands)]
        self.inputs = case.differentiable()

    def native(self, host: Any) -> Any:
        """Return a host array on the device, in memory of its own."""
        return self.place.backend.from_numpy(host.copy(), self.place.kind, self.place.index)

    def host(self, value: Any) -> Any:
        """Return a tensor or native array as a host array."""
        array = value._array if isinstance(value, Variable) else value
        return self.np.asarray(self.place.backend.to_numpy(array))

    def tensors(self, hosts: list[Any], leaves: bool = False) -> list[Any]:
        """Return host arrays as tensors, those that have gradients as leaves."""
        out = [self.place.wrap(self.native(h), self.place) for h in hosts]
        if leaves:
            for k in self.inputs:
                make_leaf(out[k])
        return out

    def result(self, hosts: list[Any]) -> Any:
        """Return what the operation makes of host arrays, as one."""
        with modes.no_grad():
            return self.host(self.case.apply(self.tensors(hosts)))

    def direction(self, like: Any, number: int) -> Any:
        """Return numbers to multiply with, of the shape and dtype of a host array."""
        kind = "complex128" if like.dtype.kind == "c" else "float64"
        sample = Sample(tuple(like.shape), -1.0, 1.5, dtype=kind)
        return sample.host(7 + number).astype(like.dtype)

    def gradients(self, hosts: list[Any], cotangent: Any) -> list[Any]:
        """Return first-order gradients, computed on raw arrays, as host arrays."""
        tensors = self.tensors(hosts, leaves=True)
        out = self.case.apply(tensors)
        weight = self.place.wrap(self.native(cotangent), self.place)
        found = api.grad(out, [tensors[k] for k in self.inputs], weight)
        return [self.host(g) for g in found]

    def inner(self, a: Any, b: Any) -> float:
        """Return the real inner product of two host arrays."""
        return float((a.conj() * b).real.sum())

    def slopes(self, f: Callable[[list[Any]], Any], k: int, weight: Any) -> Any:
        """Return the gradient of ``<weight, f>`` for operand `k` by central differences."""
        like = self.hosts[k]
        out = self.np.zeros_like(like)
        units = (1.0, 1j) if like.dtype.kind == "c" else (1.0,)
        for position in self.np.ndindex(*like.shape):
            for unit in units:
                out[position] += unit * self._difference(f, k, position, unit, weight)
        return out

    def complex_result(self, shape: tuple[int, ...]) -> Callable[[list[Any]], Any] | None:
        """Return the result as a function of complex operands.

        None if the operation takes none, or does something else with them.
        """
        op = self.case.operation
        if any(h.dtype not in ("float64", "int64", "bool") for h in self.hosts):
            return None
        if op is not None and _refuses(op):
            return None

        def run(hosts: list[Any]) -> Any:
            widened = [h.astype("complex128") if h.dtype == "float64" else h for h in hosts]
            return self.result(widened)

        try:
            found = run(self.hosts)
        except Exception:  # whatever an operation says to complex numbers, it is a refusal
            return None
        return run if found.dtype == "complex128" and found.shape == shape else None

    def complex_slopes(self, f: Any, k: int, weight: Any, rough: Any) -> Any:
        """Return the gradient by steps along the imaginary axis, right to the last digits.

        None if the operation is not analytic, as `rough`, which finite differences gave, tells.
        """
        like = self.hosts[k]
        out = self.np.zeros_like(like)
        for position in self.np.ndindex(*like.shape):
            moved = like.astype("complex128")
            moved[position] += 1e-100j
            change = f([*self.hosts[:k], moved, *self.hosts[k + 1 :]]).imag / 1e-100
            out[position] = self.inner(weight, change)
        scale = max(1.0, float(self.np.max(self.np.abs(rough)))) if rough.size else 1.0
        return out if self.np.all(self.np.abs(out - rough) <= 1e-5 * scale) else None

    def _difference(
        self, f: Callable[[list[Any]], Any], k: int, position: Any, unit: complex, weight: Any
    ) -> float:
        step = self.case.step
        sides = []
        for sign in (1, -1):
            moved = self.hosts[k].copy()
            moved[position] += sign * step * unit
            sides.append(f([*self.hosts[:k], moved, *self.hosts[k + 1 :]]))
        return self.inner(weight, sides[0] - sides[1]) / (2 * step)


def _refuses(op: Any) -> bool:
    """Return whether an operation takes no complex numbers from users."""
    try:
        promotion.common_dtype(op.name, op.result, dtypes.complex128)
    except (RuntimeError, TypeError, NotImplementedError):
        return True
    return False


def compare(np: Any, what: str, got: Any, want: Any, tolerance: float) -> None:
    """Raise `Wrong` unless two host arrays are equal to a relative tolerance."""
    if tuple(got.shape) != tuple(want.shape):
        raise Wrong(f"{what}shape {list(got.shape)} instead of {list(want.shape)}")
    if got.dtype != want.dtype:
        raise Wrong(f"{what}dtype {got.dtype} instead of {want.dtype}")
    if not got.size or not tolerance or got.dtype.kind not in "fc":
        different = int((got != want).sum()) if got.size else 0
        if different:
            raise Wrong(f"{what}{different} of {got.size} elements differ")
        return
    same = (got == want) | (np.isnan(got) & np.isnan(want))
    scale = max(1.0, float(np.max(np.abs(np.where(np.isfinite(want), want, 0)))))
    error = np.where(same, 0.0, np.abs(got - want) / scale)
    worst = float(np.max(error))
    if not worst <= tolerance:
        raise Wrong(f"{what}off by {worst:.1e} (tolerance {tolerance:.0e})")


def forward(trial: Trial) -> None:
    """Check the result against NumPy's."""
    want = trial.np.asarray(trial.case.expected())
    compare(trial.np, "", trial.result(trial.hosts), want, 1e-12)


def gradient(trial: Trial) -> None:
    """Check gradients against finite differences, and their shapes and dtypes."""
    value = trial.result(trial.hosts)
    if not trial.inputs:
        tensors = trial.tensors(trial.hosts)
        for tensor, sample in zip(tensors, trial.case.operands, strict=True):
            if sample.differentiable:
                make_leaf(tensor)
        if trial.case.apply(tensors)._edge is not None:
            raise Wrong("the result requires grad, but the operation has no derivative")
        return
    weight = trial.direction(value, 0)
    exact = trial.complex_result(value.shape)
    for k, got in zip(trial.inputs, trial.gradients(trial.hosts, weight), strict=True):
        want = trial.slopes(trial.result, k, weight)
        coarse = value.dtype.itemsize < trial.hosts[k].dtype.itemsize
        compare(trial.np, f"operand {k}: ", got, want, 1e-4 if coarse else trial.case.tolerance)
        if exact is not None and not coarse:
            want = trial.complex_slopes(exact, k, weight, want)
            if want is not None:
                compare(trial.np, f"operand {k}, by a complex step: ", got, want, 1e-10)


def tangent(trial: Trial) -> None:
    """Check forward mode, on raw arrays and on tensors, against reverse mode."""
    op = trial.case.operation
    if not trial.inputs:
        return
    if trial.case.run is not None:  # which is more than the operation alone
        return along_duals(trial)
    options = trial.case.arguments(trial.place)
    tensors = trial.tensors(trial.hosts)
    with modes.no_grad():
        out = op.record(*tensors, *options)
    value = trial.host(out)
    weight = trial.direction(value, 0)
    gradients = trial.gradients(trial.hosts, weight)
    primals = tuple(t._array for t in tensors)
    for alone in (None, *trial.inputs) if len(trial.inputs) > 1 else (None,):
        moved = [k for k in trial.inputs if alone in (None, k)]
        steps = {k: trial.direction(trial.hosts[k], k + 1) for k in moved}
        native = tuple(trial.native(steps[k]) if k in steps else None for k in range(len(tensors)))
        want = sum(
            trial.inner(g, steps[k])
            for k, g in zip(trial.inputs, gradients, strict=True)
            if k in steps
        )
        with trial.place.entered():
            got = op.pushforward(trial.place.xp, primals, native, options, out._array)
            on_tensors = op.pushforward(
                carrier.tensors(),
                tuple(tensors),
                tuple(None if n is None else trial.place.wrap(n, trial.place) for n in native),
                options,
                out,
            )
        for where, result in (("", got), ("on tensors: ", on_tensors)):
            host = trial.host(result)
            if tuple(host.shape) != tuple(value.shape) or host.dtype != value.dtype:
                raise Wrong(
                    f"{where}tangent {host.dtype}{list(host.shape)} of a result "
                    f"{value.dtype}{list(value.shape)}"
                )
            error = abs(trial.inner(weight, host) - want) / max(1.0, abs(want))
            if not error <= (1e-5 if value.dtype.itemsize == 4 else 1e-9):
                raise Wrong(f"{where}<g, Jt> and <Jᵀg, t> differ by {error:.1e}")


def along_duals(trial: Trial) -> None:
    """Check what dual tensors carry through a case, against reverse mode."""
    value = trial.result(trial.hosts)
    weight = trial.direction(value, 0)
    gradients = trial.gradients(trial.hosts, weight)
    steps = {k: trial.direction(trial.hosts[k], k + 1) for k in trial.inputs}
    want = sum(trial.inner(g, steps[k]) for k, g in zip(trial.inputs, gradients, strict=True))
    for leaves in (False, True):
        tensors = trial.tensors(trial.hosts, leaves)
        with forward_ad.dual_level():
            for k, step in steps.items():
                tangent = trial.place.wrap(trial.native(step), trial.place)
                tensors[k] = forward_ad.make_dual(tensors[k], tangent)
            got = forward_ad.unpack_dual(trial.case.apply(tensors)).tangent
        host = trial.np.zeros_like(value) if got is None else trial.host(got)
        where = "recorded: " if leaves else ""
        if tuple(host.shape) != tuple(value.shape) or host.dtype != value.dtype:
            raise Wrong(
                f"{where}tangent {host.dtype}{list(host.shape)} of a result "
                f"{value.dtype}{list(value.shape)}"
            )
        error = abs(trial.inner(weight, host) - want) / max(1.0, abs(want))
        if not error <= (1e-5 if value.dtype.itemsize == 4 else 1e-9):
            raise Wrong(f"{where}<g, Jt> and <Jᵀg, t> differ by {error:.1e}")


def second(trial: Trial) -> None:
    """Check gradients made under ``create_graph`` and the gradients of these."""
    if not trial.inputs:
        return
    weight = trial.direction(trial.result(trial.hosts), 0)
    first = trial.gradients(trial.hosts, weight)
    tensors = trial.tensors(trial.hosts, leaves=True)
    cotangent = trial.place.wrap(trial.native(weight), trial.place)
    make_leaf(cotangent)
    inputs = [tensors[k] for k in trial.inputs]
    found = api.grad(trial.case.apply(tensors), inputs, cotangent, create_graph=True)
    for got, want in zip(found, first, strict=True):
        compare(trial.np, "gradient on tensors: ", trial.host(got), want, 1e-12)
    across = [trial.direction(g, 10 + k) for k, g in enumerate(first)]
    recorded = [k for k, g in enumerate(found) if g._edge is not None]
    hessian: Any = [None] * (len(inputs) + 1)
    if recorded:
        hessian = api.grad(
            [found[k] for k in recorded],
            [*inputs, cotangent],
            [trial.place.wrap(trial.native(across[k]), trial.place) for k in recorded],
            allow_unused=True,
        )
    _against_differences(trial, weight, across, hessian)


def _against_differences(trial: Trial, weight: Any, across: list[Any], hessian: Any) -> None:
    """Compare second derivatives with differences of the first, along one direction each."""

    def projected(hosts: list[Any], cotangent: Any) -> float:
        pairs = zip(across, trial.gradients(hosts, cotangent), strict=True)
        return sum(trial.inner(a, g) for a, g in pairs)

    single = weight.dtype.itemsize < 8
    for number, got in enumerate(hessian):
        last = number == len(trial.inputs)
        k = None if last else trial.inputs[number]
        base = weight if k is None else trial.hosts[k]
        # A gradient is linear in its cotangent, so that a long step is exact there.
        step = 0.25 if k is None else trial.case.step
        along = trial.direction(base, 20 + number)
        sides = []
        for sign in (1, -1):
            moved = (base + sign * step * along).astype(base.dtype)
            if k is None:
                sides.append(projected(trial.hosts, moved))
            else:
                hosts = [*trial.hosts[:k], moved, *trial.hosts[k + 1 :]]
                sides.append(projected(hosts, weight))
        want = (sides[0] - sides[1]) / (2 * step)
        have = 0.0 if got is None else trial.inner(trial.host(got), along)
        error = abs(have - want) / max(1.0, abs(want))
        if not error <= (1e-4 if single else 2e-5):
            name = "the cotangent" if k is None else f"operand {k}"
            raise Wrong(f"by {name}: {have:.6g} instead of {want:.6g}")


def single(trial: Trial) -> None:
    """Check that single precision stays single, and agrees with double."""
    if not trial.case.single or not any(s.differentiable for s in trial.case.operands):
        return
    half = {"float64": "float32", "complex128": "complex64"}
    hosts = [h.astype(half.get(str(h.dtype), h.dtype)) for h in trial.hosts]
    double = trial.result(trial.hosts)
    want = double.astype(half.get(str(double.dtype), double.dtype))
    compare(trial.np, "", trial.result(hosts), want, 1e-4)
    if not trial.inputs:
        return
    weight = trial.direction(double, 0)
    exact = trial.gradients(trial.hosts, weight)
    found = trial.gradients(hosts, weight.astype(want.dtype))
    for k, got, g in zip(trial.inputs, found, exact, strict=True):
        compare(trial.np, f"gradient of operand {k}: ", got, g.astype(hosts[k].dtype), 2e-4)


#: Everything that is checked of a case: a title, and a function that raises `Wrong`.
CHECKS: dict[str, Callable[[Trial], None]] = {
    "value": forward,
    "gradient": gradient,
    "forward mode": tangent,
    "second derivative": second,
    "single precision": single,
}


def problems(case: Case, place: Place, checks: Any = tuple(CHECKS)) -> list[Problem]:
    """Return what is wrong with an operation on a device, in one case.

    Parameters
    ----------
    case : Case
    place : Place
    checks : iterable of str
        Keys of `CHECKS`.
    """
    found = []
    for what in checks:
        try:
            CHECKS[what](Trial(case, place))
        except Wrong as error:
            found.append(Problem(case, what, str(error)))
        except Exception as error:
            found.append(Problem(case, what, f"{type(error).__name__}: {error}"))
    return found
