"""Linear algebra, in PyTorch's spelling: what `tensorflowlite_grad.linalg` offers."""
