"""Linear algebra: what the cases cannot show, above all errors and singular matrices."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

import tensorflowlite_grad as tg
from tensorflowlite_grad.autograd import gradcheck, gradgradcheck

INF = math.inf


def host(tensor: tg.Tensor) -> np.ndarray:
    return tensor.detach().numpy(force=True)


def matrix(*rows: list[float], requires_grad: bool = False) -> tg.Tensor:
    return tg.tensor(list(rows), dtype=tg.float64, requires_grad=requires_grad)


# -- determinants -----------------------------------------------------------------------------


@pytest.mark.guarantee("N15")
@pytest.mark.parametrize(
    ("rows", "gradient"),
    [
        ([[1, 1], [1, 1]], [[1, -1], [-1, 1]]),
        ([[0, 0], [0, 0]], [[0, 0], [0, 0]]),
        ([[0, 0], [0, 5]], [[5, 0], [0, 0]]),
        ([[1, 2, 3], [4, 5, 6], [7, 8, 9]], [[-3, 6, -3], [6, -12, 6], [-3, 6, -3]]),
        ([[1, 0], [0, 1]], [[1, 0], [0, 1]]),
        ([[7]], [[1]]),
    ],
)
def test_the_gradient_of_a_determinant_is_exact_where_it_is_zero_too(
    backend: str, rows: list[list[float]], gradient: list[list[float]]
) -> None:
    A = matrix(*rows, requires_grad=True)
    tg.linalg.det(A).backward()
    np.testing.assert_allclose(host(A.grad), gradient, atol=1e-13)
    assert gradcheck(tg.linalg.det, A)
    assert gradgradcheck(tg.linalg.det, A)


@pytest.mark.guarantee("N15")
def test_the_second_derivative_of_a_determinant_at_a_singular_matrix(backend: str) -> None:
    A = matrix([1, 1], [1, 1], requires_grad=True)
    (g,) = tg.autograd.grad(tg.linalg.det(A), A, create_graph=True)
    # d(a d - b c): the entry d is the slope by a.
    (slope,) = tg.autograd.grad(g[0, 0], A)
    np.testing.assert_allclose(host(slope), [[0, 0], [0, 1]], atol=1e-14)


def test_second_derivatives_of_a_determinant_at_equal_singular_values(backend: str) -> None:
    A = tg.eye(3, dtype=tg.float64).requires_grad_()
    (g,) = tg.autograd.grad(tg.linalg.det(A), A, create_graph=True)
    (slope,) = tg.autograd.grad(g[0, 0], A, create_graph=True)
    np.testing.assert_allclose(host(slope), np.diag([0, 1, 1]), atol=1e-14)
    (third,) = tg.autograd.grad(slope[1, 1], A)
    np.testing.assert_allclose(host(third), np.diag([0, 0, 1]), atol=1e-14)


def test_logarithms_of_determinants_at_the_edges(backend: str) -> None:
    sign, logabsdet = tg.linalg.slogdet(tg.zeros(2, 2))
    assert (float(sign), float(logabsdet)) == (0, -INF)
    assert math.isnan(tg.logdet(matrix([-1])))
    assert float(tg.logdet(tg.zeros(2, 2))) == -INF
    assert float(tg.linalg.det(tg.zeros(0, 0))) == 1


# -- singular and indefinite matrices -----------------------------------------------------------


@pytest.mark.guarantee("N25")
def test_a_singular_matrix_has_no_inverse(backend: str) -> None:
    A = tg.stack([tg.eye(3), tg.zeros(3, 3)])
    with pytest.raises(
        tg.linalg.LinAlgError,
        match=re.escape(
            "linalg.inv: (Batch element 1): The diagonal element 1 is zero, the inversion could "
            "not be completed because the input matrix is singular."
        ),
    ):
        tg.linalg.inv(A)
    said = (
        "linalg.inv: The diagonal element 2 is zero, the inversion could not be completed because "
        "the input matrix is singular."
    )
    with pytest.raises(RuntimeError, match=said):
        matrix([1, 0], [0, 0]).inverse()
    with pytest.raises(RuntimeError, match="The solver failed because the input matrix is singul"):
        tg.linalg.solve(tg.ones(2, 2), tg.ones(2))
    with pytest.raises(RuntimeError, match=r"U\[2,2\] is zero and using it on lu_solve would resu"):
        tg.linalg.lu_factor(tg.ones(2, 2))


@pytest.mark.guarantee("N25")
def test_an_indefinite_matrix_has_no_cholesky_factor(backend: str) -> None:
    with pytest.raises(
        tg.linalg.LinAlgError,
        match=re.escape("(the leading minor of order 2 is not positive-definite)"),
    ):
        tg.linalg.cholesky(matrix([1, 2], [2, 1]))
    with pytest.raises(
        RuntimeError,
        match=re.escape(
            "linalg.cholesky: The factorization could not be completed because the input is not "
            "positive-definite (the leading minor of order 1 is not positive-definite)."
        ),
    ):
        tg.linalg.cholesky(-tg.eye(2))
    with pytest.raises(RuntimeError, match=re.escape("linalg.cholesky: (Batch element 1): The")):
        tg.cholesky(tg.stack([tg.eye(2), -tg.eye(2)]))


def test_the_forms_that_report_instead_of_raising(backend: str) -> None:
    A = tg.stack([2 * tg.eye(2), tg.ones(2, 2)])
    inverse, info = tg.linalg.inv_ex(A)
    assert info.tolist() == [0, 2]
    assert info.dtype is tg.int32
    assert inverse[0].tolist() == [[0.5, 0], [0, 0.5]]
    result, info = tg.linalg.solve_ex(A, tg.ones(2, 2, 1))
    assert info.tolist() == [0, 2]
    assert result[0].flatten().tolist() == [0.5, 0.5]
    L, info = tg.linalg.cholesky_ex(tg.stack([4 * tg.eye(2), -tg.eye(2)]))
    assert info.tolist() == [0, 1]
    assert L[0].tolist() == [[2, 0], [0, 2]]
    assert tg.linalg.lu_factor_ex(A).info.tolist() == [0, 2]
    for call in (tg.linalg.inv_ex, tg.linalg.cholesky_ex, tg.linalg.lu_factor_ex):
        with pytest.raises(tg.linalg.LinAlgError):
            call(tg.zeros(2, 2), check_errors=True)


def test_condition_numbers_of_singular_matrices(backend: str) -> None:
    assert float(tg.linalg.cond(tg.zeros(2, 2), 1)) == INF
    assert tg.linalg.cond(tg.stack([tg.eye(2), tg.ones(2, 2)]), "fro").tolist() == [
        pytest.approx(2),
        INF,
    ]


# -- decompositions that are not unique -----------------------------------------------------------


@pytest.mark.guarantee("N16")
def test_equal_eigenvalues(backend: str) -> None:
    A = tg.eye(2, dtype=tg.float64).requires_grad_()
    tg.linalg.eigh(A).eigenvalues.sum().backward()
    np.testing.assert_allclose(host(A.grad), np.eye(2))
    (slope,) = tg.autograd.grad(tg.linalg.eigvalsh(A).sum(), A)
    np.testing.assert_allclose(host(slope), np.eye(2))
    (slope,) = tg.autograd.grad(tg.linalg.eigh(A).eigenvectors.sum(), A)
    assert np.isnan(host(slope)).any()


@pytest.mark.guarantee("N16")
def test_equal_singular_values(backend: str) -> None:
    A = tg.eye(2, dtype=tg.float64).requires_grad_()
    (slope,) = tg.autograd.grad(tg.linalg.svd(A).S.sum(), A)
    np.testing.assert_allclose(host(slope), np.eye(2))
    (slope,) = tg.autograd.grad(tg.linalg.matrix_norm(A, "nuc"), A)
    np.testing.assert_allclose(host(slope), np.eye(2))
    (slope,) = tg.autograd.grad(tg.linalg.svd(A).U.sum(), A)
    assert np.isnan(host(slope)).any()


@pytest.mark.parametrize("name", ["eigh", "svd", "eig"])
def test_a_loss_that_depends_on_the_phase_of_vectors_has_no_gradient(
    backend: str, name: str
) -> None:
    A = tg.tensor([[2, 1 + 1j], [1 - 1j, 0]], dtype=tg.complex128, requires_grad=True)
    vectors = next(x for x in getattr(tg.linalg, name)(A) if x.ndim == 2)
    vectors.abs().pow(4).sum().backward(retain_graph=True)
    with pytest.raises(RuntimeError, match=f"linalg_{name}_backward: The .* in the complex case"):
        (vectors * tg.tensor([1j, 2])).real.sum().backward()


def test_which_triangle_is_read(backend: str) -> None:
    A = matrix([2, 9], [1, 3])
    low, up = matrix([2, 1], [1, 3]), matrix([2, 9], [9, 3])
    for of in (tg.linalg.eigvalsh, lambda A, UPLO: tg.linalg.eigh(A, UPLO).eigenvalues):
        np.testing.assert_allclose(host(of(A, "L")), host(of(low, "L")))
        np.testing.assert_allclose(host(of(A, "U")), host(of(up, "L")))
    with pytest.raises(RuntimeError, match="Expected UPLO argument to be 'L' or 'U'"):
        tg.linalg.eigh(A, "X")


def test_qr_says_what_it_has_no_gradient_of(backend: str) -> None:
    A = tg.ones(3, 2, dtype=tg.float64, requires_grad=True)
    Q, R = tg.linalg.qr(A, "r")
    assert (tuple(Q.shape), tuple(R.shape)) == ((0,), (2, 2))
    with pytest.raises(RuntimeError, match=r"The derivative of linalg\.qr depends on Q"):
        R.sum().backward()
    with pytest.raises(RuntimeError, match="not differentiable when mode='complete' and nrows"):
        tg.linalg.qr(A, "complete").Q.sum().backward()
    with pytest.raises(RuntimeError, match="qr received unrecognized mode 'full'"):
        tg.linalg.qr(A, "full")


# -- arguments ----------------------------------------------------------------------------------


BAD = {
    "A must be batches of square matrices, but they are": lambda: tg.linalg.inv(tg.ones(2, 3)),
    "must have at least 2 dimensions": lambda: tg.linalg.det(tg.ones(2)),
    "Expected a floating point or complex": lambda: tg.inverse(tg.ones(2, 2, dtype=tg.int64)),
    "Expected A and B to have the same dtype, but found A of type Float and B of type Double": (
        lambda: tg.linalg.solve(tg.eye(2), tg.ones(2).double())
    ),
    "Incompatible shapes of A and B for the equation AX = B (3x3 and 2x1)": (
        lambda: tg.linalg.solve(tg.eye(3), tg.ones(2, 1))
    ),
    "The size of tensor a (2) must match the size of tensor b (4) at non-singleton dimension 0": (
        lambda: tg.linalg.solve(tg.ones(2, 3, 3), tg.ones(4, 3, 1))
    ),
    "linalg.matrix_norm: Order 3 not supported": lambda: tg.linalg.matrix_norm(tg.ones(2, 2), 3),
    "expected at least 2 tensors but got 1": lambda: tg.linalg.multi_dot([tg.ones(2)]),
    "linalg.cross: inputs dimension -1 must have length 3. Got 4 and 4": (
        lambda: tg.linalg.cross(tg.ones(4), tg.ones(4))
    ),
    "input tensor should not contain infs or NaNs": lambda: tg.linalg.eig(tg.ones(2, 2) * INF),
    "batch1 must be a 3D tensor": lambda: tg.bmm(tg.ones(2, 2), tg.ones(2, 2, 2)),
    "fewer operands were provided than specified": lambda: tg.einsum("ij,jk", tg.ones(2, 2)),
    "does not match the number of dimensions (1)": lambda: tg.einsum("ij", tg.ones(2)),
    "output subscript i appears more than once": lambda: tg.einsum("i->ii", tg.ones(2)),
    "output subscript j does not appear in the equation": lambda: tg.einsum("i->j", tg.ones(2)),
    "does not broadcast with previously seen": lambda: tg.einsum("i,i", tg.ones(2), tg.ones(3)),
    "subscripts must be in [a-zA-Z]": lambda: tg.einsum("i;i", tg.ones(2), tg.ones(3)),
    "contracted dimensions need to match, but first has size 3 in dim 1 and second has size 2": (
        lambda: tg.tensordot(tg.ones(2, 3), tg.ones(2, 3), 1)
    ),
    "X1 and X2 must have the same number of columns. X1: 3 X2: 2": (
        lambda: tg.cdist(tg.ones(2, 3), tg.ones(2, 2))
    ),
}


@pytest.mark.parametrize("message", BAD)
def test_bad_arguments(backend: str, message: str) -> None:
    with pytest.raises(RuntimeError, match=re.escape(message)):
        BAD[message]()


def test_half_precision_is_refused() -> None:
    with pytest.raises(RuntimeError, match="Low precision dtypes not supported"):
        tg.svd(tg.ones(2, 2).half())


def test_empty_matrices(backend: str) -> None:
    nothing = tg.zeros(0, 0)
    assert tuple(tg.linalg.inv(nothing).shape) == (0, 0)
    assert tuple(tg.linalg.solve(nothing, tg.zeros(0, 2)).shape) == (0, 2)
    assert tuple(tg.linalg.pinv(tg.zeros(0, 3)).shape) == (3, 0)
    assert int(tg.linalg.matrix_rank(tg.zeros(3, 0))) == 0
    assert tuple(tg.linalg.svdvals(tg.zeros(2, 0, 3)).shape) == (2, 0)
    assert tuple(tg.linalg.matrix_exp(tg.zeros(2, 0, 0)).shape) == (2, 0, 0)
    A = tg.zeros(3, 0, requires_grad=True)
    (A @ tg.ones(0, 2)).sum().backward()
    assert tuple(A.grad.shape) == (3, 0)


# -- products -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "shapes"),
    [
        ("addmm", ((2, 2), (2, 3), (3, 2))),
        ("addmv", ((2,), (2, 3), (3,))),
        ("addr", ((2, 3), (2,), (3,))),
        ("baddbmm", ((2, 2, 2), (2, 2, 3), (2, 3, 2))),
        ("addbmm", ((2, 2), (2, 2, 3), (2, 3, 2))),
    ],
)
def test_with_beta_zero_the_tensor_is_not_read(
    backend: str, name: str, shapes: tuple[tuple[int, ...], ...]
) -> None:
    x = tg.full(shapes[0], float("nan"), requires_grad=True)
    y, z = (tg.ones(shape) for shape in shapes[1:])
    out = getattr(tg, name)(x, y, z, beta=0)
    assert not out.isnan().any()
    out.sum().backward()
    assert not x.grad.any()


def test_einsum_takes_lists_of_axes(backend: str) -> None:
    A, B = tg.arange(6.0).reshape(2, 3), tg.arange(12.0).reshape(3, 4)
    want = (A @ B).tolist()
    assert tg.einsum(A, [0, 1], B, [1, 2], [0, 2]).tolist() == want
    assert tg.einsum(A, [0, 1], B, [1, 2]).tolist() == want
    assert tg.einsum(A, [..., 1], B, [1, 2], [..., 2]).tolist() == want
    with pytest.raises(ValueError, match="within range"):
        tg.einsum(A, [0, 52])


def test_einsum_without_opt_einsum_gives_the_same(
    backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    operands = [tg.arange(6.0).reshape(2, 3), tg.arange(12.0).reshape(3, 4), tg.arange(4.0)]
    want = tg.einsum("ij,jk,k->i", *operands).tolist()
    monkeypatch.setitem(__import__("sys").modules, "opt_einsum", None)
    assert tg.einsum("ij,jk,k->i", *operands).tolist() == want


def test_axes_of_size_one_are_repeated_in_einsum(backend: str) -> None:
    A, B = tg.ones(2, 1, requires_grad=True), tg.ones(3, 2)
    out = tg.einsum("ij,jk->ik", A, B)
    assert out.tolist() == [[3, 3], [3, 3]]
    out.sum().backward()
    assert A.grad.tolist() == [[6], [6]]


def test_the_gradient_of_coincident_points_is_zero(backend: str) -> None:
    for p in (0.5, 1.0, 2.0, 3.0, INF):
        x = tg.ones(2, 3, requires_grad=True)
        tg.cdist(x, tg.ones(2, 3), p).sum().backward()
        assert x.grad.tolist() == tg.zeros(2, 3).tolist()


def test_results_have_names(backend: str) -> None:
    A = tg.eye(2)
    assert tg.linalg.eigh(A)._fields == ("eigenvalues", "eigenvectors")
    assert tg.linalg.svd(A)._fields == ("U", "S", "Vh")
    assert tg.svd(A)._fields == ("U", "S", "V")
    assert tg.linalg.lstsq(A, A)._fields == ("solution", "residuals", "rank", "singular_values")


def test_low_rank_approximations_find_the_directions(backend: str) -> None:
    tg.manual_seed(0)
    A = tg.randn(8, 2, dtype=tg.float64) @ tg.randn(2, 5, dtype=tg.float64)
    U, S, V = tg.svd_lowrank(A, q=2)
    np.testing.assert_allclose(host(U * S @ V.mT), host(A), atol=1e-10)
    U, S, V = tg.pca_lowrank(A, q=2)
    centred = A - A.mean(0)
    np.testing.assert_allclose(host(U * S @ V.mT), host(centred), atol=1e-10)


def test_products_added_in_place(backend: str) -> None:
    x = tg.zeros(2, 2)
    assert x.addmm_(tg.ones(2, 3), tg.ones(3, 2), alpha=2) is x
    assert x.tolist() == [[6, 6], [6, 6]]
    assert x.addr_(tg.tensor([1.0, 0]), tg.ones(2)).tolist() == [[7, 7], [6, 6]]
    with pytest.raises(RuntimeError, match="The expanded size of the tensor"):
        tg.zeros(3, 3).addmm_(tg.ones(2, 3), tg.ones(3, 2))


@pytest.mark.parametrize("name", ["det", "eigvals", "svdvals", "matrix_exp", "inv"])
def test_gradients_within_a_batch_of_examples(backend: str, name: str) -> None:
    A = tg.arange(32, dtype=tg.float64).reshape(2, 4, 4).sin() + 2 * tg.eye(4, dtype=tg.float64)

    def loss(a: tg.Tensor) -> tg.Tensor:
        return getattr(tg.linalg, name)(a).real.sum()

    got = tg.func.vmap(tg.func.grad(loss))(A)
    want = tg.stack([tg.func.grad(loss)(a) for a in A])
    np.testing.assert_allclose(host(got), host(want), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("hermitian", [False, True])
def test_ldl_factors_without_scipy_are_lapacks(
    monkeypatch: pytest.MonkeyPatch, hermitian: bool
) -> None:
    pytest.importorskip("scipy")
    from tensorflowlite_grad_numpy import linalg

    source = np.random.default_rng(0)
    for n in (0, 1, 2, 3, 5, 8):
        A = source.standard_normal((4, n, n)) + 1j * source.standard_normal((4, n, n))
        for stack in (A, A.real, A * (1 - np.eye(n))):  # the last with blocks of two
            with monkeypatch.context() as without:
                without.setattr(linalg, "_lapack", lambda names, array: None)
                found = linalg.ldl_factor(stack, hermitian)
            for got, want in zip(found, linalg.ldl_factor(stack, hermitian), strict=True):
                np.testing.assert_allclose(got, want, rtol=1e-8, atol=1e-10)
    _, _, info = linalg._ldl(np.zeros((2, 2)), hermitian)
    assert info == 1
