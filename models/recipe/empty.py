"""Crops without a fish: how many of them a network paints, and how much.   python empty.py NETWORK..."""
import sys

import cv2
import numpy as np
import torch

import net
from data import H, W, Grounds
from pairs import frames
from train import predict

torch.set_num_threads(1)
g = Grounds(*frames(-1))
rng = np.random.default_rng(900)
crops = [g.one(rng, W, H)[0] for _ in range(30)]
for m in sys.argv[1:]:
    n = net.load(m).eval()
    area = np.array([(predict(n, c) > .5).any(0).mean() for c in crops])
    print(m, f"{(area > 0).sum()} of {len(crops)} crops painted at all, {(area > .001).sum()} by more than 0.1 %, the most {area.max():.4f}")
