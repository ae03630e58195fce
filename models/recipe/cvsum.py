"""Adds up held-out results: tables, and a sheet of label and prediction (masks only, no photographs).

    python cvsum.py SHEET.png RUN.real.npz ...
"""
import os
import sys

import cv2
import numpy as np

import pairs
from data import paint
from look import sheet, tile
from net import TRAITS
from train import summary

rows, bits, names, groups = [], {}, [], []
for f in sys.argv[2:]:
    z = np.load(f)
    rows.append(z["rows"])
    names += list(z["names"])
    groups += list(z["groups"])
    bits.update(zip(z["names"], z["bits"]))
rows, groups = np.concatenate(rows), np.array(groups)
e = 1e-7
iou = {n: (r[0].sum() + e) / (r[1].sum() + r[2].sum() - r[0].sum() + e) for n, r in zip(names, rows)}
for g in ("all", "hand", "published", "notebook"):
    k = np.array([g == "all" or x == g for x in groups])
    if not k.any():
        continue
    s = summary(rows[k])
    print(f"## {g}: {k.sum()} pictures; whole-tensor IoU mean {s['whole_mean']:.3f}, pooled {s['whole_pooled']:.3f}")
    print("| trait | pictures with it | IoU pooled | IoU mean where present | not found | found where the label has none |\n|---|---|---|---|---|---|")
    for t in TRAITS:
        v = s[t]
        print(f"| {t} | {v['n']} | {v['pooled'] if v['n'] else '-'} | {v['mean_present'] if v['n'] else '-'} | {v['missed']} | {v['false_presence']} |")
for n in sorted(names, key=lambda n: -iou[n]):
    print(f"{iou[n]:.3f} {groups[names.index(n)]:9s} {n}")
label = {s: b for s, i, b, *_ in pairs.read(os.path.join(pairs.HERE, "pairs.tsv")) if s in iou}
ts = [np.concatenate([tile(paint(label[n]), n, 320, 128), tile(paint(bits[n]), f"prediction, IoU {iou[n]:.3f}", 320, 128)], 1)
      for n in sorted(names, key=lambda n: -iou[n])]
if len(ts) % 2:
    ts.append(ts[0] * 0)
h = len(ts) // 2
cv2.imwrite(sys.argv[1], sheet([[ts[k], ts[k][:, :6] * 0 + 90, ts[k + h]] for k in range(h)])[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 9])
