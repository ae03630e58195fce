"""The label tools' own code reads the layout `labels`: read_in_tools.py EXPORTS RECORD_FOLDER [RECORD_FOLDER...], as read_labels.py.

LabelMe's LabelFile opens its files as its window does; Datumaro, by which CVAT imports and exports, reads those of CVAT and COCO. The masks are those of
<id>_traits.png. Needs requirements-tools.txt, which is a gigabyte, so `make test` does without it.
"""
import os
import sys
import tempfile

import datumaro
import numpy as np
from bits import read_bits
from labelme import utils
from labelme._label_file import LabelFile
from pycocotools import mask as rle

exports = sys.argv[1]
folders = {os.path.basename(folder): folder for folder in sys.argv[2:]}
masks = {name: read_bits(os.path.join(folder, name + "_traits.png")) for name, folder in folders.items()}
names = "dorsal_fin adipos_fin caudal_fin anal_fin pelvic_fin pectoral_fin head eye caudal_fin_ray alt_fin_ray alt_fin_spine trunk".split()


def grown(bits):
    """With the pixels beside them."""
    around = np.pad(bits, 1)
    height, width = bits.shape
    return np.bitwise_or.reduce([around[y : y + height, x : x + width] for y in range(3) for x in range(3)])


for form in ("labelme", "labelme-masks"):
    for name, bits in masks.items():
        label = LabelFile(os.path.join(exports, form, name + "_cropped.json"))
        picture = utils.img_data_to_arr(label.imageData)
        assert picture.shape[:2] == bits.shape, (form, name)
        found = np.zeros_like(bits)
        for shape in label.shapes:
            points = shape["points"]
            if shape["shape_type"] == "mask":
                part = np.zeros(bits.shape, bool)
                (left, top), (right, bottom) = np.asarray(points, int)
                part[top : bottom + 1, left : right + 1] = shape["mask"]
            else:
                part = utils.shape_to_mask(bits.shape, points, shape_type=shape["shape_type"])
            found |= part.astype(np.uint16) << names.index(shape["label"])
        if form == "labelme-masks":
            assert (found == bits).all(), (form, name)
        else:
            # A polygon runs along the edges of pixels, as LabelMe shows it; its converter fills the pixels that it touches as well.
            assert not (bits & ~found).any() and not (found & ~grown(bits)).any(), (form, name)

for form, kind in (("cvat", "cvat"), ("coco", "coco_instances"), ("coco-polygons", "coco_instances")):
    with tempfile.TemporaryDirectory() as folder:
        # Both layouts have a folder of pictures; COCO's has one of annotations too.
        os.makedirs(os.path.join(folder, "annotations"))
        os.symlink(os.path.join(exports, form), os.path.join(folder, "images"))
        ending, place = ("xml", "annotations.xml") if kind == "cvat" else ("json", "annotations/instances_all.json")
        os.symlink(os.path.join(exports, form, "annotations." + ending), os.path.join(folder, place))
        dataset = datumaro.Dataset.import_from(folder, kind)
        labels = [label.name for label in dataset.categories()[datumaro.AnnotationType.label]]
        assert labels == names, (form, labels)
        assert len(dataset) == len(masks), (form, len(dataset))
        for item in dataset:
            bits = masks[os.path.basename(item.id).replace("_cropped", "")]
            found = np.zeros_like(bits)
            for annotation in item.annotations:
                if annotation.type == datumaro.AnnotationType.mask:
                    part = np.asarray(annotation.image) > 0
                elif annotation.type == datumaro.AnnotationType.polygon:
                    part = rle.decode(rle.merge(rle.frPyObjects([annotation.points], *bits.shape))) > 0
                else:
                    continue  # a box
                found |= part.astype(np.uint16) << annotation.label
            assert (found == bits).all(), (form, item.id)
print(f"{len(masks)} labels in LabelMe's own reader and Datumaro's of CVAT and COCO")
