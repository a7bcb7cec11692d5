"""Orthogonal polynomials: by their recurrences, each element to a degree of its own.

The degree is the second operand, truncated to an integer; below zero the value is 0. The highest
degree comes as an option, so that no rule looks at values. The recurrences are those of the Digital
Library of Mathematical Functions, section 18.9.
"""

from __future__ import annotations

from typing import Any

from .declare import elementwise

__all__: list[str] = []


def _values(xp: Any, x: Any, n: Any, highest: int, first: Any, following: Any) -> Any:
    """Return the polynomials of degree `n`, none of which is above `highest`.

    ``first(x)`` is that of degree one; ``following(k)`` are the a, b and c of that of degree
    k + 1, ``(a x + b) now - c before``.
    """
    n = xp.trunc(n)
    before, now = xp.ones_like(x), first(x)
    out = xp.where(n == 0, before, xp.zeros_like(x * n))
    out = xp.where(n == 1, now, out)
    for k in range(1, highest):
        a, b, c = following(k)
        before, now = now, (a * x + b) * now - c * before
        out = xp.where(n == k + 1, now, out)
    return xp.where((x != x) | (n != n), x * n, out)


def _slopes(xp: Any, x: Any, n: Any, highest: int, first: Any, following: Any, slope: float) -> Any:
    """Return the derivatives: the recurrence and its own derivative, run together."""
    n = xp.trunc(n)
    before, now = xp.ones_like(x), first(x)
    before_dot, now_dot = xp.zeros_like(x), xp.full_like(x, slope)
    out = xp.where(n == 1, now_dot, xp.zeros_like(x * n))
    for k in range(1, highest):
        a, b, c = following(k)
        later = (a * x + b) * now - c * before
        later_dot = (a * x + b) * now_dot + a * now - c * before_dot
        before, now, before_dot, now_dot = now, later, now_dot, later_dot
        out = xp.where(n == k + 1, now_dot, out)
    return out


def _declare(name: str, first: tuple[float, float], following: Any) -> Any:
    """Declare a family: `first` is a, b of a x + b, and ``following(k)`` is a, b, c.

    The polynomial of degree k + 1 is ``(a x + b) now - c before``.
    """
    slope, constant = first

    def linear(x: Any) -> Any:
        return slope * x + constant

    return elementwise(
        name,
        lambda xp, input, n, highest: _values(xp, input, n, highest, linear, following),
        ["highest"],
        operands=["input", "n"],
        result="realfloat",
        input=lambda xp, g, input, n, highest: (
            g * _slopes(xp, input, n, highest, linear, following, slope)
        ),
    )


def _chebyshev(k: int) -> tuple[float, float, float]:
    return 2.0, 0.0, 1.0


def _shifted(k: int) -> tuple[float, float, float]:
    return 4.0, -2.0, 1.0


chebyshev_t = _declare("chebyshev_polynomial_t", (1.0, 0.0), _chebyshev)
chebyshev_u = _declare("chebyshev_polynomial_u", (2.0, 0.0), _chebyshev)
chebyshev_v = _declare("chebyshev_polynomial_v", (2.0, -1.0), _chebyshev)
chebyshev_w = _declare("chebyshev_polynomial_w", (2.0, 1.0), _chebyshev)
shifted_chebyshev_t = _declare("shifted_chebyshev_polynomial_t", (2.0, -1.0), _shifted)
shifted_chebyshev_u = _declare("shifted_chebyshev_polynomial_u", (4.0, -2.0), _shifted)
shifted_chebyshev_v = _declare("shifted_chebyshev_polynomial_v", (4.0, -3.0), _shifted)
shifted_chebyshev_w = _declare("shifted_chebyshev_polynomial_w", (4.0, -1.0), _shifted)
hermite_h = _declare("hermite_polynomial_h", (2.0, 0.0), lambda k: (2.0, 0.0, 2.0 * k))
hermite_he = _declare("hermite_polynomial_he", (1.0, 0.0), lambda k: (1.0, 0.0, float(k)))
laguerre_l = _declare(
    "laguerre_polynomial_l",
    (-1.0, 1.0),
    lambda k: (-1.0 / (k + 1), (2 * k + 1) / (k + 1), k / (k + 1)),
)
legendre_p = _declare(
    "legendre_polynomial_p",
    (1.0, 0.0),
    lambda k: ((2 * k + 1) / (k + 1), 0.0, k / (k + 1)),
)
