"""Exports a small network as a person with PyTorch would, with sizes left open, in several operator sets. Run in the environment of
../shared/reference/requirements.txt:
    python make.py
`expected.npy` is what torch gives for noise_64x32.png, 3 classes, float16.
"""
import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.nn import functional as F

torch.manual_seed(9)
rng = np.random.RandomState(9)


class Small(nn.Module):
    """Encoder and decoder with what such networks are made of; gives logits."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8), nn.LeakyReLU(0.1))
        self.down = nn.Sequential(nn.MaxPool2d(2), nn.Conv2d(8, 16, 3, padding=1), nn.GroupNorm(4, 16), nn.SiLU())
        self.deep = nn.Sequential(nn.Conv2d(16, 16, 3, stride=2, padding=1, groups=4), nn.Hardswish(), nn.Dropout(0.2))
        self.gate = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(16, 16, 1), nn.Hardsigmoid())
        self.up = nn.ConvTranspose2d(16, 16, 2, stride=2)
        self.last = nn.Conv2d(8 + 16 + 16, 3, 1)

    def forward(self, x):
        wide = self.stem(x)
        half = self.down(wide)
        deep = self.deep(half)
        deep = self.up(deep * self.gate(deep))
        to_full = lambda y: F.interpolate(y, size=x.shape[2:], mode="bilinear", align_corners=False)
        return self.last(torch.cat([wide, to_full(half), to_full(deep)], 1)) * 3


net = Small().eval()
for module in net.modules():
    if isinstance(module, nn.BatchNorm2d):
        module.running_mean.normal_()
        module.running_var.uniform_(0.5, 2)
pixels = np.kron(rng.randint(0, 256, (8, 16, 3)), np.ones((4, 4, 1))).astype(np.uint8)
Image.fromarray(pixels).save("noise_64x32.png")
values = ((pixels.astype(np.float32) / np.float32(255)).astype(np.float64) - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
x = torch.from_numpy(values.astype(np.float32).transpose(2, 0, 1).copy())[None]
with torch.no_grad():
    logits = net(x)[0]
    print(logits.mean((1, 2)), (logits > 0).float().mean((1, 2)))
    expected = torch.sigmoid(logits).numpy()
    halves = expected.astype(np.float16)
    # Never on another side of one half than the float32 value.
    halves[(halves <= 0.5) & (expected > 0.5)] = np.nextafter(np.float16(0.5), np.float16(1))
    np.save("expected.npy", halves)
names = dict(input_names=["picture"], output_names=["masks"])
open_sizes = {"picture": {0: "batch", 2: "height", 3: "width"}, "masks": {0: "batch", 2: "height", 3: "width"}}
for opset in (11, 13, 17):
    torch.onnx.export(net, x, f"open_{opset}.onnx", opset_version=opset, dynamic_axes=open_sizes, **names)
