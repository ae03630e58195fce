"""Makes the small networks of seeds/onnx_import, one for each kind of operator. Run here with onnx 1.17 and numpy:
    python3 make_onnx_seeds.py
"""
import numpy as np
from onnx import TensorProto, helper, numpy_helper

rng = np.random.RandomState(9)
H, W = 32, 32


def weight(name, *shape):
    return numpy_helper.from_array(rng.normal(0, 0.3, shape).astype(np.float32), name)


def constant(name, values, kind):
    return numpy_helper.from_array(np.array(values, kind), name)


def keep(name, nodes, weights, output="p", channels=1, side=("height", "width"), opset=17, domains=()):
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, *side])
    out = helper.make_tensor_value_info(output, TensorProto.FLOAT, [1, channels, *side])
    graph = helper.make_graph(nodes, "seed", [image], [out], weights)
    sets = [helper.make_opsetid("", opset)] + [helper.make_opsetid(d, 1) for d in domains]
    model = helper.make_model(graph, opset_imports=sets, ir_version=8, producer_name="seeds")
    with open(f"seeds/onnx_import/{name}.onnx", "wb") as file:
        file.write(model.SerializeToString())


node = helper.make_node
conv = node("Conv", ["image", "w", "b"], ["c"], name="conv", kernel_shape=[3, 3], pads=[1, 1, 1, 1], strides=[1, 1], dilations=[1, 1], group=1)
wb = [weight("w", 4, 3, 3, 3), weight("b", 4)]
head = [node("Conv", ["x", "h"], ["l"], name="head"), node("Sigmoid", ["l"], ["p"])]
hw = [weight("h", 1, 4, 1, 1)]
keep("relu", [conv, node("Relu", ["c"], ["x"])] + head, wb + hw, side=(H, W))
keep("pool_resize", [conv, node("MaxPool", ["c"], ["m"], kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1),
                     node("AveragePool", ["m"], ["a"], kernel_shape=[2, 2], strides=[2, 2]),
                     node("Resize", ["a", "", "s"], ["x"], mode="linear", coordinate_transformation_mode="align_corners")] + head,
     wb + hw + [constant("s", [1, 1, 4, 4], np.float32)], side=(H, W))
keep("open_size", [conv, node("GlobalAveragePool", ["c"], ["g"]), node("Shape", ["image"], ["n"]),
                   node("Slice", ["n", "two", "four", "zero"], ["hw"]), node("Slice", ["n", "zero", "two", "zero"], ["nc"]),
                   node("Shape", ["g"], ["gs"]), node("Slice", ["gs", "zero", "two", "zero"], ["gnc"]), node("Concat", ["gnc", "hw"], ["size"], axis=0),
                   node("Resize", ["g", "", "", "size"], ["r"], mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor"),
                   node("Mul", ["c", "r"], ["x"])] + head,
     wb + hw + [constant("zero", [0], np.int64), constant("two", [2], np.int64), constant("four", [4], np.int64)])
keep("group_norm", [conv, node("Reshape", ["c", "grouped"], ["g"]), node("InstanceNormalization", ["g", "one", "nil"], ["i"], epsilon=1e-5),
                    node("Shape", ["c"], ["n"]), node("Reshape", ["i", "n"], ["y"]), node("Mul", ["y", "gain"], ["z"]), node("Add", ["z", "gain"], ["x"])] + head,
     wb + hw + [constant("grouped", [0, 2, -1], np.int64), constant("one", [1, 1], np.float32), constant("nil", [0, 0], np.float32), weight("gain", 4, 1, 1)])
keep("arrange", [conv, node("Split", ["c", "parts"], ["a", "b2"], axis=1), node("Concat", ["b2", "a"], ["d"], axis=1), node("Transpose", ["d"], ["t"], perm=[0, 2, 3, 1]),
                 node("MatMul", ["t", "square"], ["m"]), node("Transpose", ["m"], ["u"], perm=[0, 3, 1, 2]), node("Clip", ["u", "low", "high"], ["k"]),
                 node("Pad", ["k", "pads", "low"], ["q"], mode="constant"), node("Slice", ["q", "starts", "ends", "axes"], ["x"])] + head,
     wb + hw + [weight("square", 4, 4), constant("parts", [1, 3], np.int64), constant("low", 0, np.float32), constant("high", 6, np.float32),
                constant("pads", [0, 0, 1, 1, 0, 0, 1, 1], np.int64), constant("starts", [1, 1], np.int64), constant("ends", [33, -1], np.int64), constant("axes", [2, 3], np.int64)],
     side=(H, W))
keep("transposed", [conv, node("BatchNormalization", ["c", "v", "v", "v", "v"], ["n"]), node("MaxPool", ["n"], ["m"], kernel_shape=[2, 2], strides=[2, 2]),
                    node("ConvTranspose", ["m", "tw"], ["x"], strides=[2, 2], kernel_shape=[2, 2])] + head,
     wb + hw + [constant("v", [1, 1, 1, 1], np.float32), weight("tw", 4, 4, 2, 2)], side=(H, W))
scale = lambda n: [constant(n + "s", 0.02, np.float32), constant(n + "z", 128, np.uint8)]
integers = numpy_helper.from_array(rng.randint(-60, 60, (4, 3, 3, 3)).astype(np.int8), "wi")
per_channel = [constant("ws", [0.01] * 4, np.float32), constant("wz", [0] * 4, np.int8)]
quantized = [node("QuantizeLinear", ["image", "xs", "xz"], ["xq"])]
keep("qdq", quantized + [node("DequantizeLinear", ["xq", "xs", "xz"], ["xd"]), node("DequantizeLinear", ["wi", "ws", "wz"], ["wd"], axis=0),
                         node("Conv", ["xd", "wd"], ["c"], pads=[1, 1, 1, 1]), node("QuantizeLinear", ["c", "ys", "yz"], ["cq"]),
                         node("DequantizeLinear", ["cq", "ys", "yz"], ["x"])] + head, [integers] + per_channel + scale("x") + scale("y") + hw, side=(H, W))
keep("qoperator", quantized + [node("QLinearConv", ["xq", "xs", "xz", "wi", "ws", "wz", "ys", "yz", "bi"], ["cq"], pads=[1, 1, 1, 1]),
                               node("QLinearAdd", ["cq", "ys", "yz", "cq", "ys", "yz", "ys", "yz"], ["aq"], domain="com.microsoft"),
                               node("QLinearSigmoid", ["aq", "ys", "yz", "ys", "yz"], ["sq"], domain="com.microsoft"),
                               node("DequantizeLinear", ["sq", "ys", "yz"], ["x"])] + head,
     [integers, constant("bi", [5, -5, 0, 9], np.int32)] + per_channel + scale("x") + scale("y") + hw, side=(H, W), domains=["com.microsoft"])
