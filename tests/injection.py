"""Hands hostile text to all that takes text, and prints where Python ran or imported any of it.

Run as a program, since an audit hook stays for the rest of a process.
"""

from __future__ import annotations

import io
import json
import os
import struct
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

MARK = "zqx_mark"
TEXTS = (
    MARK,
    f"{MARK}.system",
    f"os:{MARK}",
    f"__import__('{MARK}')",
    f"x);{MARK}=(1",
    f"numpy\n{MARK}",
    f"float32; import {MARK}",
    f"cuda:{MARK}",
    f"ij,{MARK}()->ij",
    "{" + MARK + ".__class__}",
    f"%({MARK})s",
    f"../{MARK}/../../etc",
    f"{MARK}\0",
)
#: What takes any text, since it only shows it or looks it up later.
HARMLESS = ("operation", "names of a graph", "device")
found: list[str] = []


def watch(event: str, arguments: tuple[Any, ...]) -> None:
    """Remember what is compiled, imported, executed or started with the mark in it."""
    if event in ("compile", "import", "os.system", "subprocess.Popen", "ctypes.dlopen"):
        if MARK in repr(arguments):
            found.append(f"{event}: {arguments!r:.300}")
    elif event == "exec":
        code = arguments[0]
        if any(MARK in repr(part) for part in (code.co_names, code.co_consts, code.co_varnames)):
            found.append(f"exec: {code!r}")


def entrances(text: str) -> dict[str, Any]:
    """Return by name what takes text from a user, from the environment or from a file."""
    import tensorflowlite_grad as tg

    F = tg.nn.functional
    x = tg.ones(2, 2, requires_grad=True)
    batch = tg.ones(1, 1, 4, 4)
    return {
        "set_default_backend": lambda: tg.set_default_backend(text),
        "use_backend": lambda: tg.use_backend(text).__enter__(),
        "set_default_device": lambda: tg.set_default_device(text),
        "device": lambda: tg.device(text),
        "device of a tensor": lambda: tg.ones(1, device=text),
        "to": lambda: x.to(text),
        "dtype": lambda: tg.ones(1, dtype=text),
        "type": lambda: x.type(text),
        "set_default_dtype": lambda: tg.set_default_dtype(text),
        "Generator": lambda: tg.Generator(device=text),
        "einsum": lambda: tg.einsum(text, x, x),
        "rounding_mode": lambda: tg.div(x, x, rounding_mode=text),
        "quantile": lambda: tg.quantile(x, 0.5, interpolation=text),
        "norm": lambda: tg.fft.fft(x, norm=text),
        "ord": lambda: tg.linalg.norm(x, text),
        "indexing": lambda: tg.meshgrid(tg.ones(2), tg.ones(2), indexing=text),
        "reduce": lambda: x.scatter_reduce(0, tg.zeros(2, 2, dtype=tg.int64), x, text),
        "reduction": lambda: F.mse_loss(x, x, reduction=text),
        "pad": lambda: F.pad(batch, (1, 1), mode=text),
        "interpolate": lambda: F.interpolate(batch, scale_factor=2, mode=text),
        "gelu": lambda: F.gelu(x, approximate=text),
        "padding": lambda: F.conv2d(batch, batch, padding=text),
        "sort_by": lambda: _profiled(tg, x).table(sort_by=text),
        "strategy": lambda: tg.autograd.functional.jacobian(tg.exp, x, strategy=text),
        "mode": lambda: tg.autograd.graph.register_multi_grad_hook([x], print, mode=text),
        "operation": lambda: tg.autograd.operation(lambda a: a + 0, vjp={}, name=text)(x),
        "attribute": lambda: getattr(tg, text),
        "saved attribute": lambda: getattr(x.exp().grad_fn, f"_saved_{text}"),
        "names of a graph": lambda: str(tg.graph(x.exp(), names={text: x})),
        "state_dict": lambda: tg.optim.SGD([x], lr=0.1).load_state_dict({text: text}),
        "format": lambda: format(x.sum(), text),
        "safetensors": lambda: tg.load(_safetensors(text)),
        "structure": lambda: tg.load(_structure(tg, text)),
        "npz": lambda: tg.load(_npz(text)),
        "npy": lambda: tg.load(_npz("x", f"{{'descr': '{text}', 'shape': (1,)}}")),
    }


def _profiled(tg: Any, x: Any) -> Any:
    with tg.autograd.profiler.profile() as profile:
        x.exp()
    return profile


def _written(content: bytes, suffix: str) -> Path:
    path = Path(tempfile.mkdtemp()) / f"file{suffix}"
    path.write_bytes(content)
    return path


def _safetensors(text: str) -> Path:
    header = json.dumps({text: {"dtype": text, "shape": [1], "data_offsets": [0, 4]}}).encode()
    return _written(struct.pack("<Q", len(header)) + header + bytes(4), ".safetensors")


def _structure(tg: Any, text: str) -> Path:
    """Return a file of ours in whose header every value that is text has been replaced."""
    path = _written(b"", ".safetensors")
    tg.save({"a": tg.ones(1), "b": [tg.float64, 1.5, "c"]}, path)
    content = path.read_bytes()
    (size,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + size])
    header["__metadata__"] = {
        key: value.replace("float64", json.dumps(text)[1:-1]).replace("dtype", "class")
        for key, value in header["__metadata__"].items()
    }
    changed = json.dumps(header).encode()
    return _written(struct.pack("<Q", len(changed)) + changed + content[8 + size :], ".safetensors")


def _npz(text: str, array_header: str | None = None) -> Path:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        header = (array_header or f"{text}\n").encode()
        content = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + bytes(4)
        archive.writestr(f"{text}.npy".replace("\0", "_"), content)
    return _written(held.getvalue(), ".npz")


def main() -> None:
    """Print what was found; and the number of entrances, to show that they were tried."""
    sys.addaudithook(watch)
    compile(MARK, "<proof that the hook sees it>", "eval")
    assert len(found) == 1
    found.clear()
    import tensorflowlite_grad as tg

    tried = 0
    for text in TEXTS:
        if "\0" not in text:
            os.environ["TENSORFLOWLITE_GRAD_BACKEND"] = text
            try:
                tg.ones(1)
            except tg.BackendError:
                tried += 1
        os.environ["TENSORFLOWLITE_GRAD_BACKEND"] = ""
        for name, enter in entrances(text).items():
            try:
                enter()
            except (NameError, SyntaxError) as error:
                found.append(f"{name}: {error!r}")  # it was taken for code
            except Exception:
                tried += 1
            else:
                if name not in HARMLESS:
                    found.append(f"{name} accepted {text!r}")
                tried += 1
    print(*found, f"{tried} tried", sep="\n")


if __name__ == "__main__":
    main()
