"""Scores networks on pictures that none of them was trained on, as they are and cut out on plain white and black.

    python score.py NETWORK... [-- SPECIMEN...]      checkpoints or ONNX files; by default cefish_004537 and fold 9
"""
import os
import sys

import cv2
import numpy as np
import torch

import net
from data import fish_alpha
from pairs import HERE, NEVER_TRAINED, read
from train import evaluate, short, summary

torch.set_num_threads(1)
cut = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
models, chosen = sys.argv[1:cut], sys.argv[cut + 1:]
rows = [(i, b, s) for s, i, b, w, g, f in read(os.path.join(HERE, "pairs.tsv")) if (s in chosen if chosen else f == 9 or s in NEVER_TRAINED)]


def plain(img, bits, v):
    a = cv2.dilate(fish_alpha(bits), np.ones((3, 3), np.uint8))
    return np.where(a[..., None] > 0, img, np.uint8(v))


for m in models:
    n = net.load(m).eval()
    for name, v in (("as it is", None), ("on white", 255), ("on black", 0)):
        r = evaluate(n, [(i if v is None else plain(i, b, v), b) for i, b, s in rows])
        one = [(x[0].sum() / (x[1].sum() + x[2].sum() - x[0].sum())).round(3) for x in r]
        print(os.path.basename(m), name, short(summary(r)), dict(zip([s for *_, s in rows], map(float, one))), flush=True)
