#!/usr/bin/env python3
"""Writes single_operations.json: small single-operation cases with the outputs of OpenVINO's CPU device in f32.

Needs Python with the openvino and numpy packages; the tests that read the file need neither. Run it again after adding a
case and commit the result:

    python3 Tests/ConformanceTests/Fixtures/make_cases.py
"""

import numpy as np

from case_maker import Constant, case, data, integers, random, scalar, truths, whole, write

# Elementwise -------------------------------------------------------------------------------------------------------

EDGES = np.array([-20, -6, -3, -1, -0.5, -1e-3, 0, 1e-3, 0.25, 1, 2.5, 3, 6, 21], np.float32)
UNARY = {"SoftPlus": 4, "Mish": 4, "HSwish": 4, "HSigmoid": 5, "SoftSign": 9, "Asinh": 4, "Acosh": 4, "Atanh": 4}
for kind in ["ReLU", "Sigmoid", "Tanh", "Exp", "Abs", "Negative", "Sign", "Floor", "Ceiling", "Erf", "Sin", "Cos",
             "SoftPlus", "Mish", "HSwish", "HSigmoid"]:
    case(kind, UNARY.get(kind, 1), [EDGES])
    case(kind, UNARY.get(kind, 1), [data(2, 3, 5, low=-4, high=4)])
for kind in ["Log", "Sqrt"]:
    case(kind, 1, [data(2, 3, 5, low=0.01, high=9)])
for kind in ["ReLU", "Abs", "Negative", "Sign"]:
    case(kind, 1, [whole(3, 4)])
case("LogicalNot", 1, [truths(3, 4)])

SHAPES = [((2, 3, 4), (2, 3, 4)), ((2, 3, 4), (3, 1)), ((2, 1, 4), (3, 1)), ((), (2, 5)), ((1, 4, 3, 3), (1, 4, 1, 1))]
for kind in ["Add", "Subtract", "Multiply", "Divide", "Maximum", "Minimum", "Power", "SquaredDifference", "FloorMod",
             "Mod"]:
    for left, right in SHAPES:
        low = 0.1 if kind == "Power" else -2
        divisor = data(*right, low=0.5, high=3)
        if kind in ["Divide", "FloorMod", "Mod"]:
            divisor = divisor * random.choice([-1, 1], np.shape(divisor)).astype(np.float32)
        case(kind, 1, [np.asarray(data(*left, low=low)), np.asarray(divisor, np.float32)])
    divisor = whole(2, 3, low=1, high=5) * random.choice([-1, 1], (2, 3)).astype(np.int32)
    # OpenVINO's CPU device truncates integer quotients, where the specification rounds them down.
    dividend = whole(2, 3, low=0) if kind == "Divide" else whole(2, 3)
    case(kind, 1, [dividend, np.abs(divisor) if kind in ["Divide", "Power"] else divisor])
    case(kind, 1, [data(2, 3, low=0.5), Constant(data(2, 3, low=0.5))], auto_broadcast="none")
for kind in ["Equal", "NotEqual", "Less", "LessEqual", "Greater", "GreaterEqual"]:
    for left, right in SHAPES[:3]:
        case(kind, 1, [whole(*left, low=-2, high=3).astype(np.float32), whole(*right, low=-2, high=3).astype(np.float32)])
    case(kind, 1, [whole(4, 3, low=-2, high=3), whole(3, low=-2, high=3)])
for kind in ["LogicalAnd", "LogicalOr", "LogicalXor"]:
    case(kind, 1, [truths(2, 3, 4), truths(2, 3, 4)])
    case(kind, 1, [truths(2, 3, 4), truths(3, 1)])

for lower, upper in [(0, 6), (-1, 1), (-0.5, 0.25)]:
    case("Clamp", 1, [data(2, 3, 4, low=-8, high=8)], min=lower, max=upper)
case("Clamp", 1, [whole(3, 4)], min=-2.5, max=3.5)
for alpha in [1.0, 0.5]:
    case("Elu", 1, [data(2, 3, 4)], alpha=alpha)
case("PReLU", 1, [data(2, 3, 4, 4), Constant(data(3))])
case("PReLU", 1, [data(2, 3, 4), Constant(data(1))])
case("PReLU", 1, [data(2, 5), Constant(data(5))])
case("Swish", 4, [data(2, 3, 4)])
case("Swish", 4, [data(2, 3, 4), Constant(1.7, np.float32)])
case("Select", 1, [truths(2, 3, 4), data(2, 3, 4), data(2, 3, 4)])
case("Select", 1, [truths(3, 1), data(2, 3, 4), data(4)])
case("Select", 1, [truths(2, 3), whole(2, 3), whole(2, 3)])

for levels in [2, 16, 255, 256]:
    case("FakeQuantize", 1, [data(2, 3, 4, 4), Constant(-1.5, np.float32), Constant(1.25, np.float32),
                             Constant(-1.5, np.float32), Constant(1.25, np.float32)], levels=levels)
channel = (1, 3, 1, 1)
case("FakeQuantize", 1, [data(2, 3, 4, 4), Constant(data(*channel, low=-2, high=-1)), Constant(data(*channel, low=1)),
                         Constant(data(*channel, low=-3, high=-1)), Constant(data(*channel, low=1, high=3))], levels=256)
case("FakeQuantize", 1, [data(2, 3, 4), Constant(np.zeros((1,), np.float32)), Constant(np.full((1,), 2.55, np.float32)),
                         Constant(np.zeros((1,), np.float32)), Constant(np.full((1,), 255, np.float32))], levels=256)

NUMBERS = np.array([-3.7, -1.5, -0.4, 0, 0.4, 0.5, 1.5, 2.5, 100.9], np.float32)
for target in ["i32", "i64", "boolean", "f16", "f32", "i8"]:
    case("Convert", 1, [NUMBERS], destination_type=target)
case("Convert", 1, [np.abs(NUMBERS)], destination_type="u8")
for source in [np.int32, np.int64, np.int8, np.uint8, np.float16, np.bool_]:
    values = truths(6) if source is np.bool_ else whole(6, low=0, high=100).astype(source)
    case("Convert", 1, [values], destination_type="f32")
    case("Convert", 1, [values], destination_type="i32")

# Convolutions and pools --------------------------------------------------------------------------------------------

for strides, dilations, begin, end in [
        ([1, 1], [1, 1], [0, 0], [0, 0]), ([1, 1], [1, 1], [1, 1], [1, 1]), ([2, 2], [1, 1], [1, 1], [1, 1]),
        ([2, 1], [1, 1], [0, 1], [1, 2]), ([1, 1], [2, 2], [2, 2], [2, 2]), ([2, 2], [2, 1], [1, 0], [0, 1]),
        ([3, 3], [1, 1], [0, 0], [0, 0])]:
    case("Convolution", 1, [data(1, 3, 8, 9), Constant(data(5, 3, 3, 3))], strides=strides, dilations=dilations,
         pads_begin=begin, pads_end=end, auto_pad="explicit")
for auto_pad in ["same_upper", "same_lower", "valid"]:
    for strides in [[1, 1], [2, 2], [2, 3]]:
        case("Convolution", 1, [data(2, 2, 7, 8), Constant(data(4, 2, 3, 4))], strides=strides, dilations=[1, 1],
             pads_begin=[0, 0], pads_end=[0, 0], auto_pad=auto_pad)
for inputs, outputs, size, kernel in [(16, 8, 5, 1), (8, 17, 3, 1), (40, 4, 3, 3), (3, 8, 12, 5), (1, 6, 9, 7)]:
    pad = [kernel // 2] * 2
    case("Convolution", 1, [data(1, inputs, size, size), Constant(data(outputs, inputs, kernel, kernel))],
         strides=[1, 1], dilations=[1, 1], pads_begin=pad, pads_end=pad, auto_pad="explicit")
case("Convolution", 1, [data(2, 3, 11), Constant(data(4, 3, 3))], strides=[2], dilations=[1], pads_begin=[1],
     pads_end=[1], auto_pad="explicit")
case("Convolution", 1, [data(1, 2, 5, 6, 5), Constant(data(3, 2, 3, 2, 3))], strides=[1, 2, 1], dilations=[1, 1, 1],
     pads_begin=[1, 0, 1], pads_end=[1, 0, 1], auto_pad="explicit")

for groups, outputs, inputs in [(6, 1, 1), (4, 2, 1), (2, 3, 2), (3, 4, 5), (1, 4, 3)]:
    for strides in [[1, 1], [2, 2]]:
        case("GroupConvolution", 1, [data(1, groups * inputs, 7, 6), Constant(data(groups, outputs, inputs, 3, 3))],
             strides=strides, dilations=[1, 1], pads_begin=[1, 1], pads_end=[1, 1], auto_pad="explicit")
for auto_pad in ["same_upper", "same_lower"]:
    case("GroupConvolution", 1, [data(2, 4, 7, 8), Constant(data(4, 1, 1, 5, 4))], strides=[2, 2], dilations=[1, 1],
         pads_begin=[0, 0], pads_end=[0, 0], auto_pad=auto_pad)
case("GroupConvolution", 1, [data(1, 4, 9, 9), Constant(data(4, 1, 1, 3, 3))], strides=[1, 1], dilations=[2, 2],
     pads_begin=[2, 2], pads_end=[2, 2], auto_pad="explicit")
case("GroupConvolution", 1, [data(1, 4, 9), Constant(data(2, 3, 2, 3))], strides=[1], dilations=[1], pads_begin=[1],
     pads_end=[1], auto_pad="explicit")

POOLS = [dict(kernel=[2, 2], strides=[2, 2], pads_begin=[0, 0], pads_end=[0, 0], auto_pad="explicit"),
         dict(kernel=[3, 3], strides=[2, 2], pads_begin=[1, 1], pads_end=[1, 1], auto_pad="explicit"),
         dict(kernel=[3, 2], strides=[1, 2], pads_begin=[1, 0], pads_end=[0, 1], auto_pad="explicit"),
         dict(kernel=[3, 3], strides=[2, 2], pads_begin=[0, 0], pads_end=[0, 0], auto_pad="same_upper"),
         dict(kernel=[2, 3], strides=[1, 2], pads_begin=[0, 0], pads_end=[0, 0], auto_pad="same_lower"),
         dict(kernel=[3, 3], strides=[3, 3], pads_begin=[0, 0], pads_end=[0, 0], auto_pad="valid")]
for pool in POOLS:
    for rounding in ["floor", "ceil"]:
        case("MaxPool", 1, [data(1, 2, 8, 7)], rounding_type=rounding, **pool)
        for exclude in [True, False]:
            case("AvgPool", 1, [data(1, 2, 8, 7)], rounding_type=rounding, exclude__pad=exclude, **pool)
    case("MaxPool", 8, [data(2, 2, 7, 8)], 2, dilations=[1, 1], rounding_type="floor", index_element_type="i64", axis=0,
         **pool)
case("MaxPool", 8, [data(2, 2, 7, 8)], 2, dilations=[2, 1], rounding_type="floor", index_element_type="i32", axis=2,
     **POOLS[0])
case("MaxPool", 1, [data(1, 2, 9)], kernel=[3], strides=[2], pads_begin=[1], pads_end=[1], rounding_type="floor",
     auto_pad="explicit")
case("MaxPool", 1, [data(1, 2, 4, 5, 6)], kernel=[2, 3, 2], strides=[1, 2, 2], pads_begin=[0, 1, 0], pads_end=[0, 1, 0],
     rounding_type="floor", auto_pad="explicit")
case("AvgPool", 1, [data(1, 2, 4, 5, 6)], kernel=[2, 3, 2], strides=[1, 2, 2], pads_begin=[0, 1, 0],
     pads_end=[0, 1, 0], rounding_type="floor", auto_pad="explicit", exclude__pad=True)
case("AvgPool", 1, [data(1, 4, 7, 7)], kernel=[7, 7], strides=[1, 1], pads_begin=[0, 0], pads_end=[0, 0],
     rounding_type="floor", auto_pad="explicit", exclude__pad=True)

# Products, normalization ---------------------------------------------------------------------------------------------

for left, right, transposes in [
        ((3, 4), (4, 5), (False, False)), ((4, 3), (4, 5), (True, False)), ((3, 4), (5, 4), (False, True)),
        ((4, 3), (5, 4), (True, True)), ((1, 40), (40, 10), (False, False)), ((1, 40), (10, 40), (False, True)),
        ((9, 70), (70, 19), (False, False)), ((2, 3, 4), (2, 4, 5), (False, False)),
        ((2, 1, 3, 4), (3, 4, 2), (False, False)), ((6, 4), (2, 4, 9), (False, False)), ((4,), (4, 3), (False, False)),
        ((3, 4), (4,), (False, False)), ((2, 5, 4), (2, 5, 3), (True, False))]:
    case("MatMul", 1, [data(*left), data(*right)], transpose_a=transposes[0], transpose_b=transposes[1])
    if len(right) == 2:
        case("MatMul", 1, [data(*left), Constant(data(*right))], transpose_a=transposes[0], transpose_b=transposes[1])

for axis, shape in [(1, (2, 10)), (1, (2, 5, 3, 4)), (2, (2, 5, 4)), (0, (7,)), (1, (1, 1001))]:
    case("SoftMax", 1, [data(*shape, low=-8, high=8)], axis=axis)
case("SoftMax", 8, [data(2, 5, 3)], axis=-1)
case("SoftMax", 8, [data(2, 3) + np.float32(1000)], axis=-2)
for axis, shape in [(1, (2, 10)), (-1, (2, 3, 5)), (1, (2, 5, 3))]:
    case("LogSoftmax", 5, [data(*shape, low=-8, high=8)], axis=axis)
for shape in [(2, 3), (2, 3, 4), (1, 3, 4, 5)]:
    case("BatchNormInference", 5, [data(*shape)] + [Constant(data(3, low=0.2)) for _ in range(4)], epsilon=0.001)
for size, axes in [(1, [1]), (3, [1]), (5, [1]), (3, [2, 3])]:
    case("LRN", 1, [data(1, 7, 4, 5), integers(*axes)], alpha=0.5, beta=0.75, bias=1.0, size=size)
case("LRN", 1, [data(2, 6, 3, 3), integers(1)], alpha=0.0001, beta=0.5, bias=2.0, size=11)

for kind in ["ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2"]:
    version = 4 if kind in ["ReduceL1", "ReduceL2"] else 1
    for axes, keep in [([1], True), ([2, 3], False), ([-1], False), ([0, 2], True), ([0, 1, 2, 3], False)]:
        case(kind, version, [data(2, 3, 4, 5), integers(*axes)], keep_dims=keep)
    case(kind, version, [data(1, 2, 150), scalar(2)], keep_dims=True)
for kind in ["ReduceSum", "ReduceMax", "ReduceMin", "ReduceProd"]:
    case(kind, 1, [whole(2, 3, 4, low=-3, high=4), integers(1)], keep_dims=False)
for kind in ["ReduceLogicalAnd", "ReduceLogicalOr"]:
    case(kind, 1, [truths(3, 4, 2), integers(2)], keep_dims=False)
    case(kind, 1, [truths(3, 4), integers(0)], keep_dims=True)

# Shapes ------------------------------------------------------------------------------------------------------------

for target, zero in [([4, 6], False), ([-1], False), ([2, -1, 3], False), ([0, -1], True), ([0, 0, 2, 2], True)]:
    case("Reshape", 1, [data(2, 3, 4), integers(*target)], special_zero=zero)
case("Squeeze", 1, [data(1, 3, 1, 4), integers(0, 2)])
case("Squeeze", 1, [data(1, 3, 1, 4), integers(-2)])
case("Squeeze", 1, [data(1, 3, 1, 4)])
case("Unsqueeze", 1, [data(3, 4), integers(0)])
case("Unsqueeze", 1, [data(3, 4), integers(1, -1)])
for order in [[0, 2, 3, 1], [0, 3, 1, 2], [3, 2, 1, 0], [1, 0, 2, 3], [0, 1, 3, 2]]:
    case("Transpose", 1, [data(2, 3, 4, 5), integers(*order)])
case("Transpose", 1, [data(3, 4), Constant([], np.int64)])
case("Transpose", 1, [whole(3, 4, 2, dtype=np.uint8), integers(2, 0, 1)])
case("ShapeOf", 1, [data(2, 3, 4)])
case("ShapeOf", 3, [data(2, 3, 4)], output_type="i32")
case("ShapeOf", 3, [data(1)], output_type="i64")
case("Broadcast", 3, [data(3, 1), integers(2, 3, 4)], mode="numpy")
case("Broadcast", 3, [data(3), integers(2, 3, 4), integers(1)], mode="explicit")
case("Broadcast", 3, [data(2, 3, 1), integers(1, 4)], mode="bidirectional")
case("Broadcast", 1, [data(4), integers(2, 3, 4)], broadcast_spec="numpy")
case("Broadcast", 3, [np.asarray(data()), integers(2, 3)], mode="numpy")
case("Tile", 1, [data(2, 3), integers(2, 2)])
case("Tile", 1, [data(2, 3), integers(3, 1, 2)])
case("Tile", 1, [whole(2, 1, 3), integers(1, 4, 1)])
for axis in [0, 1, -1]:
    shapes = [[2, 3, 4], [2, 3, 4], [2, 3, 4]]
    shapes[1][axis] = 2
    shapes[2][axis] = 5
    case("Concat", 1, [data(*shape) for shape in shapes], axis=axis)
case("Concat", 1, [data(1, 2, 3, 3), data(1, 4, 3, 3)], axis=1)
case("Split", 1, [data(2, 6, 3), scalar(1)], 3, num_splits=3)
case("Split", 1, [data(4, 3), scalar(-2)], 2, num_splits=2)
case("VariadicSplit", 1, [data(2, 7, 3), scalar(1), integers(2, 4, 1)], 3)
case("VariadicSplit", 1, [data(2, 7), scalar(-1), integers(3, -1)], 2)
for mode in ["constant", "edge", "reflect", "symmetric"]:
    case("Pad", 1, [data(3, 4, 5), integers(0, 2, 1), integers(1, 1, 3)], pad_mode=mode)
    case("Pad", 1, [data(1, 2, 4, 4), integers(0, 0, 1, 1), integers(0, 0, 2, 2)], pad_mode=mode)
case("Pad", 1, [data(3, 4), integers(1, 2), integers(0, 1), Constant(-1.5, np.float32)], pad_mode="constant")
for mode in ["constant", "edge", "reflect", "symmetric"]:
    case("Pad", 12, [data(4, 6), integers(-1, 2), integers(1, -3)], pad_mode=mode)

def slice_case(shape, begin, end, strides, **masks):
    names = ["begin_mask", "end_mask", "new_axis_mask", "shrink_axis_mask", "ellipsis_mask"]
    attributes = {name: masks.get(name, [0] * len(begin)) for name in names}
    case("StridedSlice", 1, [data(*shape), integers(*begin), integers(*end), integers(*strides)], **attributes)


slice_case((2, 4, 5), [0, 1, 1], [2, 3, 4], [1, 1, 1])
slice_case((2, 4, 5), [0, 1, 1], [0, 4, 2], [1, 2, 2], begin_mask=[1, 0, 1], end_mask=[1, 0, 1])
slice_case((2, 4, 5), [1, -2, -1], [2, 3, 1], [1, 1, -1])
slice_case((2, 4, 5), [0, 0, 0], [0, 0, 0], [-1, -1, -2], begin_mask=[1, 1, 1], end_mask=[1, 1, 1])
slice_case((2, 4, 5), [0, 1], [2, 2], [1, 1])
slice_case((2, 4, 5), [0, -9], [9, 9], [1, 3])
slice_case((2, 4, 5), [0, 1, 0], [2, 2, 5], [1, 1, 1], shrink_axis_mask=[0, 1, 0])
slice_case((2, 4, 5), [0, 0, -1], [0, 0, 0], [1, 1, 1], begin_mask=[1, 1, 0], end_mask=[1, 1, 0],
           shrink_axis_mask=[0, 0, 1])
slice_case((2, 4, 5), [0, 0, 0], [1, 2, 4], [1, 1, 1], new_axis_mask=[1, 0, 0])
slice_case((2, 3, 4, 5), [0, 2], [0, 4], [1, 1], ellipsis_mask=[1, 0])
slice_case((2, 3, 4, 5), [1, 0, 1], [2, 0, 4], [1, 1, 2], ellipsis_mask=[0, 1, 0], shrink_axis_mask=[1, 0, 0])

for axis, indices in [(0, [2, 0]), (1, [0, 3, 3]), (-1, [1]), (1, [[0, 1], [2, -1]])]:
    case("Gather", 8, [data(3, 4, 5), Constant(indices, np.int64), scalar(axis)], batch_dims=0)
case("Gather", 8, [data(3, 4, 5), Constant(2, np.int64), scalar(1)], batch_dims=0)
case("Gather", 8, [data(2, 4, 5), np.array([[0, 3], [1, -2]], np.int64), scalar(1)], batch_dims=1)
case("Gather", 8, [data(2, 3, 4), np.array([[3], [0]], np.int32), scalar(2)], batch_dims=-1)
case("Gather", 7, [data(2, 3, 4), Constant([1, 0], np.int64), scalar(2)], batch_dims=0)
case("Gather", 1, [data(5, 2), np.array([4, 1], np.int64), scalar(0)])

# More elementwise --------------------------------------------------------------------------------------------------

for kind in ["SoftSign", "Sinh", "Cosh", "Atan", "Asinh", "Tan"]:
    case(kind, UNARY.get(kind, 1), [data(2, 3, 5, low=-1.4, high=1.4)])
for kind in ["Asin", "Acos", "Atanh"]:
    case(kind, UNARY.get(kind, 1), [data(2, 3, 5, low=-0.95, high=0.95)])
case("Acosh", 4, [data(2, 3, 5, low=1.1, high=9)])
HALVES = np.array([-2.5, -1.5, -0.6, -0.5, 0, 0.5, 0.7, 1.5, 2.5, 1e6], np.float32)
for mode in ["half_to_even", "half_away_from_zero"]:
    case("Round", 5, [HALVES], mode=mode)
for mode in ["erf", "tanh"]:
    case("Gelu", 7, [data(2, 3, 5, low=-4, high=4)], approximation_mode=mode)
case("HardSigmoid", 1, [data(2, 3, 4, low=-4, high=4), Constant(0.2, np.float32), Constant(0.5, np.float32)])
case("Selu", 1, [data(2, 3, 4), Constant(1.6732, np.float32), Constant(1.0507, np.float32)])

# Transposed convolutions ---------------------------------------------------------------------------------------------

for strides, dilations, begin, end, padding in [
        ([1, 1], [1, 1], [0, 0], [0, 0], [0, 0]), ([2, 2], [1, 1], [1, 1], [1, 1], [0, 0]),
        ([2, 2], [1, 1], [1, 0], [1, 1], [1, 1]), ([3, 2], [1, 2], [0, 1], [1, 2], [0, 0])]:
    case("ConvolutionBackpropData", 1, [data(1, 4, 5, 6), Constant(data(4, 3, 3, 3))], strides=strides,
         dilations=dilations, pads_begin=begin, pads_end=end, auto_pad="explicit", output_padding=padding)
    case("GroupConvolutionBackpropData", 1, [data(2, 4, 5, 6), Constant(data(2, 2, 3, 3, 3))], strides=strides,
         dilations=dilations, pads_begin=begin, pads_end=end, auto_pad="explicit", output_padding=padding)
for auto_pad in ["same_upper", "same_lower"]:
    case("ConvolutionBackpropData", 1, [data(1, 4, 5, 6), Constant(data(4, 3, 4, 3)), integers(10, 11)],
         strides=[2, 2], dilations=[1, 1], pads_begin=[0, 0], pads_end=[0, 0], auto_pad=auto_pad,
         output_padding=[0, 0])
case("ConvolutionBackpropData", 1, [data(1, 3, 4), Constant(data(3, 2, 3))], strides=[2], dilations=[1],
     pads_begin=[0], pads_end=[1], auto_pad="explicit", output_padding=[0])

# More normalization --------------------------------------------------------------------------------------------------

for mode in ["add", "max"]:
    for axes in [[1], [2, 3], [1, 2, 3]]:
        case("NormalizeL2", 1, [data(2, 5, 3, 4), integers(*axes)], eps=0.01, eps_mode=mode)
for axes in [[1], [2, 3], [1, 2, 3]]:
    case("MVN", 6, [data(2, 5, 3, 4), integers(*axes)], normalize_variance=True, eps=0.001, eps_mode="inside_sqrt")
case("MVN", 6, [data(2, 5, 3, 4), integers(2, 3)], normalize_variance=True, eps=0.1, eps_mode="outside_sqrt")
case("MVN", 6, [data(2, 5, 3, 4), integers(2, 3)], normalize_variance=False, eps=0.1, eps_mode="inside_sqrt")

# Resizing ------------------------------------------------------------------------------------------------------------

for sizes in [[8, 9], [3, 2], [10, 4]]:
    scales = Constant([sizes[0] / 5, sizes[1] / 6], np.float32)
    for coordinates in ["half_pixel", "asymmetric", "align_corners"]:
        case("Interpolate", 4, [data(1, 2, 5, 6), integers(*sizes), scales, integers(2, 3)], mode="linear_onnx",
             shape_calculation_mode="sizes", coordinate_transformation_mode=coordinates)
        case("Interpolate", 4, [data(1, 2, 5, 6), integers(*sizes), scales, integers(2, 3)], mode="cubic",
             shape_calculation_mode="sizes", coordinate_transformation_mode=coordinates, cube_coeff=-0.75)
    for coordinates, nearest in [("asymmetric", "floor"), ("tf_half_pixel_for_nn", "floor"),
                                 ("align_corners", "round_prefer_ceil"), ("half_pixel", "round_prefer_floor")]:
        case("Interpolate", 4, [data(1, 2, 5, 6), integers(*sizes), scales, integers(2, 3)], mode="nearest",
             shape_calculation_mode="sizes", coordinate_transformation_mode=coordinates, nearest_mode=nearest)
for sizes in [[4, 3], [10, 12]]:
    case("Interpolate", 4, [data(1, 2, 9, 8), integers(*sizes),
                            Constant([sizes[0] / 9, sizes[1] / 8], np.float32), integers(2, 3)],
         mode="linear", shape_calculation_mode="sizes")
case("Interpolate", 4, [data(1, 2, 5, 6), integers(10, 3), Constant([2, 0.5], np.float32), integers(2, 3)],
     mode="linear_onnx", shape_calculation_mode="scales", coordinate_transformation_mode="half_pixel")
case("Interpolate", 11, [data(1, 2, 5, 6), integers(7, 12), integers(2, 3)], mode="nearest",
     shape_calculation_mode="sizes", coordinate_transformation_mode="asymmetric", nearest_mode="floor")
case("Interpolate", 11, [data(1, 2, 5, 6), Constant([1.5, 2], np.float32), integers(2, 3)], mode="linear_onnx",
     shape_calculation_mode="scales")

# Blocks ----------------------------------------------------------------------------------------------------------------

case("SpaceToBatch", 2, [data(1, 2, 4, 6), integers(1, 1, 2, 3), integers(0, 0, 0, 0), integers(0, 0, 0, 0)])
case("SpaceToBatch", 2, [data(2, 2, 5, 5), integers(1, 1, 2, 2), integers(0, 0, 1, 2), integers(0, 0, 2, 1)])
case("BatchToSpace", 2, [data(6, 2, 2, 2), integers(1, 1, 2, 3), integers(0, 0, 0, 0), integers(0, 0, 0, 0)])
case("BatchToSpace", 2, [data(8, 2, 4, 4), integers(1, 1, 2, 2), integers(0, 0, 1, 2), integers(0, 0, 2, 1)])
for mode in ["blocks_first", "depth_first"]:
    case("DepthToSpace", 1, [data(2, 12, 3, 2)], mode=mode, block_size=2)
    case("SpaceToDepth", 1, [data(2, 3, 4, 6)], mode=mode, block_size=2)

# Selection -------------------------------------------------------------------------------------------------------------

for mode in ["max", "min"]:
    for axis, count in [(1, 1), (-1, 3), (0, 2)]:
        case("TopK", 3, [data(3, 4, 5), scalar(count)], 2, axis=axis, mode=mode, sort="value",
             index_element_type="i32")
case("TopK", 11, [data(2, 7), scalar(3)], 2, axis=1, mode="max", sort="index", index_element_type="i64")
case("TopK", 1, [data(2, 7), scalar(3)], 2, axis=1, mode="max", sort="value")
for axis in [-1, 0, 1]:
    case("OneHot", 1, [np.array([[0, 2, 1], [3, 1, 0]], np.int64), scalar(4), Constant(1.5, np.float32),
                       Constant(-0.5, np.float32)], axis=axis)
case("Range", 4, [Constant(2, np.int64), Constant(11, np.int64), Constant(3, np.int64)], output_type="i64")
case("Range", 4, [Constant(1.0, np.float32), Constant(-1.0, np.float32), Constant(-0.25, np.float32)],
     output_type="f32")
for exclusive in [True, False]:
    for reverse in [True, False]:
        case("CumSum", 3, [data(2, 5, 3), scalar(1)], exclusive=exclusive, reverse=reverse)
case("GatherND", 8, [data(3, 4, 5), np.array([[0, 1], [2, 3]], np.int64)], batch_dims=0)
case("GatherND", 8, [data(2, 4, 5), np.array([[[1], [3]], [[0], [2]]], np.int64)], batch_dims=1)
case("ScatterNDUpdate", 4, [data(4, 5), np.array([[1], [3]], np.int64), data(2, 5)])
case("ScatterNDUpdate", 4, [data(2, 3, 4), np.array([[0, 1, 2], [1, 2, 3]], np.int64), data(2)])

write("single_operations.json")
