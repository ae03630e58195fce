"""Makes the label files of this folder with the programs of others, and truth.json with what they say is in them.

    python3 -m venv V && V/bin/pip install numpy==2.4.6 pynrrd==1.1.3 nibabel==5.4.2 pycocotools==2.0.11 SimpleITK==2.5.7 pillow==13.0.0 labelme==6.3.1
    V/bin/python make.py

The picture is one of 40x24 pixels. Class ids are k + 1 for the trait of channel k. Truths are ids (or bits, where traits overlap) row by row.
"""
import base64
import io
import json
import tempfile

import nibabel
import nrrd
import numpy as np
import SimpleITK as sitk
from labelme.utils.shape import shape_to_mask
from PIL import Image
from pycocotools import mask as coco_mask

W, H = 40, 24
HEAD, EYE, TRUNK, CAUDAL, ADIPOSE = 7, 8, 12, 3, 2
NAMES = ["dorsal_fin", "adipos_fin", "caudal_fin", "anal_fin", "pelvic_fin", "pectoral_fin", "head", "eye", "caudal_fin_ray", "alt_fin_ray",
         "alt_fin_spine", "trunk"]
truth = {}
y, x = np.mgrid[0:H, 0:W]
ids = np.zeros((H, W), np.uint8)
ids[((x - 20) / 15) ** 2 + ((y - 11) / 7) ** 2 < 1] = TRUNK
ids[(x < 13) & (ids > 0)] = HEAD
ids[(x - 9) ** 2 + (y - 9) ** 2 < 5] = EYE
ids[(x > 33) & (abs(y - 11) < x - 32)] = CAUDAL
ids[16:18, 30:32] = ADIPOSE
bits = np.where(ids > 0, 1 << (np.maximum(ids, 1).astype(np.uint16) - 1), 0).astype(np.uint16)
overlapping = bits.copy()
overlapping[(x - 9) ** 2 + (y - 9) ** 2 < 5] |= 1 << (HEAD - 1)
overlapping[(x > 33) & (y % 3 == 0) & (ids == CAUDAL)] |= 1 << 8


def keep(name, of_bits):
    truth[name] = {"size": [int(of_bits.shape[1]), int(of_bits.shape[0])], "bits": of_bits.ravel().tolist()}


def write_text(name, value):
    with open(name, "w") as file:
        json.dump(value, file)


# Label maps by ITK, which is what 3D Slicer reads and writes with: the picture as it was opened, then the label with the picture's geometry.
image = Image.fromarray(np.stack([ids * 20] * 3, -1))
with tempfile.TemporaryDirectory() as folder:
    image.save(f"{folder}/picture.png")
    opened = sitk.ReadImage(f"{folder}/picture.png")
slice_label = sitk.GetImageFromArray(ids[np.newaxis])
slice_label.SetSpacing((*opened.GetSpacing(), 1.0))
for name in ("itk.nrrd", "itk.nii.gz", "itk.nii"):
    sitk.WriteImage(slice_label, name, useCompression=name != "itk.nii")
    keep(name, bits)
flat = sitk.GetImageFromArray(ids)
sitk.WriteImage(flat, "itk_flat.nrrd", useCompression=True)
keep("itk_flat.nrrd", bits)
# Turned and mirrored copies with directions that undo it: the picture is the same.
for name, flips, order in [("mirrored", (True, False, False), None), ("half_turn", (True, True, False), None), ("swapped", None, (1, 0, 2)), ("upright_slice", None, (0, 2, 1))]:
    changed = sitk.Flip(slice_label, flips) if flips else sitk.PermuteAxes(slice_label, order)
    for extension in ("nrrd", "nii.gz"):
        sitk.WriteImage(changed, f"itk_{name}.{extension}", useCompression=True)
        keep(f"itk_{name}.{extension}", bits)

# nibabel: an affine of RAS mirrors both axes; no affine at all leaves the order of the file.
for name, affine, dtype in [("nib_lps", np.diag([-0.1, -0.1, 1, 1]), np.int16), ("nib_ras", np.eye(4), np.float64)]:
    nifti = nibabel.Nifti1Image(ids.T[..., np.newaxis].astype(dtype), affine)
    nibabel.save(nifti, f"{name}.nii.gz")
    # The mask on the picture that has LPS axes, by nibabel's own orientations.
    lps = nibabel.orientations.axcodes2ornt(("L", "P", "S"))
    change = nibabel.orientations.ornt_transform(nibabel.io_orientation(affine), lps)
    upright = nibabel.orientations.apply_orientation(np.asarray(nifti.dataobj), change)[..., 0].T.astype(np.uint16)
    keep(f"{name}.nii.gz", np.where(upright > 0, 1 << (np.maximum(upright, 1) - 1), 0).astype(np.uint16))
plain = nibabel.Nifti1Image(ids.T, None)
plain.header.set_sform(None, 0)
plain.header.set_qform(None, 0)
nibabel.save(plain, "nib_none.nii.gz")
keep("nib_none.nii.gz", bits)
big = nibabel.Nifti1Image(ids.T.astype(">u2")[..., np.newaxis], np.diag([-1, -1, 1, 1]), nibabel.Nifti1Header(endianness=">"))
nibabel.save(big, "nib_big.nii.gz")
keep("nib_big.nii.gz", bits)

# pynrrd: plain, in all kinds of numbers, without any geometry.
for dtype, endian in [("<u2", "little"), (">i4", "big"), ("<f4", "little"), ("i1", None)]:
    name = f"pynrrd_{np.dtype(dtype).name}.nrrd"
    nrrd.write(name, ids.T.astype(dtype), {"encoding": "raw" if dtype == "i1" else "gzip"})
    keep(name, bits)

# A segmentation as 3D Slicer writes it (fields as in its user guide): segments that overlap lie in layers, names and labels as a user leaves them.
present = sorted({k + 1 for k in range(12) if (overlapping >> k & 1).any()})
layer_of = {HEAD: 0, TRUNK: 0, CAUDAL: 0, ADIPOSE: 0, EYE: 1, 9: 1}
label_of = {HEAD: 3, TRUNK: 1, CAUDAL: 7, ADIPOSE: 2, EYE: 1, 9: 2}
display = {HEAD: "Head", TRUNK: "trunk", CAUDAL: "Caudal Fin", ADIPOSE: "adipose fin", EYE: "eye", 9: "caudal_fin_ray"}
layers = np.zeros((2, W, H, 1), np.uint8)
for which in present:
    layers[layer_of[which]][(overlapping.T >> (which - 1) & 1 > 0)] = label_of[which]
fields = {"space": "left-posterior-superior", "kinds": ["list", "domain", "domain", "domain"],
          "space directions": np.array([[np.nan] * 3, [1, 0, 0], [0, 1, 0], [0, 0, 1]]), "space origin": np.zeros(3), "encoding": "gzip",
          "measurement frame": np.eye(3)}
for number, which in enumerate(present):
    fields |= {f"Segment{number}_ID": f"Segment_{number + 1}", f"Segment{number}_Name": display[which], f"Segment{number}_NameAutoGenerated": "0",
               f"Segment{number}_Color": "0.5 0.5 0.5", f"Segment{number}_ColorAutoGenerated": "1", f"Segment{number}_LabelValue": str(label_of[which]),
               f"Segment{number}_Layer": str(layer_of[which]), f"Segment{number}_Extent": f"0 {W - 1} 0 {H - 1} 0 0",
               f"Segment{number}_Tags": "Segmentation.Status:inprogress|TerminologyEntry:Segmentation category and type - 3D Slicer General "
                                        "Anatomy list~SCT^85756007^Tissue~SCT^85756007^Tissue~^^~Anatomic codes - DICOM master list~^^~^^|"}
geometry = f"-1;0;0;0;0;-1;0;0;0;0;1;0;0;0;0;1;0;{W - 1};0;{H - 1};0;0;"
fields |= {"Segmentation_ContainedRepresentationNames": "Binary labelmap|Closed surface|", "Segmentation_MasterRepresentation": "Binary labelmap",
           "Segmentation_ConversionParameters": "Collapse labelmaps|1|Merge the labelmaps.&Reference image geometry|" + geometry +
           "|Image geometry description string.&Smoothing factor|0.5|Smoothing.&",
           "Segmentation_ReferenceImageExtentOffset": "0 0 0"}
nrrd.write("slicer.seg.nrrd", layers, fields)
keep("slicer.seg.nrrd", overlapping)
# The same cut to what was drawn, as Slicer does on request.
rows, columns = np.nonzero(overlapping)
left, top = columns.min(), rows.min()
cut = layers[:, left : columns.max() + 1, top : rows.max() + 1]
cut_fields = fields | {"space origin": np.array([left, top, 0.0]), "Segmentation_ReferenceImageExtentOffset": f"{left} {top} 0"}
nrrd.write("slicer_cut.seg.nrrd", cut, cut_fields)
keep("slicer_cut.seg.nrrd", overlapping)
del cut_fields["Segmentation_ConversionParameters"]
nrrd.write("slicer_cut_bare.seg.nrrd", cut, cut_fields)
keep("slicer_cut_bare.seg.nrrd", overlapping)
# And with a segment that is no trait.
nrrd.write("slicer_unknown.seg.nrrd", layers, fields | {"Segment0_Name": "Segment_1"})

# COCO: masks of pycocotools, compressed and not, and its own fill of polygons whose corners are those of pixels.
masks = {k + 1: np.asfortranarray((overlapping >> k & 1).astype(np.uint8)) for k in range(12) if (overlapping >> k & 1).any()}
images = [{"id": 7, "file_name": "folder/one.jpg", "width": W, "height": H}, {"id": 9, "file_name": "two.jpg", "width": W, "height": H},
          {"id": 11, "file_name": "three.jpg", "width": W, "height": H}, {"id": 12, "file_name": "empty.jpg", "width": W, "height": H}]
categories = [{"id": 100 + k, "name": name} for k, name in enumerate(NAMES)] + [{"id": 99, "name": "fish"}]
annotations = []
for which, mask in masks.items():
    code = coco_mask.encode(mask)
    annotations.append({"image_id": 7, "category_id": 99 + which, "segmentation": {"size": [H, W], "counts": code["counts"].decode()}})
    flat_mask = mask.ravel(order="F")
    changes = np.flatnonzero(np.diff(np.concatenate([[0], flat_mask, [1 - flat_mask[-1]]])))
    counts = np.diff(np.concatenate([[0], changes])).tolist()
    annotations.append({"image_id": 9, "category_id": 99 + which, "segmentation": {"size": [H, W], "counts": counts}, "iscrowd": 1})
    assert (coco_mask.decode(coco_mask.frPyObjects({"size": [H, W], "counts": counts}, H, W)) == mask).all()
polygons = {TRUNK: [[5, 5, 25, 5, 25, 15, 5, 15], [30, 2, 38, 2, 38, 9, 30, 9]], EYE: [[8, 8, 12, 8, 12, 10, 10, 10, 10, 14, 8, 14]]}
drawn = np.zeros((H, W), np.uint16)
for which, parts in polygons.items():
    annotations.append({"image_id": 11, "category_id": 99 + which, "segmentation": parts, "bbox": [0, 0, 1, 1], "area": 1, "iscrowd": 0})
    drawn |= coco_mask.decode(coco_mask.merge(coco_mask.frPyObjects(parts, H, W))).astype(np.uint16) << (which - 1)
annotations.append({"image_id": 11, "category_id": 99, "segmentation": [[0, 0, W, 0, W, H, 0, H]]})
for number, annotation in enumerate(annotations):
    annotation["id"] = number + 1
write_text("coco.json", {"images": images, "annotations": annotations, "categories": categories, "info": {}, "licenses": []})
keep("coco.json one", overlapping)
keep("coco.json two", overlapping)
keep("coco.json three", drawn)

# LabelMe: its own fill of every shape, which also takes the pixels under the outline; masks are exact.
shapes = [("trunk", "polygon", [[14.3, 3.2], [33.1, 8.4], [31.0, 17.2], [15.8, 19.6], [12.2, 11.0]]), ("head", "rectangle", [[3.4, 4.6], [12.5, 18.2]]),
          ("eye", "circle", [[8.0, 9.0], [10.5, 9.0]]), ("caudal fin", "oriented_rectangle", [[33.0, 8.0], [38.0, 5.0], [39.5, 9.0], [34.5, 13.0]])]
labelme_shapes, by_labelme = [], {}
for name, kind, points in shapes:
    labelme_shapes.append({"label": name, "points": points, "group_id": None, "description": "", "shape_type": kind, "flags": {}, "mask": None})
    by_labelme[name] = shape_to_mask((H, W), points, kind)
adipose = ids == ADIPOSE
rows, columns = np.nonzero(adipose)
png = io.BytesIO()
Image.fromarray(adipose[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1].astype(np.uint8) * 255).save(png, "png")
labelme_shapes.append({"label": "adipose fin", "points": [[int(columns.min()), int(rows.min())], [int(columns.max()), int(rows.max())]],
                       "group_id": None, "description": "", "shape_type": "mask", "flags": {}, "mask": base64.b64encode(png.getvalue()).decode()})
write_text("labelme.json", {"version": "5.5.0", "flags": {}, "shapes": labelme_shapes, "imagePath": "..\\pictures\\one.jpg", "imageData": None,
                            "imageHeight": H, "imageWidth": W})
truth["labelme.json"] = {"size": [W, H], "by_labelme": {name: mask.ravel().astype(int).tolist() for name, mask in by_labelme.items()},
                         "adipose fin": adipose.ravel().astype(int).tolist()}

# CVAT: numbers as its server writes them (cvat/apps/dataset_manager/formats/cvat.py), the run lengths of a mask by its definition.
def cvat_mask(which):
    rows, columns = np.nonzero(overlapping >> (which - 1) & 1)
    part = (overlapping >> (which - 1) & 1)[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1].ravel()
    counts, value = [0], 0
    for pixel in part:
        if pixel != value:
            counts.append(0)
            value = pixel
        counts[-1] += 1
    return (f'<mask label="{NAMES[which - 1]}" source="manual" occluded="0" rle="{str(counts)[1:-1]}" left="{columns.min()}" top="{rows.min()}" '
            f'width="{np.ptp(columns) + 1}" height="{np.ptp(rows) + 1}" z_order="0">\n    </mask>')


points = "14.30,3.20;33.10,8.40;31.00,17.20;15.80,19.60;12.20,11.00"
with open("cvat.xml", "w") as file:
    file.write(f"""<?xml version="1.0" encoding="utf-8"?>
<annotations>
  <version>1.1</version>
  <meta>
    <task>
      <id>3</id>
      <name>fish &amp; fins</name>
      <mode>annotation</mode>
      <labels>
        <label><name>head</name><color>#fa3253</color><type>any</type><attributes></attributes></label>
      </labels>
    </task>
    <dumped>2026-11-29 05:00:00+00:00</dumped>
  </meta>
  <image id="0" name="folder/one.jpg" width="{W}" height="{H}">
    {chr(10).join('    ' + cvat_mask(which) for which in masks)}
    <tag label="blurred" source="manual"></tag>
  </image>
  <image id="1" name="two.jpg" width="{W}" height="{H}">
    <polygon label="trunk" source="manual" occluded="0" points="{points}" z_order="0">
      <attribute name="sure">yes</attribute>
    </polygon>
    <box label="head" source="manual" occluded="0" xtl="3.40" ytl="4.60" xbr="12.50" ybr="18.20" z_order="1">
    </box>
    <ellipse label="eye" source="manual" occluded="0" cx="8.00" cy="9.00" rx="3.50" ry="2.00" rotation="30.00" z_order="2">
    </ellipse>
    <box label="caudal_fin" source="manual" occluded="0" xtl="32.00" ytl="8.00" xbr="38.00" ybr="12.00" rotation="315.00" z_order="0">
    </box>
  </image>
  <image id="2" name="three &amp; more.jpg" width="{W}" height="{H}">
    <polyline label="dorsal_fin" source="manual" occluded="0" points="1.00,1.00;5.00,5.00" z_order="0"></polyline>
    <box label="ruler" source="manual" occluded="0" xtl="3.40" ytl="4.60" xbr="12.50" ybr="18.20" z_order="1"></box>
  </image>
  <image id="3" name="empty.jpg" width="{W}" height="{H}">
  </image>
</annotations>
""")
keep("cvat.xml one", overlapping)
# Whether the middle of a pixel lies in a shape, by plain algebra; the polygon is convex.
cx, cy = x + 0.5, y + 0.5
angle = np.deg2rad(30)
dx, dy = cx - 8, cy - 9
eye = ((dx * np.cos(angle) + dy * np.sin(angle)) / 3.5) ** 2 + ((dy * np.cos(angle) - dx * np.sin(angle)) / 2) ** 2 <= 1
head = (cx >= 3.4) & (cx < 12.5) & (cy >= 4.6) & (cy < 18.2)
angle = np.deg2rad(315)
dx, dy = cx - 35, cy - 10
caudal = (abs(dx * np.cos(angle) + dy * np.sin(angle)) <= 3) & (abs(dy * np.cos(angle) - dx * np.sin(angle)) <= 2)
corners = np.array([[float(n) for n in p.split(",")] for p in points.split(";")])
inside = np.ones((H, W), bool)
for a, b in zip(corners, np.roll(corners, -1, 0)):
    inside &= (b[0] - a[0]) * (cy - a[1]) - (b[1] - a[1]) * (cx - a[0]) >= 0
keep("cvat.xml two", (inside.astype(np.uint16) << 11) | (head.astype(np.uint16) << 6) | (eye.astype(np.uint16) << 7) | (caudal.astype(np.uint16) << 2))

# Label pictures as Pillow writes them.
indexed = Image.fromarray(ids, "P")
indexed.putpalette([value for k in range(13) for value in (k * 19, 255 - k * 19, 90)])
indexed.save("pillow_indexed.png")
Image.fromarray(ids).save("pillow_grey.png")
keep("pillow_indexed.png", bits)
keep("pillow_grey.png", bits)
write_text("truth.json", truth)
