"""One canonical spelling of the desk's state, and back: JSON without spaces, dictionaries in order of keys.

A dataclass becomes the list of its fields; where a field may have one of several classes, its name stands
before them. Equal states have equal spellings. Reading checks every type, so that damage is noticed at once.
"""

import json
from dataclasses import fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from matching.desk_state import DeskState


def write(state: DeskState) -> bytes:
    """The state, spelt."""
    return json.dumps(_spelt(state, DeskState), separators=(",", ":"), ensure_ascii=True).encode()


def read(spelling: bytes) -> DeskState:
    """The state of a spelling. Raises ValueError unless it is exactly what ``write`` would have written."""
    try:
        state: DeskState = _read(json.loads(spelling), DeskState)
    except (TypeError, KeyError, RecursionError) as error:
        raise _damaged(error) from error
    if write(state) != spelling:
        raise _damaged("it is not canonical")
    return state


def _damaged(why: object) -> ValueError:
    return ValueError(f"the snapshot of the desk is damaged: {why}")


@cache
def _fields(kind: type) -> tuple[tuple[str, Any], ...]:
    hints = get_type_hints(kind)
    return tuple((field.name, hints[field.name]) for field in fields(kind))


def _spelt(value: Any, kind: Any) -> Any:
    origin = get_origin(kind)
    if origin is UnionType:
        return None if value is None else [type(value).__name__, _spelt(value, type(value))]
    if origin is list:
        return [_spelt(each, get_args(kind)[0]) for each in value]
    if origin is tuple:
        return [_spelt(each, of) for each, of in zip(value, get_args(kind), strict=True)]
    if origin is dict:
        key_kind, value_kind = get_args(kind)
        return [[_spelt(key, key_kind), _spelt(value[key], value_kind)] for key in sorted(value)]
    if is_dataclass(kind):
        return [_spelt(getattr(value, name), of) for name, of in _fields(kind)]  # type: ignore[arg-type]
    return kind(value)


def _read(spelling: Any, kind: Any) -> Any:
    origin = get_origin(kind)
    if origin is UnionType:
        return _read_one_of(spelling, get_args(kind))
    if origin is None and not is_dataclass(kind):
        _require(spelling, kind)
        return spelling
    _require(spelling, list)
    if origin is list:
        return [_read(each, get_args(kind)[0]) for each in spelling]
    if origin is tuple:
        return tuple(_read(each, of) for each, of in zip(spelling, get_args(kind), strict=True))
    if origin is dict:
        key_kind, value_kind = get_args(kind)
        return {_read(key, key_kind): _read(value, value_kind) for key, value in spelling}
    values = (_read(each, of) for each, (_, of) in zip(spelling, _fields(kind), strict=True))
    return kind(*values)


def _read_one_of(spelling: Any, kinds: tuple[Any, ...]) -> Any:
    if spelling is None and NoneType in kinds:
        return None
    name, inner = spelling
    return _read(inner, {each.__name__: each for each in kinds}[name])


def _require(spelling: Any, kind: type) -> None:
    if type(spelling) is not kind:
        raise _damaged(f"{type(spelling).__name__} instead of {kind.__name__}")
