#!/usr/bin/env python3
"""Writes operations.json: small TensorFlow graphs, one or a few operations each, with what TensorFlow computes.

Needs Python with tensorflow-cpu 2.15 and numpy; the tests that read the file need neither. Images have different heights,
widths and channel counts, so that a wrong layout shows. Run it again after adding a case and commit the result:

    python3 Tests/VireoTensorFlowTests/Fixtures/make_operations.py
"""

import base64
import json
import os
import pathlib

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"

import numpy as np
import tensorflow as tf

random = np.random.RandomState(20170417)
raw = tf.raw_ops
cases = []
TYPES = {"float32": "f32", "int32": "i32", "int64": "i64", "bool": "boolean", "uint8": "u8"}


def data(*shape, low=-2.0, high=2.0):
    return random.uniform(low, high, shape).astype(np.float32)


def whole(*shape, low=-9, high=10, dtype=np.int32):
    return random.randint(low, high, shape).astype(dtype)


def truths(*shape):
    return random.randint(0, 2, shape).astype(np.bool_)


def packed(array):
    return {"type": TYPES[str(array.dtype)], "shape": list(array.shape),
            "data": base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()}


def case(name, build, *inputs):
    """One case: `build` makes the outputs from placeholders for the inputs."""
    with tf.Graph().as_default() as graph:
        placeholders = [tf.compat.v1.placeholder(array.dtype, array.shape, name=f"in{index}")
                        for index, array in enumerate(inputs)]
        outputs = build(*placeholders)
        outputs = list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]
        with tf.compat.v1.Session() as session:
            results = session.run(outputs, dict(zip(placeholders, inputs)))
        names = [output.name for output in outputs]
        definition = tf.compat.v1.graph_util.extract_sub_graph(
            graph.as_graph_def(), [name.split(":")[0] for name in names] + [p.op.name for p in placeholders])
        for node in definition.node:
            node.attr.pop("_class", None)
    cases.append({"name": name, "graph": base64.b64encode(definition.SerializeToString()).decode(), "outputs": names,
                  "inputs": [packed(array) for array in inputs],
                  "expected": [packed(np.asarray(result)) for result in results]})


IMAGE = data(1, 5, 6, 3)

# Resizing ----------------------------------------------------------------------------------------------------------

for kind in [raw.ResizeBilinear, raw.ResizeNearestNeighbor, raw.ResizeBicubic]:
    for size in [[10, 12], [3, 4], [7, 2]]:
        for corners, half in [(False, False), (True, False), (False, True)]:
            case(f"{kind.__name__} to {size}, align_corners {corners}, half_pixel_centers {half}",
                 lambda x: kind(images=x, size=size, align_corners=corners, half_pixel_centers=half), IMAGE)
case("ResizeBilinear of bytes", lambda x: raw.ResizeBilinear(images=x, size=[4, 9]),
     whole(1, 5, 6, 3, low=0, high=255, dtype=np.uint8))

# Convolutions --------------------------------------------------------------------------------------------------------

for padding in ["SAME", "VALID"]:
    for stride in [1, 2, 3]:
        filters = data(3, 2, 4, 3)
        shape = [1, 5 * stride, 6 * stride, 4] if padding == "SAME" else \
            [1, 4 * stride + 3, 5 * stride + 2 + (stride - 1), 4]
        case(f"Conv2DBackpropInput {padding} by {stride}",
             lambda x: tf.nn.conv2d_transpose(x, filters, shape, stride, padding), IMAGE)
case("DepthwiseConv2dNativeBackpropInput",
     lambda x: raw.DepthwiseConv2dNativeBackpropInput(
         input_sizes=[1, 9, 11, 2], filter=data(3, 3, 2, 2), out_backprop=x, strides=[1, 2, 2, 1], padding="SAME"),
     data(1, 5, 6, 4))
for rate in [2, 3]:
    filters = data(3, 3, 3, 4)
    bias = data(4)

    def atrous(x, padding):
        pad = rate if padding == "SAME" else 0
        height, width = 11 + 2 * pad, 13 + 2 * pad
        extra = [(-height) % rate, (-width) % rate]
        split = raw.SpaceToBatchND(input=x, block_shape=[rate, rate],
                                   paddings=[[pad, pad + extra[0]], [pad, pad + extra[1]]])
        y = tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(split, filters, 1, "VALID"), bias))
        return raw.BatchToSpaceND(input=y, block_shape=[rate, rate], crops=[[0, extra[0]], [0, extra[1]]])

    for padding in ["SAME", "VALID"]:
        case(f"atrous convolution by {rate}, {padding}", lambda x: atrous(x, padding), data(1, 11, 13, 3))
case("depthwise convolution with dilations",
     lambda x: tf.nn.depthwise_conv2d(x, data(3, 3, 3, 2), [1, 1, 1, 1], "SAME", dilations=[2, 2]), data(1, 9, 8, 3))
case("convolution with explicit pads",
     lambda x: tf.nn.conv2d(x, data(3, 3, 3, 4), 2, [[0, 0], [1, 2], [0, 1], [0, 0]]), IMAGE)
case("Conv3D", lambda x: tf.nn.conv3d(x, data(2, 3, 2, 3, 4), [1, 1, 2, 1, 1], "SAME"), data(1, 4, 5, 6, 3))
case("MaxPool3D", lambda x: tf.nn.max_pool3d(x, [1, 2, 3, 2, 1], [1, 2, 2, 2, 1], "SAME"), data(1, 4, 5, 6, 3))
case("AvgPool3D", lambda x: tf.nn.avg_pool3d(x, [1, 2, 3, 2, 1], [1, 2, 2, 1, 1], "SAME"), data(1, 4, 5, 6, 3))

# Blocks ----------------------------------------------------------------------------------------------------------------

case("SpaceToDepth", lambda x: tf.nn.space_to_depth(x, 2), data(1, 4, 6, 3))
case("DepthToSpace", lambda x: tf.nn.depth_to_space(x, 2), data(1, 2, 3, 12))
case("SpaceToBatchND", lambda x: raw.SpaceToBatchND(input=x, block_shape=[2, 3], paddings=[[1, 0], [0, 0]]), IMAGE)
case("BatchToSpaceND", lambda x: raw.BatchToSpaceND(input=x, block_shape=[2, 3], crops=[[1, 0], [0, 2]]),
     data(6, 2, 3, 4))

# Patterns --------------------------------------------------------------------------------------------------------------

case("L2 normalization", lambda x: raw.Mul(x=x, y=raw.Rsqrt(x=raw.Maximum(
    x=tf.reduce_sum(raw.Square(x=x), 3, keepdims=True), y=1e-10))), IMAGE)
case("LRN", lambda x: tf.nn.lrn(x, depth_radius=2, bias=1.5, alpha=0.3, beta=0.7), data(1, 4, 5, 7))
case("hard swish, divided last", lambda x: x * tf.nn.relu6(x + 3) / 6, IMAGE)
case("hard swish, divided first", lambda x: x * (tf.nn.relu6(x + 3) * 0.16667), IMAGE)
case("hard sigmoid", lambda x: tf.nn.relu6(x + 3) / 6, IMAGE)
case("swish", lambda x: raw.Mul(x=x, y=raw.Sigmoid(x=x)), IMAGE)
case("PReLU", lambda x: tf.nn.relu(x) + data(3) * -tf.nn.relu(-x), IMAGE)


def squeeze_excite(x):
    y = tf.nn.conv2d(x, data(1, 1, 3, 4), 1, "SAME")
    gate = tf.reshape(tf.reduce_mean(y, [1, 2]), [-1, 1, 1, 4])
    gate = tf.nn.relu(tf.nn.conv2d(gate, data(1, 1, 4, 2), 1, "SAME"))
    gate = tf.nn.relu6(tf.nn.conv2d(gate, data(1, 1, 2, 4), 1, "SAME") + 3) * 0.16667
    return tf.nn.conv2d(y * gate, data(1, 1, 4, 2), 1, "SAME")


case("squeeze and excite", squeeze_excite, IMAGE)


def shuffle(x):
    y = tf.nn.conv2d(x, data(1, 1, 3, 6), 1, "SAME")
    y = tf.transpose(tf.reshape(y, [1, 5, 6, 2, 3]), [0, 1, 2, 4, 3])
    return tf.nn.conv2d(tf.reshape(y, [1, 5, 6, 6]), data(1, 1, 6, 2), 1, "SAME")


case("channel shuffle", shuffle, IMAGE)
case("flatten after a convolution",
     lambda x: tf.matmul(tf.reshape(tf.nn.conv2d(x, data(2, 2, 3, 4), 2, "SAME"), [-1, 36]), data(36, 5)), IMAGE)
case("image and list added", lambda x, y: tf.nn.relu(tf.nn.conv2d(x, data(1, 1, 3, 4), 1, "SAME")) + tf.reshape(
    y, [1, 1, 1, 4]), IMAGE, data(4))

# Selection -------------------------------------------------------------------------------------------------------------

for axis in [0, 1, -1]:
    case(f"ArgMax over {axis}", lambda x: raw.ArgMax(input=x, dimension=axis), data(3, 4, 5))
case("ArgMax of equals", lambda x: raw.ArgMax(input=x, dimension=1, output_type=tf.int32),
     np.array([[1, 3, 3], [2, 2, 1]], np.float32))
case("ArgMin", lambda x: raw.ArgMin(input=x, dimension=1), data(3, 4))
case("ArgMax of channels", lambda x: raw.ArgMax(input=tf.nn.conv2d(x, data(1, 1, 3, 4), 1, "SAME"), dimension=3),
     IMAGE)
case("TopKV2", lambda x: raw.TopKV2(input=x, k=3), data(2, 7))
for axis in [-1, 0]:
    case(f"OneHot at {axis}", lambda x: raw.OneHot(indices=x, depth=4, on_value=2.0, off_value=-1.0, axis=axis),
         whole(2, 3, low=0, high=4))
case("Range", lambda x: x + tf.cast(raw.Range(start=1, limit=9, delta=2), tf.float32), data(3, 4))
case("OnesLike", lambda x: raw.OnesLike(x=x) + x, data(2, 3))
case("BroadcastTo", lambda x: raw.BroadcastTo(input=x, shape=[2, 3, 4]), data(3, 1))
case("GatherNd", lambda x: raw.GatherNd(params=x, indices=[[0, 1], [2, 3]]), data(3, 4, 5))
case("GatherV2 of channels", lambda x: tf.gather(x, [2, 0], axis=3), IMAGE)
case("ScatterNd", lambda x: raw.ScatterNd(indices=[[1], [3]], updates=x, shape=[5, 3]), data(2, 3))
case("TensorScatterUpdate", lambda x, y: raw.TensorScatterUpdate(tensor=x, indices=[[1], [3]], updates=y), data(5, 3),
     data(2, 3))
case("ReverseV2", lambda x: raw.ReverseV2(tensor=x, axis=[1, -1]), IMAGE)
for exclusive in [False, True]:
    case(f"Cumsum, exclusive {exclusive}", lambda x: tf.cumsum(x, 1, exclusive=exclusive, reverse=exclusive),
         data(2, 5, 3))

# Slices and joins ------------------------------------------------------------------------------------------------------

case("StridedSlice", lambda x: x[:, 1:, ::2, :], IMAGE)
case("StridedSlice from the back", lambda x: x[0, -2:, ::-1, 1:2], IMAGE)
case("StridedSlice with a new axis", lambda x: x[..., tf.newaxis, 1], IMAGE)
case("StridedSlice between convolutions",
     lambda x: tf.nn.relu(tf.nn.conv2d(x, data(1, 1, 3, 4), 1, "SAME"))[:, 1:, 1:, :], IMAGE)
case("StridedSlice that drops axes behind a convolution",
     lambda x: tf.nn.relu(tf.nn.conv2d(x, data(1, 1, 3, 4), 1, "SAME"))[:, 2, :, 1:], IMAGE)
case("Slice", lambda x: raw.Slice(input=x, begin=[0, 1, 2, 0], size=[1, 3, -1, 2]), IMAGE)
case("Split behind a convolution",
     lambda x: tf.concat(tf.split(tf.nn.conv2d(x, data(1, 1, 3, 4), 1, "SAME"), 2, 3)[::-1], 3), IMAGE)
case("SplitV", lambda x: raw.SplitV(value=x, size_splits=[1, -1], axis=3, num_split=2), IMAGE)
case("Unpack and Pack", lambda x: tf.stack(tf.unstack(x, axis=1)[::-1], axis=2), data(2, 3, 4))
case("PadV2", lambda x: raw.PadV2(input=x, paddings=[[0, 0], [1, 2], [0, 1], [0, 0]], constant_values=-1.5), IMAGE)
for mode in ["REFLECT", "SYMMETRIC"]:
    case(f"MirrorPad {mode}", lambda x: raw.MirrorPad(input=x, paddings=[[0, 0], [1, 2], [2, 1], [0, 0]], mode=mode),
         IMAGE)
case("Tile", lambda x: raw.Tile(input=x, multiples=[1, 2, 1, 2]), IMAGE)

# Elementwise -----------------------------------------------------------------------------------------------------------

for kind in [raw.Tan, raw.Atan, raw.Sinh, raw.Cosh, raw.Asinh, raw.Softsign, raw.Selu, raw.Elu, raw.Log1p, raw.Expm1,
             raw.Round, raw.Rint, raw.Softplus, raw.Erf, raw.Sign]:
    case(kind.__name__, lambda x: kind(**{"features" if kind in [raw.Softsign, raw.Selu, raw.Elu, raw.Softplus]
                                         else "x": x}), data(3, 4, low=-0.9, high=1.4))
for kind in [raw.Asin, raw.Acos, raw.Atanh]:
    case(kind.__name__, lambda x: kind(x=x), data(3, 4, low=-0.9, high=0.9))
case("Acosh", lambda x: raw.Acosh(x=x), data(3, 4, low=1.1, high=5))
case("Round of halves", lambda x: raw.Round(x=x), np.array([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5], np.float32))
case("ClipByValue", lambda x: tf.clip_by_value(x, -0.5, 1.0), data(3, 4))
case("LeakyRelu", lambda x: raw.LeakyRelu(features=x, alpha=0.3), IMAGE)
SOME = np.array([-7, -5, -1, 1, 4, 9], np.float32)
PARTS = np.array([2, -3, 4, -4, 3, -2], np.float32)
for kind in [raw.FloorDiv, raw.FloorMod, raw.RealDiv, raw.SquaredDifference, raw.Mod]:
    if kind is not raw.Mod:
        case(f"{kind.__name__} of floats", lambda x, y: kind(x=x, y=y), SOME, PARTS)
    if kind is not raw.RealDiv:
        case(f"{kind.__name__} of integers", lambda x, y: kind(x=x, y=y), SOME.astype(np.int32),
             PARTS.astype(np.int32))
case("DivNoNan", lambda x, y: raw.DivNoNan(x=x, y=y), data(4), np.array([0, 2, 0, -1], np.float32))
for kind in [raw.Equal, raw.NotEqual, raw.Less, raw.LessEqual, raw.Greater, raw.GreaterEqual]:
    case(kind.__name__, lambda x, y: kind(x=x, y=y), whole(3, 4, low=0, high=3), whole(4, low=0, high=3))
case("LogicalAnd, LogicalOr, LogicalNot",
     lambda x, y: [raw.LogicalAnd(x=x, y=y), raw.LogicalOr(x=x, y=y), raw.LogicalNot(x=x)], truths(3, 4), truths(3, 4))
case("Select of rows", lambda c, x, y: raw.Select(condition=c, x=x, y=y), truths(3), data(3, 4), data(3, 4))
case("SelectV2 behind a convolution",
     lambda x: tf.where(x > 0.5, tf.nn.conv2d(x, data(1, 1, 3, 3), 1, "SAME"), x), IMAGE)
case("AddN", lambda x, y: raw.AddN(inputs=[x, y, x]), data(3, 4), data(3, 4))
case("Cast", lambda x: tf.cast(tf.cast(x, tf.int32), tf.float32), data(3, 4, low=-5, high=5))

# Reductions and products -----------------------------------------------------------------------------------------------

for name, kind in [("Mean", tf.reduce_mean), ("Sum", tf.reduce_sum), ("Max", tf.reduce_max), ("Min", tf.reduce_min),
                   ("Prod", tf.reduce_prod)]:
    case(f"{name} over the image", lambda x: kind(tf.nn.conv2d(x, data(1, 1, 3, 4), 1, "SAME"), [1, 2]), IMAGE)
    case(f"{name} over all", lambda x: kind(x), data(2, 3))
case("EuclideanNorm", lambda x: raw.EuclideanNorm(input=x, axis=[1]), data(3, 4))
case("All and Any", lambda x: [tf.reduce_all(x, 1), tf.reduce_any(x, 0)], truths(3, 4))
case("BatchMatMulV2", lambda x, y: raw.BatchMatMulV2(x=x, y=y, adj_y=True), data(2, 3, 4), data(2, 5, 4))
case("LogSoftmax", lambda x: tf.nn.log_softmax(x), data(2, 5))
case("Softmax of channels", lambda x: tf.nn.softmax(tf.nn.conv2d(x, data(1, 1, 3, 4), 1, "SAME")), IMAGE)

# Quantization ----------------------------------------------------------------------------------------------------------

for low, high in [(-1.0, 1.2), (0.4, 1.7), (-1.9, -0.3), (-0.01, 1.0)]:
    for bits, narrow in [(8, False), (8, True), (4, False)]:
        case(f"FakeQuantWithMinMaxVars from {low} to {high}, {bits} bits, narrow {narrow}",
             lambda x: raw.FakeQuantWithMinMaxVars(inputs=x, min=low, max=high, num_bits=bits, narrow_range=narrow),
             data(1, 4, 5, 3))
case("FakeQuantWithMinMaxVarsPerChannel",
     lambda x: raw.FakeQuantWithMinMaxVarsPerChannel(inputs=x, min=[-1.0, -0.5, 0.0], max=[1.0, 1.5, 1.7]),
     data(1, 4, 5, 3))
case("FakeQuantWithMinMaxVarsPerChannel behind a convolution",
     lambda x: raw.FakeQuantWithMinMaxVarsPerChannel(
         inputs=tf.nn.conv2d(x, data(1, 1, 3, 3), 1, "SAME"), min=[-1.0, -0.5, 0.0], max=[1.0, 1.5, 1.7]), IMAGE)
case("FakeQuantWithMinMaxArgs", lambda x: raw.FakeQuantWithMinMaxArgs(inputs=x, min=-1.5, max=1.0), data(3, 4))


def quantized(values, type):
    """A constant of a quantized type, as a graph with 8-bit weights holds it."""
    tensor = tf.compat.v1.make_tensor_proto(values, tf.int8 if type == tf.qint8 else tf.uint8)
    tensor.dtype = type.as_datatype_enum
    graph = tf.compat.v1.get_default_graph()
    value = tf.compat.v1.AttrValue(tensor=tensor)
    return graph.create_op("Const", [], [type], attrs={
        "value": value, "dtype": tf.compat.v1.AttrValue(type=type.as_datatype_enum)}).outputs[0]


for mode in ["MIN_COMBINED", "MIN_FIRST", "SCALED"]:
    for type, levels in [(tf.quint8, [[0, 3, 100], [200, 255, 7]]), (tf.qint8, [[0, 3, 100], [-5, 127, -128]])]:
        case(f"Dequantize {mode} of {type.name}",
             lambda x: x + raw.Dequantize(input=quantized(levels, type), min_range=-1.3, max_range=2.1, mode=mode),
             data(2, 3))

for axis, low, high in [(0, [-1.3, -0.5], [2.1, 0.9]), (1, [-1.3, -0.5, -1.0], [2.1, 0.9, 0.2])]:
    case(f"Dequantize with a range for each index along axis {axis}",
         lambda x: x + raw.Dequantize(input=quantized([[0, 3, 100], [-5, 127, -128]], tf.qint8), min_range=low,
                                      max_range=high, mode="SCALED", axis=axis),
         data(2, 3))

# Conditions ------------------------------------------------------------------------------------------------------------


@tf.function
def doubled(x):
    return x * 2.0


@tf.function
def negated(x):
    return -x


@tf.function
def nested(x):
    return raw.StatelessIf(cond=tf.constant(False), input=[x], Tout=[tf.float32],
                           then_branch=doubled.get_concrete_function(tf.TensorSpec([2, 3])),
                           else_branch=negated.get_concrete_function(tf.TensorSpec([2, 3])))[0]


for condition in [True, False]:
    case(f"StatelessIf of {condition}",
         lambda x: raw.StatelessIf(cond=tf.constant(condition), input=[x], Tout=[tf.float32],
                                   then_branch=doubled.get_concrete_function(tf.TensorSpec([2, 3])),
                                   else_branch=nested.get_concrete_function(tf.TensorSpec([2, 3])))[0],
         data(2, 3))

case("StatelessIf of a sum",
     lambda x: raw.StatelessIf(cond=tf.reduce_sum(x) > 0.5, input=[x], Tout=[tf.float32],
                               then_branch=doubled.get_concrete_function(tf.TensorSpec([2, 3])),
                               else_branch=nested.get_concrete_function(tf.TensorSpec([2, 3])))[0],
     data(2, 3))
case("If of a number",
     lambda x, n: raw.If(cond=n, input=[x], Tout=[tf.float32],
                         then_branch=doubled.get_concrete_function(tf.TensorSpec([2, 3])),
                         else_branch=nested.get_concrete_function(tf.TensorSpec([2, 3])))[0],
     data(2, 3), np.int32(0))


KERNEL = data(3, 3, 3, 3, low=-0.3, high=0.3)

# Loops -----------------------------------------------------------------------------------------------------------------


def loop(kind, last, condition, body, *start):
    specs = [tf.TensorSpec(value.shape, value.dtype) for value in start]
    return kind(input=list(start), cond=tf.function(condition).get_concrete_function(*specs),
                body=tf.function(body).get_concrete_function(*specs), parallel_iterations=10)[last]


for kind in [raw.StatelessWhile, raw.While]:
    case(f"{kind.__name__} that counts to 5",
         lambda x: loop(kind, 1, lambda i, s, x: i < 5,
                        lambda i, s, x: (i + 1, s * 0.5 + x * tf.cast(i, tf.float32), tf.identity(x)),
                        tf.constant(0), x + 1.0, x), data(2, 3))
case("While that never runs", lambda x: loop(raw.StatelessWhile, 0, lambda v: tf.reduce_sum(v) < -1e3,
                                             lambda v: (v * 2.0,), x), data(2, 3))
case("While whose values say when it ends",
     lambda x: loop(raw.StatelessWhile, 0, lambda v: tf.reduce_max(tf.abs(v)) > 0.1, lambda v: (v * 0.5,), x),
     data(2, 3))
case("While with a condition and a convolution inside",
     lambda x: loop(raw.StatelessWhile, 1, lambda i, v: i < 3,
                    lambda i, v: (i + 1, raw.StatelessIf(
                        cond=i > 0, input=[tf.nn.conv2d(v, KERNEL, 1, "SAME")], Tout=[tf.float32],
                        then_branch=tf.function(lambda v: v * 2.0).get_concrete_function(tf.TensorSpec([1, 5, 6, 3])),
                        else_branch=tf.function(lambda v: -v).get_concrete_function(tf.TensorSpec([1, 5, 6, 3])))[0]),
                    tf.constant(0), x), IMAGE)

# Patterns --------------------------------------------------------------------------------------------------------------

case("GELU with erf", lambda x: tf.nn.gelu(x), data(2, 3, 4))
case("GELU with tanh", lambda x: tf.nn.gelu(x, approximate=True), data(2, 3, 4))
case("GELU written by hand", lambda x: x * (0.5 * (1.0 + tf.math.erf(x * 0.70710678))), data(2, 3, 4))
case("GELU with tanh and a cube of products",
     lambda x: 0.5 * x * (1.0 + tf.tanh(0.7978845608 * (x + 0.044715 * x * x * x))), data(2, 3, 4))


def normalized(x, axes, scale, offset):
    mean, variance = tf.nn.moments(x, axes, keepdims=True)
    return tf.nn.batch_normalization(x, mean, variance, offset, scale, 1e-3)


def divided(x, axes):
    mean = tf.reduce_mean(x, axes, keepdims=True)
    variance = tf.reduce_mean(tf.square(x - mean), axes, keepdims=True)
    return (x - mean) / tf.sqrt(variance + 1e-5)


case("layer normalization", lambda x: normalized(x, [2], data(4), data(4)), data(2, 3, 4))
case("layer normalization without a scale", lambda x: normalized(x, [2], None, data(4)), data(2, 3, 4))
case("instance normalization", lambda x: normalized(x, [1, 2], data(3), data(3)), IMAGE)
case("normalization by a quotient", lambda x: divided(x, [1, 2]), data(2, 3, 4))

# Regions ---------------------------------------------------------------------------------------------------------------

for size in [[3, 2], [1, 4]]:
    case(f"CropAndResize to {size}",
         lambda x: raw.CropAndResize(image=x, boxes=[[0.1, 0.2, 0.7, 0.9], [0.0, 0.0, 1.0, 1.0], [-0.2, 0.3, 0.5, 1.4]],
                                     box_ind=[0, 1, 0], crop_size=size),
         data(2, 5, 6, 3))

# Loops and conditions of TensorFlow 1, and arrays in loops ---------------------------------------------------------------

v1 = tf.compat.v1


class Cell(v1.nn.rnn_cell.RNNCell):
    """A long short-term memory whose weights are constants."""

    def __init__(self, inputs, units):
        self._units, self._kernel, self._bias = units, data(inputs + units, 4 * units, low=-0.5, high=0.5), data(4 * units)
        super().__init__()

    state_size = property(lambda self: v1.nn.rnn_cell.LSTMStateTuple(self._units, self._units))
    output_size = property(lambda self: self._units)

    def __call__(self, inputs, state, scope=None):
        gates = tf.nn.bias_add(tf.matmul(tf.concat([inputs, state.h], 1), self._kernel), self._bias)
        i, j, f, o = tf.split(gates, 4, 1)
        c = state.c * tf.sigmoid(f + 1.0) + tf.sigmoid(i) * tf.tanh(j)
        h = tf.tanh(c) * tf.sigmoid(o)
        return h, v1.nn.rnn_cell.LSTMStateTuple(c, h)


def recurrent(x, **settings):
    output, state = v1.nn.dynamic_rnn(Cell(3, 4), x, dtype=tf.float32, **settings)
    return output, state.c


def nested_loops(x):
    inner = lambda y: tf.while_loop(lambda k, v: k < 2, lambda k, v: (k + 1, v * 1.5 + x), [0, y])[1]
    return tf.while_loop(lambda i, v: i < 3, lambda i, v: (i + 1, inner(v) - tf.cast(i, tf.float32)), [0, x])


def squares(x):
    """Elements of an array of which nothing is known before the loop, read and written at changing places."""
    array = tf.TensorArray(tf.float32, 5, infer_shape=False)
    array = tf.while_loop(lambda i, a: i < 5, lambda i, a: (i + 1, a.write(4 - i, x * tf.cast(i, tf.float32))),
                          [0, array])[1]
    return array.gather([3, 0, 1]), array.read(2)


for version, switch in [("TensorFlow 1", v1.disable_control_flow_v2), ("TensorFlow 2", v1.enable_control_flow_v2)]:
    switch()
    case(f"{version}: a loop that counts", lambda x: tf.while_loop(
        lambda i, v: i < 4, lambda i, v: (i + 1, v * 0.5 + x), [tf.constant(0), x + 1.0]), data(2, 3))
    case(f"{version}: loops in loops", lambda x: nested_loops(x)[1], data(2, 3))
    case(f"{version}: a condition", lambda x: tf.cond(
        tf.reduce_sum(x) > 0.5, lambda: tf.nn.relu(x) * 2.0, lambda: tf.constant(3.0, shape=[2, 3])), data(2, 3))
    case(f"{version}: a condition of constants", lambda x: x * tf.cond(
        tf.reduce_sum(x) > 0.5, lambda: tf.constant(2.0), lambda: tf.constant(3.0)), data(2, 3))
    case(f"{version}: conditions in conditions", lambda x: tf.cond(
        tf.reduce_sum(x) > 0.5, lambda: tf.cond(x[0, 0] > 0.0, lambda: x + 1.0, lambda: x - 1.0), lambda: x * 3.0),
        data(2, 3))
    case(f"{version}: a condition in a loop", lambda x: tf.while_loop(
        lambda i, v: i < 4, lambda i, v: (i + 1, tf.cond(i > 1, lambda: v * 2.0, lambda: v - x)),
        [tf.constant(0), x])[1], data(2, 3))
    case(f"{version}: a loop in a condition", lambda x: tf.cond(
        tf.reduce_sum(x) < 90.0, lambda: tf.while_loop(
            lambda i, v: i < 3, lambda i, v: (i + 1, v + x), [tf.constant(0), x])[1], lambda: x), data(2, 3))
    case(f"{version}: an LSTM over time", recurrent, data(2, 5, 3))
    case(f"{version}: an LSTM with lengths", lambda x: recurrent(x, sequence_length=[3, 5]), data(2, 5, 3))
    case(f"{version}: an LSTM, time first", lambda x: recurrent(x, time_major=True), data(5, 2, 3))
    case(f"{version}: map over elements", lambda x: tf.map_fn(lambda row: tf.reduce_max(row) * row, x), data(4, 3))
    case(f"{version}: an array written and read at changing places", squares, data(2, 3))
    case(f"{version}: an array joined", lambda x: tf.TensorArray(tf.float32, 3).unstack(x).concat(), data(3, 2, 4))

# Recurrent networks of one operation -------------------------------------------------------------------------------------


def lstm(kind, x, outputs, peephole=False, **settings):
    """`kind` for data of 3 channels and 4 hidden units; the outputs with these numbers."""
    weights = dict(cs_prev=data(2, 4), h_prev=data(2, 4), w=data(7, 16, low=-0.5, high=0.5), wci=data(4), wcf=data(4),
                   wco=data(4), b=data(16), use_peephole=peephole)
    results = kind(x=x, **weights, **settings)
    return [results[number] for number in outputs]


for clip, peephole in [(-1.0, False), (-1.0, True), (0.3, False)]:
    case(f"LSTMBlockCell, clip {clip}, peepholes {peephole}",
         lambda x: lstm(raw.LSTMBlockCell, x, range(7), peephole, cell_clip=clip, forget_bias=0.5), data(2, 3))
    for kind in [raw.BlockLSTM, raw.BlockLSTMV2]:
        case(f"{kind.__name__}, clip {clip}, peepholes {peephole}",
             lambda x: lstm(kind, x, range(7), peephole, cell_clip=clip, seq_len_max=np.int64(5)), data(5, 2, 3))
case("BlockLSTM, hidden states only", lambda x: lstm(raw.BlockLSTM, x, [6], cell_clip=0.0, seq_len_max=np.int64(5)),
     data(5, 2, 3))
case("LSTMBlockCell, states only", lambda x: lstm(raw.LSTMBlockCell, x, [1, 6], cell_clip=0.0), data(2, 3))
case("GRUBlockCell", lambda x: raw.GRUBlockCell(
    x=x, h_prev=data(2, 4), w_ru=data(7, 8), w_c=data(7, 4), b_ru=data(8), b_c=data(4)), data(2, 3))
case("ReverseSequence", lambda x: tf.reverse_sequence(x, [2, 4], 1, 0), data(2, 4, 3))
case("ReverseSequence, time first", lambda x: tf.reverse_sequence(x, [3, 1], 0, 1), data(4, 2, 3))
case("Roll", lambda x: tf.roll(x, [1, -2], [0, 2]), data(2, 3, 4))
case("Einsum", lambda x, y: raw.Einsum(inputs=[x, y], equation="bij,bkj->bik"), data(2, 3, 4), data(2, 5, 4))
case("Einsum with an ellipsis", lambda x, y: raw.Einsum(inputs=[x, y], equation="...ij,jk->...ik"), data(2, 3, 4), data(4, 5))
case("BatchMatMulV3", lambda x, y: raw.BatchMatMulV3(x=x, y=y, Tout=tf.float32), data(2, 3, 4), data(2, 4, 5))

path = pathlib.Path(__file__).with_name("operations.json")
with open(path, "w") as file:
    file.write("[\n" + ",\n".join(json.dumps(entry, separators=(",", ":")) for entry in cases) + "\n]\n")
print(f"{len(cases)} cases, {path.stat().st_size} bytes, TensorFlow {tf.__version__}")
