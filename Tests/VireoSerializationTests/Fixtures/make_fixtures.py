#!/usr/bin/env python3
"""Makes the IR files of this folder with OpenVINO's Python API: every operation that Vireo reads, in each version.

    python3 make_fixtures.py [--out FOLDER]

Needs the packages openvino (made with 2026.4) and numpy. The files are committed, so the tests need neither.
"""
import argparse
import pathlib

import numpy as np
import openvino as ov
from openvino import opset1, opset3, opset4, opset5, opset6, opset7, opset8, opset12, opset15

rng = np.random.default_rng(2026)


def parameter(shape, kind=np.float32, name="x"):
    return opset1.parameter(shape, kind, name=name)


def constant(values, kind=np.float32):
    return opset1.constant(np.asarray(values, dtype=kind))


def weights(*shape):
    return constant(rng.uniform(-1, 1, shape))


def ints(*values):
    return constant(values, np.int64)


def elementwise():
    x = parameter([2, 3, 4])
    y = parameter([3, 1], name="y")
    positive = opset1.add(opset1.abs(x), constant(0.5))
    outputs = [
        getattr(opset1, name)(positive)
        for name in "relu sigmoid tanh exp log sqrt abs negative sign floor ceiling erf sin cos".split()
    ]
    outputs += [opset4.softplus(x), opset4.mish(x), opset4.hswish(x), opset5.hsigmoid(x)]
    outputs += [
        getattr(opset1, name)(positive, y)
        for name in "add subtract multiply divide maximum minimum squared_difference floor_mod mod".split()
    ]
    outputs += [opset1.power(positive, y)]
    comparisons = [
        getattr(opset1, name)(x, y) for name in "equal not_equal less less_equal greater greater_equal".split()
    ]
    logic = [getattr(opset1, name)(comparisons[2], comparisons[5]) for name in ["logical_and", "logical_or", "logical_xor"]]
    outputs += comparisons + logic + [opset1.logical_not(comparisons[0])]
    outputs += [opset1.select(comparisons[2], x, y)]
    outputs += [opset1.add(x, x, auto_broadcast="NONE")]
    outputs += [opset1.clamp(x, -0.1, 0.6), opset1.clamp(x, 0.0, float("inf")), opset1.elu(x, 0.7)]
    outputs += [opset1.prelu(x, constant([0.1, 0.2, 0.3])), opset4.swish(x), opset4.swish(x, constant(1.5))]
    outputs += [opset1.convert(x, kind) for kind in ["f16", "f64", "i32", "u8", "boolean"]]
    outputs += [opset1.fake_quantize(x, constant(-1), constant(1), constant(-1), constant(1), 256)]
    return outputs, [x, y]


def convolution():
    x = parameter([1, 6, 13, 14])
    outputs = [
        opset1.convolution(x, weights(4, 6, 3, 2), [2, 1], [1, 2], [0, 1], [1, 2]),
        opset1.convolution(x, weights(4, 6, 3, 3), [2, 2], [0, 0], [0, 0], [1, 1], auto_pad="SAME_UPPER"),
        opset1.convolution(x, weights(4, 6, 4, 4), [3, 3], [0, 0], [0, 0], [1, 1], auto_pad="SAME_LOWER"),
        opset1.convolution(x, weights(4, 6, 3, 3), [2, 2], [0, 0], [0, 0], [1, 1], auto_pad="VALID"),
        opset1.group_convolution(x, weights(3, 5, 2, 3, 3), [1, 1], [1, 1], [1, 1], [1, 1]),
        opset1.group_convolution(x, weights(6, 1, 1, 3, 3), [2, 2], [0, 0], [0, 0], [1, 1], auto_pad="SAME_UPPER"),
    ]
    line = parameter([2, 3, 17], name="line")
    outputs.append(opset1.convolution(line, weights(5, 3, 4), [2], [1], [2], [1]))
    volume = parameter([1, 2, 5, 6, 7], name="volume")
    outputs.append(opset1.convolution(volume, weights(3, 2, 2, 3, 2), [1, 2, 1], [0, 1, 0], [0, 1, 1], [2, 1, 1]))
    return outputs, [x, line, volume]


def pooling():
    x = parameter([1, 3, 13, 14])
    outputs = [
        opset1.max_pool(x, [2, 2], [0, 0], [0, 0], [3, 3], "floor"),
        opset1.max_pool(x, [2, 2], [1, 0], [0, 1], [3, 2], "ceil"),
        opset1.max_pool(x, [2, 3], [0, 0], [0, 0], [3, 3], "floor", "same_upper"),
        opset1.max_pool(x, [2, 3], [0, 0], [0, 0], [2, 2], "floor", "valid"),
    ]
    dilated = opset8.max_pool(x, [1, 1], [2, 1], [0, 1], [1, 0], [3, 2])
    outputs += [dilated.output(0), dilated.output(1)]
    narrow = opset8.max_pool(x, [2, 2], [1, 1], [0, 0], [0, 0], [2, 2], index_element_type="i32", axis=1)
    outputs += [narrow.output(0), narrow.output(1)]
    outputs += [
        opset1.avg_pool(x, [2, 2], [1, 1], [1, 1], [3, 3], True),
        opset1.avg_pool(x, [2, 2], [1, 1], [1, 1], [3, 3], False, "ceil"),
        opset1.avg_pool(x, [2, 2], [0, 0], [0, 0], [3, 3], True, "floor", "same_lower"),
    ]
    return outputs, [x]


def reduction():
    x = parameter([2, 3, 4, 5])
    outputs = []
    for name in "reduce_mean reduce_sum reduce_max reduce_min reduce_prod".split():
        outputs += [getattr(opset1, name)(x, ints(1, -1), True), getattr(opset1, name)(x, ints(2), False)]
    outputs += [opset4.reduce_l1(x, ints(0, 1, 2, 3), False), opset4.reduce_l2(x, ints(3), True)]
    truth = opset1.greater(x, constant(0))
    outputs += [opset1.reduce_logical_and(truth, ints(0), True), opset1.reduce_logical_or(truth, ints(-2, 1), False)]
    return outputs, [x]


def normalization():
    x = parameter([2, 5, 4, 3])
    statistics = [constant(rng.uniform(0.5, 1.5, 5)) for _ in range(4)]
    gamma, beta, mean, variance = statistics
    rows = parameter([3, 4, 6], name="rows")
    outputs = [
        opset1.softmax(x, 1),
        opset8.softmax(x, -1),
        opset5.log_softmax(x, -2),
        opset5.batch_norm_inference(x, gamma, beta, mean, variance, 1e-3),
        opset1.lrn(x, ints(1), 1e-4, 0.75, 1.0, 5),
        opset1.lrn(x, ints(2, 3), 0.1, 0.5, 2.0, 3),
        opset1.matmul(rows, weights(6, 7), False, False),
        opset1.matmul(rows, weights(5, 6), False, True),
        opset1.matmul(rows, weights(3, 4, 2), True, False),
        opset1.matmul(rows, weights(6), False, False),
        opset1.matmul(weights(4), rows, False, False),
        opset1.fake_quantize(
            x, weights(1, 5, 1, 1), constant(np.full((1, 5, 1, 1), 2.0)), weights(1, 5, 1, 1), constant(2.5), 255),
    ]
    return outputs, [x, rows]


def shapes():
    x = parameter([2, 3, 1, 4])
    one = parameter([1, 3, 1], name="one")
    outputs = [
        opset1.reshape(x, ints(0, -1), True),
        opset1.reshape(x, ints(3, 2, -1), False),
        opset1.reshape(x, ints(24), False),
        opset1.squeeze(x, ints(2)),
        opset1.squeeze(x, ints(-2)),
        opset15.squeeze(one),
        opset1.unsqueeze(x, ints(0, -1)),
        opset1.transpose(x, ints(0, 2, 3, 1)),
        opset1.transpose(x, ov.op.Constant(ov.Type.i64, ov.Shape([0]), [])),
        opset1.shape_of(x),
        opset3.shape_of(x, "i32"),
        opset1.broadcast(one, ints(2, 3, 5)),
        opset1.broadcast(constant([1, 2, 3]), ints(2, 3, 5), ints(1), "EXPLICIT"),
        opset3.broadcast(one, ints(2, 3, 5)),
        opset3.broadcast(one, ints(4, 2, 1, 2), broadcast_spec="BIDIRECTIONAL"),
        opset3.broadcast(constant([1, 2, 3]), ints(2, 3, 5), ints(1), "EXPLICIT"),
        opset1.tile(x, ints(2, 1, 3)),
        opset1.tile(one, ints(2, 1, 3, 2)),
        opset1.concat([x, x, constant(np.ones((2, 3, 2, 4)))], 2),
        opset1.concat([x, x], -1),
    ]
    outputs += opset1.split(x, constant(1, np.int64), 3).outputs()
    outputs += opset1.split(x, constant(-1, np.int64), 2).outputs()
    outputs += opset1.variadic_split(x, constant(3, np.int64), ints(1, -1)).outputs()
    # What is computed from a shape, as frameworks write a flatten.
    rows = opset8.gather(opset3.shape_of(x), ints(0), constant(0, np.int64))
    outputs += [opset1.reshape(x, opset1.concat([rows, ints(-1)], 0), False)]
    last = opset1.strided_slice(opset3.shape_of(x), ints(2), ints(4), ints(1), [0], [0])
    area = opset1.reduce_prod(last, ints(0), True)
    outputs += [opset1.reshape(x, opset1.concat([ints(-1), opset1.multiply(area, ints(1))], 0), False)]
    return outputs, [x, one]


def slicing():
    x = parameter([2, 5, 6, 7])
    outputs = [
        opset1.pad(x, ints(0, 1, 2, 0), ints(1, 0, 3, 2), "constant", constant(1.5)),
        opset1.pad(x, ints(0, 1, 2, 0), ints(1, 0, 3, 2), "edge"),
        opset1.pad(x, ints(1, 1, 2, 0), ints(0, 0, 3, 2), "reflect"),
        opset1.pad(x, ints(1, 1, 2, 0), ints(2, 0, 3, 2), "symmetric"),
        opset12.pad(x, ints(0, -1, 2, 0), ints(1, 0, -3, 2), "constant"),
        opset1.strided_slice(x, ints(0, 1, 0, 2), ints(2, 5, 4, 6), ints(1, 2, 1, 3), [0, 0, 1, 0], [0, 0, 0, 1]),
        opset1.strided_slice(x, ints(0, -1, 0, 6), ints(2, 0, -2, 1), ints(1, -1, 1, -2), [0] * 4, [0, 1, 0, 0]),
        opset1.strided_slice(x, ints(0, 2), ints(1, 3), ints(1, 1), [0, 0], [0, 0], shrink_axis_mask=[1, 1]),
        opset1.strided_slice(
            x, ints(0, 0, 0, 1), ints(0, 0, 0, 5), ints(1, 1, 1, 2), [1, 0, 0, 0], [1, 0, 0, 0],
            new_axis_mask=[0, 1, 0, 0], shrink_axis_mask=[0, 0, 0, 0], ellipsis_mask=[0, 0, 1, 0]),
        opset1.strided_slice(x, ints(0, 100, -100), ints(100, 200, 100), ints(1, 1, 1), [0] * 3, [0] * 3),
        opset1.gather(x, constant([0, 4, 2], np.int64), constant(1, np.int64)),
        opset7.gather(x, constant([[0, 1], [2, 3]], np.int64), constant(2, np.int64), 1),
        opset8.gather(x, constant([[-1, 1], [2, -3]], np.int64), constant(-1, np.int64), 1),
        opset8.gather(x, constant(3, np.int64), constant(2, np.int64)),
    ]
    return outputs, [x]


def detection():
    # 9 priors, 3 classes.
    offsets, scores = parameter([1, 36], name="offsets"), parameter([1, 27], name="scores")
    centres = rng.uniform(0.2, 0.8, (9, 2))
    halves = rng.uniform(0.05, 0.2, (9, 2))
    boxes = np.concatenate([centres - halves, centres + halves], 1).reshape(-1)
    priors = constant(np.stack([boxes, np.tile([0.1, 0.1, 0.2, 0.2], 9)])[None])
    common = dict(
        background_label_id=0, top_k=20, keep_top_k=[6], code_type="caffe.PriorBoxParameter.CENTER_SIZE",
        nms_threshold=0.45, confidence_threshold=0.01, share_location=True, normalized=True)
    first = opset1.detection_output(offsets, scores, priors, dict(common, num_classes=3))
    eighth = opset8.detection_output(offsets, scores, priors, common)
    every = opset8.detection_output(
        offsets, scores, priors, dict(common, keep_top_k=[-1], top_k=-1, code_type="caffe.PriorBoxParameter.CORNER"))
    some = opset8.detection_output(offsets, scores, priors, dict(common, keep_top_k=[-1], top_k=4))
    clustered = opset1.prior_box_clustered(
        ints(3, 4), ints(64, 80),
        dict(width=[8.5, 12.25], height=[10.0, 6.5], clip=True, step_w=0.0, step_h=0.0, step=0.0, offset=0.5,
             variance=[0.1, 0.1, 0.2, 0.2]))
    x = parameter([1, 2, 5, 3])
    sizes = opset1.strided_slice(opset3.shape_of(x), ints(2), ints(4), ints(1), [0], [0])
    from_shape = opset1.prior_box_clustered(
        sizes, ints(50, 30), dict(width=[4.0], height=[3.0], clip=False, step=8.0, offset=0.25, variance=[0.1]))
    return [first, eighth, every, some, clustered, from_shape], [offsets, scores, x]


def dynamic():
    x = parameter([ov.Dimension(), 3, ov.Dimension(8, 16), ov.Dimension()])
    x.output(0).set_names({"image", "with,comma"})
    y = opset1.convolution(x, weights(4, 3, 3, 3), [1, 1], [1, 1], [1, 1], [1, 1])
    unranked = opset1.parameter(ov.PartialShape.dynamic(), np.float32, name="anything")
    return [opset1.relu(y), opset1.relu(unranked), opset1.reduce_mean(x, ints(2, 3), False)], [x, unranked]


def constants():
    kinds = [np.float64, np.float32, np.float16, np.int64, np.int32, np.int16, np.int8]
    kinds += [np.uint64, np.uint32, np.uint16, np.uint8, np.bool_]
    values = [opset1.constant(np.array([[0, 1, 1], [2, 3, 5]]).astype(kind)) for kind in kinds]
    # Odd sizes in front of wide elements, so that offsets are not aligned.
    packed = [
        ov.op.Constant(ov.Tensor(np.array([0x21, 0x03], np.uint8), [3], kind)) for kind in [ov.Type.u4, ov.Type.i4]
    ]
    packed.append(ov.op.Constant(ov.Tensor(np.array([0xA0], np.uint8), [3], ov.Type.u1)))
    half = opset1.convert(opset1.constant(np.array([1.5, 2.5], np.float16)), "f32")
    scalar = opset1.constant(np.float32(2.5))
    x = parameter([2])
    empty = ov.op.Constant(ov.Type.f32, ov.Shape([0, 3]), [])
    return [opset1.convert(v, "f32") for v in values + packed + [empty]] + [half, opset1.multiply(x, scalar)], [x]


def states():
    x = parameter([2, 3])
    total = opset1.add(opset6.read_value(weights(2, 3), "total", ov.Type.f32, [2, 3]), x)
    last = opset3.read_value(constant(np.zeros((2, 3))), "last")
    mixed = opset1.multiply(last, x)
    sinks = [opset6.assign(total, "total"), opset3.assign(mixed, "last")]
    return [opset1.relu(total), mixed], [x], sinks


FIXTURES = [
    elementwise, convolution, pooling, reduction, normalization, shapes, slicing, detection, dynamic, constants, states,
]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path(__file__).parent)
    arguments = parser.parse_args()
    for make in FIXTURES:
        outputs, inputs, *sinks = make()
        results = [opset1.result(output) for output in outputs]
        model = ov.Model(results=results, sinks=sinks[0] if sinks else [], parameters=inputs, name=make.__name__)
        ov.save_model(model, arguments.out / f"{make.__name__}.xml", compress_to_fp16=False)


if __name__ == "__main__":
    main()
