"""Functions of one value, and of one value with parameters."""

import numpy as np
from case_writer import TYPES, Constant, data, grid, of_type, scalar, truths, whole

EDGES = np.array([-20, -6, -3, -1, -0.5, -1e-3, 0, 1e-3, 0.25, 1, 2.5, 3, 6, 21], np.float32)
SHAPES = [(), (7,), (2, 3, 5), (1, 3, 4, 5), (2, 2, 3, 2, 3)]
OPSETS = {"SoftPlus": 4, "Mish": 4, "HSwish": 4, "HSigmoid": 5, "SoftSign": 9, "Asinh": 4, "Acosh": 4, "Atanh": 4,
          "IsNaN": 10, "IsInf": 10, "IsFinite": 10}
RANGES = {"Log": (0.01, 9), "Sqrt": (0.01, 9), "Asin": (-0.95, 0.95), "Acos": (-0.95, 0.95), "Atanh": (-0.95, 0.95),
          "Acosh": (1.1, 9), "Tan": (-1.4, 1.4)}
FLOATS = ["Sigmoid", "Tanh", "Exp", "Log", "Sqrt", "Erf", "Sin", "Cos", "Tan", "Asin", "Acos", "Atan", "Sinh", "Cosh",
          "Asinh", "Acosh", "Atanh", "SoftSign", "SoftPlus", "Mish", "HSwish", "HSigmoid"]
ANY = ["ReLU", "Abs", "Negative", "Sign", "Floor", "Ceiling"]


def make(suite):
    for kind in FLOATS + ANY:
        low, high = RANGES.get(kind, (-4, 4))
        opset = OPSETS.get(kind, 1)
        if kind not in RANGES:
            suite.add(kind, opset, [EDGES])
        for shape in SHAPES:
            suite.add(kind, opset, [np.asarray(data(*shape, low=low, high=high), np.float32)])
        for shape in SHAPES[1:4]:
            suite.add(kind, opset, [data(*shape, low=low, high=high, dtype=np.float16)])
        suite.add(kind, opset, [data(3, 4, low=low, high=high, dtype=np.float64)])
    for kind in ANY:
        for name in ["i64", "i32", "i8"] + (["u8"] if kind != "Negative" else []):
            for shape in SHAPES[1:3]:
                suite.add(kind, 1, [of_type(name, *shape)])
    special = np.array([-np.inf, -1, 0, np.nan, 3.5, np.inf], np.float32)
    for kind in ["IsNaN", "IsFinite"]:
        suite.add(kind, 10, [special])
        suite.add(kind, 10, [special.reshape(2, 3)])
    for choice in grid(8, detect_negative=[True, False], detect_positive=[True, False], shape=[(6,), (3, 2)]):
        suite.add("IsInf", 10, [special.reshape(choice.pop("shape"))], **choice)
    for shape in SHAPES[1:]:
        suite.add("LogicalNot", 1, [truths(*shape)])
        suite.add("BitwiseNot", 13, [whole(*shape)])
        suite.add("BitwiseNot", 13, [truths(*shape)])
        suite.add("BitwiseNot", 13, [whole(*shape, low=0, high=250, dtype=np.uint8)])
    for choice in grid(60, bounds=[(0, 6), (-1, 1), (-0.5, 0.25), (-2.5, 3.5)], shape=SHAPES,
                       name=["f32", "f16", "i32", "i64", "u8"]):
        lower, upper = choice["bounds"]
        if choice["name"] == "u8" and lower < 0:
            lower = 0
        suite.add("Clamp", 1, [of_type(choice["name"], *choice["shape"], low=-8, high=9)], min=float(lower),
                  max=float(upper))
    for choice in grid(30, alpha=[1.0, 0.5, 0.1], shape=SHAPES, name=["f32", "f16"]):
        suite.add("Elu", 1, [of_type(choice["name"], *choice["shape"])], alpha=choice["alpha"])
    for shape, slope in [((2, 3, 4, 4), (3,)), ((2, 3, 4), (1,)), ((2, 5), (5,)), ((2, 3, 4), (3,)), ((2, 3, 4, 4), (1,)),
                         ((2, 3, 4, 4), (1, 3, 1, 1)), ((2, 3, 4), (2, 3, 4)), ((2, 3, 4), (4,)), ((1, 8, 3, 3), (8,))]:
        for name in ["f32", "f16"]:
            suite.add("PReLU", 1, [of_type(name, *shape), Constant(data(*slope), TYPES[name])])
            suite.add("PReLU", 1, [of_type(name, *shape), data(*slope, dtype=TYPES[name])])
    for shape in SHAPES:
        suite.add("Swish", 4, [of_type("f32", *shape)])
        suite.add("Swish", 4, [of_type("f32", *shape), Constant(1.7, np.float32)])
        suite.add("Swish", 4, [of_type("f16", *shape), Constant(0.7, np.float16)])
        suite.add("Gelu", 2, [of_type("f32", *shape)])
        suite.add("HardSigmoid", 1, [of_type("f32", *shape), Constant(0.2, np.float32), Constant(0.5, np.float32)])
        suite.add("HardSigmoid", 1, [of_type("f16", *shape), Constant(0.3, np.float16), Constant(0.4, np.float16)])
        suite.add("Selu", 1, [of_type("f32", *shape), Constant(1.6732, np.float32), Constant(1.0507, np.float32)])
        suite.add("Selu", 1, [of_type("f16", *shape), Constant(1.5, np.float16), Constant(1.25, np.float16)])
        for mode in ["ERF", "TANH"] if shape else ["ERF"]:
            suite.add("Gelu", 7, [of_type("f32", *shape)], approximation_mode=mode)
            suite.add("Gelu", 7, [of_type("f16", *shape)], approximation_mode=mode)
    halves = np.array([-2.5, -1.5, -0.6, -0.5, 0, 0.5, 0.7, 1.5, 2.5, 1e6], np.float32)
    for mode in ["half_to_even", "half_away_from_zero"]:
        suite.add("Round", 5, [halves], mode=mode)
        for shape in SHAPES:
            suite.add("Round", 5, [(of_type("f32", *shape) * 4).round() / 2], mode=mode)
    for shape in SHAPES:
        for name in ["f32", "f16", "i32", "i64", "boolean"]:
            suite.add("Identity", 16, [of_type(name, *shape)])
    # More shapes of what detectors and classifiers are made of, as vectorised loops have tails.
    for kind in ["ReLU", "Sigmoid", "Tanh", "Exp", "Abs", "HSwish"]:
        for size in [1, 2, 3, 8, 15, 16, 17, 31, 33, 64, 100, 257]:
            suite.add(kind, OPSETS.get(kind, 1), [data(1, size, low=-4, high=4)])
    suite.add("ConvertLike", 1, [scalar(3), data(2)])
