"""The mean of two or more checkpoints' weights (networks of one line, BatchNorm folded).   python mean.py OUT.pt IN.pt..."""
import sys

import torch

import net

ns = [net.load(f) for f in sys.argv[2:]]
w = [n.state_dict() for n in ns]
ns[0].load_state_dict({k: torch.stack([d[k] for d in w]).mean(0) for k in w[0]})
net.save(ns[0], sys.argv[1])
