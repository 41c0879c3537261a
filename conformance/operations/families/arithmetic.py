"""Elementwise functions of several operands: arithmetic, comparison, logic, bits, and a choice between two."""

import numpy as np
from case_writer import TYPES, Constant, data, grid, of_type, random, truths, whole

SHAPES = [((2, 3, 4), (2, 3, 4)), ((2, 3, 4), (3, 1)), ((2, 1, 4), (3, 1)), ((), (2, 5)), ((1, 4, 3, 3), (1, 4, 1, 1)),
          ((5,), (5,)), ((2, 3, 4), ()), ((4, 1, 3), (2, 3)), ((1, 2, 3, 4, 5), (2, 1, 4, 1)), ((17,), (1,)), ((), ())]
ARITHMETIC = ["Add", "Subtract", "Multiply", "Divide", "Maximum", "Minimum", "Power", "SquaredDifference", "FloorMod",
              "Mod"]
COMPARISON = ["Equal", "NotEqual", "Less", "LessEqual", "Greater", "GreaterEqual"]


def divisor(name, shape):
    values = of_type(name, *shape, low=1, high=5)
    if name.startswith("f"):
        values = np.asarray(np.asarray(values) + TYPES[name](0.5))
    if not name.startswith("u"):
        values = np.asarray(values * np.asarray(random.choice([-1, 1], shape)).astype(TYPES[name]))
    return values.astype(TYPES[name])


def operands(kind, name, left, right):
    if kind in ["Divide", "FloorMod", "Mod"]:
        return [of_type(name, *left), divisor(name, right)]
    if kind == "Power":
        return [of_type(name, *left, low=1, high=4), of_type(name, *right, low=0, high=4)]
    return [of_type(name, *left), of_type(name, *right)]


def make(suite):
    for kind in ARITHMETIC:
        for left, right in SHAPES:
            for name in ["f32", "i32"]:
                suite.add(kind, 1, operands(kind, name, left, right))
            pair = operands(kind, "f32", left, right)
            suite.add(kind, 1, [pair[0], Constant(pair[1])])
        for left, right in SHAPES[:6]:
            for name in ["f16", "i64"]:
                suite.add(kind, 1, operands(kind, name, left, right))
        # OpenVINO's CPU device ends the process over remainders of bytes, truncates their quotients and clamps the squares.
        for name in ["f64"] if kind in ["FloorMod", "Mod", "Divide", "SquaredDifference"] else ["u8", "i8", "f64"]:
            suite.add(kind, 1, operands(kind, name, (2, 3), (3,)))
        suite.add(kind, 1, operands(kind, "f32", (2, 3), (2, 3)), auto_broadcast="none")
        for size in [1, 7, 16, 33, 250]:
            suite.add(kind, 1, operands(kind, "f32", (2, size), (size,)))
    suite.add("Divide", 1, [whole(2, 3), np.abs(divisor("i32", (2, 3)))], m_pythondiv=False)
    for kind in COMPARISON:
        for left, right in SHAPES:
            for name in ["f32", "i32"]:
                suite.add(kind, 1, [of_type(name, *left, low=-2, high=3).round().astype(TYPES[name]),
                                    of_type(name, *right, low=-2, high=3).round().astype(TYPES[name])])
        for name in ["f16", "i64", "u8", "boolean"]:
            suite.add(kind, 1, [of_type(name, 3, 4, low=0, high=3), of_type(name, 4, low=0, high=3)])
    for kind in ["LogicalAnd", "LogicalOr", "LogicalXor"]:
        for left, right in SHAPES:
            suite.add(kind, 1, [truths(*left), truths(*right)])
    for kind in ["BitwiseAnd", "BitwiseOr", "BitwiseXor"]:
        for name in ["i32", "u8", "i64", "boolean"]:
            for left, right in SHAPES[:5]:
                suite.add(kind, 13, [of_type(name, *left, low=-60, high=100), of_type(name, *right, low=-60, high=100)])
    for kind in ["BitwiseLeftShift", "BitwiseRightShift"]:
        for name in ["i32", "u8", "i64"]:
            for left, right in SHAPES[:5]:
                suite.add(kind, 15, [of_type(name, *left, low=0, high=30), of_type(name, *right, low=0, high=4)])
    for choice in grid(70, name=["f32", "f16", "i32", "i64", "u8", "boolean"],
                       shapes=[((2, 3, 4),) * 3, ((3, 1), (2, 3, 4), (4,)), ((2, 3), (2, 3), (2, 3)), ((1,), (4,), (4,)),
                               ((4,), (3, 1), (3, 4)), ((), (2, 2), (2, 2)), ((2, 1, 4), (3, 1), ())]):
        condition, left, right = choice["shapes"]
        suite.add("Select", 1, [truths(*condition), of_type(choice["name"], *left), of_type(choice["name"], *right)])
    for choice in grid(60, left=["f32", "f16", "i32", "i64", "u8"], right=["f32", "i32", "i64", "f16", "boolean", "i8"]):
        suite.add("ConvertLike", 1, [of_type(choice["left"], 2, 3, low=0, high=60), of_type(choice["right"], 2)])
