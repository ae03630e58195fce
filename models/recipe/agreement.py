"""How far labels can be believed, and what a network gets wrong, in the measure of the cross-validation.

    python agreement.py                       a second labelling against the first; and the first with its inner borders displaced
    python agreement.py RUN.real.npz ...      where held-out predictions (train.py) differ from the labels

All at 640x256, IoU over all traits of a picture, mean over pictures.
"""
import csv
import json
import os
import sys

import cv2
import numpy as np
from PIL import Image
from scipy import ndimage

import pairs
from data import H, W, planes
from net import TRAITS

TRUNK = TRAITS.index("trunk")
LABELS = {specimen: bits for specimen, _, bits, _, _, fold in pairs.read(os.path.join(pairs.HERE, "pairs.tsv")) if fold != 9}


def traits_of(bits):
    """Twelve planes of truth values."""
    return planes(bits, 1) > .5


def iou(a, b):
    return (a & b).sum() / max(1, (a | b).sum())


def second():
    """Inner borders drawn anew, without sight of the first labels, within the first labels' outline."""
    sums, whole = np.zeros((3, 12)), []
    for name, drawn in json.load(open(os.path.join(pairs.HERE, "..", "labels", "second.json")))["pictures"].items():
        first, (w, h) = LABELS[name], drawn["size"]
        traits = np.where(first > 0, TRUNK + 1, 0)
        for trait, polygons in drawn["polygons"].items():
            inside = np.zeros((2 * h, 2 * w), np.uint8)
            for polygon in polygons:
                cv2.fillPoly(inside, [(np.array(polygon) * 2).round().astype(np.int32)], 1)
            inside = cv2.resize(inside, (W, H), interpolation=cv2.INTER_NEAREST) > 0
            traits[inside & (first > 0)] = TRAITS.index(trait) + 1
        a, b = np.stack([traits == k + 1 for k in range(12)]), traits_of(first)
        whole.append(iou(a, b))
        sums += [(a & b).sum((1, 2)), a.sum((1, 2)), b.sum((1, 2))]
        print(f"{whole[-1]:.3f} {name}")
    print(f"a second labelling within the same outline, {len(whole)} pictures: {np.mean(whole):.3f}")
    print("pooled:", ", ".join(f"{t} {i / (x + y - i):.3f}" for t, i, x, y in zip(TRAITS, *sums) if y))


def displaced(percent, rng, repeats=3):
    """The labels with every inner border moved by a smooth random field of that standard deviation along either axis, in percent of the fish's
    length, whose values are alike over about 5 % of it; the outline stays."""
    scores = []
    natural = sizes()
    for name, bits in LABELS.items():
        fish = bits > 0
        columns = np.where(fish.any(0))[0]
        length = columns[-1] - columns[0]
        w, h = natural[name]
        squeezed = (H / h) / (W / w)  # a crop is stretched to 640x256
        traits = np.where(fish, traits_of(bits).argmax(0), -1)
        nearest = ndimage.distance_transform_edt(~fish, return_indices=True)[1]
        filled = traits[tuple(nearest)]
        for _ in range(repeats):
            fields = [ndimage.gaussian_filter(rng.standard_normal((H, W)), (.05 * length * squeezed, .05 * length)) for _ in "xy"]
            dx, dy = [f / f.std() * percent / 100 * length for f in fields]
            y, x = np.mgrid[:H, :W]
            moved = filled[np.clip((y + dy * squeezed).round().astype(int), 0, H - 1), np.clip((x + dx).round().astype(int), 0, W - 1)]
            same, n = (fish & (moved == traits)).sum(), fish.sum()
            scores.append(same / (2 * n - same))
    print(f"inner borders displaced by {percent} % of the fish's length: {np.mean(scores):.3f}")


def sizes():
    """Columns and rows of each crop."""
    out = {}
    for r in csv.DictReader(open(os.path.join(pairs.HERE, "pairs.tsv")), delimiter="\t"):
        box = r["box"] and tuple(map(int, r["box"].split(",")[2:]))
        out[r["specimen"]] = box or Image.open(os.path.join(pairs.BASE, r["crop"])).size
    return out


def errors(files):
    """What the mean would be if one kind of error were not made."""
    found = {}
    for f in files:
        z = np.load(f)
        found.update(zip(map(str, z["names"]), z["bits"]))
    gains, near, n = {}, {}, len(found)

    def without(what, wrong, predicted, label):
        mended = predicted.copy()
        mended[:, wrong] = label[:, wrong]
        gains.setdefault(what, []).append(iou(mended, label))
    for name, bits in found.items():
        p, t = traits_of(bits), traits_of(LABELS[name])
        fish, seen = t.any(0), p.any(0)
        without("as it is", np.zeros_like(fish), p, t)
        without("the outline right", fish != seen, p, t)
        without("inner borders right", fish & seen, p, t)
        label, said = np.where(fish, t.argmax(0), -1), np.where(seen, p.argmax(0), -1)
        for a, b in [(t, "trunk") for t in TRAITS[:7] if t != "adipos_fin"] + [("eye", "head")]:
            i, k = TRAITS.index(a), TRAITS.index(b)
            without(f"{a} and {b} right", (label == i) & (said == k) | (label == k) & (said == i), p, t)
        distance = np.where(fish, ndimage.distance_transform_edt(fish), ndimage.distance_transform_edt(~fish))
        for low, high in ((0, 1), (1, 2), (2, 4), (4, 8), (8, 999)):
            near.setdefault(f"{low} to {high}", []).append(((fish != seen) & (distance > low) & (distance <= high)).sum() / fish.sum())
    for what, scores in gains.items():
        print(f"{np.mean(scores):.3f} {what}")
    print(f"outline, pixels from it, percent of the fish's area, {n} pictures:", {k: round(100 * float(np.mean(v)), 2) for k, v in near.items()})


if __name__ == "__main__":
    if sys.argv[1:]:
        errors(sys.argv[1:])
    else:
        second()
        for percent in (.5, 1, 1.5, 2, 3):
            displaced(percent, np.random.default_rng(1))
