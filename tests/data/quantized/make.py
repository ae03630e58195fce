"""Quantizes torch's export of the reference network with onnxruntime's static quantizer, in both of its formats, and keeps onnxruntime's masks:
    python make.py REFERENCE_FOLDER tiny .          # the files beside this one
    python make.py REFERENCE_FOLDER FULL_FOLDER FULL_FOLDER
in the environment of ../shared/reference/requirements.txt. A mask is a 16-bit picture: bit k is set where channel k is above one half.
onnxruntime runs QDQ files operator by operator (its optimizations off): with them it joins operators and rounds elsewhere than the file says.
"""
import os
import sys

import numpy as np
import onnxruntime as ort
from PIL import Image
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

reference, source, target = sys.argv[1:]
tiny = source == "tiny"
network = os.path.join(reference, "tiny", "torch_export.onnx") if tiny else os.path.join(source, "torch_export.onnx")
crops = ["tiny/crop_160x64.png"] if tiny else ["crop_800x320.png", "crop2_800x320.png"]
mean, std = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])


def picture(name, mirrored=False):
    pixels = np.asarray(Image.open(os.path.join(reference, name)), np.float32)
    pixels = pixels[:, ::-1] if mirrored else pixels
    values = ((pixels / np.float32(255)).astype(np.float64) - mean) / std
    return np.ascontiguousarray(values.astype(np.float32).transpose(2, 0, 1))[None]


class Pictures(CalibrationDataReader):
    def __init__(self):
        self.left = [{"image": picture(crop, mirrored)} for crop in crops for mirrored in (False, True)]

    def get_next(self):
        return self.left.pop() if self.left else None


for name, form in [("qdq", QuantFormat.QDQ), ("qoperator", QuantFormat.QOperator)]:
    file = os.path.join(target, f"int8_{name}.onnx")
    quantize_static(network, file, Pictures(), quant_format=form, per_channel=True, reduce_range=True,
                    activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8)
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = ort.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    on = session.run(None, {"image": picture(crops[0])})[0][0] > 0.5
    bits = (on * (1 << np.arange(12))[:, None, None]).sum(0).astype(np.uint16)
    Image.fromarray(bits).save(os.path.join(target, f"int8_{name}.png"), optimize=True)
    print(name, on.mean((1, 2)).round(3))
