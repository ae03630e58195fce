"""Real pairs: a TSV of specimen, crop, box, mask, weight, group, clear, fold. Paths are relative to shared/data, or to $FISH_DATA.

box: "x,y,w,h" where the crop lies in a whole frame, empty for a picture that is a crop already.
mask: class numbers (0 background, 1..12 traits; 8 bit grey or palette), a picture in BGNN colours, or a JSON of ../labels.
clear: traits that the mask is known to have wrongly; background when scored, trunk when trained on.
group: published (predicted by the published network), notebook (its training annotation), hand (drawn by hand).
fold: 0 to 3 as the starter's cross-validation dealt them; 9 is always trained on and never scored.
"""
import csv
import json
import os

import cv2
import numpy as np
from PIL import Image

from data import W, H, bits_from_colours
from net import TRAITS

HERE = os.path.dirname(os.path.abspath(__file__))
BASE = os.environ.get("FISH_DATA", os.path.join(HERE, "..", "..", "..", "shared", "data"))
NEVER_TRAINED = ("cefish_004537",)  # CC BY-NC-SA: scored, never trained on


def polygons(path):
    """Class numbers from a label JSON: silhouette AND polygon, in the polygons' order; the rest of the silhouette is trunk."""
    d = json.load(open(path))
    w, h = d["crop_box_xywh"][2:]
    number = {t: int(k) for k, t in d["classes"].items()}

    def fill(points):
        return cv2.fillPoly(np.zeros((h, w), np.uint8), [np.array(points, np.int32)], 1) > 0
    fish = fill(d["silhouette"])
    out = np.where(fish, number["trunk"], 0).astype(np.uint8)
    for t, p in d["polygons"].items():
        out[fish & fill(p)] = number[t]
    return out


def read(path, cleared=0):
    out = []
    for r in csv.DictReader(open(path), delimiter="\t"):
        img = np.array(Image.open(os.path.join(BASE, r["crop"])).convert("RGB"))
        if r["box"]:
            x, y, w, h = map(int, r["box"].split(","))
            img = img[y:y + h, x:x + w]
        if r["mask"].endswith(".json"):
            k = polygons(os.path.join(HERE, "..", "labels", r["mask"]))
        else:
            m = Image.open(os.path.join(BASE, r["mask"]))
            k = np.array(m) if m.mode in ("P", "L") else None
        if k is not None:
            assert k.max() <= 12, r
            bits = np.where(k > 0, 1 << (np.maximum(k, 1).astype(np.int32) - 1), 0).astype(np.uint16)
        else:
            bits = bits_from_colours(np.array(m.convert("RGB")))
        for t in filter(None, r["clear"].split(",")):
            bits = np.where(bits >> TRAITS.index(t) & 1 > 0, cleared, bits).astype(np.uint16)
        img = cv2.resize(np.ascontiguousarray(img), (W, H), interpolation=cv2.INTER_AREA)
        bits = cv2.resize(bits, (W, H), interpolation=cv2.INTER_NEAREST)
        out.append((r["specimen"], img, bits, float(r["weight"]), r["group"], int(r["fold"])))
    return out


def load_pairs(path, fold):
    rows = read(path)
    train = [(i, b, w) for s, i, b, w, g, f in read(path, 1 << TRAITS.index("trunk")) if f != fold and s not in NEVER_TRAINED]
    test = [(i, b, s, g) for s, i, b, w, g, f in rows if f == fold]
    return train, test


def frames(fold):
    """The data folder, and the whole frames with all fish's boxes in them; without cefish_004537 and the left-out fold's frames."""
    f = {r["specimen"]: int(r["fold"]) for r in csv.DictReader(open(os.path.join(HERE, "pairs.tsv")), delimiter="\t")}
    d = json.load(open(os.path.join(BASE, "frames", "regions.json")))
    kind = {c["id"]: c["name"] for c in d["categories"]}
    out = []
    for i in d["images"]:
        name = os.path.splitext(i["file_name"])[0]
        if name in NEVER_TRAINED or fold >= 0 and f.get(name) == fold:
            continue
        out.append((i["file_name"], [a["bbox"] for a in d["annotations"] if a["image_id"] == i["id"] and kind[a["category_id"]] == "fish"]))
    return BASE, out
