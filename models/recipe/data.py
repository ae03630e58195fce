"""Pairs of crop and 16-bit trait mask, and what is done to them before the network sees them."""
import glob
import os
import queue
import threading

import cv2
import numpy as np
import torch
from PIL import Image

from draw import background, clutter, noise

W, H = 640, 256
TRUNK, HEAD, EYE = 11, 6, 7
FINS = range(6)
PALETTE = np.array([(254, 0, 0), (0, 254, 0), (0, 0, 254), (254, 254, 0), (0, 254, 254), (254, 0, 254), (254, 254, 254),
                    (0, 254, 102), (254, 102, 102), (254, 102, 204), (254, 204, 102), (0, 124, 124)], np.uint8)


def bits_from_colours(rgb):
    """BGNN colours to bits; a pixel that has none of the colours exactly takes the nearest one if it is near, else none."""
    d = np.abs(rgb[:, :, None, :].astype(np.int16) - np.concatenate([np.zeros((1, 3), np.uint8), PALETTE])[None, None]).sum(-1)
    k = d.argmin(-1)
    k[d.min(-1) > 60] = 0
    return np.where(k > 0, 1 << (np.maximum(k, 1) - 1), 0).astype(np.uint16)


def paint(bits):
    out = np.zeros(bits.shape + (3,), np.uint8)
    for k in range(12):
        out[(bits >> k) & 1 > 0] = PALETTE[k]
    return out


def planes(bits, f):
    """12 planes, area-averaged by f."""
    p = ((bits[None] >> np.arange(12, dtype=np.uint16)[:, None, None]) & 1).astype(np.float32)
    if f == 1:
        return p
    return p.reshape(12, bits.shape[0] // f, f, bits.shape[1] // f, f).mean((2, 4))


def scaled(img, bits, w, h):
    if img.shape[1] == w:
        return img, bits
    return cv2.resize(img, (w, h), interpolation=cv2.INTER_AREA), cv2.resize(bits, (w, h), interpolation=cv2.INTER_NEAREST)


def load_drawn(folder, w, h):
    out = []
    for f in sorted(glob.glob(os.path.join(folder, "*.png"))):
        img, b = cv2.imread(f[:-3] + "jpg"), cv2.imread(f, -1)
        if img is not None and b is not None:
            out.append(scaled(np.ascontiguousarray(img[..., ::-1]), b, w, h))
    return out


def fish_alpha(bits):
    m = (bits > 0).astype(np.uint8)
    k = max(3, bits.shape[1] // 70) | 1
    m = cv2.morphologyEx(m, cv2.MORPH_CLOSE, np.ones((k, k), np.uint8))
    cs, _ = cv2.findContours(m, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    big = np.zeros_like(m)
    cv2.drawContours(big, [c for c in cs if cv2.contourArea(c) > 60], -1, 1, -1)
    return big


def warp(rng, img, bits, strong=True):
    """Random flip, rotation, scale, shift and bend; the outside is filled by the picture's own border."""
    u = rng.uniform
    h, w = img.shape[:2]
    k = 1.0 if strong else .5
    a = np.deg2rad(rng.normal(0, 4 * k))
    sx, sy = np.exp(rng.normal(-.05, .10 * k)), np.exp(rng.normal(-.05, .15 * k))
    tx, ty = rng.normal(0, .025 * k * w), rng.normal(0, .03 * k * h)
    X, Y = np.meshgrid(np.arange(w, dtype=np.float32), np.arange(h, dtype=np.float32))
    nx, ny = (X - w / 2) / (w / 2), (Y - h / 2) / (h / 2)
    r = 2.5 * u(.35, .8)  # rotation in a space where the fish has about its natural shape
    rx, ry = nx, ny / r
    qx, qy = np.cos(a) * rx - np.sin(a) * ry, np.sin(a) * rx + np.cos(a) * ry
    nx, ny = qx / sx, qy * r / sy
    if strong and u() < .7:
        ny = ny + rng.normal(0, .08) * nx ** 2 + rng.normal(0, .045) * np.sin(nx * u(2, 5) + u(0, 6))
        nx = nx + rng.normal(0, .035) * np.sin(nx * u(2, 4) + u(0, 6))
    if strong and u() < .4:  # local elastic bends: no two fins have the same outline
        f = rng.normal(0, 1, (2, 5, 9)).astype(np.float32) * u(.005, .025)
        nx = nx + cv2.resize(f[0], (w, h), interpolation=cv2.INTER_CUBIC) * .6
        ny = ny + cv2.resize(f[1], (w, h), interpolation=cv2.INTER_CUBIC) * 1.5
    if u() < .3:
        nx = -nx
    mx = (nx * w / 2 + w / 2 + tx).astype(np.float32)
    my = (ny * h / 2 + h / 2 + ty).astype(np.float32)
    out = cv2.remap(img, mx, my, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return out, cv2.remap(bits, mx, my, cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT, borderValue=0)


def new_background(rng, img, bits):
    """The fish on another background. What lies outside the mask is kept as a factor, so thin fins stay thin."""
    h, w = bits.shape
    big = fish_alpha(bits)
    ring = cv2.dilate(big, np.ones((7, 7), np.uint8))
    out = ring == 0
    if out.sum() < .02 * h * w:
        return img
    x = img.astype(np.float32) / 255
    bg = np.median(x[out], 0)
    ratio = np.clip(x / np.maximum(bg, .05), 0, 1.15)
    alpha = cv2.GaussianBlur(big.astype(np.float32), (0, 0), rng.uniform(.6, 1.6) * w / W)[..., None]
    nb, _, _ = background(rng, h, w)
    nb = nb.astype(np.float32)
    if rng.uniform() < .4:
        clutter(rng, nb, ring == 0)
    if bg.mean() > .55:
        mixed = nb * ratio
        seethru = rng.uniform(0, .7) * ratio.min(-1, keepdims=True) ** 2
        y = mixed * (1 - alpha) + (x * (1 - seethru) + nb * ratio * seethru) * alpha
    else:
        y = nb * (1 - alpha) + x * alpha
    return (np.clip(y, 0, 1) * 255).astype(np.uint8)


def cut_out(rng, img, bits):
    """The fish cut out along its outline, more or less narrowly, on one plain colour."""
    big = fish_alpha(bits)
    r = rng.integers(0, 4)
    if r:
        big = cv2.dilate(big, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * r + 1,) * 2))
    c = 255. if rng.uniform() < .6 else 0. if rng.uniform() < .4 else rng.uniform(60, 250)
    a = big.astype(np.float32)
    if rng.uniform() < .6:
        a = cv2.GaussianBlur(a, (0, 0), rng.uniform(.4, 1.2))
    return (img * a[..., None] + c * (1 - a[..., None])).astype(np.uint8)


def recolour_traits(rng, img, bits):
    """Every trait in another colour and strength, with soft borders, so that the form counts and not the paint."""
    h, w = bits.shape
    x = img.astype(np.float32)
    gain, bias = np.ones((h, w, 3), np.float32), np.zeros((h, w, 3), np.float32)
    common = rng.normal(0, .2), rng.normal(0, .08, 3)
    for k in (*FINS, HEAD, EYE, TRUNK):
        m = (bits >> k) & 1 > 0
        if m.any() and rng.uniform() < .7:
            gain[m] = np.exp(common[0] * (k in FINS) + rng.normal(0, .22) + common[1] + rng.normal(0, .08, 3))
            bias[m] = rng.normal(0, 12) + rng.normal(0, 6, 3)
    s = rng.uniform(.8, 3) * w / W
    return np.clip(x * cv2.GaussianBlur(gain, (0, 0), s) + cv2.GaussianBlur(bias, (0, 0), s), 0, 255).astype(np.uint8)


def fade_fins(rng, img, bits):
    """Fins turn paler towards what lies behind them: the ground's median colour, or the trunk's under a pectoral fin."""
    out = bits == 0
    if out.sum() < 200:
        return img
    bg = np.median(img[out], 0)
    tr = (bits >> TRUNK) & 1 > 0
    body = np.median(img[tr], 0) if tr.any() else bg
    a = np.zeros(bits.shape, np.float32)
    c = np.zeros(bits.shape + (3,), np.float32)
    c[:] = bg
    for k in FINS:
        if rng.uniform() < .6:
            m = (bits >> k) & 1 > 0
            a[m] = rng.uniform(.1, .65)
            if k == 5:
                c[m] = body
    a = cv2.GaussianBlur(a, (0, 0), 1.)[..., None]
    return (img * (1 - a) + c * a).astype(np.uint8)


def colours(rng, img, k=1.0):
    u = rng.uniform
    x = img.astype(np.float32) / 255
    if u() < .7:
        x = x ** np.exp(rng.normal(0, .25 * k)).astype(np.float32)
    if u() < .7:
        x = x * np.exp(rng.normal(0, .12 * k)) * np.exp(rng.normal(0, .05 * k, 3)).astype(np.float32)
    if u() < .5:
        m = x.mean()
        x = (x - m) * np.exp(rng.normal(0, .2 * k)) + m
    if u() < .6:
        g = x.mean(-1, keepdims=True)
        x = g + (x - g) * (np.exp(rng.normal(-.1, .4 * k)) if u() < .9 else 0)
    x = x.astype(np.float32)
    if u() < .25:  # hue
        hs = cv2.cvtColor(np.clip(x, 0, 1), cv2.COLOR_RGB2HSV)
        hs[..., 0] = (hs[..., 0] + rng.normal(0, 14 * k)) % 360
        x = cv2.cvtColor(hs, cv2.COLOR_HSV2RGB)
    if u() < .2:
        x = x * (1 + .12 * k * noise(rng, x.shape[0], x.shape[1], 2, 2)[..., None])
    if u() < .3:
        x = cv2.GaussianBlur(x, (0, 0), u(.3, 1.4 * k + .3) * x.shape[1] / W)
    if u() < .35:
        x = x + rng.standard_normal(x.shape, np.float32) * np.float32(u(.002, .025))
    y = (np.clip(x, 0, 1) * 255 + .5).astype(np.uint8)
    if u() < .25:
        y = cv2.imdecode(cv2.imencode(".jpg", y, [cv2.IMWRITE_JPEG_QUALITY, int(u(35, 92))])[1], -1)
    return y


class Grounds:
    """Crops without a fish: windows of whole frames beside the fish (rulers, labels, bare ground), and drawn grounds."""

    def __init__(self, base, frames):
        self.frames = []
        for name, boxes in frames:
            img = np.array(Image.open(os.path.join(base, "frames", name)).convert("RGB"))
            s = max(1., img.shape[1] / 1600)
            img = cv2.resize(img, None, fx=1 / s, fy=1 / s, interpolation=cv2.INTER_AREA)
            self.frames.append((img, [np.array(b) / s for b in boxes]))

    def one(self, rng, w, h):
        if self.frames and rng.uniform() < .65:
            img, boxes = self.frames[rng.integers(len(self.frames))]
            fh, fw = img.shape[:2]
            for _ in range(20):
                ww, hh = rng.uniform(.1, .7) * fw, rng.uniform(.05, .5) * fh
                x, y = rng.uniform(0, fw - ww), rng.uniform(0, fh - hh)
                if all(x + ww < b[0] or y + hh < b[1] or x > b[0] + b[2] or y > b[1] + b[3] for b in boxes):
                    win = img[int(y):int(y + hh), int(x):int(x + ww)]
                    win = np.rot90(win, 2) if rng.uniform() < .2 else win
                    return cv2.resize(np.ascontiguousarray(win), (w, h), interpolation=cv2.INTER_AREA), np.zeros((h, w), np.uint16)
        g, _, _ = background(rng, h, w)
        for _ in range(rng.integers(0, 4)):
            clutter(rng, g, np.ones((h, w), bool))
        return (np.clip(g, 0, 1) * 255).astype(np.uint8), np.zeros((h, w), np.uint16)


class Mixer:
    """Endless batches of drawn and real pairs, made in one thread beside the trainer; the order depends on the seed only."""

    def __init__(self, drawn, real, grounds, batch, real_share, w, h, seed, rare=1):
        self.drawn, self.grounds, self.batch, self.share, self.w, self.h = drawn, grounds, batch, real_share, w, h
        bit = np.uint16(1 << rare)  # pictures with this trait are shown more often
        self.rare = [p for p in drawn if (p[1] & bit).any()]
        self.real = [(*scaled(i, b, w, h), wt * (3 if (b & bit).any() else 1)) for i, b, wt in real]
        self.rng = np.random.default_rng(seed)
        self.q = queue.Queue(3)
        threading.Thread(target=self._work, daemon=True).start()

    def one(self):
        rng = self.rng
        u = rng.uniform
        if u() < .03:
            img, bits = self.grounds.one(rng, self.w, self.h)
            return colours(rng, img), planes(bits, 2)
        real = bool(self.real) and u() < self.share
        if real:
            wt = np.array([r[2] for r in self.real], np.float64)
            img, bits, _ = self.real[rng.choice(len(self.real), p=wt / wt.sum())]
            img, bits = warp(rng, img, bits, True)
        else:
            pool = self.rare if self.rare and u() < .25 else self.drawn
            img, bits = pool[rng.integers(len(pool))]
            if u() < .5:
                img, bits = warp(rng, img, bits, False)
        if u() < (.3 if real else .1):
            img = recolour_traits(rng, img, bits)
        if u() < (.25 if real else .1):
            img = fade_fins(rng, img, bits)
        r = u()
        if r < .14:
            img = cut_out(rng, img, bits)
        elif real and r < .45:
            img = new_background(rng, img, bits)
        return colours(rng, img, 1. if real else .6), planes(bits, 2)

    def _work(self):
        while True:
            xs, ys = zip(*[self.one() for _ in range(self.batch)])
            self.q.put((np.stack(xs), np.stack(ys)))

    def next(self):
        xs, ys = self.q.get()
        return torch.from_numpy(xs).permute(0, 3, 1, 2).float().div_(255), torch.from_numpy(ys)
