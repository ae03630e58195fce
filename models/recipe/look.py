"""Sheets: crop | label | prediction.   python look.py MODEL.onnx OUT.png CROP [CROP ...]"""
import os
import sys

import cv2
import numpy as np

from data import PALETTE, paint

W, H = 640, 256


def overlay(img, bits, a=.55):
    p = paint(bits)
    return np.where((bits > 0)[..., None], (img * (1 - a) + p * a).astype(np.uint8), img)


def bits_of(p):
    return sum(((p[k] > .5).astype(np.uint16) << k) for k in range(12)).astype(np.uint16)


def tile(img, title, w=400, h=160):
    t = cv2.resize(img, (w, h), interpolation=cv2.INTER_AREA)
    bar = np.full((14, w, 3), 30, np.uint8)
    cv2.putText(bar, title, (3, 11), cv2.FONT_HERSHEY_SIMPLEX, .36, (255, 255, 255), 1, cv2.LINE_AA)
    return np.concatenate([bar, t])


def sheet(rows):
    return np.concatenate([np.concatenate(r, 1) for r in rows], 0)


if __name__ == "__main__":
    model, out, files = sys.argv[1], sys.argv[2], sys.argv[3:]
    if model.endswith(".onnx"):
        import onnxruntime as ort
        o = ort.SessionOptions()
        o.intra_op_num_threads = 1
        o.add_session_config_entry("session.x64quantprecision", "1")  # no 16-bit saturation on x86 without VNNI
        s = ort.InferenceSession(model, o, providers=["CPUExecutionProvider"])
        run = lambda im: s.run(None, {"rgb": np.ascontiguousarray(im.transpose(2, 0, 1)[None]).astype(np.float32) / 255})[0][0]
    else:
        import torch
        torch.set_num_threads(1)
        from net import load
        from train import predict
        n = load(model).eval()
        run = lambda im: predict(n, im)
    tiles = []
    for f in files:
        im = cv2.imread(f)[..., ::-1]
        im = cv2.resize(np.ascontiguousarray(im), (W, H), interpolation=cv2.INTER_AREA)
        b = bits_of(run(im))
        tiles.append(np.concatenate([tile(im, os.path.basename(f)), tile(overlay(im, b), "")], 1))
    c = 2
    while len(tiles) % c:
        tiles.append(tiles[0] * 0)
    cv2.imwrite(out, sheet([tiles[i:i + c] for i in range(0, len(tiles), c)])[..., ::-1])
