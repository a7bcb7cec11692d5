"""What the examples share: the command line, the progress bar and the figure."""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import tensorflowlite_grad as tg

if TYPE_CHECKING:
    from matplotlib.figure import Figure

T = TypeVar("T")


def make_parser(description: str | None, *, plot: bool = False) -> argparse.ArgumentParser:
    """Return a parser with ``--backend`` and, where there is something to draw, ``--plot``."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--backend",
        metavar="NAME",
        help="backend that computes (default: the one TENSORFLOWLITE_GRAD_BACKEND names, or numpy)",
    )
    if plot:
        parser.add_argument(
            "--plot", metavar="FILE", type=Path, help="draw the result into FILE (png, svg, pdf)"
        )
    return parser


def parse(parser: argparse.ArgumentParser, argv: Sequence[str] | None) -> argparse.Namespace:
    """Parse `argv`, choose the backend, and refuse now what would only fail at the end."""
    args = parser.parse_args(argv)
    try:
        if args.backend is None:
            tg.get_default_backend()  # has the environment's choice fail here, if it must
        else:
            tg.set_default_backend(args.backend)
    except RuntimeError as error:
        parser.error(str(error))
    if getattr(args, "plot", None) is not None:
        problem = _plot_problem(args.plot)
        if problem:
            parser.error(f"--plot {args.plot}: {problem}")
    return args


def finite(text: str) -> float:
    """Read a finite number from the command line."""
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a number, got {text!r}") from None
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"must be finite, got {text!r}")
    return value


def positive(text: str) -> float:
    """Read a finite number above zero from the command line."""
    value = finite(text)
    if value <= 0:
        raise argparse.ArgumentTypeError(f"must be above 0, got {text!r}")
    return value


def count(text: str) -> int:
    """Read a whole number of at least one from the command line."""
    try:
        value = int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a whole number, got {text!r}") from None
    if value < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, got {text!r}")
    return value


def progress(iterable: Iterable[T], desc: str) -> Iterable[T]:
    """Show a bar while iterating, where tqdm is installed and stderr is a terminal."""
    try:
        from tqdm import tqdm
    except ImportError:
        return iterable
    bar: Iterable[T] = tqdm(iterable, desc=desc, disable=None)
    return bar


def new_figure() -> Figure:
    """Return an empty figure, which is drawn without a screen and leaves no global state."""
    from matplotlib.figure import Figure

    return Figure(figsize=(6.4, 4.0), layout="constrained")


def save_figure(figure: Figure, path: Path) -> None:
    """Write the figure to `path`, in the format of its suffix."""
    try:
        figure.savefig(path, format=_plot_format(path), dpi=120)
    except OSError as error:
        raise SystemExit(f"cannot write the plot to {path}: {error}") from error
    print(f"wrote {path}")


def _plot_format(path: Path) -> str:
    return path.suffix.removeprefix(".").lower() or "png"


def _plot_problem(path: Path) -> str | None:
    try:
        from matplotlib.backend_bases import FigureCanvasBase
    except ImportError:
        return 'plotting needs matplotlib: pip install "tensorflowlite-grad[plot]"'
    known = FigureCanvasBase.get_supported_filetypes()
    if _plot_format(path) not in known:
        return f"unknown format {_plot_format(path)!r}, use one of {', '.join(sorted(known))}"
    if path.is_dir():
        return "is a directory, give the name of a file"
    if not path.parent.is_dir():
        return f"there is no directory {path.parent}"
    return None
