"""How far a network's probabilities mean what they say, on pictures that it was not trained on, and the temperature that mends it.

    python calibrate.py FOLD CHECKPOINT [FOLD CHECKPOINT ...]

Each checkpoint is judged on its own left-out fold; the pixels of all are pooled. Looked at are pixels above 0.5, one for each trait: the legend shows their mean,
trait by trait. Expected calibration error: ten bins from 0.5 to 1, the gap between mean probability and the share that the label agrees with, weighted by pixels.
A temperature divides the logits, so it changes no mask; export.py folds it into the last convolution (--temperature).
"""
import os
import sys

import numpy as np
import torch

import net
from data import planes
from pairs import HERE, load_pairs
from train import predict


def gaps(p, right):
    """Per bin: pixels, mean probability, share that is right."""
    k = np.minimum(((p - .5) * 20).astype(int), 9)
    n = np.bincount(k, minlength=10).astype(float)
    with np.errstate(invalid="ignore"):
        return n, np.bincount(k, p, 10) / n, np.bincount(k, right, 10) / n


def error(p, right):
    n, mean, share = gaps(p, right)
    return float(np.nansum(n * np.abs(mean - share)) / n.sum())


def tempered(p, t):
    return 1 / (1 + np.exp(-np.log(p / (1 - p)) / t))


if __name__ == "__main__":
    torch.set_num_threads(1)
    values, right, legend = [], [], []
    for fold, file in zip(sys.argv[1::2], sys.argv[2::2]):
        n = net.load(file).eval()
        for img, bits, *_ in load_pairs(os.path.join(HERE, "pairs.tsv"), int(fold))[1]:
            p, t = np.clip(predict(n, img), 1e-6, 1 - 1e-6), planes(bits, 1) > .5
            for k in range(12):
                here = p[k] > .5
                if here.sum() > 100:
                    legend.append((len(values), here.sum()))
                    values.append(p[k][here])
                    right.append(t[k][here])
    p, r = np.concatenate(values).astype(float), np.concatenate(right).astype(float)
    best = min(np.arange(.6, 3.01, .05), key=lambda t: error(tempered(p, t), r))
    for t in (1., best):
        q = tempered(p, t)
        print(f"temperature {t:.2f}: expected calibration error {error(q, r):.4f}; mean probability {q.mean():.3f}, right {r.mean():.3f}, {len(p)} pixels")
        for n, mean, share in zip(*gaps(q, r)):
            print(f"    {int(n):8d} pixels  said {mean:.3f}  right {share:.3f}")
        said = np.array([tempered(v.astype(float), t).mean() for v in values])
        true = np.array([x.mean() for x in right])
        print(f"    legend, {len(said)} traits of pictures: mean gap {np.abs(said - true).mean():.3f}, said {said.mean():.3f}, right {true.mean():.3f}")
