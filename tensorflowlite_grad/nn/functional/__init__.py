"""Layers, activations and losses as functions, in PyTorch's spelling."""

__all__: list[str] = []
