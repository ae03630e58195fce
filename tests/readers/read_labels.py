"""Programs of others read the layout `labels`: read_labels.py EXPORTS RECORD_FOLDER [RECORD_FOLDER...]. EXPORTS has a folder for each form.

SimpleITK and nibabel read label maps, pynrrd segmentations, pycocotools COCO, Pillow pictures; CVAT's and LabelMe's files are read by their definitions. The
masks are those of <id>_traits.png.
"""
import base64
import io
import json
import os
import sys
import xml.etree.ElementTree as ET

import nibabel
import nrrd
import numpy as np
import SimpleITK as sitk
from bits import read_bits
from PIL import Image
from pycocotools.coco import COCO

exports = sys.argv[1]
folders = {os.path.basename(folder): folder for folder in sys.argv[2:]}
masks = {name: read_bits(os.path.join(folder, name + "_traits.png")) for name, folder in folders.items()}
path = lambda form, name: os.path.join(exports, form, name)
visible = lambda bits: np.where(bits > 0, np.floor(np.log2(np.maximum(bits, 1))) + 1, 0).astype(int)


def geometry_of_picture(name, image):
    """As ITK, and so 3D Slicer, opens the picture: one slice on it."""
    picture = sitk.ReadImage(path("nifti", name + "_cropped.jpg"))
    assert image.GetSize()[:2] == picture.GetSize() and image.GetSize()[2] == 1
    assert image.GetOrigin() == (0, 0, 0) and image.GetSpacing()[:2] == picture.GetSpacing() == (1, 1)
    assert np.allclose(image.GetDirection(), np.eye(3).ravel())


for name, bits in masks.items():
    ids = visible(bits)
    for form, ending in [("nrrd", "_labels.nrrd"), ("nifti", "_labels.nii.gz")]:
        image = sitk.ReadImage(path(form, name + ending))
        geometry_of_picture(name, image)
        assert (sitk.GetArrayFromImage(image)[0] == ids).all(), (form, name)
    nifti = nibabel.load(path("nifti", name + "_labels.nii.gz"))
    assert (np.asarray(nifti.dataobj)[..., 0].T == ids).all()
    assert nibabel.aff2axcodes(nifti.affine) == ("L", "P", "S") and np.allclose(nifti.get_qform(), nifti.get_sform())
    for form in ("indexed", "grey"):
        picture = Image.open(path(form, name + "_labels.png"))
        assert picture.mode == {"indexed": "P", "grey": "L"}[form]
        assert (np.asarray(picture) == ids).all(), (form, name)
    colours = np.asarray(Image.open(path("indexed", name + "_labels.png")).convert("RGB"))
    assert (colours == np.asarray(Image.open(path("colours", name + "_segmented.png")))).all()

    data, header = nrrd.read(path("seg-nrrd", name + "_labels.seg.nrrd"))
    data = data if data.ndim == 4 else data[np.newaxis]
    found = np.zeros_like(bits)
    number = 0
    while f"Segment{number}_ID" in header:
        value, layer = int(header[f"Segment{number}_LabelValue"]), int(header[f"Segment{number}_Layer"])
        found[(data[layer, :, :, 0] == value).T] |= 1 << (value - 1)
        number += 1
    assert (found == bits).all() and np.allclose(header["space origin"], 0)
    assert f";0;{bits.shape[1] - 1};0;{bits.shape[0] - 1};0;0;|" in header["Segmentation_ConversionParameters"]

    label = json.load(open(path("labelme", name + "_cropped.json")))
    assert (label["imageHeight"], label["imageWidth"]) == bits.shape
    assert os.path.exists(path("labelme", label["imagePath"])) and all(len(s["points"]) >= 3 for s in label["shapes"])
    found = np.zeros_like(bits)
    names = [c["name"] for c in json.load(open(path("coco", "annotations.json")))["categories"]]
    for shape in json.load(open(path("labelme-masks", name + "_cropped.json")))["shapes"]:
        part = np.asarray(Image.open(io.BytesIO(base64.b64decode(shape["mask"])))) > 0
        (left, top), (right, bottom) = shape["points"]
        found[top : bottom + 1, left : right + 1] |= part.astype(np.uint16) << names.index(shape["label"])
    assert (found == bits).all()

for form in ("coco", "coco-polygons"):
    coco = COCO(path(form, "annotations.json"))
    assert len(coco.getImgIds()) == len(masks)
    for image in coco.loadImgs(coco.getImgIds()):
        found = np.zeros((image["height"], image["width"]), np.uint16)
        for annotation in coco.loadAnns(coco.getAnnIds(imgIds=[image["id"]])):
            mask = coco.annToMask(annotation)
            found |= mask.astype(np.uint16) << (annotation["category_id"] - 1)
            assert mask.sum() == annotation["area"]
        assert (found == masks[image["file_name"].replace("_cropped.jpg", "")]).all(), form

root = ET.parse(path("cvat", "annotations.xml")).getroot()
assert root.tag == "annotations" and root.findtext("version") == "1.1"
names = [label.findtext("name") for label in root.iter("label")]
assert len(names) == 12
for image in root.iter("image"):
    bits = masks[image.get("name").replace("_cropped.jpg", "")]
    assert (int(image.get("height")), int(image.get("width"))) == bits.shape
    found = np.zeros_like(bits)
    for mask in image.iter("mask"):
        left, top, width, height = (int(mask.get(key)) for key in ("left", "top", "width", "height"))
        counts = [int(count) for count in mask.get("rle").split(",")]
        pixels = np.repeat(np.arange(len(counts)) % 2, counts).reshape(height, width)
        found[top : top + height, left : left + width] |= pixels.astype(np.uint16) << names.index(mask.get("label"))
    assert (found == bits).all()
print(f"{len(masks)} labels in 11 forms")
