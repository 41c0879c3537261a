"""Conversions of the element type and the rounding to levels."""

import numpy as np
from case_writer import TYPES, Constant, data, grid, of_type

NUMBERS = np.array([-3.7, -1.5, -0.4, 0, 0.4, 0.5, 1.5, 2.5, 100.9], np.float32)


def make(suite):
    for source in ["f32", "f16", "i32", "i64", "i8", "u8", "boolean", "f64"]:
        for target in ["f32", "f16", "i32", "i64", "i8", "u8", "boolean"]:
            for shape in [(6,), (2, 3, 4)]:
                suite.add("Convert", 1, [of_type(source, *shape, low=0, high=100)], destination_type=target)
    for target in ["i32", "i64", "i8", "boolean", "f16"]:
        suite.add("Convert", 1, [NUMBERS], destination_type=target)
    suite.add("Convert", 1, [np.abs(NUMBERS)], destination_type="u8")
    channel = (1, 3, 1, 1)
    for choice in grid(90, levels=[2, 3, 16, 255, 256], shape=[(2, 3, 4, 4), (1, 3, 5, 7)],
                       bounds=[(-1.5, 1.25), (0, 2.55), (-1, 1), (-0.3, 3)], other=[True, False], name=["f32", "f16"]):
        low, high = choice["bounds"]
        kind = TYPES[choice["name"]]
        outputs = (low * 2, high * 3) if choice["other"] else (low, high)
        suite.add("FakeQuantize", 1, [of_type(choice["name"], *choice["shape"], low=-2, high=3)]
                  + [Constant(value, kind) for value in (low, high) + outputs], levels=choice["levels"])
    for levels in [2, 16, 255, 256]:
        for shape in [(2, 3, 4, 4), (2, 3, 4, 5), (1, 3, 7, 7)]:
            suite.add("FakeQuantize", 1, [data(*shape), Constant(data(*channel, low=-2, high=-1)),
                                          Constant(data(*channel, low=1)), Constant(data(*channel, low=-3, high=-1)),
                                          Constant(data(*channel, low=1, high=3))], levels=levels)
            suite.add("FakeQuantize", 1, [data(*shape), Constant(data(*channel, low=-2, high=-1)),
                                          Constant(data(*channel, low=1)), Constant(np.full((1,), -1, np.float32)),
                                          Constant(np.full((1,), 2, np.float32))], levels=levels)
    # Weights, whose levels belong to the first axis.
    for levels in [255, 256]:
        for shape in [(6, 3, 3, 3), (6, 4)]:
            row = (6,) + (1,) * (len(shape) - 1)
            bound = data(*row, low=0.5, high=1.5)
            suite.add("FakeQuantize", 1, [data(*shape), Constant(-bound), Constant(bound), Constant(-bound),
                                          Constant(bound)], levels=levels)
