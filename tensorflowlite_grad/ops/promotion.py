"""PyTorch's type promotion, and what counts as an operand.

Tensors of one or more dimensions decide the dtype; 0-d tensors and then Python numbers
only raise it to their own kind, never to their own precision. A cast is an operation like
any other, so that a gradient comes back in its operand's dtype.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..autograd import modes
from ..autograd.graph import NUMBER, Variable
from ..backend import registry
from ..dtypes import (
    LEGACY_NAMES,
    SCALARS,
    Kind,
    bool_,
    default_of_kind,
    dtype,
    float64,
    get_default_dtype,
    int64,
    kind_of_scalar,
    promote_types,
    uint8,
    uint64,
)

if TYPE_CHECKING:
    from .declare import Operation

__all__ = ["common_dtype", "operands", "result_type"]


def common_dtype(name: str, result: str, found: dtype) -> dtype:
    """Return the dtype that an operation computes in, when its operands promote to `found`.

    `result` is ``"same"``; ``"float"``, integers becoming the default float; ``"real"``,
    complex numbers being refused; ``"realfloat"``, both; ``"integral"``; ``"floating"``, all
    but real floating-point numbers being refused; or ``"floating or complex"``.
    """
    if result.startswith("floating") and (
        found.kind < Kind.FLOAT or (found.is_complex and result == "floating")
    ):
        raise NotImplementedError(
            f"\"{name}\" not implemented for '{LEGACY_NAMES[found.name]}': convert first, as in "
            "x.float()"
        )
    if result in ("float", "realfloat") and found.kind < Kind.FLOAT:
        found = get_default_dtype()
    if result in ("real", "realfloat") and found.is_complex:
        raise RuntimeError(
            f"{name}(): complex numbers have no order, so dtype {found.name} is not supported"
        )
    if result == "integral" and found.kind > Kind.INT:
        if name == "bitwise_not":
            raise TypeError(
                "~ (operator.invert) is only implemented on integer and Boolean-type tensors, not "
                f"{found.name}"
            )
        raise NotImplementedError(
            f'"{name}" not implemented for {found.name}: it is for bool and integer tensors'
        )
    return found


def result_type(*values: Any) -> dtype:
    """Return the dtype that tensors and Python numbers promote to.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.result_type(tg.ones(2, dtype=tg.int32), 1.5)
    tensorflowlite_grad.float32
    """
    ranks: list[dtype | None] = [None, None, None]  # of dimensioned tensors, 0-d ones, numbers
    for value in values:
        if isinstance(value, Variable):
            rank = 0 if value._array.ndim else 1
            d = value._place.dtype_of(value._array)
        else:
            kind = kind_of_scalar(value)
            if kind is None:
                raise TypeError(f"expected a Tensor or a number, got {type(value).__name__}")
            rank, d = 2, default_of_kind(kind)
        known = ranks[rank]
        ranks[rank] = d if known is None else promote_types(known, d)
    out: dtype | None = None
    for d in (r for r in ranks if r is not None):
        if out is None:
            out = d
        elif d.kind > out.kind:
            # A complex 0-d keeps the precision of a dimensioned real.
            out = promote_types(out, d) if d.kind is not Kind.COMPLEX else _raised(out, d)
    if out is None:
        raise ValueError("result_type() needs at least one tensor or number")
    return out


def _raised(real: dtype, kind: dtype) -> dtype:
    return real.to_complex() if real.is_floating_point else kind


def operands(op: Operation, values: tuple[Any, ...]) -> list[Any]:
    """Return tensors of one device and dtype for an operation's arguments.

    Raises
    ------
    TypeError
        If an argument is neither a tensor, an array nor a number.
    RuntimeError
        If they live on different devices or backends.
    """
    from . import conversion

    converted = [v if isinstance(v, Variable) else _array_operand(v) for v in values]
    tensors = [v for v in converted if isinstance(v, Variable)]
    for position, value in enumerate(converted):
        if not isinstance(value, Variable) and kind_of_scalar(value) is None:
            raise TypeError(
                f"{op.name}(): argument {op.operands[position]!r} (position {position + 1}) must "
                f"be Tensor, not {type(values[position]).__name__}"
            )
    if not tensors:
        raise TypeError(
            f"{op.name}(): argument {op.operands[0]!r} (position 1) must be Tensor, not "
            f"{type(values[0]).__name__}; make one with tensor()"
        )
    if modes.is_grad_enabled() and any(t._edge is not None for t in tensors):
        for given, operand in zip(values, converted, strict=True):
            if given is not operand and isinstance(operand, Variable):
                take_apart(operand)
    place = common_place(op.name, tensors)
    found = result_type(*converted)
    if op.name == "sub" and any(_is_bool(value) for value in converted):
        refuse_bool_operands(converted)
    if found is bool_:
        _refuse_bool(op)
        if op.name == "square":
            found = int64
    wanted = common_dtype(op.name, op.result, found)
    if wanted.kind is Kind.INT and wanted is not int64:
        wanted, converted = _integers_in_range(op, converted, wanted)
    out = []
    for value in converted:
        if not isinstance(value, Variable):
            number = place.wrap(scalar_array(place, value, wanted), place)
            number._extra = NUMBER
            out.append(number)
        else:
            if value._place is not place:
                value = conversion.move(value, place)
            if place.dtype_of(value._array) is not wanted:
                value = conversion.cast(value, wanted)
            out.append(value)
    return out


#: Arithmetic modulo the range of an integer dtype, so that numbers may exceed it.
_MODULAR = {"add", "sub", "mul"}
_COMPARISONS = {"eq", "ne", "lt", "le", "gt", "ge"}


def bounds(d: dtype) -> tuple[int, int]:
    bits = 8 * d.itemsize
    return (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if d.is_signed else (0, 2**bits - 1)


def _integers_in_range(op: Operation, values: list[Any], wanted: dtype) -> tuple[dtype, list[Any]]:
    """Return the dtype to compute in, and numbers that fit it where the operation allows."""
    low, high = bounds(wanted)
    least, most = bounds(int64)
    large = [v for v in values if not isinstance(v, Variable) and not low <= v <= high]
    if not large or any(not least <= v <= most for v in large):
        return wanted, values
    if op.name in _COMPARISONS:
        return float64 if wanted is uint64 else int64, values
    if op.name in _MODULAR:
        size = high - low + 1
        values = [v if isinstance(v, Variable) else (v - low) % size + low for v in values]
    return wanted, values


def fitting(value: Any, wanted: dtype) -> Any:
    """Return a Python number that a dtype can hold; RuntimeError if it cannot.

    As in PyTorch, unsigned integers take the negative of what they hold, and wrap around.
    """
    try:
        if isinstance(value, complex) and not wanted.is_complex:
            raise OverflowError("it is complex")
        if wanted.kind is Kind.INT:
            low, high = bounds(wanted)
            if not (low or -high) <= int(value) <= high:
                raise OverflowError(f"{value} is not between {low} and {high}")
            return int(value) if low else int(value) % (high + 1)
    except (OverflowError, ValueError) as error:
        raise RuntimeError(
            f"value cannot be converted to type {wanted.name} without overflow: {error}"
        ) from None
    return value


def scalar_array(place: Any, value: Any, wanted: dtype) -> Any:
    """Return a Python number as a 0-d array: see `fitting`."""
    return place.scalar(fitting(value, wanted), place.native(wanted))


#: Operations that have no form for bool, in PyTorch as here.
_NOT_OF_BOOLS = {
    *("abs", "addcmul", "bitwise_left_shift", "bitwise_right_shift", "ceil", "floor"),
    *("floor_divide", "fmod", "frac", "lerp", "pow", "relu", "remainder", "round", "trunc"),
    "trunc_divide",
}
#: Operations on bools that libraries have on integers only.
_OF_INTEGERS = {
    *("add", "mul", "maximum", "minimum", "lt", "le", "gt", "ge", "sign", "sgn", "clamp"),
}


def as_integers(op: Operation, tensors: list[Any]) -> list[Any] | None:
    """Return bool operands as integers for an operation that needs it, None for any other."""
    first = tensors[0]
    if op.name not in _OF_INTEGERS or first._place.dtype_of(first._array) is not bool_:
        return None
    from . import conversion

    return [conversion.cast(t, uint8) for t in tensors]


def as_bool(tensor: Any) -> Any:
    """Return a tensor of integers as bools."""
    from . import conversion

    return conversion.cast(tensor, bool_)


def _refuse_bool(op: Operation) -> None:
    if op.name in _NOT_OF_BOOLS:
        raise NotImplementedError(
            f"\"{op.name}\" not implemented for 'Bool': convert first, as in x.int() or x.float()"
        )
    if op.name == "neg":
        raise RuntimeError(
            "Negation, the `-` operator, on a bool tensor is not supported. If you are trying to "
            "invert a mask, use the `~` or `logical_not()` operator instead."
        )


def _is_bool(value: Any) -> bool:
    if isinstance(value, Variable):
        return value._place.dtype_of(value._array) is bool_
    return value.__class__ is bool


def refuse_bool_operands(values: list[Any]) -> None:
    """Raise what PyTorch raises of a subtraction with a bool."""
    if all(map(_is_bool, values)):
        raise RuntimeError(
            "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` "
            "or `logical_xor()` operator instead."
        )
    raise RuntimeError(
        "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying "
        "to invert a mask, use the `~` or `logical_not()` operator instead."
    )


def _array_operand(value: Any) -> Any:
    """Return an array of a known backend as a constant tensor, anything else as it is."""
    if type(value) in SCALARS:
        return value
    place = registry.place_of(value)
    if place is None:
        return value
    number = place.backend.as_number(value)
    return place.adopt(value) if number is None else number


def take_apart(tensor: Any) -> Any:
    """Give a tensor made of somebody's array memory of its own, and return it.

    What is written into the array counts no version: no graph may save it.
    """
    place = tensor._place
    tensor._array = place.backend.copy(place.xp, tensor._array)
    return tensor


def common_place_of_roots(name: str, places: Any) -> Any:
    """Return the one device of places of several levels; RuntimeError if there are more."""
    roots = {p.root for p in places}
    if len(roots) == 1:
        return roots.pop()
    text = " and ".join(sorted(str(p.device) for p in roots))
    raise RuntimeError(
        "Expected all tensors to be on the same device, but found at least two devices: "
        f"{text}, in {name}()"
    )


def common_place(name: str, tensors: list[Any]) -> Any:
    """Return where all tensors live; RuntimeError if that is not one place.

    A 0-d tensor on the CPU goes along with tensors elsewhere, as in PyTorch, if both are
    one backend's.
    """
    places = {t._place for t in tensors}
    if len(places) == 1:
        return tensors[0]._place
    if any(p.level for p in places):
        root = common_place_of_roots(name, places)
        return max((p for p in places if p.root is root), key=lambda p: p.level)
    main = {t._place for t in tensors if not (t._place.kind == "cpu" and not t._array.ndim)}
    if len(main) == 1:
        place = next(iter(main))
        if all(t._place is place or t._place.backend is place.backend for t in tensors):
            return place
    text = " and ".join(sorted(f"{p.device} (backend {p.backend.name})" for p in places))
    expected = tensors[0]._place
    other = next(t._place for t in tensors if t._place is not expected)
    raise RuntimeError(
        "Expected all tensors to be on the same device, but found at least two devices: "
        f"{text}, in {name}(). Tensor on device {other.device} is not on the expected device "
        f"{expected.device}! Move them together with .to(device), or .to(other) to another's "
        "backend"
    )
