"""Run by `test_array_api_consumers`: prints ``ok NAME``, or what went wrong, for each function."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import array_api_extra as xpx
import einops.array_api
import numpy as np
import scipy.cluster.vq
import scipy.constants
import scipy.fft
import scipy.integrate
import scipy.optimize
import scipy.signal
import scipy.spatial
import scipy.special
import scipy.stats
import sklearn
from sklearn.decomposition import PCA
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import Ridge
from sklearn.metrics import pairwise
from sklearn.preprocessing import KernelCenterer, MaxAbsScaler, MinMaxScaler

import tensorflowlite_grad as tg

stats, integrate = scipy.stats, scipy.integrate
Function = Callable[..., Any]
VECTOR, MATRIX = (7,), (6, 3)

#: name: (function, shapes of its arguments)
TABLE: dict[str, tuple[Function, tuple[tuple[int, ...], ...]]] = {
    "xpx.atleast_nd": (lambda x: xpx.atleast_nd(x, ndim=3), (VECTOR,)),
    "xpx.cov": (xpx.cov, (MATRIX,)),
    "xpx.create_diagonal": (xpx.create_diagonal, (VECTOR,)),
    "xpx.kron": (xpx.kron, (MATRIX, (2, 2))),
    "xpx.pad": (lambda x: xpx.pad(x, 2), (MATRIX,)),
    "xpx.sinc": (xpx.sinc, (VECTOR,)),
    "xpx.angle": (lambda x: xpx.angle(x + 1j * x**2), (VECTOR,)),
    "xpx.deg2rad": (xpx.deg2rad, (VECTOR,)),
    "xpx.rad2deg": (xpx.rad2deg, (VECTOR,)),
    "xpx.nan_to_num": (xpx.nan_to_num, (VECTOR,)),
    "xpx.nanmax": (lambda m: xpx.nanmax(m, axis=0), (MATRIX,)),
    "xpx.nanmin": (lambda m: xpx.nanmin(m, axis=0), (MATRIX,)),
    "xpx.nanmean": (lambda m: xpx.nanmean(m, axis=0), (MATRIX,)),
    "xpx.nansum": (lambda m: xpx.nansum(m, axis=0), (MATRIX,)),
    "xpx.lazy_apply": (lambda x: xpx.lazy_apply(lambda a: a * a, x), (VECTOR,)),
    "xpx.at.set": (lambda x: xpx.at(x * 1.0, 1).set(0.0), (VECTOR,)),
    "xpx.at.add": (lambda x: xpx.at(x * 1.0, slice(0, 2)).add(x[:2]), (VECTOR,)),
    "xpx.at.multiply": (lambda x: xpx.at(x * 1.0, slice(0, 2)).multiply(x[2:4]), (VECTOR,)),
    "xpx.apply_where": (
        lambda x: xpx.apply_where(x > 0.5, (x,), lambda a: a * 2, lambda a: a * a),
        (VECTOR,),
    ),
    "xpx.expand_dims": (lambda x: xpx.expand_dims(x, axis=(0, 2)), (VECTOR,)),
    "xpx.partition": (lambda x: xpx.partition(x, 2), (VECTOR,)),
    "xpx.setdiff1d": (lambda x: xpx.setdiff1d(x, x[:2]), (VECTOR,)),
    "xpx.union1d": (lambda x: xpx.union1d(x, x[:2]), (VECTOR,)),
    "einops.rearrange": (lambda m: einops.array_api.rearrange(m, "a b -> b a"), (MATRIX,)),
    "einops.reduce": (
        lambda m: einops.array_api.reduce(m, "(a c) b -> b a", "mean", c=2),
        (MATRIX,),
    ),
    "einops.repeat": (lambda m: einops.array_api.repeat(m, "a b -> b a c", c=2), (MATRIX,)),
    "einops.pack": (lambda m: einops.array_api.pack([m, m], "* b")[0], (MATRIX,)),
    "special.logsumexp": (scipy.special.logsumexp, (VECTOR,)),
    "special.softmax": (lambda m: scipy.special.softmax(m, axis=1), (MATRIX,)),
    "stats.zscore": (stats.zscore, (VECTOR,)),
    "stats.zmap": (lambda x: stats.zmap(x[:3], x), (VECTOR,)),
    "stats.skew": (stats.skew, (VECTOR,)),
    "stats.kurtosis": (stats.kurtosis, (VECTOR,)),
    "stats.moment": (lambda x: stats.moment(x, 3), (VECTOR,)),
    "stats.gmean": (stats.gmean, (VECTOR,)),
    "stats.hmean": (stats.hmean, (VECTOR,)),
    "stats.pmean": (lambda x: stats.pmean(x, 2), (VECTOR,)),
    "stats.sem": (stats.sem, (VECTOR,)),
    "stats.variation": (stats.variation, (VECTOR,)),
    "stats.gstd": (stats.gstd, (VECTOR,)),
    "stats.tmean": (stats.tmean, (VECTOR,)),
    "stats.tvar": (stats.tvar, (VECTOR,)),
    "stats.tstd": (stats.tstd, (VECTOR,)),
    "stats.iqr": (stats.iqr, (VECTOR,)),
    "stats.kstat": (stats.kstat, (VECTOR,)),
    "stats.circmean": (stats.circmean, (VECTOR,)),
    "stats.circvar": (stats.circvar, (VECTOR,)),
    "stats.circstd": (stats.circstd, (VECTOR,)),
    "integrate.trapezoid": (integrate.trapezoid, (VECTOR,)),
    "integrate.cumulative_trapezoid": (integrate.cumulative_trapezoid, (VECTOR,)),
    "integrate.cumulative_simpson": (integrate.cumulative_simpson, (VECTOR,)),
    "fft.rfft": (lambda x: abs(scipy.fft.rfft(x)), (VECTOR,)),
    "fft.fftn": (lambda x: abs(scipy.fft.fftn(x)), (MATRIX,)),
    "fft.fht": (lambda x: scipy.fft.fht(x, 0.1, 0.5), (VECTOR,)),
    "signal.fftconvolve": (lambda x: scipy.signal.fftconvolve(x, x), (VECTOR,)),
    "signal.hilbert": (lambda x: scipy.signal.hilbert(x).imag, (VECTOR,)),
    "spatial.Rotation": (
        lambda x: scipy.spatial.transform.Rotation.from_rotvec(x).as_matrix(),
        ((3,),),
    ),
    "optimize.rosen": (scipy.optimize.rosen, (VECTOR,)),
    "optimize.rosen_der": (scipy.optimize.rosen_der, (VECTOR,)),
    "constants.convert_temperature": (
        lambda x: scipy.constants.convert_temperature(x, "Celsius", "Kelvin"),
        (VECTOR,),
    ),
    "sklearn.euclidean_distances": (pairwise.euclidean_distances, (MATRIX, MATRIX)),
    "sklearn.rbf_kernel": (pairwise.rbf_kernel, (MATRIX, MATRIX)),
    "sklearn.linear_kernel": (pairwise.linear_kernel, (MATRIX, MATRIX)),
    "sklearn.polynomial_kernel": (pairwise.polynomial_kernel, (MATRIX, MATRIX)),
    "sklearn.sigmoid_kernel": (pairwise.sigmoid_kernel, (MATRIX, MATRIX)),
    "sklearn.additive_chi2_kernel": (pairwise.additive_chi2_kernel, (MATRIX, MATRIX)),
    "sklearn.chi2_kernel": (pairwise.chi2_kernel, (MATRIX, MATRIX)),
    "sklearn.laplacian_kernel": (pairwise.laplacian_kernel, (MATRIX, MATRIX)),
    "sklearn.manhattan_distances": (pairwise.manhattan_distances, (MATRIX, MATRIX)),
    "sklearn.paired_euclidean_distances": (
        pairwise.paired_euclidean_distances,
        (MATRIX, MATRIX),
    ),
    "sklearn.Ridge": (lambda m, y: Ridge(solver="svd").fit(m, y).predict(m), (MATRIX, (6,))),
    "sklearn.PCA": (
        lambda m: PCA(2, svd_solver="covariance_eigh").fit_transform(m) ** 2,
        (MATRIX,),
    ),
    "sklearn.MinMaxScaler": (lambda m: MinMaxScaler().fit_transform(m), (MATRIX,)),
    "sklearn.MaxAbsScaler": (lambda m: MaxAbsScaler().fit_transform(m), (MATRIX,)),
    "sklearn.KernelCenterer": (lambda m: KernelCenterer().fit_transform(m @ m.mT), (MATRIX,)),
    "sklearn.Nystroem": (
        lambda m: Nystroem(n_components=3, kernel="rbf", random_state=0).fit_transform(m),
        (MATRIX,),
    ),
}

#: Called without a gradient: the result is of integers or bools.
COUNTED: dict[str, Function] = {
    "xpx.isclose": lambda x: xpx.isclose(x, x),
    "xpx.nunique": xpx.nunique,
    "xpx.searchsorted": lambda x: xpx.searchsorted(x.__array_namespace__().sort(x), x),
    "xpx.unravel_index": lambda x: xpx.unravel_index(x.__array_namespace__().argsort(x), (7,))[0],
    "xpx.tril_indices": lambda x: xpx.tril_indices(3, xp=x.__array_namespace__())[0],
    "xpx.triu_indices": lambda x: xpx.triu_indices(3, xp=x.__array_namespace__())[0],
    "xpx.diag_indices": lambda x: xpx.diag_indices(3, xp=x.__array_namespace__())[0],
    "xpx.isin": lambda x: xpx.isin(x, x[:2]),
    "xpx.argpartition": lambda x: xpx.argpartition(x, 2),
    "xpx.one_hot": lambda x: xpx.one_hot(x.__array_namespace__().argsort(x), 9),
    "cluster.vq": lambda x: scipy.cluster.vq.vq(x[:, None], x[:2, None])[0],
}


def total(function: Function, arrays: list[Any], weights: list[Any]) -> Any:
    out = function(*arrays)
    xp = arrays[0].__array_namespace__()
    if not weights:
        weights.append(xp.asarray(np.random.default_rng(1).random(tuple(out.shape))))
    return xp.sum(out * weights[0])


def check(name: str, function: Function, shapes: tuple[tuple[int, ...], ...]) -> None:
    rng = np.random.default_rng(0)
    values = [rng.random(shape) + 0.2 for shape in shapes]
    leaves = [tg.tensor(v, requires_grad=True) for v in values]
    weights: list[Any] = []
    gradients = tg.autograd.grad(total(function, leaves, weights), leaves)
    h = 6e-6
    for k, (value, gradient) in enumerate(zip(values, gradients, strict=True)):
        index = tuple(int(rng.integers(n)) for n in value.shape)
        parts = []
        for sign in (1, -1):
            moved = [v.copy() for v in values]
            moved[k][index] += sign * h
            parts.append(total(function, [tg.tensor(v) for v in moved], weights).item())
        want = (parts[0] - parts[1]) / (2 * h)
        np.testing.assert_allclose(gradient[index].item(), want, rtol=1e-5, atol=1e-7)
    print(f"ok {name}")


def main() -> None:
    warnings.simplefilter("ignore")
    with sklearn.config_context(array_api_dispatch=True):
        for name, (function, shapes) in TABLE.items():
            try:
                check(name, function, shapes)
            except Exception as error:
                print(f"{name}: {type(error).__name__}: {str(error)[:300]!r}")
        for name, function in COUNTED.items():
            try:
                out = function(tg.tensor(np.random.default_rng(0).random(7)))
            except Exception as error:
                out = error
            print(f"ok {name}" if isinstance(out, (tg.Tensor, int)) else f"{name}: {out!r}")


if __name__ == "__main__":
    main()
