"""Draws lateral fish with exact masks, in the way museum crops look: the fish fills the crop, which is stretched to 640x256.

    python draw.py OUT COUNT [SEED [START [KIND]]]      writes OUT/00000.jpg and OUT/00000.png (16 bit, bit k = trait k+1)
"""
import os
import sys

import cv2
import numpy as np
from scipy.interpolate import PchipInterpolator

W, H = 640, 256
SS = 1.5
CH = {n: k for k, n in enumerate(("dorsal_fin", "adipos_fin", "caudal_fin", "anal_fin", "pelvic_fin", "pectoral_fin",
                                  "head", "eye", "caudal_fin_ray", "alt_fin_ray", "alt_fin_spine", "trunk"))}


def noise(rng, h, w, cells, octaves=3):
    out = np.zeros((h, w), np.float32)
    a = 1.0
    for _ in range(octaves):
        g = rng.standard_normal((max(2, int(cells * h / w) + 2), max(2, int(cells) + 2))).astype(np.float32)
        out += a * cv2.resize(g, (w, h), interpolation=cv2.INTER_CUBIC)
        a *= 0.5
        cells *= 2.2
    return out / 1.3


def hsv(h, s, v):
    return cv2.cvtColor(np.array([[[h * 180, s * 255, v * 255]]], np.uint8), cv2.COLOR_HSV2RGB)[0, 0].astype(np.float32) / 255


class Fish:
    """Shapes in body coordinates: x from snout 0 to about 1, y down. A dragonet is drawn only where it is asked for."""

    def __init__(s, rng, kind=None):
        u = rng.uniform
        s.rng = rng
        kind = kind or rng.choice(["minnow", "perch", "sunfish", "sucker", "darter", "catfish", "trout", "angel", "wrasse", "stickleback", "goby", "pike"],
                          p=[.15, .10, .14, .08, .06, .11, .08, .09, .08, .06, .03, .02])
        s.kind = kind
        s.xs = u(.74, .86)
        s.hl = {"minnow": u(.17, .24), "perch": u(.22, .29), "sunfish": u(.22, .29), "sucker": u(.16, .22),
                "darter": u(.17, .24), "catfish": u(.18, .25), "trout": u(.17, .24), "angel": u(.17, .27),
                "wrasse": u(.19, .28), "stickleback": u(.2, .28), "goby": u(.19, .27), "pike": u(.2, .29)}.get(kind) or u(.17, .26)
        D = {"minnow": u(.15, .28), "perch": u(.2, .32), "sunfish": u(.32, .47), "sucker": u(.17, .36),
             "darter": u(.13, .2), "catfish": u(.15, .24), "trout": u(.17, .26), "angel": u(.28, .5),
             "wrasse": u(.2, .34), "stickleback": u(.15, .27), "goby": u(.1, .2), "pike": u(.12, .2)}.get(kind) or u(.09, .15)
        s.D = D
        dd = D * u(.42, .58)
        dv = D - dd
        s.pd = max(.05, D * u(.3, .5)) if kind != "stickleback" else max(.028, D * u(.12, .25))
        xm = u(.30, .46)
        y0 = u(-.08, .2) * D
        nape = u(.72, .93)
        throat = u(.65, .95)

        def prof(depth, at_head, sign, p):
            pe = s.pd / 2
            x0, x1 = max(xm, s.hl + .05), s.xs - u(.05, .09)
            pts = [(0, y0), (.012, y0 * .9 + sign * depth * u(.10, .2)), (s.hl * .5, sign * depth * at_head * u(.66, .82)),
                   (s.hl, sign * depth * at_head), (x0, sign * depth)]
            for q in (.25, .5, .75):
                t = 1 - np.cos(q * np.pi / 2) ** p if p < 1.9 else q ** 1.5
                t = .5 * t + .5 * (.5 - .5 * np.cos(np.pi * q))
                pts.append((x0 + q * (x1 - x0), sign * (depth + (pe - depth) * t)))
            flare = u(1., 1.12)
            pts += [(x1, sign * pe), (s.xs - .01, sign * pe * flare), (1.2, sign * pe * flare)]
            x, y = np.array(pts).T
            fine = np.sqrt(np.linspace(0, 1.2, 400))
            y = PchipInterpolator(np.sqrt(x), y)(fine)
            sm = np.convolve(np.pad(y, 8, mode="edge"), np.hanning(17) / np.hanning(17).sum(), "valid")
            k = np.clip((fine ** 2 - .03) / .04, 0, 1)
            return PchipInterpolator(fine, y * (1 - k) + sm * k)
        s.pt = prof(dd, nape, -1, u(1.2, 2.2))
        s.pb = prof(dv, throat, 1, u(1.2, 2.2))
        s.bend = (u(-.18, .18) if u() < .6 else 0., u(.3, .5), u(-.015, .015), u(2, 5))
        s.y0 = y0
        s.lips = u(.0, .02)
        bulge = u(.015, .05) if kind not in ("sunfish", "perch", "angel") else u(.03, .10)
        s.oper = (s.hl - max(0, bulge - .04), bulge, u(-.15, .35), u(.1, .6) * s.hl * .4, u(.3, .65))  # x, bulge, v of the bulge, lean towards the throat

    def top(s, x):
        return s.pt(np.sqrt(np.clip(x, 0, 1.2)))

    def bot(s, x):
        return s.pb(np.sqrt(np.clip(x, 0, 1.2)))

    def axis(s, x):
        a, c, b, f = s.bend
        return a * (x - c) ** 2 + b * np.sin(f * x)

    def to_world(s, p):
        p = np.asarray(p, np.float64)
        return np.stack([p[..., 0], p[..., 1] + s.axis(p[..., 0])], -1)


def fin(rng, base, angles, lens, rays, curl=0.0):
    """base (n,2); angles and lens per base point (radians, 0 = backwards, pi/2 = down). Returns tips, and rays as point lists."""
    n = len(base)
    tips = base + np.stack([np.cos(angles), np.sin(angles)], 1) * lens[:, None]
    lines = []
    for k in np.linspace(0, n - 1, rays):
        i = int(k)
        t = np.linspace(0, 1, 6)[:, None]
        mid = (base[i] + tips[i]) / 2 + curl * lens[i] * np.array([-np.sin(angles[i]), np.cos(angles[i])])
        q = (1 - t) ** 2 * base[i] + 2 * t * (1 - t) * mid + t ** 2 * tips[i]
        lines.append((i, q))
    return tips, lines


def make_fins(f):
    """List of dicts: trait, poly (closed, body coordinates), base, tips, lines, spiny, over."""
    rng = f.rng
    u = rng.uniform
    out = []
    n = 60

    def along(x0, x1, side, inset=.012):
        x = np.linspace(x0, x1, n)
        y = f.top(x) + inset if side < 0 else f.bot(x) - inset
        return np.stack([x, y], 1)

    def add(trait, base, ang, lens, rays, over=False, spiny=False, jag=None, curl=0., fray=True):
        lens = np.maximum(lens, .004)
        j = u(0, .05) if jag is None else jag
        step = np.linspace(0, rays, n)
        saw = np.abs((step % 1) - .5) * 2                      # 1 on a ray, 0 between two rays
        lens = lens * (1 - j * (1 - saw) ** 1.5)
        if fray and u() < .35:                                # splits between rays
            for _ in range(rng.integers(1, 4)):
                k = rng.integers(3, n - 3)
                w = rng.integers(1, 3)
                lens[k - w:k + w] *= u(.45, .85)
        if trait != "caudal_fin":
            lens = lens * np.minimum(1, .55 + np.minimum(s, 1 - s) * u(3, 9))
        wob = np.convolve(rng.standard_normal(n + 6), np.ones(7) / 7, "valid")
        lens = lens * (1 + u(.01, .05) * wob)
        tips, lines = fin(rng, base, ang, lens, rays, curl)
        out.append(dict(trait=trait, base=base, tips=tips, poly=np.concatenate([base, tips[::-1]]), lines=lines, spiny=spiny, over=over))

    s = np.linspace(0, 1, n)
    fold = u() < .18  # everything collapsed, as in badly fixed specimens
    lean = (lambda lo, hi: np.deg2rad(u(lo, hi)))

    # dorsal: angles are negative (up); -90 degrees straight up, 0 backwards
    hd = u(.1, .23) * (.6 + f.D)
    if f.kind == "angel":  # long fins to the tail, often dark or coloured
        x0 = u(f.hl + .0, f.hl + .08)
        x2 = f.xs - u(.02, .08)
        a0 = lean(-80, -45)
        h = hd * u(.5, 1.0) * np.minimum(1, s * u(3, 6) + .3) * (1 + u(-.2, .5) * s) * np.minimum(1, (1 - s) * 6 + .1)
        add("dorsal_fin", along(x0, x2, -1), np.linspace(a0, a0 + u(.2, .7), n), h, int(rng.integers(18, 34)), spiny=u() < .5, jag=u(0, .2))
    elif f.kind == "wrasse":  # one long even fin
        x0 = u(f.hl + .0, f.hl + .08)
        x2 = f.xs - u(.03, .12)
        a0 = lean(-75, -40) if not fold else lean(-20, -8)
        h = hd * u(.35, .75) * np.minimum(1, s * u(3, 9) + .4) * (1 + u(-.2, .3) * s) * np.minimum(1, (1 - s) * 8 + .2)
        add("dorsal_fin", along(x0, x2, -1), np.linspace(a0, a0 + u(.1, .5), n), h, int(rng.integers(18, 34)), spiny=u() < .3, jag=u(0, .15))
    elif f.kind == "stickleback":  # free spines, then a soft fin
        x1 = u(.52, .62)
        for xq in np.linspace(f.hl + u(.04, .12), x1 - u(.02, .06), int(rng.integers(2, 5))):
            b = along(xq, xq + u(.008, .025), -1)
            a0 = lean(-80, -35) if not fold else lean(-15, -5)
            add("dorsal_fin", b, np.linspace(a0, a0 + .35, n), hd * u(.3, .6) * (1 - .8 * s), 2, spiny=True, jag=0, fray=False)
        a0 = lean(-65, -30) if not fold else lean(-15, -6)
        h = hd * u(.45, .9) * np.minimum(1, s * 6 + .4) * (1 - u(.4, .8) * s)
        add("dorsal_fin", along(x1, min(x1 + u(.12, .22), f.xs - .04), -1), np.linspace(a0, a0 + u(.1, .5), n), h, int(rng.integers(9, 14)))
    elif f.kind == "goby":  # a short first fin, sometimes drawn out, and a long second one
        x0, x1 = f.hl + u(.03, .08), u(.42, .5)
        a0 = lean(-85, -45) if not fold else lean(-20, -8)
        h = hd * u(.6, 1.8) * np.clip(1.1 - np.abs(s - u(.1, .5)) * u(.8, 1.6), .15, 1)
        add("dorsal_fin", along(x0, x1 - .03, -1), np.linspace(a0, a0 + u(.2, .9), n), h, int(rng.integers(4, 8)), spiny=u() < .5, jag=u(.05, .4), curl=u(-.1, .1))
        h = hd * u(.5, .9) * np.minimum(1, s * 6 + .5) * (1 + u(-.3, .4) * s) * np.minimum(1, (1 - s) * 6 + .3)
        add("dorsal_fin", along(x1, f.xs - u(.02, .1), -1), np.linspace(a0, a0 + u(.1, .5), n), h, int(rng.integers(9, 16)))
    elif f.kind == "dragonet":  # a sail, then a long and high second fin; both may have the body's pattern
        x0 = f.hl + u(-.03, .05)
        x1 = x0 + u(.08, .16)
        a0 = lean(-85, -50) if not fold else lean(-25, -8)
        h = u(.1, .32) * np.clip(1.15 - np.abs(s - u(.0, .4)) * u(.5, 1.5), .15, 1)
        add("dorsal_fin", along(x0, x1, -1), np.linspace(a0, a0 + u(.1, .8), n), h, int(rng.integers(4, 7)), spiny=u() < .4, jag=u(0, .3), curl=u(-.1, .1))
        a0 = lean(-70, -30) if not fold else lean(-18, -6)
        h = u(.08, .2) * np.minimum(1, s * u(4, 9) + .5) * (1 + u(-.4, .5) * s)
        add("dorsal_fin", along(x1 + u(-.01, .06), f.xs - u(.02, .12), -1), np.linspace(a0, a0 + u(.0, .4), n), h, int(rng.integers(8, 12)), jag=u(0, .4))
    elif f.kind == "pike":
        x0 = u(.6, .66)
        a0 = lean(-70, -35) if not fold else lean(-18, -6)
        h = hd * u(.8, 1.2) * np.minimum(1, s * 6 + .4) * (1 - u(.2, .6) * s)
        add("dorsal_fin", along(x0, min(x0 + u(.08, .14), f.xs - .03), -1), np.linspace(a0, a0 + u(.2, .7), n), h, int(rng.integers(10, 18)))
    elif f.kind in ("perch", "sunfish", "darter"):
        x0 = u(f.hl + .01, f.hl + .09)
        x1 = u(.46, .56)
        x2 = u(.66, .74)
        two = f.kind != "sunfish" and u() < .6
        a0 = lean(-75, -45) if not fold else lean(-22, -10)
        h = hd * u(.5, .8) * np.minimum(1, s * u(3, 7) + .25) * (1 - (.45 if two else .3) * s ** 2)
        if two:
            h *= np.sqrt(np.clip((1 - s) * 6, 0.02, 1))
        add("dorsal_fin", along(x0, x1, -1), np.linspace(a0 - .1, a0 + .25, n), h, int(rng.integers(8, 14)), spiny=True, jag=u(.1, .45))
        h = hd * u(.7, 1.05) * np.minimum(1, s * 5 + .5) * (1 - .55 * s)
        add("dorsal_fin", along(x1 + (u(.0, .02) if two else -.01), x2, -1), np.linspace(a0, a0 + u(.2, .6), n), h, int(rng.integers(9, 16)))
    else:
        x0 = {"minnow": u(.38, .5), "sucker": u(.33, .46), "catfish": u(.27, .36), "trout": u(.38, .46)}[f.kind]
        ln = u(.08, .15) if not (f.kind == "sucker" and u() < .5) else u(.2, .34)
        a0 = lean(-72, -35) if not fold else lean(-18, -6)
        sh = u(.3, .8)
        h = hd * (.85 if ln > .2 else 1.15) * np.minimum(1, s * u(4, 12) + .35) * (1 - sh * s ** u(.7, 1.4))
        add("dorsal_fin", along(x0, min(x0 + ln, .7), -1), np.linspace(a0, a0 + u(.1, .6), n), h, int(rng.integers(8, 20)), curl=u(-.05, .05))
    dorsal_end = out[-1]["base"][-1, 0]

    # adipose
    if (f.kind in ("catfish", "trout") and u() < .93) or u() < .02:
        x0 = u(min(max(dorsal_end + .04, .62), f.xs - .1), f.xs - .09)
        ln = u(.03, .06)
        if f.kind == "catfish" and u() < .75:  # a long low ridge up to the tail
            x0 = u(min(dorsal_end + .05, .6), .68)
            ln = u(.08, .25)
        x1 = min(x0 + ln, f.xs - .005)
        h = u(.02, .05) * np.sin(np.pi * np.clip(s * .8 + .1, 0, 1)) ** u(.5, 1.2)
        add("adipos_fin", along(x0, x1, -1, .008), np.linspace(lean(-50, -25), lean(-30, -10), n), h, 2, jag=0, fray=False)

    # anal
    x0 = u(.52, .66)
    ln = {"minnow": u(.07, .15), "perch": u(.08, .15), "sunfish": u(.1, .2), "sucker": u(.05, .09), "darter": u(.08, .15),
          "catfish": u(.1, .24), "trout": u(.07, .2), "angel": u(.16, .3), "wrasse": u(.16, .28), "stickleback": u(.1, .2),
          "goby": u(.15, .3), "pike": u(.07, .12)}.get(f.kind) or u(.2, .34)
    if f.kind in ("angel", "wrasse", "goby", "dragonet"):
        x0 = u(.46, .56)
    if f.kind == "pike":
        x0 = u(.6, .68)
    a0 = lean(30, 75) if not fold else lean(6, 20)
    h = u(.08, .22) * (.65 + f.D) * np.minimum(1, s * u(3, 9) + .35) * (1 - u(.3, .85) * s ** u(.7, 1.3))
    if f.kind == "dragonet":
        h = u(.05, .14) * np.minimum(1, s * u(4, 9) + .5) * (1 + u(-.3, .5) * s)
    add("anal_fin", along(x0, min(x0 + ln, f.xs - .03), 1), np.linspace(a0, a0 - u(0, .5), n), h, int(rng.integers(7, 16)))

    # caudal
    L = u(.14, .25) if f.kind != "dragonet" else u(.18, .34)
    shape = rng.choice(["fork", "soft", "trunc", "round"], p=[.42, .25, .18, .15] if f.kind != "catfish" else [.1, .15, .35, .4])
    if f.kind in ("stickleback", "goby", "dragonet") and u() < .8:
        shape = rng.choice(["soft", "trunc", "round"])
    t = np.abs(2 * s - 1)
    fk = {"fork": u(.4, .65), "soft": u(.15, .4), "trunc": u(-.02, .1), "round": u(-.35, -.1)}[shape]
    lens = L * (1 - fk * (1 - t ** u(1.0, 1.7)))
    spread = np.deg2rad(u(16, 42)) if u() > .15 else np.deg2rad(u(4, 12))
    hh = f.pd / 2 * 1.04
    bx = f.xs - .012 + .022 * (1 - t ** 2)
    base = np.stack([bx - .012, (2 * s - 1) * hh], 1)
    tilt = np.deg2rad(u(-8, 8))
    ang = (2 * s - 1) * spread + tilt
    add("caudal_fin", base, ang, lens, int(rng.integers(14, 30)), curl=u(-.04, .04))
    if u() < .5:  # the fan is curved at the lobes' outer edge
        pass

    # pelvic
    xp = u(.26, .36) if f.kind in ("perch", "sunfish", "darter", "angel", "wrasse", "goby", "stickleback") else u(.38, .52)
    for k in range(0 if f.kind == "dragonet" else 2 if u() < .45 else 1):
        bl = u(.012, .03)
        x0 = xp + k * u(-.03, .03)
        b = along(x0, x0 + bl, 1, u(.004, .03))
        a = lean(12, 60) if not fold else lean(2, 12)
        h = u(.08, .18) * (.7 + .6 * f.D) * (1 - u(.2, .6) * s) * np.minimum(1, s * 5 + .6) * (.6 + .4 * np.sin(np.pi * np.clip(s + .1, 0, 1)))
        add("pelvic_fin", b, np.linspace(a, a - u(.1, .5), n), h, int(rng.integers(5, 9)), over=u() < .5)

    if f.kind == "dragonet":  # wings under the throat, with a first ray that may stand free
        x0 = f.hl * u(.55, 1.)
        b = along(x0, x0 + u(.03, .09), 1, u(-.01, .02))
        a = lean(5, 55)
        h = u(.12, .3) * (1 - u(.2, .7) * s) * (.7 + .3 * np.sin(np.pi * np.clip(s + .2, 0, 1)))
        add("pelvic_fin", b, np.linspace(a + u(0, .4), a - u(0, .5), n), h, int(rng.integers(5, 8)), over=u() < .4, jag=u(0, .3))
        if u() < .4:
            add("pelvic_fin", along(x0 - u(.01, .05), x0 - .005, 1, 0), np.linspace(a + .5, a + .9, n), u(.04, .12) * (1 + 0 * s), 2, spiny=True, jag=0, fray=False)

    # pectoral
    if u() < .95:
        xo = f.hl + u(-.005, .03)
        ct, cb = f.top(xo), f.bot(xo)
        yc = ct + (cb - ct) * u(.55, .9)
        bl = u(.02, .05) * (.6 + f.D)
        tilt = u(-.4, .9)
        b = np.stack([xo + s * bl * np.sin(tilt) * .5, yc + (s - .5) * bl * np.cos(tilt)], 1)
        a = np.deg2rad(u(-40, 35))
        fan = np.deg2rad(u(4, 28))
        h = u(.09, .2) * (.75 + .5 * f.D) * (1 - u(.15, .4) * np.abs(s - u(.1, .6)) ** 1.3 * 2) * (.45 + .55 * np.sin(np.pi * np.clip(s * .9 + .08, 0, 1)) ** .6)
        add("pectoral_fin", b, a + (s - .5) * 2 * fan, np.maximum(h, .02), int(rng.integers(7, 13)), over=True)
        if u() < .12:  # the other one, below the throat
            b2 = along(xo, xo + .02, 1, .01)
            add("pectoral_fin", b2, np.linspace(.7, .3, n) + u(-.2, .2), u(.05, .1) * (1 - .3 * s), 6)
    return out


def background(rng, h, w):
    u = rng.uniform
    k = rng.choice(["white", "grey", "dark", "tint", "tank"], p=[.52, .16, .10, .14, .08])
    v = {"white": u(.84, 1.), "grey": u(.45, .8), "dark": u(.03, .25), "tint": u(.5, .95), "tank": u(.35, .85)}[k]
    c = np.full(3, v, np.float32) * (1 + u(-.03, .03, 3))
    if k in ("tint", "tank"):
        c = hsv(u(), u(.05, .5), v) * .7 + c * .3
    img = np.empty((h, w, 3), np.float32)
    img[:] = c
    gx, gy = u(-.08, .08, 2)
    img *= (1 + gx * np.linspace(-1, 1, w)[None, :, None] + gy * np.linspace(-1, 1, h)[:, None, None]).astype(np.float32)
    if u() < .6:
        img *= 1 + u(.005, .04) * noise(rng, h, w, u(2, 6), 3)[..., None]
    if k == "tank":
        for _ in range(rng.integers(2, 10)):
            p = (int(u(0, w)), int(u(0, h)))
            q = (int(u(0, w)), int(u(0, h)))
            cv2.line(img, p, q, (c * u(.75, 1.2)).tolist(), int(rng.integers(1, 4)), cv2.LINE_AA)
        if u() < .5:
            y = int(u(0, h))
            img[y:] *= u(.7, 1.1)
    if u() < .3:  # dried drops
        lay = np.zeros((h, w), np.float32)
        for _ in range(rng.integers(4, 30)):
            cv2.ellipse(lay, (int(u(0, w)), int(u(0, h))), (int(u(6, 26)), int(u(6, 30))), u(0, 180), 0, u(200, 360), u(.3, 1), int(rng.integers(1, 3)), cv2.LINE_AA)
        img *= 1 - u(.03, .15) * lay[..., None]
    if u() < .5:  # dust
        for _ in range(rng.integers(3, 40)):
            cv2.circle(img, (int(u(0, w)), int(u(0, h))), int(rng.integers(1, 4)), (c * u(.2, .9)).tolist(), -1, cv2.LINE_AA)
    return img, k, float(v)


def clutter(rng, img, free):
    """Ruler and label pieces where `free` is true (outside the fish)."""
    u = rng.uniform
    h, w = img.shape[:2]
    lay = img.copy()
    if u() < .5:
        hh = int(u(.06, .2) * h)
        top = u() < .3
        y0 = 0 if top else h - hh
        x0 = int(u(-.2, .6) * w)
        x1 = x0 + int(u(.3, 1.) * w)
        x0 = max(x0, 0)
        col = rng.choice([.95, .85, .7, .15]) * np.ones(3) * (1 + u(-.1, .1, 3))
        ink = (.1 if col.mean() > .4 else .9) * np.ones(3)
        cv2.rectangle(lay, (x0, y0), (x1, y0 + hh), col.tolist(), -1)
        st = u(5, 22)
        for i, x in enumerate(np.arange(x0, x1, st)):
            l = hh * (.6 if i % 10 == 0 else .45 if i % 5 == 0 else .25)
            a, b = (y0 + hh, y0 + hh - l) if top else (y0, y0 + l)
            cv2.line(lay, (int(x), int(a)), (int(x), int(b)), ink.tolist(), max(1, int(st / 8)), cv2.LINE_AA)
    else:
        ww, hh = int(u(.08, .35) * w), int(u(.1, .35) * h)
        x0 = int(rng.choice([u(-.1, .1), u(.7, 1.)]) * w)
        y0 = int(rng.choice([u(-.2, .05), u(.75, 1.)]) * h)
        box = cv2.boxPoints(((x0 + ww / 2, y0 + hh / 2), (ww, hh), u(-8, 8))).astype(np.int32)
        cv2.fillConvexPoly(lay, box, (u(.75, 1) * np.array([1, u(.94, 1), u(.8, 1)])).tolist(), cv2.LINE_AA)
        for i in range(int(rng.integers(2, 6))):
            cv2.putText(lay, "".join(rng.choice(list("ABCDEINHSFMo.rsaeilt0123456789 "), 14)), (x0 + 6, y0 + 16 + i * 18),
                        int(rng.integers(0, 7)), u(.35, .7), (.15, .15, .2), 1, cv2.LINE_AA)
    img[free] = lay[free]


def draw(rng, kind=None):
    u = rng.uniform
    f = Fish(rng, kind)
    fins = make_fins(f)
    rot = np.deg2rad(rng.normal(0, 3.5)) if u() < .8 else np.deg2rad(u(-12, 12))
    flip = u() < .25
    R = np.array([[np.cos(rot), -np.sin(rot)], [np.sin(rot), np.cos(rot)]])
    xs = np.linspace(0, f.xs + .01, 80)
    body = np.concatenate([np.stack([xs, f.top(xs)], 1), np.stack([xs, f.bot(xs)], 1)[::-1]])
    world = [f.to_world(p) @ R.T for p in [body] + [q["poly"] for q in fins]]
    allp = np.concatenate(world)
    lo, hi = allp.min(0), allp.max(0)
    ext = hi - lo
    # the crop: 2.5 % each side, with the detector's error; sometimes much looser, sometimes cut
    m = np.array([[.025, .025], [.025, .025]]) + rng.normal(0, .015, (2, 2))
    if u() < .25:
        m += u(0, .25, (2, 2))
    if u() < .12:
        m[tuple(rng.integers(0, 2, 2))] = u(-.06, 0)
    lo, hi = lo - ext * m[0], hi + ext * m[1]
    w, h = int(W * SS), int(H * SS)
    sx, sy = w / (hi[0] - lo[0]), h / (hi[1] - lo[1])

    def pix(p):  # body coordinates to pixels
        q = (f.to_world(p) @ R.T - lo) * (sx, sy)
        if flip:
            q[..., 0] = w - 1 - q[..., 0]
        return q

    def fill(mask, p, v=255):
        cv2.fillPoly(mask, [np.round(pix(p) * 16).astype(np.int32)], v, cv2.LINE_AA, 4)

    # inverse map: body coordinates of every pixel
    X, Y = np.meshgrid(np.arange(w, dtype=np.float32), np.arange(h, dtype=np.float32))
    if flip:
        X = w - 1 - X
    wx, wy = X / sx + lo[0], Y / sy + lo[1]
    bx = (wx * R[0, 0] + wy * R[1, 0]).astype(np.float32)
    by = (wx * R[0, 1] + wy * R[1, 1]).astype(np.float32)
    g = np.linspace(0, 1.2, 1024)
    xi = np.clip(bx, 0, 1.2) / 1.2 * 1023
    xi0 = xi.astype(np.int32)

    def lut(fn):
        return fn(g).astype(np.float32)[xi0]
    by = by - lut(f.axis)
    T, B = lut(f.top), lut(f.bot)
    half = np.maximum((B - T) / 2, 1e-3)
    v = (by - (T + B) / 2) / half                       # -1 back, 1 belly
    end = f.xs + .02 * (1 - v * v) - .005
    inside = (bx > 0) & (np.abs(v) < 1) & (bx < end)
    # an antialiased body
    soft = cv2.GaussianBlur(inside.astype(np.float32), (0, 0), .8)
    ox, bulge, ov, leanb, bw = f.oper
    edge = ox + bulge * np.exp(-((v - ov) / bw) ** 2) - leanb * np.clip(v - .2, 0, 1) ** 1.5 - .01
    head = inside & (bx < edge)

    img, bgk, bgv = background(rng, h, w)
    light = bgv > .5
    # colours
    base = rng.choice(["brown", "orange", "olive", "silver", "dark", "pink", "grey", "pale"], p=[.26, .16, .12, .15, .12, .05, .07, .07])
    hu, sa, va = {"brown": (u(.05, .1), u(.4, .75), u(.3, .6)), "orange": (u(.03, .09), u(.6, .95), u(.3, .65)),
                  "olive": (u(.1, .17), u(.25, .55), u(.35, .65)), "silver": (u(.08, .16), u(.05, .25), u(.5, .85)),
                  "dark": (u(.03, .12), u(.3, .8), u(.1, .28)), "pink": (u(.97, 1.) % 1, u(.1, .4), u(.5, .8)),
                  "grey": (u(), u(.02, .15), u(.25, .6)), "pale": (u(.05, .15), u(.03, .3), u(.75, .98))}[base]
    flank = hsv(hu, sa, va)
    back = hsv(hu, min(1, sa * u(.8, 1.2)), va * u(.35, .9))
    belly = hsv((hu + u(-.01, .03)) % 1, sa * u(.3, 1.), min(1, va * u(.95, 1.7)))
    headc = flank * u(.75, 1.15)
    finc = hsv((hu + u(-.01, .04)) % 1, min(1, sa * u(.5, 1.2)), min(1, va * u(.9, 1.8) + .08))
    if f.kind == "angel" and u() < .7 or f.kind == "wrasse" and u() < .5:
        flank, back, belly = (hsv(u(), u(.1, .95), u(.15, 1)) for _ in range(3))
        headc = flank * u(.6, 1.2) if u() < .6 else hsv(u(), u(.1, .9), u(.1, 1))
    if u() < (.15 if f.kind not in ("angel", "wrasse") else .5):
        finc = hsv(u(), u(.2, .9), u(.05, .95))
    elif u() < .15:  # fins as the body
        finc = flank * u(.8, 1.2)

    # shadow
    union = (inside * 255).astype(np.uint8)
    for q in fins:
        fill(union, q["poly"])
    if u() < .5 and light:
        sh = cv2.GaussianBlur(union.astype(np.float32) / 255, (0, 0), u(3, 25))
        M = np.float32([[1, 0, u(-14, 14)], [0, 1, u(-4, 16)]])
        img *= (1 - u(.05, .4) * cv2.warpAffine(sh, M, (w, h)))[..., None]

    label = np.zeros((h, w), np.uint8)                   # exclusive, 1..12
    rayed = u() < .1

    def paint_fin(q, over):
        a = np.zeros((h, w), np.uint8)
        fill(a, q["poly"])
        a = a.astype(np.float32) / 255
        hard = a > .5
        P = pix(np.concatenate([q["base"][::10], q["tips"][::10]]))
        x0, y0 = np.maximum(np.floor(P.min(0)).astype(int) - 8, 0)
        x1, y1 = np.ceil(P.max(0)).astype(int) + 9
        sl = (slice(y0, max(y1, y0 + 1)), slice(x0, max(x1, x0 + 1)))
        if a[sl].size == 0:
            return
        mem = q["alpha"]
        # membrane thins towards the tips: distance to the base
        bm = np.full((h, w), 255, np.uint8)
        cv2.polylines(bm, [np.round(pix(q["base"]) * 16).astype(np.int32)], False, 0, 1, cv2.LINE_8, 4)
        d = cv2.distanceTransform(bm[sl], cv2.DIST_L2, 3)
        dm = (d * hard[sl]).max() + 1e-3
        thin = 1 - q["thin"] * np.clip(d / dm, 0, 1)
        am = a[sl] * np.clip(mem * thin * (1 + .15 * noise(rng, d.shape[0], d.shape[1], 6, 2)), 0, 1)
        col = q["col"]

        def comp(region, alpha, c):
            if light and q["mult"] and not over:
                region *= 1 - alpha[..., None] * (1 - c)
            else:
                region[:] = region * (1 - alpha[..., None]) + alpha[..., None] * c
        comp(img[sl], am, col)
        rl = np.zeros((h, w), np.uint8)
        for i, pts in q["lines"]:
            pp = np.round(pix(pts) * 16).astype(np.int32)
            wd = q["rw"]
            cv2.polylines(rl, [pp[:4]], False, 255, max(1, int(round(wd))), cv2.LINE_AA, 4)
            cv2.polylines(rl, [pp[3:]], False, int(255 * q["rt"]), max(1, int(round(wd * .6))), cv2.LINE_AA, 4)
            if not q["spiny"] and q["branch"]:
                k = pts[3]
                off = (pts[-1] - k)
                n_ = np.array([-off[1], off[0]]) * q["branch"]
                for sgn in (-1, 1):
                    bb = np.round(pix(np.stack([k, k + off * .5 + n_ * sgn * .6, k + off * .95 + n_ * sgn])) * 16).astype(np.int32)
                    cv2.polylines(rl, [bb], False, int(200 * q["rt"]), 1, cv2.LINE_AA, 4)
        rays = rl[sl].astype(np.float32) / 255
        if not q["spiny"]:
            rays = rays * a[sl]
        comp(img[sl], np.clip(rays * q["ra"], 0, 1), q["rc"])
        if u() < (.3 if not patterned else .9):  # pigment spots on the membrane
            sp = (noise(rng, d.shape[0], d.shape[1], u(12, 40), 1) > u(1.0, 1.6) * (.4 if patterned else 1)).astype(np.float32)
            comp(img[sl], cv2.GaussianBlur(sp, (0, 0), 1.) * a[sl] * u(.2, .6), col * .35)
        label[hard] = CH[q["trait"]] + 1
        if q["spiny"]:
            free = (rl > 100) & ~hard
            if rayed:
                label[free] = CH["alt_fin_spine"] + 1
            else:
                label[free] = CH[q["trait"]] + 1

    fa = (u(.25, .9) if u() < .88 else u(.1, .2)) if f.kind != "angel" else u(.6, 1.)
    if u() < .05 and light:  # surroundings whitened by hand
        cut = cv2.resize(cv2.dilate(union, np.ones((int(u(15, 61)),) * 2, np.uint8)), (w // 8, h // 8), interpolation=cv2.INTER_NEAREST)
        img[cv2.resize(cut, (w, h), interpolation=cv2.INTER_NEAREST) == 0] = 1.
    patterned = f.kind == "dragonet" and u() < .6
    for q in fins:
        q["alpha"] = np.clip(fa * u(.75, 1.25), .09, .97)
        q["thin"] = u(.1, .75)
        q["col"] = np.clip(finc * u(.85, 1.15), 0, 1)
        q["mult"] = u() < .65
        dark = u() < (.8 if light else .35)
        q["rc"] = np.clip(q["col"] * (u(.25, .7) if dark else 1) + (0 if dark else u(.1, .35)), 0, 1)
        q["ra"] = u(.2, .85)
        q["rt"] = u(.5, 1)
        q["rw"] = u(1, 2.4) * SS * (1.4 if q["spiny"] else .8)
        q["branch"] = u(.03, .09) if u() < .6 else 0
        if patterned:  # opaque, in the back's colour, blotched as the body
            q["alpha"], q["thin"], q["col"] = u(.75, .97), u(0, .3), np.clip(back * u(.8, 1.5), 0, 1)
        if q["trait"] == "adipos_fin":
            q["alpha"], q["col"], q["ra"] = u(.6, 1), np.clip(back * u(.7, 1.3), 0, 1), 0.
            q["lines"] = []
        if q["trait"] == "pectoral_fin" or q["over"]:
            q["alpha"] = np.clip(q["alpha"] * u(.7, 1.2), .25, .95)
            if u() < .75:
                q["col"] = np.clip(q["col"] * u(1., 1.6) + u(0, .15), 0, 1)
    for q in fins:
        if not q["over"]:
            paint_fin(q, False)

    # body
    vv = np.clip(v, -1.2, 1.2)
    k1 = 1 / (1 + np.exp(-(vv - u(-.5, .1)) / u(.12, .35)))[..., None]
    k2 = 1 / (1 + np.exp(-(vv - u(.3, .8)) / u(.08, .3)))[..., None]
    bodyc = (back * (1 - k1) + flank * k1) * (1 - k2) + belly * k2
    bodyc = np.where(head[..., None], bodyc * .5 + headc * .5 * (1 - .25 * (vv < -.5)[..., None]), bodyc).astype(np.float32)
    tr = np.clip((bx - edge) / .02, 0, 1)
    # scales
    if u() < .75:
        nu = u(28, 75) if f.kind != "catfish" else u(90, 140)
        a = bx * nu
        b = (by / max(f.D, .1)) * u(8, 18)
        e = np.minimum(np.abs(np.sin(np.pi * (a + b) / 1)), np.abs(np.sin(np.pi * (a - b) / 1)))
        st = u(.05, .4)
        line = np.exp(-e / u(.12, .35)) * (1 + .5 * noise(rng, h, w, 5, 2))
        sc = (u() < .75)
        bodyc *= 1 - (st * np.clip(line, 0, 1.5) * tr)[..., None] * (1 if sc else -.8)
    if u() < .35:  # lateral band
        c0, wd = u(-.2, .25), u(.05, .25)
        band = np.exp(-((vv - c0) / wd) ** 2) * np.clip((bx - u(.0, f.hl)) / .1, 0, 1) * (1 + .3 * noise(rng, h, w, 12, 2))
        bodyc *= 1 - (u(.2, .75) * np.clip(band, 0, 1))[..., None]
    if u() < .3:  # lateral line
        c0 = u(-.3, .1)
        line = np.exp(-((vv - c0 - .15 * (bx - .5)) / .03) ** 2) * tr
        bodyc *= 1 + (u(-.4, .4) * line)[..., None]
    if u() < (.06 if f.kind != "angel" else .3):  # stripes along the body
        ph = np.sin(vv * u(6, 25) + noise(rng, h, w, 3, 1))
        bodyc *= 1 - (u(.2, .8) * np.clip(ph * 2, 0, 1))[..., None]
    if u() < (.25 if f.kind != "angel" else .5):  # bars
        ph = np.sin(2 * np.pi * (bx * u(5, 14) + .4 * noise(rng, h, w, 4, 1)))
        bodyc *= 1 - (u(.1, .5) * np.clip(ph, 0, 1) * np.clip(.7 - vv, 0, 1) * tr)[..., None]
    if u() < .3:  # spots
        sp = (noise(rng, h, w, u(18, 60), 2) > u(.9, 1.5)).astype(np.float32)
        bodyc *= 1 - (u(.2, .7) * cv2.GaussianBlur(sp, (0, 0), 1.2))[..., None]
    if u() < .15:
        bl = np.exp(-(((bx - f.xs + .01) / .025) ** 2 + (vv / .5) ** 2))
        bodyc *= 1 - (u(.4, .9) * bl)[..., None]
    bodyc *= (1 + u(.03, .14) * noise(rng, h, w, u(8, 30), 4))[..., None]
    if u() < .5:  # mottling
        bodyc *= (1 + u(.05, .3) * noise(rng, h, w, u(2, 14), 3))[..., None]
        other = hsv(hu, sa * u(.2, 1.2) if sa < .8 else sa, min(1, va * u(.5, 1.8)))
        mk = np.clip(noise(rng, h, w, u(3, 20), 2) - u(.2, 1.2), 0, 1)[..., None] * u(.3, 1.)
        bodyc = bodyc * (1 - mk) + other * mk
    if u() < .14:  # two colours that meet anywhere, not at a trait's border
        far = np.clip((bx - u(.08, .8) + u(-.3, .3) * by + .02 * noise(rng, h, w, 4, 2)) / u(.003, .03) + .5, 0, 1)[..., None]
        bodyc = bodyc * (1 - far) + hsv(u(), u(.05, .9), u(.08, .98)) * (.6 + .4 * bodyc / max(float(bodyc.mean()), .05)) * far
    if u() < .12:  # a dark band through the eye or anywhere on the head
        x0 = f.hl * u(.2, .8)
        bodyc *= 1 - (u(.5, .95) * np.exp(-((bx - x0 - u(-.1, .1) * vv) / (f.hl * u(.08, .2))) ** 4))[..., None]
    if u() < .12:  # scales and skin lost in patches
        lost = np.clip((noise(rng, h, w, u(4, 16), 4) - u(.2, 1.)) * 8, 0, 1)[..., None] * u(.5, 1.)
        bodyc = bodyc * (1 - lost) + hsv(u(.05, .15), u(.05, .7), u(.4, 1.)) * lost
    if u() < .6:  # the head is rougher
        bodyc *= 1 + (head * u(.05, .3) * noise(rng, h, w, u(12, 40), 3))[..., None]
    if light and u() < .35:  # light from below shines through the edges
        rim = np.exp(-(1 - np.abs(vv)) / u(.03, .15))[..., None]
        bodyc = bodyc * (1 + u(.2, .9) * rim * np.array([1, .8, .5]))
    shade = 1 - u(0, .45) * np.abs(vv) ** u(2.5, 7)
    if u() < .4:
        shade *= 1 + u(.05, .3) * np.exp(-((vv + u(.1, .6)) / .35) ** 2)
    bodyc *= shade[..., None]
    # gill cover's edge, mouth, preopercle
    dd = (bx - edge)
    gl = np.exp(-(dd / u(.003, .008)) ** 2) * (np.abs(vv) < .93)
    bodyc *= 1 - ((u(.2, .7) if u() < .7 else u(0, .15)) * gl)[..., None]
    bodyc *= 1 + (u(0, .5) * np.exp(-((dd + .012) / .008) ** 2) * (np.abs(vv) < .85))[..., None]
    po = bx - (edge - f.hl * u(.22, .35))
    bodyc *= 1 - (u(0, .45) * np.exp(-(po / .005) ** 2) * (vv > -.3) * (vv < .8))[..., None]
    if u() < .85:
        ml = f.hl * u(.1, .45)
        ang = u(-.1, .7)
        my = by - (f.y0 * .9 + bx * ang)
        bodyc *= 1 - (u(.3, .8) * np.exp(-(my / .006) ** 2) * (bx < ml))[..., None]
    # highlights
    if u() < .45:
        hl = np.clip(noise(rng, h, w, u(4, 16), 3) - u(.6, 1.4), 0, 1) * np.exp(-((vv + u(-.3, .5)) / .5) ** 2)
        bodyc += (u(.2, .9) * hl)[..., None]
    if u() < .2:  # sheen
        bodyc += (u(.05, .25) * np.exp(-((vv - u(-.5, .5)) / u(.1, .3)) ** 2) * (1 + .4 * noise(rng, h, w, 10, 2)))[..., None]
    bodyc = np.clip(bodyc, 0, 1.1)
    img = img * (1 - soft[..., None]) + bodyc * soft[..., None]
    label[inside & ~head] = CH["trunk"] + 1
    label[head] = CH["head"] + 1

    # caudal fin's rays run over the end of the trunk a little
    for q in fins:
        if q["over"]:
            paint_fin(q, True)

    # eye: a circle in world units
    ex = f.hl * u(.26, .46)
    et, eb = float(f.top(ex)), float(f.bot(ex))
    ey = et + (eb - et) * u(.25, .44)
    if f.kind == "dragonet":  # eyes that look upwards
        ey = et + (eb - et) * u(.1, .25)
    er = min(f.hl * (u(.085, .17) if f.kind != "catfish" else u(.05, .1)), (eb - et) * .24, ex * .6)
    ey = max(ey, et + er * 1.12)
    rr = np.sqrt((bx - ex) ** 2 + ((by - ey) * u(.95, 1.1)) ** 2) / er
    aa = np.clip((1 - rr) * er * sx + .5, 0, 1)[..., None]
    iris = hsv(u(.05, .17), u(.05, .7), u(.35, .95)) if u() < .7 else hsv(u(), u(0, .2), u(.05, .5))
    pup = (np.ones(3) * u(0, .15)) if u() < .62 else (hsv(u(.08, .6), u(0, .2), u(.55, .95)) if u() < .75 else iris * u(.4, .8))
    pr = u(.4, .75)
    e = np.clip((pr - rr) * er * sx + .5, 0, 1)[..., None]
    eyec = iris * (1 + .15 * noise(rng, h, w, 60, 1)[..., None]) * (1 - e) + pup * e
    rim = np.exp(-((rr - .97) / .07) ** 2)[..., None]
    eyec = eyec * (1 - u(0, .8) * rim)
    if u() < .5:
        hx, hy = ex + er * u(-.5, .5), ey - er * u(0, .5)
        sp = np.exp(-((bx - hx) ** 2 + (by - hy) ** 2) / (er * u(.08, .25)) ** 2)[..., None]
        eyec = eyec + u(.3, 1) * sp
    img = img * (1 - aa) + np.clip(eyec, 0, 1.1) * aa
    label[rr < 1] = CH["eye"] + 1
    if f.kind == "catfish":  # barbels
        for _ in range(rng.integers(2, 7)):
            p0 = np.array([u(.0, .3) * f.hl, f.y0 + u(-.1, .5) * f.D * .5])
            d0 = u(.4, 3.4)
            L0 = u(.3, 1.1) * f.hl
            tt = np.linspace(0, 1, 12)[:, None]
            q = p0 + tt * L0 * np.array([np.cos(d0), np.sin(d0)]) + tt ** 2 * L0 * u(-.5, .5) * np.array([-np.sin(d0), np.cos(d0)])
            cv2.polylines(img, [np.round(pix(q) * 16).astype(np.int32)], False, (headc * u(.6, 1.5)).clip(0, 1).tolist(), int(rng.integers(2, 6)), cv2.LINE_AA, 4)
    if u() < .7:  # nostril
        p = pix(np.array([[ex - er * 1.9, ey - er * .1]]))[0]
        cv2.circle(img, (int(p[0]), int(p[1])), int(u(1, 3)), (headc * .4).tolist(), -1, cv2.LINE_AA)

    if u() < .3:
        free = (label == 0) & (cv2.dilate(union, np.ones((5, 5), np.uint8)) == 0)
        clutter(rng, img, free)

    img = cv2.resize(np.clip(img, 0, 1), (W, H), interpolation=cv2.INTER_AREA)
    lab = cv2.resize(label, (W, H), interpolation=cv2.INTER_NEAREST)
    # the camera
    if u() < .6:
        img = cv2.GaussianBlur(img, (0, 0), u(.3, 1.0))
    img = img + rng.normal(0, u(.002, .018), img.shape)
    img = (np.clip(img, 0, 1) * 255 + .5).astype(np.uint8)
    bits = np.where(lab > 0, 1 << (np.maximum(lab, 1).astype(np.int32) - 1), 0).astype(np.uint16)
    return img, bits


if __name__ == "__main__":
    out, count = sys.argv[1], int(sys.argv[2])
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    start = int(sys.argv[4]) if len(sys.argv) > 4 else 0
    kind = sys.argv[5] if len(sys.argv) > 5 else None
    os.makedirs(out, exist_ok=True)
    cv2.setNumThreads(1)
    for k in range(start, start + count):
        img, bits = draw(np.random.default_rng((seed, k)), kind)
        cv2.imwrite(f"{out}/{k:05d}.jpg", img[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 93])
        cv2.imwrite(f"{out}/{k:05d}.png", bits)
