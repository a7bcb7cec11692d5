"""Reductions that leave out masked elements, in the spelling of `torch.masked`."""

__all__: list[str] = []
