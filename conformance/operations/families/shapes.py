"""What changes a shape or asks for it: nothing is computed, only told."""

import numpy as np
from case_writer import Constant, data, grid, integers, of_type, scalar

NAMES = ["f32", "f16", "i32", "i64", "u8", "boolean"]


def make(suite):
    targets = [((2, 3, 4), [4, 6], False), ((2, 3, 4), [-1], False), ((2, 3, 4), [2, -1, 3], False),
               ((2, 3, 4), [0, -1], True), ((2, 3, 4), [0, 0, 2, 2], True), ((24,), [2, 3, 4], False),
               ((2, 3, 4), [1, 24, 1], False), ((1, 1), [], False), ((2, 0, 3), [0, 5], False), ((2, 8), [0, 2, -1], True)]
    for choice in grid(60, target=targets, name=NAMES):
        shape, target, zero = choice["target"]
        suite.add("Reshape", 1, [of_type(choice["name"], *shape), Constant(target, np.int64)], special_zero=zero)
    for choice in grid(60, shape=[(1, 3, 1, 4), (1, 1, 5), (2, 1, 1, 1)], axes=[None, [0], [1], [-2], [2], [0, 2], [-1]],
                       name=NAMES, version=[1, 15]):
        inputs = [of_type(choice["name"], *choice["shape"])]
        axes = choice["axes"]
        if axes is not None:
            if any(axis >= len(choice["shape"]) or choice["shape"][axis] != 1 for axis in axes):
                continue
            inputs.append(integers(*axes))
        suite.add("Squeeze", choice["version"], inputs)
    for choice in grid(50, shape=[(3, 4), (5,), (2, 3, 4)], axes=[[0], [1], [-1], [0, 1], [1, -1], [0, -1]], name=NAMES):
        suite.add("Unsqueeze", 1, [of_type(choice["name"], *choice["shape"]), integers(*choice["axes"])])
    for choice in grid(80, order=[[0, 2, 3, 1], [0, 3, 1, 2], [3, 2, 1, 0], [1, 0, 2, 3], [0, 1, 3, 2], [0, 2, 1], [2, 0, 1],
                                  [1, 0], [0], [4, 2, 0, 1, 3], []], name=NAMES):
        order = choice["order"]
        shape = (2, 3, 4, 5, 2)[:len(order) or 3]
        suite.add("Transpose", 1, [of_type(choice["name"], *shape), Constant(order, np.int64)])
    for choice in grid(30, shape=[(2, 3, 4), (1,), (), (2, 0)], name=NAMES, output_type=["i32", "i64"]):
        suite.add("ShapeOf", 3, [of_type(choice["name"], *choice["shape"])], output_type=choice["output_type"])
    suite.add("ShapeOf", 1, [data(2, 3, 4)])
    for choice in grid(60, places=[((3, 1), (2, 3, 4)), ((4,), (2, 3, 4)), ((1, 3, 1), (2, 3, 4)), ((), (2, 3)),
                                   ((2, 1), (2, 5)), ((2, 3), (2, 3))], name=NAMES, version=[1, 3]):
        shape, target = choice["places"]
        inputs = [of_type(choice["name"], *shape), integers(*target)]
        if choice["version"] == 1:
            suite.add("Broadcast", 1, inputs, mode="numpy")
        else:
            suite.add("Broadcast", 3, inputs, mode="numpy")
    for choice in grid(30, places=[((3,), (2, 3, 4), [1]), ((2, 4), (2, 3, 4), [0, 2]), ((3,), (3, 2, 2), [0])],
                       name=NAMES, version=[1, 3]):
        shape, target, axes = choice["places"]
        suite.add("Broadcast", choice["version"], [of_type(choice["name"], *shape), integers(*target), integers(*axes)],
                  mode="explicit")
    for choice in grid(30, places=[((2, 3, 1), (1, 4)), ((3,), (2, 1)), ((2, 3), (1,)), ((1,), (2, 3))], name=NAMES):
        shape, target = choice["places"]
        suite.add("Broadcast", 3, [of_type(choice["name"], *shape), integers(*target)], mode="bidirectional")
    for choice in grid(40, output_type=["f32", "i32", "i64", "u8"], rows=[3, 5], columns=[3, 4], diagonal=[-1, 0, 2]):
        suite.add("Eye", 9, [scalar(choice["rows"]), scalar(choice["columns"]), scalar(choice["diagonal"])],
                  output_type=choice["output_type"])
    suite.add("Eye", 9, [scalar(3), scalar(4), scalar(1), integers(2, 2)], output_type="f32")
