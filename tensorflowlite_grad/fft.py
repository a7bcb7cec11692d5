"""Discrete Fourier transforms, in PyTorch's spelling."""

__all__: list[str] = []
