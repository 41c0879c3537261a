"""Normalizations and the functions that end a classifier."""

import numpy as np
from case_writer import TYPES, Constant, data, grid, integers, of_type

SHAPES = [(2, 6), (2, 5, 4), (2, 6, 3, 4), (1, 4, 2, 3, 3), (1, 17)]


def make(suite):
    for choice in grid(90, shape=SHAPES, axis=[-2, -1, 0, 1, 2], name=["f32", "f32", "f16"], version=[1, 8, "log"]):
        axis, version = choice["axis"], choice["version"]
        if axis >= len(choice["shape"]) or (version == 1 and axis < 0):
            continue
        values = of_type(choice["name"], *choice["shape"], low=-8, high=9)
        if version == "log":
            suite.add("LogSoftmax", 5, [values], axis=axis)
        else:
            suite.add("SoftMax", version, [values], axis=axis)
    suite.add("SoftMax", 8, [data(2, 3) + np.float32(1000)], axis=-2)
    suite.add("SoftMax", 1, [data(1, 1001, low=-8, high=8)], axis=1)
    for choice in grid(40, shape=SHAPES[:4], epsilon=[0.001, 0.1], version=[1, 5], name=["f32", "f16"]):
        shape, kind = choice["shape"], TYPES[choice["name"]]
        table = [Constant(data(shape[1], low=0.2, dtype=kind)) for _ in range(4)]
        values = data(*shape, dtype=kind)
        inputs = [values] + table if choice["version"] == 5 else table[:2] + [values] + table[2:]
        suite.add("BatchNormInference", choice["version"], inputs, epsilon=choice["epsilon"])
    # OpenVINO's CPU device takes three axes for the channels alone.
    for choice in grid(60, size=[1, 3, 5, 11], axes=[[1], [2, 3]], alpha=[0.5, 0.0001], beta=[0.5, 0.75],
                       bias=[1.0, 2.0]):
        suite.add("LRN", 1, [data(2, 7, 4, 5), integers(*choice.pop("axes"))], **choice)
    # Without axes OpenVINO's CPU device loses the signs.
    for choice in grid(90, axes=[[1], [2, 3], [1, 2, 3], [-1]], eps=[0.01, 1e-6], eps_mode=["add", "max"],
                       shape=[(2, 5, 3, 4), (1, 8, 2, 2), (2, 3, 4)], name=["f32", "f16"]):
        axes, shape = choice["axes"], choice["shape"]
        if axes and max(axes) >= len(shape):
            continue
        suite.add("NormalizeL2", 1, [of_type(choice["name"], *shape), Constant(axes, np.int64)], eps=choice["eps"],
                  eps_mode=choice["eps_mode"])
    for choice in grid(90, axes=[[1], [2, 3], [1, 2, 3], [-1], [0]], normalize_variance=[True, False], eps=[0.001, 0.1],
                       eps_mode=["inside_sqrt", "outside_sqrt"], shape=[(2, 5, 3, 4), (2, 3, 4), (2, 8)]):
        axes, shape = choice.pop("axes"), choice.pop("shape")
        if max(axes) < len(shape):
            suite.add("MVN", 6, [data(*shape), integers(*axes)], **choice)
    for choice in grid(40, normalize_variance=[True, False], across_channels=[True, False], eps=[1e-3, 1e-6],
                       shape=[(2, 5, 3, 4), (1, 3, 4, 2, 2), (2, 3, 4)]):
        suite.add("MVN", 2, [data(*choice.pop("shape"))], **choice)
    for choice in grid(30, bias=[0.5, 1e-3, 1.0], shape=[(2, 5), (2, 5, 3), (2, 3, 4, 5)]):
        suite.add("GRN", 1, [data(*choice.pop("shape"))], **choice)
    for choice in grid(50, shape=[(2, 4, 5), (2, 6, 3, 4), (1, 8, 2, 3, 2), (3, 4)], groups=[1, 2, 4], epsilon=[1e-3, 0.1]):
        shape = choice["shape"]
        if shape[1] % choice["groups"] == 0:
            suite.add("GroupNormalization", 12, [data(*shape), data(shape[1]), data(shape[1])],
                      num_groups=choice["groups"], epsilon=choice["epsilon"])
