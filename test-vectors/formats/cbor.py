"""Deterministic CBOR (RFC 8949 section 4.2.1), and nothing else: a second reader and writer.

Only what the formats use: integers, byte and text strings, arrays, maps, tags, null.
"""

from dataclasses import dataclass


class CborError(Exception):
    """Not deterministic CBOR of these types."""


@dataclass(frozen=True)
class Tag:
    number: int
    value: object


def loads(data):
    """The one item that `data` is."""
    value, rest = first(data)
    if rest:
        raise CborError(f"{len(rest)} bytes after the end")
    return value


def sequence(data):
    """The items of a CBOR sequence, each with its bytes."""
    while data:
        value, rest = first(data)
        yield value, data[: len(data) - len(rest)]
        data = rest


def first(data):
    """The first item, and the bytes behind it."""
    value, rest = _read(data)
    if dumps(value) != data[: len(data) - len(rest)]:
        raise CborError("not in deterministic encoding")
    return value, rest


def _read(data):
    if not data:
        raise CborError("ends too early")
    major, low, rest = data[0] >> 5, data[0] & 31, data[1:]
    if data[0] == 0xF6:
        return None, rest
    if major == 7 or low > 27:
        raise CborError(f"byte {data[0]:02x} begins no item of the formats")
    width = {24: 1, 25: 2, 26: 4, 27: 8}.get(low, 0)
    number, rest = (int.from_bytes(rest[:width], "big") if width else low), rest[width:]
    if major in (0, 1):
        return (number if major == 0 else -1 - number), rest
    if major in (2, 3):
        if len(rest) < number:
            raise CborError("ends too early")
        text, rest = rest[:number], rest[number:]
        return (text if major == 2 else _text(text)), rest
    if major == 6:
        value, rest = _read(rest)
        return Tag(number, value), rest
    items = []
    for _ in range(number * (2 if major == 5 else 1)):
        value, rest = _read(rest)
        items.append(value)
    if major == 4:
        return items, rest
    keys = items[::2]
    if not all(type(key) is int for key in keys) or len(set(keys)) != len(keys):
        raise CborError("keys are numbers, each once")
    return dict(zip(keys, items[1::2])), rest


def _text(data):
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise CborError("not UTF-8") from error


def dumps(value):
    """The deterministic encoding."""
    if value is None:
        return b"\xf6"
    if isinstance(value, int):
        return _head(0, value) if value >= 0 else _head(1, -1 - value)
    if isinstance(value, bytes):
        return _head(2, len(value)) + value
    if isinstance(value, str):
        data = value.encode("utf-8")
        return _head(3, len(data)) + data
    if isinstance(value, list):
        return _head(4, len(value)) + b"".join(map(dumps, value))
    if isinstance(value, dict):
        pairs = sorted((dumps(key), dumps(item)) for key, item in value.items())
        return _head(5, len(pairs)) + b"".join(key + item for key, item in pairs)
    if isinstance(value, Tag):
        return _head(6, value.number) + dumps(value.value)
    raise CborError(f"{type(value)} is not in the formats")


def _head(major, number):
    if number < 24:
        return bytes([major << 5 | number])
    for low, width in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if number < 1 << 8 * width:
            return bytes([major << 5 | low]) + number.to_bytes(width, "big")
    raise CborError("number too large")
