"""Operations with bodies: TensorIterator, Loop and If."""

import numpy as np
import openvino as ov
from openvino import op, opset8
from case_writer import data, grid

# Bodies must outlive the nodes that hold them.
alive = []


def parameter(*shape, kind=ov.Type.f32):
    return op.Parameter(kind, ov.PartialShape(list(shape)))


def iterator(suite, choice):
    """A little recurrence over parts of a sequence, with a state, an invariant weight and joined outputs."""
    batch, steps, width, part = choice["batch"], choice["steps"], 3, choice["part"]
    if steps % part:
        return
    sequence, state, weight = parameter(batch, steps, width), parameter(batch, part, width), parameter(width, width)
    piece, before, inner = parameter(batch, part, width), parameter(batch, part, width), parameter(width, width)
    after = opset8.tanh(opset8.add(opset8.matmul(piece, inner, False, False), opset8.multiply(before, np.float32(0.5))))
    every = opset8.relu(after)
    body = ov.Model([op.Result(after.output(0)), op.Result(every.output(0))], [piece, before, inner], "body")
    loop = opset8.tensor_iterator()
    alive.append((loop, body))
    loop.set_function(body)
    start, end, stride = (-1, 0, -part) if choice["reverse"] else (0, -1, part)
    loop.set_sliced_input(piece, sequence.output(0), start, stride, part, end, 1)
    loop.set_merged_input(before, state.output(0), body.results[0].output(0))
    loop.set_invariant_input(inner, weight.output(0))
    loop.get_iter_value(body.results[0].output(0), -1)
    if choice["joined"]:
        loop.get_concatenated_slices(body.results[1].output(0), start, stride, part, end, 1)
    suite.add_model(loop, [sequence, state, weight],
                    [data(batch, steps, width), data(batch, part, width), data(width, width)])


def looped(suite, choice):
    """A counted loop, or one that ends by its own condition."""
    width, trips = 4, choice["trips"]
    start = parameter(2, width)
    current, number = parameter(2, width), parameter(kind=ov.Type.i64)
    grown = opset8.add(opset8.multiply(current, np.float32(1.25)), opset8.convert(number, "f32"))
    if choice["condition"] == "value":
        total = opset8.reduce_sum(grown, np.array([0, 1], np.int64), False)
        going = opset8.less(total, np.float32(25.0))
    else:
        going = opset8.constant(np.array(True))
    body = ov.Model([op.Result(going.output(0)), op.Result(grown.output(0))], [number, current], "body")
    loop = opset8.loop(opset8.constant(np.array(trips, np.int64)).output(0), opset8.constant(np.array(True)).output(0))
    alive.append((loop, body))
    loop.set_function(body)
    loop.set_special_body_ports([0, 0])
    loop.set_merged_input(current, start.output(0), body.results[1].output(0))
    loop.get_iter_value(body.results[1].output(0), -1)
    if choice["joined"]:
        loop.get_concatenated_slices(body.results[1].output(0), 0, 1, 1, -1, choice["axis"])
    suite.add_model(loop, [start], [data(2, width)])


def branched(suite, choice):
    condition, left, right = parameter(kind=ov.Type.boolean), parameter(2, 3), parameter(2, 3)
    if choice["constant"] is not None:
        condition = opset8.constant(np.array(choice["constant"]))
    bodies = []
    for operation in choice["operations"]:
        first, second = parameter(2, 3), parameter(2, 3)
        result = opset8.result(getattr(opset8, operation)(first, second))
        bodies.append((ov.Model([result], [first, second], operation), first, second, result))
    node = opset8.if_op(condition.output(0))
    alive.append((node, bodies))
    node.set_then_body(bodies[0][0])
    node.set_else_body(bodies[1][0])
    node.set_input(left.output(0), bodies[0][1], bodies[1][1])
    node.set_input(right.output(0), bodies[0][2], bodies[1][2])
    node.set_output(bodies[0][3], bodies[1][3])
    feeds = [data(2, 3), data(2, 3)]
    if choice["constant"] is None:
        suite.add_model(node, [condition, left, right], [np.array(choice["value"])] + feeds)
    else:
        suite.add_model(node, [left, right], feeds)


def make(suite):
    for choice in grid(60, batch=[1, 2], steps=[1, 4, 6], part=[1, 2], reverse=[False, True], joined=[False, True],
                       again=[0, 1]):
        iterator(suite, choice)
    # OpenVINO's CPU device and its evaluation end the process over loops whose results are joined.
    for choice in grid(60, trips=[1, 2, 3, 6, 9, -1], condition=["value", "always"], joined=[False], axis=[0],
                       again=range(4)):
        if choice["trips"] < 0 and choice["condition"] == "always":
            continue
        looped(suite, choice)
    names = ["add", "multiply", "subtract", "maximum"]
    for choice in grid(70, value=[True, False], constant=[None, None, True, False],
                       operations=[(a, b) for a in names for b in names if a != b]):
        branched(suite, choice)
