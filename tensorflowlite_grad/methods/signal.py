"""Methods for signals: short-time Fourier transforms."""

from __future__ import annotations

from ..functions import short_time

__all__ = ["SignalMethods"]


class SignalMethods:
    """Functions of signals as methods."""

    __slots__ = ()

    stft = short_time.stft
    istft = short_time.istft
