"""Padding with a constant."""

from __future__ import annotations

from .declare import general

__all__: list[str] = []

#: `before` and `after` hold a number for every axis; negative ones cut off.
constant_pad = general(
    "constant_pad",
    lambda xp, input, before, after, value: xp.constant_pad(input, before, after, value),
    ["before", "after", "value"],
    node_name="ConstantPadNdBackward0",
    jvp=lambda xp, input_dot, before, after: xp.constant_pad(input_dot, before, after, 0),
    input=lambda xp, g, before, after: xp.constant_pad(
        g, tuple(-n for n in before), tuple(-n for n in after), 0
    ),
)
