"""Types of results with several parts: tuples whose parts have names, as in ``out.values``."""

from __future__ import annotations

from operator import itemgetter
from typing import Any, ClassVar

__all__ = [
    "aminmax",
    "cummax",
    "cummin",
    "geqrf",
    "histogram",
    "histogramdd",
    "kthvalue",
    "linalg_cholesky_ex",
    "linalg_eig",
    "linalg_eigh",
    "linalg_inv_ex",
    "linalg_ldl_factor",
    "linalg_ldl_factor_ex",
    "linalg_lstsq",
    "linalg_lu",
    "linalg_lu_factor",
    "linalg_lu_factor_ex",
    "linalg_qr",
    "linalg_slogdet",
    "linalg_solve_ex",
    "linalg_svd",
    "lu_unpack",
    "max",
    "median",
    "min",
    "mode",
    "nanmedian",
    "qr",
    "slogdet",
    "sort",
    "svd",
    "topk",
    "triangular_solve",
]


class NamedResults(tuple[Any, ...]):
    """A tuple whose parts have names, shown as PyTorch shows them."""

    __slots__ = ()
    _fields: ClassVar[tuple[str, ...]] = ()

    def __new__(cls, *parts: Any) -> Any:
        if len(parts) != len(cls._fields):
            raise TypeError(f"{cls.__name__} takes {len(cls._fields)} parts, got {len(parts)}")
        return tuple.__new__(cls, parts)

    def __getnewargs__(self) -> tuple[Any, ...]:
        return tuple(self)

    def __repr__(self) -> str:
        parts = (f"{name}={part!r}" for name, part in zip(self._fields, self, strict=True))
        title = f"tensorflowlite_grad.return_types.{type(self).__name__}"
        return f"{title}(\n" + ",\n".join(parts) + ")"


def named_results(name: str, *fields: str) -> Any:
    """Return a type of tuples with named parts: a named tuple, made without writing code."""
    members: dict[str, Any] = {
        "__slots__": (),
        "__module__": __name__,
        "__doc__": f"The result of `{name}`: a tuple of {' and '.join(fields)}.",
        "__match_args__": fields,
        "_fields": fields,
    }
    for position, field in enumerate(fields):
        members[field] = property(itemgetter(position), doc=f"Part {position}.")
    return type(name, (NamedResults,), members)


aminmax = named_results("aminmax", "min", "max")
cummax = named_results("cummax", "values", "indices")
cummin = named_results("cummin", "values", "indices")
histogram = named_results("histogram", "hist", "bin_edges")
histogramdd = named_results("histogramdd", "hist", "bin_edges")
kthvalue = named_results("kthvalue", "values", "indices")
max = named_results("max", "values", "indices")
median = named_results("median", "values", "indices")
min = named_results("min", "values", "indices")
mode = named_results("mode", "values", "indices")
nanmedian = named_results("nanmedian", "values", "indices")
sort = named_results("sort", "values", "indices")
topk = named_results("topk", "values", "indices")
geqrf = named_results("geqrf", "a", "tau")
linalg_cholesky_ex = named_results("linalg_cholesky_ex", "L", "info")
linalg_eig = named_results("linalg_eig", "eigenvalues", "eigenvectors")
linalg_eigh = named_results("linalg_eigh", "eigenvalues", "eigenvectors")
linalg_inv_ex = named_results("linalg_inv_ex", "inverse", "info")
linalg_ldl_factor = named_results("linalg_ldl_factor", "LD", "pivots")
linalg_ldl_factor_ex = named_results("linalg_ldl_factor_ex", "LD", "pivots", "info")
linalg_lstsq = named_results("linalg_lstsq", "solution", "residuals", "rank", "singular_values")
linalg_lu = named_results("linalg_lu", "P", "L", "U")
linalg_lu_factor = named_results("linalg_lu_factor", "LU", "pivots")
linalg_lu_factor_ex = named_results("linalg_lu_factor_ex", "LU", "pivots", "info")
linalg_qr = named_results("linalg_qr", "Q", "R")
linalg_slogdet = named_results("linalg_slogdet", "sign", "logabsdet")
linalg_solve_ex = named_results("linalg_solve_ex", "result", "info")
linalg_svd = named_results("linalg_svd", "U", "S", "Vh")
lu_unpack = named_results("lu_unpack", "P", "L", "U")
qr = named_results("qr", "Q", "R")
slogdet = named_results("slogdet", "sign", "logabsdet")
svd = named_results("svd", "U", "S", "V")
triangular_solve = named_results("triangular_solve", "solution", "cloned_coefficient")
