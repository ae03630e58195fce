"""The bits of <id>_traits.png and where its crop lies, by the standard library and numpy alone."""
import struct
import tomllib
import zlib

import numpy as np


def read_bits(path):
    """A 16-bit grey PNG, not interlaced."""
    data = open(path, "rb").read()
    at, pixels = 8, b""
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        chunk = data[at + 8 : at + 8 + length]
        if kind == b"IHDR":
            width, height, depth, colour, *_ = struct.unpack(">IIBBBBB", chunk)
            assert (depth, colour) == (16, 0)
        if kind == b"IDAT":
            pixels += chunk
        at += length + 12
    raw = np.frombuffer(zlib.decompress(pixels), np.uint8).reshape(height, 1 + 2 * width)
    rows = np.zeros((height, 2 * width), np.uint8)
    for y in range(height):
        above = rows[y - 1] if y else np.zeros(2 * width, np.uint8)
        for x in range(2 * width):
            left, corner = (rows[y, x - 2], above[x - 2]) if x >= 2 else (0, 0)
            rows[y, x] = (int(raw[y, 1 + x]) + predicted(raw[y, 0], int(left), int(above[x]), int(corner))) % 256
    return rows.view(">u2").astype(np.uint16)


def predicted(kind, left, above, corner):
    """The filters of the PNG specification, section 9."""
    if kind == 4:
        p = left + above - corner
        return min((abs(p - v), i, v) for i, v in enumerate((left, above, corner)))[2]
    return (0, left, above, (left + above) // 2)[kind]


def crop_origin(folder):
    """Left and top of the crop in the upright frame."""
    with open(folder + "/record.toml", "rb") as file:
        box = tomllib.load(file)["fish"]["crop_box"]
    return box["left"], box["top"]
