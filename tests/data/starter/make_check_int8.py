#!/usr/bin/env python3
"""check_int8.png: what ONNX Runtime makes of models/starter-int8 on check_input.png, as 16-bit trait bits.

Run it again whenever that network changes (`make default-network`); needs numpy, Pillow, onnxruntime (1.20.1 was used).
"""
import pathlib

import numpy as np
import onnxruntime
from PIL import Image

here = pathlib.Path(__file__).parent
crop = np.asarray(Image.open(here / "check_input.png").convert("RGB"))
values = (crop.astype(np.float32) / np.float32(255)).transpose(2, 0, 1)[None]
options = onnxruntime.SessionOptions()
# Without this its integer kernels saturate on x86 without VNNI.
options.add_session_config_entry("session.x64quantprecision", "1")
network = here.parents[2] / "models/starter-int8/network.onnx"
session = onnxruntime.InferenceSession(str(network), options, providers=["CPUExecutionProvider"])
probabilities = session.run(None, {session.get_inputs()[0].name: values})[0][0]
bits = sum((plane > 0.5).astype(np.uint16) << channel for channel, plane in enumerate(probabilities))
Image.fromarray(bits.astype(np.uint16)).save(here / "check_int8.png", optimize=True)
