"""What Morphology-analysis gives for masks, computed with the libraries that it uses; independent of fishrig.

    pip install scikit-image==0.22.0 numpy==1.26.4 pillow==10.4.0
    python morphology_check.py write MASKS OUT       writes the three files of each NAME_segmented.png; none where that program crashes
    python morphology_check.py compare MASKS OURS    compares them with the results of `fishrig measure MASKS -o OURS`

Written from the description in docs/morphology.md. The masks in tests/data/morphology were drawn for it by make_masks.py, and their JSON files written by it.
"""

import json
import math
import pathlib
import sys

import numpy as np
from PIL import Image
from skimage.measure import label, regionprops
from skimage.morphology import reconstruction

COLOURS = {
    "dorsal_fin": (254, 0, 0),
    "adipos_fin": (0, 254, 0),
    "caudal_fin": (0, 0, 254),
    "anal_fin": (254, 254, 0),
    "pelvic_fin": (0, 254, 254),
    "pectoral_fin": (254, 0, 254),
    "head": (254, 254, 254),
    "eye": (0, 254, 102),
    "caudal_fin_ray": (254, 102, 102),
    "alt_fin_ray": (254, 102, 204),
    "trunk": (0, 124, 124),
}


class Crash(Exception):
    pass


def largest(regions):
    return max(regions, key=lambda region: region.area)  # the first of equally large ones


def clean(plane):
    """The clean region of a plane, or None."""
    seed = plane.copy()
    seed[1:-1, 1:-1] = plane.max()
    regions = regionprops(label(reconstruction(seed, plane, method="erosion")))
    if not regions:
        return None
    best = largest(regions)
    return best if best.area / sum(region.area for region in regions) >= 0.6 else None


def fish_angle(picture):
    region = clean(picture.sum(axis=2) > 0)
    if region is None:
        raise Crash("no largest piece of the whole fish")
    angle = np.sign(region.orientation) * (90 - abs(region.orientation * 180 / math.pi))
    return round(angle, 2) + 0.0


class Extremes:
    """Front, back, top and bottom of a set of pixels, as (row, column)."""

    def __init__(self, pixels):
        rows, columns = pixels[:, 0], pixels[:, 1]

        def in_row(row):
            return (int(row), round(float(columns[rows == row].mean())))

        def in_column(column):
            return (round(float(rows[columns == column].mean())), int(column))

        self.top, self.bottom = in_row(rows.min()), in_row(rows.max())
        self.front, self.back = in_column(columns.min()), in_column(columns.max())


def landmarks(planes, presence):
    regions = {name: clean(plane) for name, plane in planes.items()}
    ends = {name: Extremes(region.coords) for name, region in regions.items() if region}
    marks = {str(number): [] for number in range(1, 19)}

    def put(name, **numbers):
        if name in ends:
            for end, number in numbers.items():
                marks[number.lstrip("n")] = getattr(ends[name], end)

    put("head", front="n1", top="n2", back="n12", bottom="n13")
    put("dorsal_fin", front="n3", bottom="n4")
    put("trunk", back="n6")
    put("anal_fin", top="n8", front="n9")
    put("pelvic_fin", front="n10")
    put("pectoral_fin", front="n11")
    if presence["eye"]["percentage"] >= 0.6:
        if regions["eye"] is None:
            raise Crash("the eye passes raw and not filled")
        put("eye", front="n14", back="n15", top="n16", bottom="n17")
        marks["18"] = tuple(round(float(v)) for v in regions["eye"].centroid)
    fin = regions["caudal_fin"]
    if fin:
        middle = round(float(fin.centroid[0]))
        upper, lower = fin.coords[fin.coords[:, 0] < middle], fin.coords[fin.coords[:, 0] >= middle]
        if len(upper) == 0 or len(lower) == 0:
            raise Crash("half a caudal fin")
        marks["5"], marks["7"] = Extremes(upper).front, Extremes(lower).front
    return marks, regions


def measurements(planes, marks, regions, angle):
    def distance(a, b):
        if not marks[a] or not marks[b]:
            return "None"
        (row_a, column_a), (row_b, column_b) = marks[a], marks[b]
        return round(((row_a - row_b) ** 2 + (column_a - column_b) ** 2) ** 0.5, 2)

    def width(region):
        return int(region.bbox[3] - region.bbox[1]) if region else "None"

    head, eye = regions["head"], regions["eye"]
    body = "None"
    if planes["head"].any() and planes["trunk"].any():
        region = clean(planes["head"] + planes["trunk"])
        if region is None:
            raise Crash("head and trunk in pieces")
        body = width(region)
    depth = "None"
    if marks["18"]:
        if head is None:
            raise Crash("an eye without a head")
        depth = int((head.coords[:, 1] == marks["18"][1]).sum())
        if depth == 0:
            raise Crash("the head is not in the eye's column")
    slope = "None"
    if marks["1"] and marks["6"]:
        rows, columns = (marks["6"][i] - marks["1"][i] for i in range(2))
        slope = round(math.atan2(rows, columns) * (180 / math.pi), 2)
    return {
        "SL_bbox": body,
        "SL_lm": distance("1", "6"),
        "HL_bbox": width(head),
        "HL_lm": distance("1", "12"),
        "pOD_bbox": int(eye.bbox[1] - head.bbox[1]) if eye and head else "None",
        "pOD_lm": distance("1", "14"),
        "ED_bbox": width(eye),
        "ED_lm": distance("14", "15"),
        "HH_lm": depth,
        "EA_m": float(eye.area) if eye else "None",
        "HA_m": float(head.area) if head else "None",
        "FA_pca": float(angle),
        "FA_lm": slope,
    }


def presence_of(plane):
    regions = regionprops(label(plane))
    share = largest(regions).area / np.count_nonzero(plane) if regions else 0
    return {"number": len(regions), "percentage": share}


def analyse(mask, metadata):
    """The three files of a mask as text."""
    base = {"base_name": mask.name.rsplit("_", 1)[0]}
    picture = Image.open(mask)
    turned = picture.rotate(fish_angle(np.asarray(picture)))
    pixels = np.asarray(turned)
    angle = fish_angle(pixels)
    planes = {name: (pixels == colour).all(axis=2).astype("uint8") for name, colour in COLOURS.items()}
    presence = {name: presence_of(plane) for name, plane in planes.items()}
    marks, regions = landmarks(planes, presence)
    values = measurements(planes, marks, regions, angle)
    ruler = {"presence": "no", "scale": "None", "unit": "None"}
    if metadata.is_file():
        given = json.loads(metadata.read_text())["ruler"]
        scale = given["scale"] if given["scale"] == "None" else round(given["scale"], 3)
        ruler = {"presence": "yes", "scale": scale, "unit": given["unit"]}
    written = {"scale": ruler["scale"], "unit": ruler["unit"]}
    return {
        "presence": json.dumps({**base, **presence, "ruler": ruler}),
        "landmark": json.dumps(marks),
        "morphology": json.dumps({**base, **values, **written}),
    }


def main(task, masks, folder):
    masks, folder = pathlib.Path(masks), pathlib.Path(folder)
    compared = crashes = differ = 0
    for mask in sorted(masks.glob("*_segmented.png")):
        base = mask.name.rsplit("_", 1)[0]
        try:
            files = analyse(mask, masks / f"{base}.json")
        except Crash as crash:
            crashes += 1
            files = {part: None for part in ("presence", "landmark", "morphology")}
            print(f"{base}: crashes, {crash}")
        for part, text in files.items():
            path = folder / f"{base}_{part}.json"
            if task == "write":
                if text is not None:
                    path.write_text(text)
                continue
            ours = path.read_text() if path.is_file() else None
            compared += 1
            if ours != text:
                differ += 1
                print(f"{base}: {part} differs\n  theirs {text}\n  ours   {ours}")
    print(f"{compared} files compared, {differ} differ; {crashes} masks crash" if task == "compare" else "written")
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
