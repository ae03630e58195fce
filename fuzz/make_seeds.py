"""Draws the pictures of seeds/ that tests/data/pictures does not hold, and writes its pickles. Run here with Pillow 9 or later and numpy:
    python3 make_seeds.py
"""
import io
import os
import struct
import zipfile

import numpy as np
from PIL import Image

W, H = 24, 18
y, x = np.mgrid[0:H, 0:W]
rgb = np.stack([x * 10, y * 14, 255 - x * 10], -1).astype(np.uint8)
picture = Image.fromarray(rgb)


def jpeg(**options):
    file = io.BytesIO()
    picture.save(file, "jpeg", quality=80, **options)
    return file.getvalue()


def keep(name, content):
    with open("seeds/" + name, "wb") as file:
        file.write(content)


def tiff(order, tags, pixels):
    """A TIFF of one directory; tags: (number, type, values), type 3 is 16 bits, 4 is 32 bits, 1 is bytes."""
    pack = lambda kind, values: struct.pack(order + str(len(values)) + {1: "B", 3: "H", 4: "I"}[kind], *values)
    directory_at, after = 8 + len(pixels), b""
    entries = b""
    extra_at = directory_at + 2 + 12 * len(tags) + 4
    for number, kind, values in sorted(tags):
        value = pack(kind, values)
        if len(value) > 4:
            entries += struct.pack(order + "HHII", number, kind, len(values), extra_at + len(after))
            after += value + b"\0" * (len(value) % 2)
        else:
            entries += struct.pack(order + "HHI", number, kind, len(values)) + value.ljust(4, b"\0")
    start = b"II*\0" if order == "<" else b"MM\0*"
    head = start + struct.pack(order + "I", directory_at)
    return head + pixels + struct.pack(order + "H", len(tags)) + entries + bytes(4) + after


for name, order in [("little", "<"), ("big", ">")]:
    colours = [(i * 37 * (c + 1)) % 65536 for c in range(3) for i in range(256)]
    indices = ((x * 7 + y * 11) % 256).astype(np.uint8).tobytes()
    tags = [(256, 4, [W]), (257, 4, [H]), (258, 3, [8]), (259, 3, [1]), (262, 3, [3]), (273, 4, [8]), (274, 3, [6]), (277, 3, [1]), (278, 4, [H]),
            (279, 4, [len(indices)]), (320, 3, colours)]
    keep(f"frame_decode/palette_{name}.tif", tiff(order, tags, indices))
    planes = rgb.transpose(2, 0, 1).tobytes()
    strips = [8 + i * W * H for i in range(3)]
    tags = [(256, 4, [W]), (257, 4, [H]), (258, 3, [8] * 3), (259, 3, [1]), (262, 3, [2]), (273, 4, strips), (277, 3, [3]), (278, 4, [H]),
            (279, 4, [W * H] * 3), (284, 3, [2])]
    keep(f"frame_decode/planar_{name}.tif", tiff(order, tags, planes))
tile = np.zeros((32, 32, 3), np.uint8)
tile[:H, :W] = rgb
tiles = tile.reshape(2, 16, 2, 16, 3).transpose(0, 2, 1, 3, 4).tobytes()
places = [8 + i * 768 for i in range(4)]
tags = [(256, 4, [W]), (257, 4, [H]), (258, 3, [8] * 3), (259, 3, [1]), (262, 3, [2]), (277, 3, [3]), (322, 4, [16]), (323, 4, [16]),
        (324, 4, places), (325, 4, [768] * 4)]
keep("frame_decode/tiled.tif", tiff("<", tags, tiles))
wide = rgb.astype(np.uint16) * 257
tags = [(256, 4, [W]), (257, 4, [H]), (258, 3, [16] * 3), (259, 3, [1]), (262, 3, [2]), (273, 4, [8]), (277, 3, [3]), (278, 4, [H]),
        (279, 4, [wide.nbytes])]
keep("frame_decode/rgb16.tif", tiff("<", tags, wide.astype("<u2").tobytes()))
for name, compression in [("packbits", "packbits"), ("jpeg", "jpeg"), ("group4", "group4")]:
    file = io.BytesIO()
    source = picture.convert("1") if name == "group4" else picture
    source.save(file, "tiff", compression=compression)
    keep(f"frame_decode/{name}.tif", file.getvalue())

exif = Image.Exif()
exif[0x0112] = 6
keep("frame_decode/exif_subsampled.jpg", jpeg(subsampling=2, exif=exif))
keep("frame_decode/progressive_422.jpg", jpeg(subsampling=1, progressive=True))
restarts = jpeg(restart_marker_blocks=1)
keep("frame_decode/restarts.jpg", restarts)
png = io.BytesIO()
picture.convert("RGBA").save(png, "png", exif=exif)
keep("frame_decode/exif.png", png.getvalue())

thumbnail = Image.Exif()
thumbnail[0x010E] = "FFD8 and FFD9 in a comment: \xff\xd8\xff\xd9"
keep("mjpeg/padded.mjpeg", b"\r\n--boundary\r\n" + jpeg() + b"\xff\xff\0\0" + restarts + jpeg(progressive=True, exif=thumbnail))
keep("mjpeg/cut.mjpeg", jpeg()[:-80] + jpeg())

samples = (x + 16).astype(np.uint8).tobytes()
chroma = bytes([100, 150]) * (W * H // 8)
keep("y4m/cut.y4m", b"YUV4MPEG2 W24 H18 F30000:1001 C420mpeg2 XCOLORRANGE=FULL\n" + (b"FRAME Ip\n" + samples + chroma) * 2 + b"FRAME\n" + samples[:99])
keep("y4m/small.y4m", b"YUV4MPEG2 W3 H1 C444\nFRAME\n123456789FRAME\n123456789")

colours = [(0, 0, 0), (254, 0, 0), (0, 254, 0), (0, 0, 254), (254, 254, 0), (0, 254, 254), (254, 0, 254), (254, 254, 254), (0, 254, 102),
           (254, 102, 102), (254, 102, 204), (254, 204, 102), (0, 124, 124)]
bits = ((x * 401 + y * 57) % 4096).astype(np.uint16)
for name, image in [("bits", Image.fromarray(bits)), ("bgnn", Image.fromarray(np.array(colours, np.uint8)[(x // 4 + y // 3) % 13])),
                    ("grey", picture.convert("L"))]:
    png = io.BytesIO()
    image.save(png, "png")
    keep(f"trait_picture/{name}.png", png.getvalue())

for name, pattern, other in [("counter", "INHS_FISH_{counter:06}", "INHS_FISH_000742-2"), ("date", "{date}_{counter}", "2026-11-24_12"),
                             ("name", "{name}", "../IMG 0001"), ("both", "{name}-{counter:03}{date}", "x-0012026-11-24")]:
    keep(f"id_pattern/{name}", f"{pattern}\n{other}".encode())

# Pickles: those of the small checkpoints, and two by hand that fit the storages of the target `checkpoint`, 64 bytes under each of 0 to 3.
SMALL = "../tests/data/checkpoints"
os.makedirs("seeds/pickle", exist_ok=True)
os.makedirs("seeds/checkpoint", exist_ok=True)
for name in ("data_parallel_module", "views", "training", "protocol4", "attributes", "later"):
    with zipfile.ZipFile(f"{SMALL}/{name}.pth") as archive:
        member = next(m for m in archive.namelist() if m.endswith("/data.pkl"))
        keep(f"pickle/{name}", archive.read(member))

text = lambda value: b"X" + struct.pack("<I", len(value)) + value.encode()
number = lambda value: b"K" + bytes([value])
group = lambda *parts: b"(" + b"".join(parts) + b"t"
name = lambda module, which: f"c{module}\n{which}\n".encode()
call = lambda module, which, *parts: name(module, which) + group(*parts) + b"R"
entries = lambda pairs: b"(" + b"".join(text(key) + value for key, value in pairs.items()) + b"u"
ordered = lambda pairs: call("collections", "OrderedDict") + entries(pairs)


def tensor(kind, key, count, offset, shape, strides):
    storage = group(text("storage"), name("torch", kind), text(key), text("cpu"), number(count)) + b"Q"
    return call(
        "torch._utils", "_rebuild_tensor_v2", storage, number(offset), group(*map(number, shape)), group(*map(number, strides)), b"\x89", ordered({})
    )


def module(parameters, children):
    state = b"}" + entries({"_parameters": ordered(parameters), "_buffers": ordered({}), "_modules": ordered(children)})
    return name("net", "Net") + b")\x81" + state + b"b"


tensors = {
    "module.a": tensor("FloatStorage", "0", 16, 0, [4, 4], [4, 1]),
    "module.b": tensor("HalfStorage", "1", 32, 2, [3, 5], [1, 3]),
    "module.c": tensor("LongStorage", "2", 8, 7, [], []),
    "module.d": tensor("BoolStorage", "3", 64, 9, [2, 3], [0, 1]),
    "module.e": tensor("FloatStorage", "0", 16, 15, [1], [1]),
}
keep("checkpoint/state_dict", b"P=\x80\x02" + b"}" + entries({"epoch": number(3), "state_dict": ordered(tensors)}) + b".")
parameter = call("torch._utils", "_rebuild_parameter", tensors["module.b"], b"\x88", ordered({}))
inner = module({"weight": parameter, "bias": b"N"}, {})
keep("checkpoint/module", b"P=\x80\x02" + module({"scale": tensors["module.c"]}, {"first": inner + b"q\x00", "second": b"h\x00"}) + b".")
