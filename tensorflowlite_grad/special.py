"""Special functions, in PyTorch's spelling."""

__all__: list[str] = []
