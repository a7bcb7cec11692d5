"""`Generator`, and the generator of each device that draws where none is given."""

from __future__ import annotations

import os
from operator import index as as_index
from threading import RLock
from typing import TYPE_CHECKING, Any

from .. import dtypes
from ..autograd.graph import Variable
from ..backend import registry
from ..backend.place import Place, device
from ..backend.selection import default_place, resolve
from .data import frombuffer

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = [
    "Generator",
    "get_rng_state",
    "initial_seed",
    "manual_seed",
    "seed",
    "set_rng_state",
]

_seed = 0x5EED
_generators: dict[Place, Generator] = {}
#: Held while a backend's generator is made: two threads must not draw the same numbers.
_making = RLock()


class Generator:
    """A source of random numbers on one device, whose numbers its seed determines.

    Parameters
    ----------
    device : device or str, optional
        That of the default backend without it.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> g = tg.Generator().manual_seed(7)
    >>> a = tg.rand(2, generator=g)
    >>> bool((tg.rand(2, generator=g.manual_seed(7)) == a).all())
    True
    """

    __slots__ = ("_place", "_seed", "_source")

    def __init__(self, device: Any = None) -> None:
        self._place = resolve(device)
        self._seed = 0x5EED
        self._source: Any = None

    @property
    def device(self) -> device:
        """Where it draws."""
        return self._place.device

    @property
    def source(self) -> Any:
        """The backend's generator, made when first needed."""
        found = self._source
        if found is None:
            place = self._place
            with _making:
                found = self._source
                if found is None:
                    found = place.backend.random(self._seed, place.kind, place.index)
                    self._source = found
        return found

    def manual_seed(self, seed: int) -> Generator:
        """Start anew with a seed, and return the generator.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.Generator().manual_seed(7).initial_seed()
        7
        """
        self._seed = _seed_argument("manual_seed", seed)
        self._source = None
        return self

    def seed(self) -> int:
        """Start anew with an unpredictable seed, and return that.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> isinstance(tg.Generator().seed(), int)
        True
        """
        self.manual_seed(_unpredictable())
        return self._seed

    def initial_seed(self) -> int:
        """Return the seed that it was last given.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.Generator().manual_seed(7).initial_seed()
        7
        """
        return self._seed

    def get_state(self) -> Tensor:
        """Return everything that determines the numbers to come, as bytes in a tensor.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> g = tg.Generator()
        >>> state = g.get_state()
        >>> a = tg.rand(2, generator=g)
        >>> g.set_state(state)
        >>> bool((tg.rand(2, generator=g) == a).all())
        True
        """
        state = self._seed.to_bytes(8, "little") + self.source.state()
        return frombuffer(bytearray(state), dtype=dtypes.uint8)

    def set_state(self, new_state: Any) -> None:
        """Go on where a generator of the same backend was that gave this state.

        Raises
        ------
        TypeError
            If it is no tensor of bytes.
        RuntimeError
            If no such generator gave it.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> g, other = tg.Generator(), tg.Generator()
        >>> other.set_state(g.get_state())
        """
        if not isinstance(new_state, Variable):
            raise TypeError(f"expected a ByteTensor, but got {type(new_state).__name__}")
        place = new_state._place
        if place.dtype_of(new_state._array) is not dtypes.uint8:
            raise TypeError("RNG state must be a ByteTensor: a tensor of dtype uint8")
        state = place.backend.to_numpy(new_state._array).tobytes()
        source = self._place.backend.random(self._seed, self._place.kind, self._place.index)
        try:
            source.restore(state[8:])
        except ValueError as error:
            raise RuntimeError(
                f"RNG state is wrong: it is not that of a generator of backend "
                f"{self._place.backend.name!r}: {error}"
            ) from None
        self._seed, self._source = int.from_bytes(state[:8], "little"), source

    def clone_state(self) -> Generator:
        """Return another generator that will draw the same numbers.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> g = tg.Generator()
        >>> bool((tg.rand(2, generator=g.clone_state()) == tg.rand(2, generator=g)).all())
        True
        """
        out = _own(self._place)
        out.set_state(self.get_state())
        return out

    def __repr__(self) -> str:
        return f"<Generator on {self._place.device}, seed {self._seed}>"

    def __reduce__(self) -> Any:
        place = self._place
        return _restored, (place.backend.name, place.kind, place.index, self.get_state())


def _restored(backend: str, kind: str, index: int, state: Any) -> Generator:
    out = _own(registry.place(registry.get(backend), kind, index))
    out.set_state(state)
    return out


def _unpredictable() -> int:
    return int.from_bytes(os.urandom(8), "little") >> 1


def _seed_argument(name: str, seed: Any) -> int:
    try:
        if isinstance(seed, bool):
            raise TypeError
        value = as_index(seed)
    except TypeError:
        raise TypeError(
            f"{name}(): argument 'seed' must be int, not {type(seed).__name__}"
        ) from None
    if not -(2**63) <= value < 2**64:
        raise RuntimeError(f"Overflow when unpacking long long: {name}() was given {value}")
    return value % 2**64


def generator_of(place: Any, generator: Any = None) -> Any:
    """Return the backend's generator for a device: the given one's, or the device's own.

    Raises
    ------
    TypeError
        If what is given is no generator.
    RuntimeError
        If it draws on another device.
    """
    if place.level:
        return place.drawing(generator_of(place.space.base, generator))
    if generator is None:
        generator = _of_place(place)
    elif not isinstance(generator, Generator):
        raise TypeError(f"argument 'generator' must be Generator, not {type(generator).__name__}")
    elif generator._place is not place:
        raise RuntimeError(
            f"Expected a '{place.device}' device type for generator but found "
            f"'{generator.device}': backend {generator._place.backend.name} draws there, "
            f"{place.backend.name} here"
        )
    return generator.source


def place_for(device: Any, generator: Any) -> Any:
    """Return where to draw: on the device asked for, or that of a generator."""
    if device is None and isinstance(generator, Generator):
        return generator._place
    return resolve(device)


def _own(place: Any) -> Generator:
    out = Generator.__new__(Generator)
    out._place, out._seed, out._source = place, _seed, None
    return out


def _of_place(place: Any) -> Generator:
    return _generators.get(place) or _generators.setdefault(place, _own(place))


def default_generator(where: Any = None) -> Generator:
    """Return the generator that draws on a device where none is given."""
    place = default_place() if where is None else resolve(where)
    return _of_place(place)


def all_states() -> tuple[int, dict[Place, Any]]:
    """Return the seed, and the state of each device's generator that has drawn."""
    drawn = {p: g for p, g in _generators.items() if g._source is not None}
    return _seed, {p: g.get_state() for p, g in drawn.items()}


def set_all_states(states: tuple[int, dict[Place, Any]]) -> None:
    """Go back to what `all_states` returned."""
    global _seed
    _seed = states[0]
    for place, generator in list(_generators.items()):
        if place in states[1]:
            generator.set_state(states[1][place])
        else:
            generator._seed, generator._source = _seed, None


def manual_seed(seed: int) -> Generator:
    """Start the random numbers of every device anew; return the default device's generator.

    Parameters
    ----------
    seed : int
        The same seed gives the same numbers on the same backend.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> _ = tg.manual_seed(1)
    >>> a = tg.rand(2)
    >>> _ = tg.manual_seed(1)
    >>> bool((a == tg.rand(2)).all())
    True
    """
    global _seed
    _seed = _seed_argument("manual_seed", seed)
    for generator in list(_generators.values()):
        generator.manual_seed(_seed)
    return default_generator()


def seed() -> int:
    """Seed the random numbers unpredictably, and return the seed.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> isinstance(tg.seed(), int)
    True
    """
    return manual_seed(_unpredictable()).initial_seed()


def initial_seed() -> int:
    """Return the seed that random numbers were last started with.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> _ = tg.manual_seed(7)
    >>> tg.initial_seed()
    7
    """
    return default_generator().initial_seed()


def get_rng_state() -> Tensor:
    """Return the state of the generator of the default device: see `Generator.get_state`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> state = tg.get_rng_state()
    >>> a = tg.rand(2)
    >>> tg.set_rng_state(state)
    >>> bool((tg.rand(2) == a).all())
    True
    """
    return default_generator().get_state()


def set_rng_state(new_state: Any) -> None:
    """Set the state of the generator of the default device: see `get_rng_state`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.set_rng_state(tg.get_rng_state())
    """
    default_generator().set_state(new_state)
