#!/usr/bin/env python3
"""The same step in PyTorch: torch_step.py BATCH THREADS STEPS, one line of JSON as train_engines prints it."""
import json
import resource
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F

LEVELS, QUARTER, PYRAMID, SEGMENTATION, GROUPS, CLASSES = (256, 512, 1024, 2048), (80, 200), 128, 64, 32, 12
UNITS, RATE, DROPOUT = (3, 2, 1, 1), 1e-4, 0.2


def uniform(index, seed):
    h = (index.astype(np.uint32) * np.uint32(0x9E3779B1) + np.uint32(seed * 0x85EBCA77 & 0xFFFFFFFF)).astype(np.uint32)
    h ^= h >> np.uint32(16)
    h *= np.uint32(0x85EBCA6B)
    h ^= h >> np.uint32(13)
    h *= np.uint32(0xC2B2AE35)
    h ^= h >> np.uint32(16)
    return (h >> np.uint32(8)).astype(np.float32) / np.float32(1 << 24)


def values(shape, seed, scale, shift):
    n = int(np.prod(shape))
    return torch.from_numpy((uniform(np.arange(n, dtype=np.uint32), seed) * np.float32(scale) + np.float32(shift)).reshape(shape))


def parameters():
    found = []

    def weight(output, inner, side):
        bound = (6.0 / (inner * side * side)) ** 0.5
        found.append(values((output, inner, side, side), 10 + len(found), 2.0 * np.float32(bound), -np.float32(bound)))

    for level in reversed(LEVELS):
        weight(PYRAMID, level, 1)
        found.append(torch.zeros(PYRAMID))
    for units in UNITS:
        for unit in range(units):
            weight(SEGMENTATION, PYRAMID if unit == 0 else SEGMENTATION, 3)
            found.append(torch.ones(SEGMENTATION))
            found.append(torch.zeros(SEGMENTATION))
    weight(CLASSES, SEGMENTATION, 1)
    found.append(torch.zeros(CLASSES))
    return found


def labels(batch):
    b, y, x = np.meshgrid(np.arange(batch), np.arange(320), np.arange(800), indexing="ij")
    number = (uniform((b * 20 + y // 16) * 50 + x // 16, 200) * np.float32(13.0)).astype(np.int64)
    return torch.stack([torch.from_numpy((number == k + 1).astype(np.float32)) for k in range(CLASSES)], dim=1)


def loss_of(w, features, truth, mask):
    pyramid = []
    for k, level in enumerate(reversed(features)):
        x = F.conv2d(level, w[2 * k], w[2 * k + 1])
        pyramid.append(x if not pyramid else F.interpolate(pyramid[-1], scale_factor=2, mode="nearest") + x)
    at, merged = 8, None
    for branch, x in enumerate(pyramid):
        for _ in range(UNITS[branch]):
            x = F.relu(F.group_norm(F.conv2d(x, w[at], padding=1), GROUPS, w[at + 1], w[at + 2]))
            if branch < 3:
                x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=True)
            at += 3
        merged = x if merged is None else merged + x
    logits = F.conv2d(merged * mask, w[at], w[at + 1])
    p = torch.sigmoid(F.interpolate(logits, scale_factor=4, mode="bilinear", align_corners=True))
    tp = (p * truth).sum()
    return 1 - (2 * tp + 1) / (p.sum() + truth.sum() + 1)


def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main():
    batch, threads, steps = map(int, sys.argv[1:4])
    torch.set_num_threads(threads)
    w = [p.requires_grad_() for p in parameters()]
    features = [values((batch, c, QUARTER[0] >> k, QUARTER[1] >> k), 100 + k, 1.0, 0.0) for k, c in enumerate(LEVELS)]
    truth = labels(batch)
    adam = torch.optim.Adam(w, lr=RATE)
    losses, cpus, walls = [], [], []
    for step in range(steps):
        before, at = cpu(), time.perf_counter()
        keep = uniform(np.arange(batch * SEGMENTATION), 300 + step) >= np.float32(DROPOUT)
        mask = torch.from_numpy(keep.astype(np.float32) / np.float32(1 - DROPOUT)).reshape(batch, SEGMENTATION, 1, 1)
        adam.zero_grad()
        loss = loss_of(w, features, truth, mask)
        loss.backward()
        adam.step()
        losses.append(loss.item())
        cpus.append(round(cpu() - before, 3))
        walls.append(round(time.perf_counter() - at, 3))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"engine": f"torch {torch.__version__}", "batch": batch, "threads": threads, "loss": losses, "cpu": cpus, "wall": walls, "peak_mib": round(peak)}))


main()
