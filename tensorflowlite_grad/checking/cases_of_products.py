"""Cases of products of vectors and matrices, of sums of products, and of distances."""

from __future__ import annotations

import math
from typing import Any

from .. import linalg
from ..functions import contractions, distances, products
from .samples import case, real

__all__: list[str] = []

INF = math.inf


def _composed(name: str, run: Any, reference: Any, *operands: Any, **keywords: Any) -> None:
    """Declare a case of a function, or of what is made of its results."""
    case(name, reference, operands, run=run, **keywords)


# -- products -----------------------------------------------------------------------------------

case(
    "linalg_cross",
    lambda np, x, y, axis: np.cross(x, y),
    (real(2, 3), real(2, 3)),
    (real(1, 3), real(2, 3)),
    options=(-1,),
    complex=True,
)
case(
    "linalg_cross",
    lambda np, x, y, axis: np.cross(x, y, axis=0),
    (real(3, 2), real(3, 2)),
    options=(-2,),
)
_composed(
    "linalg.vecdot",
    linalg.vecdot,
    lambda np, x, y: np.sum(x.conj() * y, -1),
    real(2, 3),
    real(3),
    complex=True,
)
_composed(
    "linalg.multi_dot",
    lambda *xs: linalg.multi_dot(xs),
    lambda np, *xs: xs[0] @ xs[1] @ xs[2] @ xs[3],
    real(3),
    real(3, 4),
    real(4, 2),
    real(2),
    complex=True,
)
_composed("linalg.vander", linalg.vander, lambda np, x: np.vander(x, increasing=True), real(4))
EQUATIONS: Any = (
    ("ij,jk->ik", ((2, 3), (3, 4))),
    ("ij,jk,kl->li", ((2, 3), (3, 4), (4, 2))),
    ("...ij,...jk->...ik", ((2, 2, 3), (1, 3, 2))),
    ("iij->j", ((3, 3, 2),)),
    ("i,j,k->kji", ((2,), (3,), (2,))),
    ("bi,bi->b", ((2, 3), (2, 3))),
    ("ij->", ((2, 3),)),
    ("ij,ij", ((2, 3), (2, 3))),
    ("b...,b...->...b", ((2, 3), (2, 3))),
)
for equation, shapes in EQUATIONS:
    _composed(
        "einsum",
        lambda *xs, e=equation: contractions.einsum(e, *xs),
        lambda np, *xs, e=equation: np.asarray(np.einsum(e, *xs)),
        *(real(*shape) for shape in shapes),
        complex=True,
    )
_composed(
    "tensordot",
    lambda x, y: contractions.tensordot(x, y, ([0, 2], [2, 0])),
    lambda np, x, y: np.tensordot(x, y, ([0, 2], [2, 0])),
    real(2, 3, 4),
    real(4, 3, 2),
    complex=True,
)
_composed("kron", contractions.kron, lambda np, x, y: np.kron(x, y), real(2, 2), real(3))
_composed("vdot", products.vdot, lambda np, x, y: np.vdot(x, y), real(3), real(3), complex=True)
ADDED: Any = (
    ("addmm", lambda np, y, z: y @ z, real(3), real(2, 4), real(4, 3)),
    ("addmv", lambda np, y, z: y @ z, real(2), real(2, 4), real(4)),
    ("addr", lambda np, y, z: np.outer(y, z), real(2, 1), real(2), real(3)),
    ("baddbmm", lambda np, y, z: y @ z, real(3), real(2, 2, 4), real(2, 4, 3)),
    ("addbmm", lambda np, y, z: np.sum(y @ z, 0), real(2, 3), real(2, 2, 4), real(2, 4, 3)),
)
for name, product, *operands in ADDED:
    for beta in (0.5, 0):
        _composed(
            name,
            lambda x, y, z, name=name, beta=beta: getattr(products, name)(
                x, y, z, beta=beta, alpha=2
            ),
            lambda np, x, y, z, product=product, beta=beta: beta * x + 2 * product(np, y, z),
            *operands,
        )

# -- distances ------------------------------------------------------------------------------------


def _distances(np: Any, x: Any, y: Any, p: float, by_products: bool) -> Any:
    return np.linalg.norm(x[..., :, None, :] - y[..., None, :, :], p, -1)


for order, by_products in ((2.0, False), (2.0, True), (1.0, False), (3.0, False), (INF, False)):
    case(
        "cdist",
        _distances,
        (real(2, 3, 2), real(2, 4, 2, low=-1.0)),
        options=(order, by_products),
        single=not by_products,
    )
_composed(
    "pdist",
    distances.pdist,
    lambda np, x: np.array(
        [np.linalg.norm(x[i] - x[j]) for i in range(len(x)) for j in range(i + 1, len(x))]
    ),
    real(4, 3),
)
