"""Reductions over any axes, and sums that run along one."""

import numpy as np
from case_writer import Constant, data, grid, integers, of_type, scalar, truths

SHAPES = [(7,), (2, 3), (2, 3, 4), (2, 3, 4, 5), (1, 2, 3, 2, 3), (2, 150)]


def make(suite):
    for kind in ["ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2"]:
        version = 4 if kind in ["ReduceL1", "ReduceL2"] else 1
        for choice in grid(55, shape=SHAPES, axes=[[0], [1], [-1], [0, 2], [2, 3], [-2, -1], [0, 1, 2]],
                           keep_dims=[True, False], name=["f32", "f32", "f16"]):
            shape, axes = choice["shape"], choice["axes"]
            if max(axes) < len(shape) and -min(axes) <= len(shape):
                suite.add(kind, version, [of_type(choice["name"], *shape, low=-2, high=3), integers(*axes)],
                          keep_dims=choice["keep_dims"])
        for name in ["i32", "i64"]:
            for axes in [[0], [1, 2]]:
                suite.add(kind, version, [of_type(name, 2, 3, 4, low=-2, high=4), integers(*axes)], keep_dims=False)
        suite.add(kind, version, [data(2, 3, 4), scalar(1)], keep_dims=True)
        suite.add(kind, version, [data(2, 3, 4), integers(0, 1, 2)], keep_dims=False)
        suite.add(kind, version, [data(2, 3), integers(1, dtype=np.int32)], keep_dims=True)
    for kind in ["ReduceLogicalAnd", "ReduceLogicalOr"]:
        for choice in grid(24, shape=SHAPES[1:4], axes=[[0], [1], [-1], [0, 1]], keep_dims=[True, False]):
            suite.add(kind, 1, [truths(*choice["shape"]), integers(*choice["axes"])], keep_dims=choice["keep_dims"])
    for choice in grid(60, shape=SHAPES[:4], axis=[0, 1, -1], exclusive=[True, False], reverse=[True, False],
                       name=["f32", "i32", "i64", "f16"]):
        if choice["axis"] < len(choice["shape"]):
            suite.add("CumSum", 3, [of_type(choice["name"], *choice["shape"]), scalar(choice["axis"])],
                      exclusive=choice["exclusive"], reverse=choice["reverse"])
