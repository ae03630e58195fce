"""Checkpoint to a float bundle's network.onnx, checked against torch; and what it costs.

    python export.py runs/ship.pt ../lite0-float/network.onnx [--temperature T]

A temperature (calibrate.py) divides the logits: the last convolution's weights and bias, so that nothing is added to the network.
"""
import hashlib
import sys

import numpy as np
import onnx
import onnxruntime as ort
import torch
import torch.nn as nn
from onnx import shape_inference
from torch.nn.utils.fusion import fuse_conv_bn_eval

from data import H, W
from net import TRAITS, load


class Probabilities(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.n = n

    def forward(self, x):
        return self.n(x).sigmoid()


def fold_decoder(n):
    n.eval()
    for m in (*n.t5, *n.t4, n.t3, n.merge) if n.norm else ():
        m[0] = fuse_conv_bn_eval(m[0], m[1])
        m[1] = nn.Identity()
    n.drop = nn.Identity()


def clean(m):
    """Constants as initializers, plain names, no doc strings, no tool's name; the order of channels as metadata."""
    g = m.graph
    for n in [n for n in g.node if n.op_type == "Constant"]:
        t = n.attribute[0].t
        t.name = n.output[0]
        g.initializer.append(t)
        g.node.remove(n)

    def plain(s):
        s = s.lstrip("/").replace("/", ".")
        return s[2:] if s.startswith("n.") else s
    for n in g.node:
        n.name, n.doc_string = plain(n.name), ""
        for seq in (n.input, n.output):
            for i, s in enumerate(seq):
                seq[i] = plain(s)
        for a in n.attribute:
            a.doc_string = ""
        if hasattr(n, "metadata_props"):
            del n.metadata_props[:]
    del g.value_info[:]
    for v in g.initializer:
        v.name = plain(v.name)
    g.name, g.doc_string, m.doc_string, m.producer_name, m.producer_version, m.domain = "fishrig", "", "", "", "", ""
    del m.metadata_props[:]
    for k, v in (("traits", ",".join(TRAITS)), ("input", f"RGB 0..1, 1x3x{H}x{W}"), ("output", f"probabilities, 1x12x{H}x{W}")):
        p = m.metadata_props.add()
        p.key, p.value = k, v
    return m


def cost(m):
    """Multiply-accumulates of the convolutions, and parameters."""
    m = shape_inference.infer_shapes(m)
    shape = {v.name: [d.dim_value for d in v.type.tensor_type.shape.dim] for v in (*m.graph.value_info, *m.graph.output)}
    w = {i.name: i.dims for i in m.graph.initializer}
    macs = sum(int(np.prod(shape[n.output[0]][1:]) * np.prod(w[n.input[1]][1:])) for n in m.graph.node if n.op_type == "Conv")
    return macs, sum(int(np.prod(i.dims)) for i in m.graph.initializer)


if __name__ == "__main__":
    torch.set_num_threads(1)
    n = load(sys.argv[1])
    fold_decoder(n)
    if "--temperature" in sys.argv:
        with torch.no_grad():
            for w in n.head.parameters():
                w /= float(sys.argv[sys.argv.index("--temperature") + 1])
    net = Probabilities(n).eval()
    x = torch.rand(1, 3, H, W)
    with torch.no_grad():
        torch.onnx.export(net, x, sys.argv[2], opset_version=17, input_names=["rgb"], output_names=["probability"], do_constant_folding=True)
        want = net(x).numpy()
    m = clean(onnx.load(sys.argv[2]))
    onnx.checker.check_model(m, full_check=True)
    onnx.save(m, sys.argv[2])
    o = ort.SessionOptions()
    o.intra_op_num_threads = 1
    got = ort.InferenceSession(sys.argv[2], o, providers=["CPUExecutionProvider"]).run(None, {"rgb": x.numpy()})[0]
    print("largest difference to torch", float(np.abs(got - want).max()))
    macs, par = cost(m)
    count = {}
    for k in m.graph.node:
        count[k.op_type] = count.get(k.op_type, 0) + 1
    print(f"{macs / 1e9:.3f} GMAC, {par / 1e6:.3f} M parameters", count)
    print("sha256", hashlib.sha256(open(sys.argv[2], "rb").read()).hexdigest())
