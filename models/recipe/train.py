"""Trains the network on a CPU with one thread, in bfloat16 where the convolutions are. recipe.sh has the whole sequence.

After a kill the same command goes on from the last state (OUT.state), which is written every 25 steps and on SIGTERM.
"""
import argparse
import copy
import json
import os
import signal
import time

import cv2
import numpy as np
import torch
import torch.nn.functional as F

import data
import net
from net import TRAITS
from pairs import frames, load_pairs

FROZEN = {"lite0": 5, "lite1": 7, "lite2": 7}  # the stem and the blocks of strides 2 to 8 are not trained unless asked for: most of a step's time is there


def loss_fn(z, y, w):
    """BCE and Dice, both per trait; Dice only where the batch has the trait."""
    bce = F.binary_cross_entropy_with_logits(z, y, reduction="none").mean((0, 2, 3))
    p = z.sigmoid()
    inter, both = (p * y).sum((0, 2, 3)), p.sum((0, 2, 3)) + y.sum((0, 2, 3))
    here = (y.sum((0, 2, 3)) > 20).float()
    dice = 1 - (2 * inter + 1) / (both + 1)
    return (bce * w).sum() * .5 + (dice * here * w).sum() / w.sum()


@torch.no_grad()
def predict(n, img):
    """img: 256x640x3 uint8 -> probabilities 12x256x640."""
    x = torch.from_numpy(img).permute(2, 0, 1)[None].float().div_(255)
    return n(x.contiguous(memory_format=torch.channels_last)).sigmoid()[0].numpy()


def evaluate(n, pairs, keep=None):
    """Counts per picture: intersection, label pixels, predicted pixels, per trait. keep: gets the predicted bits."""
    n.eval()
    rows = []
    for img, bits, *_ in pairs:
        p = predict(n, img) > .5
        t = data.planes(bits, 1) > .5
        if keep is not None:
            keep.append((p.astype(np.uint16) << np.arange(12, dtype=np.uint16)[:, None, None]).sum(0).astype(np.uint16))
        rows.append(np.stack([(p & t).sum((1, 2)), t.sum((1, 2)), p.sum((1, 2))]))
    return np.array(rows)


def summary(rows):
    inter, lab, pred = rows.sum(0)
    e = 1e-7
    out = {"whole_pooled": float((inter.sum() + e) / (lab.sum() + pred.sum() - inter.sum() + e))}
    ii, ll, pp = rows[:, 0].sum(1), rows[:, 1].sum(1), rows[:, 2].sum(1)
    out["whole_mean"] = float(((ii + e) / (ll + pp - ii + e)).mean())
    for k, t in enumerate(TRAITS):
        has = rows[:, 1, k] > 0
        iou = (rows[:, 0, k] + e) / (rows[:, 1, k] + rows[:, 2, k] - rows[:, 0, k] + e)
        out[t] = dict(pooled=round(float((inter[k] + e) / (lab[k] + pred[k] - inter[k] + e)), 3),
                      mean_present=round(float(iou[has].mean()), 3) if has.any() else None, n=int(has.sum()),
                      false_presence=int(((rows[:, 2, k] > 100) & ~has).sum()), missed=int(((rows[:, 2, k] == 0) & has).sum()))
    return out


def short(s):
    return json.dumps({k: round(v, 3) if isinstance(v, float) else v["pooled"] for k, v in s.items() if isinstance(v, float) or v["n"]})


if __name__ == "__main__":
    a = argparse.ArgumentParser()
    a.add_argument("--encoder", default="lite0", choices=sorted(net.STAGES))
    a.add_argument("--width", type=int, default=64)
    a.add_argument("--init")
    a.add_argument("--drawn", nargs="+", default=[])
    a.add_argument("--real", help="list of pairs, see pairs.py")
    a.add_argument("--fold", type=int, default=-1, help="this fold is left out and evaluated at the end")
    a.add_argument("--real-share", type=float, default=.6)
    a.add_argument("--out", required=True)
    a.add_argument("--steps", type=int, default=500)
    a.add_argument("--batch", type=int, default=8)
    a.add_argument("--size", default="640x256", help="training size; evaluation is at 640x256")
    a.add_argument("--lr", type=float, default=1.5e-3)
    a.add_argument("--enc-lr", type=float, default=1.5e-4)
    a.add_argument("--ema", type=float, default=.97)
    a.add_argument("--seed", type=int, default=1)
    a.add_argument("--frozen", type=int, help="stem and so many of the encoder's blocks are not trained; -1 trains all")
    a.add_argument("--float32", action="store_true", help="no bfloat16: faster where its backward pass is slow (Intel without AMX: half the time)")
    a = a.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    torch.manual_seed(a.seed)
    w, h = map(int, a.size.split("x"))
    n = net.load(a.init) if a.init else net.fresh(a.encoder, a.width)
    n = n.to(memory_format=torch.channels_last)
    drawn = [p for d in a.drawn for p in data.load_drawn(d, w, h)]
    real, test = load_pairs(a.real, a.fold) if a.real else ([], [])
    hold = [] if real else drawn[-20:]
    drawn = drawn[:len(drawn) - len(hold)]
    print(f"{len(drawn)} drawn, {len(real)} real, {len(test)} held out", flush=True)
    ema = copy.deepcopy(n).eval()
    frozen = FROZEN[n.kind] if a.frozen is None else a.frozen
    n.encoder.requires_grad_(frozen < 0)
    for b in n.encoder._blocks[max(0, frozen):]:
        b.requires_grad_(True)
    late = [p for p in n.encoder.parameters() if p.requires_grad]
    dec = [p for k, p in n.named_parameters() if not k.startswith("encoder.")]
    opt = torch.optim.AdamW([dict(params=dec, lr=a.lr), dict(params=late, lr=a.enc_lr)], weight_decay=1e-4)
    first = 0
    if os.path.exists(a.out + ".state"):
        s = torch.load(a.out + ".state", map_location="cpu", weights_only=False)
        n.load_state_dict(s["net"])
        ema.load_state_dict(s["ema"])
        opt.load_state_dict(s["opt"])
        first = s["step"]
    mix = data.Mixer(drawn, real, data.Grounds(*frames(a.fold)), a.batch, a.real_share, w, h, (a.seed, first))
    wt = torch.ones(12)
    wt[8:11] = .2  # the rays' channels: no labels
    wt[1] = 2.  # adipose fin: few
    t0, c0, avg = time.time(), time.process_time(), None
    stop = []
    signal.signal(signal.SIGTERM, lambda *_: stop.append(1))
    for step in range(first, a.steps):
        n.train()
        k = min(1, (step + 1) / 50, (a.steps - step) / (.4 * a.steps)) + .01  # even, then falling over the last four tenths
        opt.param_groups[0]["lr"] = a.lr * k
        opt.param_groups[1]["lr"] = a.enc_lr * k
        x, y = mix.next()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=not a.float32):
            z = n.logits4(n.encoder(x.contiguous(memory_format=torch.channels_last), frozen))
        z = F.interpolate(z.float(), scale_factor=2., mode="bilinear", align_corners=False)
        loss = loss_fn(z, y, wt)
        opt.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(dec + late, 5.)
        opt.step()
        with torch.no_grad():  # a running mean of the weights is what is kept
            d = min(a.ema, (1 + step) / (10 + step))
            for e, p in zip(ema.state_dict().values(), n.state_dict().values()):
                e.lerp_(p, 1 - d) if e.is_floating_point() else e.copy_(p)
        avg = loss.item() if avg is None else .97 * avg + .03 * loss.item()
        if step % 10 == 9:
            print(f"step {step + 1} loss {avg:.4f} {(time.time() - t0) / (step + 1 - first):.2f} s/step (cpu {(time.process_time() - c0) / (step + 1 - first):.2f})", flush=True)
        if (step % 25 == 24 or stop) and step < a.steps - 1:
            torch.save(dict(net=n.state_dict(), ema=ema.state_dict(), opt=opt.state_dict(), step=step + 1), a.out + ".state.new")
            os.replace(a.out + ".state.new", a.out + ".state")
            if stop:
                raise SystemExit(f"stopped after step {step + 1}")
        if step % 200 == 199 and step < a.steps - 1:
            print(short(summary(evaluate(ema, (test or real or hold)[:10]))), flush=True)
    net.save(ema, a.out, args=vars(a))
    for name, ps in (("drawn", [] if real else hold), ("real", test)):
        if ps:
            keep = []
            r = evaluate(ema, ps, keep)
            np.savez_compressed(a.out + f".{name}.npz", rows=r, bits=np.array(keep), names=np.array([p[2] if len(p) > 2 else "" for p in ps]),
                                groups=np.array([p[3] if len(p) > 3 else "drawn" for p in ps]))
            print(name, len(ps), short(summary(r)), flush=True)
    if os.path.exists(a.out + ".state"):
        os.remove(a.out + ".state")
