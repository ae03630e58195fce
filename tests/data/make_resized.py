"""Makes noise.png and what Pillow's BILINEAR and NEAREST filters make of it (resized/FILTER_WIDTHxHEIGHT.png).

    python3 make_resized.py
"""
import os
import numpy as np
from PIL import Image

os.makedirs("resized", exist_ok=True)
noise = Image.fromarray(np.random.default_rng(1).integers(0, 256, (47, 61, 3), dtype=np.uint8))
noise.save("resized/noise_61x47.png")
for name, method in (("bilinear", Image.BILINEAR), ("nearest", Image.NEAREST)):
    for size in ((160, 64), (20, 9), (61, 9), (30, 47), (1, 1), (7, 90)):
        noise.resize(size, method).save(f"resized/{name}_{size[0]}x{size[1]}.png")
