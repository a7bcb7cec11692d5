"""The functions that users call, in PyTorch's spelling, a file for each chapter."""
