"""pycocotools reads the COCO export: read_coco.py COCO.JSON RECORD_FOLDER [RECORD_FOLDER...]. The masks are those of <id>_traits.png."""
import json
import os
import sys

import numpy as np
from bits import crop_origin, read_bits
from pycocotools.coco import COCO

coco = COCO(sys.argv[1])
folders = {os.path.basename(folder): folder for folder in sys.argv[2:]}
assert len(coco.getImgIds()) == len(folders)
fish_category = coco.loadCats(coco.getCatIds(catNms=["fish"]))[0]
assert len(fish_category["keypoints"]) == 18
masks = fish = 0
for image in coco.loadImgs(coco.getImgIds()):
    record = image["record"]
    annotations = coco.loadAnns(coco.getAnnIds(imgIds=[image["id"]]))
    folder = folders[record]
    bits = read_bits(os.path.join(folder, record + "_traits.png"))
    left, top = crop_origin(folder)
    for annotation in annotations:
        if annotation["category_id"] == fish_category["id"]:
            fish += 1
            points = np.array(annotation["keypoints"], float).reshape(18, 3)
            assert (points[:, 2] > 0).sum() == annotation["num_keypoints"]
            path = os.path.join(folder, record + "_measurements.json")
            if not os.path.exists(path):
                assert annotation["num_keypoints"] == 0
                continue
            own = json.load(open(path))["measurements"]
            for number, point in own["landmarks"].items():
                assert tuple(points[int(number) - 1]) == (point["x"] + left, point["y"] + top, 2), number
            for key, value in own["values"].items():
                assert annotation["measurements"][key] == value.get("specimen", value["picture"]), key
        else:
            masks += 1
            mask = coco.annToMask(annotation)
            assert mask.shape == (image["height"], image["width"])
            expected = np.zeros_like(mask)
            part = bits >> (annotation["category_id"] - 1) & 1
            expected[top : top + part.shape[0], left : left + part.shape[1]] = part
            assert (mask == expected).all(), annotation["id"]
            assert mask.sum() == annotation["area"]
assert fish == len(folders) and masks > 0
print(f"{len(folders)} pictures, {masks} masks")
