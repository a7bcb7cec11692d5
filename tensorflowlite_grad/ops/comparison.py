"""Comparisons and logic: results that never require grad."""

from __future__ import annotations

from typing import Any

from .declare import nondifferentiable
from .kinds import is_bool, is_complex, is_floating, is_integral

__all__: list[str] = []


def _binary(name: str, forward: Any, result: str = "same") -> Any:
    return nondifferentiable(name, forward, ["input", "other"], result=result)


def _unary(name: str, forward: Any, result: str = "same") -> Any:
    return nondifferentiable(name, forward, ["input"], result=result)


eq = _binary("eq", "==")
ne = _binary("ne", "!=")
lt = _binary("lt", "<", "real")
le = _binary("le", "<=", "real")
gt = _binary("gt", ">", "real")
ge = _binary("ge", ">=", "real")
isnan = _unary("isnan", lambda xp, input: input != input)
isinf = _unary("isinf", lambda xp, input: _floating(xp, "isinf", input, False))
isfinite = _unary("isfinite", lambda xp, input: _floating(xp, "isfinite", input, True))
signbit = _unary("signbit", lambda xp, input: _floating(xp, "signbit", input, None), "real")


def _floating(xp: Any, name: str, x: Any, otherwise: bool | None) -> Any:
    """Return a test that the standard has for floating-point numbers only."""
    if is_floating(x) or is_complex(x):
        return getattr(xp, name)(x)
    if otherwise is None:
        return x < 0 if is_integral(x) else _all(xp, x, False)
    return _all(xp, x, otherwise)


def _all(xp: Any, x: Any, value: bool) -> Any:
    return xp.full_like(x, value, dtype=xp.bool)


def _truth(xp: Any, x: Any) -> Any:
    return x if is_bool(x) else x != 0


logical_not = _unary("logical_not", lambda xp, input: xp.logical_not(_truth(xp, input)))
logical_and = _binary(
    "logical_and", lambda xp, input, other: xp.logical_and(_truth(xp, input), _truth(xp, other))
)
logical_or = _binary(
    "logical_or", lambda xp, input, other: xp.logical_or(_truth(xp, input), _truth(xp, other))
)
logical_xor = _binary(
    "logical_xor", lambda xp, input, other: xp.logical_xor(_truth(xp, input), _truth(xp, other))
)
bitwise_not = _unary("bitwise_not", "~", "integral")
bitwise_and = _binary("bitwise_and", "&", "integral")
bitwise_or = _binary("bitwise_or", "|", "integral")
bitwise_xor = _binary("bitwise_xor", "^", "integral")
bitwise_left_shift = _binary("bitwise_left_shift", "<<", "integral")
bitwise_right_shift = _binary("bitwise_right_shift", ">>", "integral")
