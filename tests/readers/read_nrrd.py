"""pynrrd reads the segmentations: read_nrrd.py EXPORT RECORD_FOLDER [RECORD_FOLDER...]. Layers and labels give back the bits of <id>_traits.png."""
import json
import os
import sys

import nrrd
import numpy as np
from bits import crop_origin, read_bits

layered = 0
for folder in sys.argv[2:]:
    record = os.path.basename(folder)
    data, header = nrrd.read(os.path.join(sys.argv[1], record + "_segmentation.seg.nrrd"))
    bits = read_bits(os.path.join(folder, record + "_traits.png"))
    height, width = bits.shape
    assert header["space"] == "left-posterior-superior" and header["encoding"] == "gzip"
    if data.ndim == 4:
        layered += 1
        assert header["kinds"] == ["list", "domain", "domain", "domain"]
        directions = header["space directions"][1:]
    else:
        data = data[np.newaxis]
        directions = header["space directions"]
    assert data.shape[1:] == (width, height, 1)
    found = np.zeros_like(bits)
    number = 0
    while f"Segment{number}_ID" in header:
        field = lambda name: header[f"Segment{number}_{name}"]
        label = int(field("LabelValue"))
        part = (data[int(field("Layer")), :, :, 0] == label).T
        rows, columns = part.nonzero()
        extent = [columns.min(), columns.max(), rows.min(), rows.max(), 0, 0]
        assert [int(n) for n in field("Extent").split()] == extent, (record, number)
        assert all(0 <= float(c) <= 1 for c in field("Color").split())
        assert field("Name")
        found[part] |= 1 << (label - 1)
        number += 1
    assert (found == bits).all() and number > 0
    scale = None
    path = os.path.join(folder, record + "_measurements.json")
    if os.path.exists(path):
        scale = json.load(open(path)).get("scale")
    mm = 10 / scale["pixels_per_cm"]["value"] if scale else 1
    assert np.allclose(directions, np.eye(3) * mm, rtol=1e-12)
    left, top = crop_origin(folder)
    assert np.allclose(header["space origin"], [left * mm, top * mm, 0], rtol=1e-12)
    assert (header["fishrig_scale"] == "none") == (scale is None)
assert layered > 0
print(f"{len(sys.argv) - 2} segmentations, {layered} in layers")
