"""Showing what was measured: a table to read, and JSON to keep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.model import Line, Target
from benchmarks.peers import SPECS, SUBJECT

_REFERENCE = "torch"
# The package means to be ahead of these on every line.
_TO_BEAT = ("autograd", "mygrad")
# Closer than this, no run tells who is ahead.
_LEVEL = 0.02
_SCALES = {
    "s": ((1.0, "s"), (1e-3, "ms"), (1e-6, "us"), (1e-9, "ns")),
    "B": ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1.0, "B")),
    "x": ((1.0, "x"),),
}


def quantity(value: float, unit: str) -> str:
    """Return a value in the multiple of its unit that reads best."""
    scales = _SCALES[unit]
    factor, name = next((scale for scale in scales if value >= scale[0]), scales[-1])
    scaled = value / factor
    return f"{scaled:.0f} {name}" if scaled >= 999.5 else f"{scaled:.3g} {name}"


def verdicts(line: Line) -> list[dict[str, Any]]:
    """Return what the line says about the package's targets."""
    found = []
    ahead = [Target(1.0, name) for name in _TO_BEAT]
    for target in [*line.targets, *ahead]:
        if target.against is None:
            sample = line.samples.get(SUBJECT)
            value = None if sample is None else sample.median
        else:
            value = line.ratio(SUBJECT, target.against)
        if value is not None:
            found.append(
                {
                    "against": target.against,
                    "limit": target.limit,
                    "value": value,
                    "met": value <= target.limit,
                    "level": target in ahead and abs(value - 1) <= _LEVEL,
                }
            )
    return found


def table(line: Line) -> str:
    """Return a line's table."""
    rows = [("peer", "median", "least", f"x {SPECS[_REFERENCE].title}", "")]
    for name, sample in line.samples.items():
        ratio = line.ratio(name, _REFERENCE)
        rows.append(
            (
                SPECS[name].title,
                quantity(sample.median, line.unit),
                quantity(sample.best, line.unit),
                "" if ratio is None else f"{ratio:.2f}",
                sample.note,
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    text = [f"{line.name}: {line.title}"]
    for name, *cells, note in rows:
        numbers = "  ".join(
            cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True)
        )
        text.append(f"  {name.ljust(widths[0])}  {numbers}  {note}".rstrip())
    text.extend(f"  target: {_sentence(verdict, line.unit)}" for verdict in verdicts(line))
    text.extend(f"  skipped: {SPECS[name].title}: {why}" for name, why in line.skipped.items())
    text.extend(f"  FAILED: {SPECS[name].title}: {why}" for name, why in line.failed.items())
    return "\n".join(text)


def summary(lines: Sequence[Line]) -> str:
    """Return the targets of all lines in one short table."""
    rows = [
        (line.name, _sentence(verdict, line.unit)) for line in lines for verdict in verdicts(line)
    ]
    if not rows:
        return "No target can be judged: the package or the peers it is compared with are missing."
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name.ljust(width)}  {sentence}" for name, sentence in rows)


def header(environment: Mapping[str, Any]) -> str:
    """Return the description of the machine and of the software."""
    width = max(map(len, environment))
    text = []
    for key, value in environment.items():
        if isinstance(value, Mapping):
            value = ", ".join(f"{name} {version}" for name, version in value.items())
        text.append(f"{key.ljust(width)}  {value}")
    return "\n".join(text)


def as_json(environment: Mapping[str, Any], quick: bool, lines: Sequence[Line]) -> dict[str, Any]:
    """Return everything measured in the types of JSON."""
    return {
        "environment": dict(environment),
        "quick": quick,
        "lines": [
            {
                "name": line.name,
                "title": line.title,
                "unit": line.unit,
                "peers": {
                    name: {
                        "median": sample.median,
                        "least": sample.best,
                        "rounds": list(sample.values),
                        "ratio to torch": line.ratio(name, _REFERENCE),
                        "note": sample.note,
                    }
                    for name, sample in line.samples.items()
                },
                "targets": verdicts(line),
                "skipped": line.skipped,
                "failed": line.failed,
            }
            for line in lines
        ],
    }


def _sentence(verdict: Mapping[str, Any], unit: str) -> str:
    if verdict["against"] is None:
        value, limit = quantity(verdict["value"], unit), quantity(verdict["limit"], unit)
    else:
        value = f"{verdict['value']:.2f}"
        limit = f"{verdict['limit']:.2f} x {SPECS[verdict['against']].title}"
    judgement, sign = ("met   ", "<=") if verdict["met"] else ("MISSED", "> ")
    if verdict["level"]:
        judgement, sign = "level ", "~ "
    return f"{judgement}  {value} {sign} {limit}"
