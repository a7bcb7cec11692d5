"""Convolution: linear in input and weight, each transpose a convolution of another kind.

The three operations are the partial derivatives of one trilinear form in an input, a
weight and an output; so the rules of each are the other two, and nothing else is saved.
Spatial sizes, strides, paddings and dilations are tuples of one length.
"""

from __future__ import annotations

from typing import Any

from .declare import linear

__all__: list[str] = []

_GEOMETRY = ["stride", "padding", "dilation", "groups"]


def _input_gradient(xp: Any, g: Any, weight: Any, shape: Any, *geometry: Any) -> Any:
    return convolution_transposed.on(xp, g, weight, tuple(shape[2:]), *geometry)


def _weight_gradient(xp: Any, input: Any, g: Any, shape: Any, *geometry: Any) -> Any:
    return convolution_weight.on(xp, input, g, tuple(shape[2:]), *geometry)


def _output_gradient(xp: Any, g: Any, weight: Any, shape: Any, *geometry: Any) -> Any:
    out = convolution.on(xp, g, weight, *geometry)
    if tuple(out.shape) == tuple(shape):
        return out
    # An output padding beyond the stride makes room for more windows than there were.
    return out[tuple(slice(n) for n in shape)]


convolution = linear(
    "convolution",
    lambda xp, input, weight, *geometry: xp.conv(input, weight, *geometry),
    _GEOMETRY,
    conjugate=True,
    input=lambda xp, g, weight, input_shape, stride, padding, dilation, groups: _input_gradient(
        xp, g, weight, input_shape, stride, padding, dilation, groups
    ),
    weight=lambda xp, g, input, weight_shape, stride, padding, dilation, groups: _weight_gradient(
        xp, input, g, weight_shape, stride, padding, dilation, groups
    ),
)
convolution_transposed = linear(
    "convolution_transposed",
    lambda xp, input, weight, size, *geometry: xp.conv_transposed(input, weight, size, *geometry),
    ["size", *_GEOMETRY],
    node_name="ConvolutionBackward0",
    conjugate=True,
    input=lambda xp, g, weight, input_shape, stride, padding, dilation, groups: _output_gradient(
        xp, g, weight, input_shape, stride, padding, dilation, groups
    ),
    weight=lambda xp, g, input, weight_shape, stride, padding, dilation, groups: _weight_gradient(
        xp, g, input, weight_shape, stride, padding, dilation, groups
    ),
)
convolution_weight = linear(
    "convolution_weight",
    lambda xp, input, other, kernel, *geometry: xp.conv_weight(input, other, kernel, *geometry),
    ["kernel", *_GEOMETRY],
    node_name="ConvolutionBackward0",
    conjugate=True,
    input=lambda xp, g, other, input_shape, stride, padding, dilation, groups: _input_gradient(
        xp, other, g, input_shape, stride, padding, dilation, groups
    ),
    other=lambda xp, g, input, other_shape, stride, padding, dilation, groups: _output_gradient(
        xp, input, g, other_shape, stride, padding, dilation, groups
    ),
)


def _bias_gradient(xp: Any, g: Any) -> Any:
    return xp.sum(g, axis=(0, *range(2, g.ndim)))


def _as_channel(xp: Any, bias: Any, ndim: int) -> Any:
    return xp.reshape(bias, (1, -1) + (1,) * (ndim - 2))


def _plus(xp: Any, out: Any, bias: Any) -> Any:
    # In the memory of the product, which is its own.
    out += _as_channel(xp, bias, out.ndim)
    return out


def _tangent(
    xp: Any, op: Any, input: Any, weight: Any, tangents: Any, options: Any, out: Any
) -> Any:
    """Return the tangent of a convolution with a bias."""
    input_dot, weight_dot, bias_dot = tangents
    total = None
    if input_dot is not None:
        total = op.on(xp, input_dot, weight, *options)
    if weight_dot is not None:
        part = op.on(xp, input, weight_dot, *options)
        total = part if total is None else total + part
    if bias_dot is not None:
        part = xp.broadcast_to(_as_channel(xp, bias_dot, out.ndim), tuple(out.shape))
        total = part if total is None else total + part
    return total


#: With a bias for each output channel, added without a copy.
convolution_bias = linear(
    "convolution_bias",
    lambda xp, input, weight, bias, *geometry: _plus(xp, xp.conv(input, weight, *geometry), bias),
    _GEOMETRY,
    node_name="ConvolutionBackward0",
    conjugate=True,
    jvp=lambda xp, input, weight, input_dot, weight_dot, bias_dot, out, stride, padding, dilation, groups: (  # noqa: E501
        _tangent(
            xp,
            convolution,
            input,
            weight,
            (input_dot, weight_dot, bias_dot),
            (stride, padding, dilation, groups),
            out,
        )
    ),
    input=lambda xp, g, weight, input_shape, stride, padding, dilation, groups: _input_gradient(
        xp, g, weight, input_shape, stride, padding, dilation, groups
    ),
    weight=lambda xp, g, input, weight_shape, stride, padding, dilation, groups: _weight_gradient(
        xp, input, g, weight_shape, stride, padding, dilation, groups
    ),
    bias=lambda xp, g: _bias_gradient(xp, g),
)
convolution_transposed_bias = linear(
    "convolution_transposed_bias",
    lambda xp, input, weight, bias, size, *geometry: _plus(
        xp, xp.conv_transposed(input, weight, size, *geometry), bias
    ),
    ["size", *_GEOMETRY],
    node_name="ConvolutionBackward0",
    conjugate=True,
    jvp=lambda xp, input, weight, input_dot, weight_dot, bias_dot, out, size, stride, padding, dilation, groups: (  # noqa: E501
        _tangent(
            xp,
            convolution_transposed,
            input,
            weight,
            (input_dot, weight_dot, bias_dot),
            (size, stride, padding, dilation, groups),
            out,
        )
    ),
    input=lambda xp, g, weight, input_shape, stride, padding, dilation, groups: _output_gradient(
        xp, g, weight, input_shape, stride, padding, dilation, groups
    ),
    weight=lambda xp, g, input, weight_shape, stride, padding, dilation, groups: _weight_gradient(
        xp, g, input, weight_shape, stride, padding, dilation, groups
    ),
    bias=lambda xp, g: _bias_gradient(xp, g),
)
