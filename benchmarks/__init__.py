"""Speed, memory and size of the package, measured beside its peers.

Run ``python -m benchmarks`` in the repository root; ``README.md`` says how to read it.
"""
