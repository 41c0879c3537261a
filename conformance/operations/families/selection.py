"""Sorting, counting and finding."""

import numpy as np
from case_writer import TYPES, Constant, data, distinct, grid, integers, of_type, scalar, truths, whole


def make(suite):
    for choice in grid(150, version=[1, 3, 11], axis=[0, 1, -1], count=[1, 2, 3], mode=["max", "min"],
                       sort=["value", "index"], shape=[(3, 4, 5), (3, 7), (4, 40)], name=["f32", "f16", "i32", "i64"],
                       index=["i32", "i64"]):
        if choice["count"] > choice["shape"][choice["axis"]]:
            continue
        values = distinct(*choice["shape"], low=-300, high=300).round().astype(TYPES[choice["name"]])
        attributes = dict(axis=choice["axis"], mode=choice["mode"], sort=choice["sort"])
        if choice["version"] >= 3:
            attributes["index_element_type"] = choice["index"]
        if choice["version"] == 11:
            attributes["stable"] = False
        suite.add("TopK", choice["version"], [values, scalar(choice["count"])], **attributes)
    for choice in grid(20, count=[2, 4], axis=[0, 1], mode=["max", "min"]):
        suite.add("TopK", 11, [whole(4, 6, low=0, high=3), scalar(choice["count"])], axis=choice["axis"],
                  mode=choice["mode"], sort="value", index_element_type="i32", stable=True)
    for choice in grid(50, axis=[-1, 0, 1, 2], depth=[3, 4, 6], name=["f32", "i32", "f16", "i64"], kind=["i32", "i64"],
                       shape=[(2, 3), (4,)]):
        if choice["axis"] <= len(choice["shape"]):
            kind = TYPES[choice["name"]]
            suite.add("OneHot", 1, [whole(*choice["shape"], low=0, high=5, dtype=TYPES[choice["kind"]]),
                                    scalar(choice["depth"]), Constant(3, kind), Constant(-1, kind)], axis=choice["axis"])
    for choice in grid(60, bounds=[(2, 11, 3), (0, 5, 1), (9, -1, -2), (0, 4, 2)], name=["i32", "i64", "f32", "f16"],
                       target=["i32", "i64", "f32", "f16"]):
        kind = TYPES[choice["name"]]
        suite.add("Range", 4, [Constant(value, kind) for value in choice["bounds"]], output_type=choice["target"])
    for bounds in [(2, 11, 3), (0, 5, 1), (9, -1, -2)]:
        for name in ["i32", "i64", "f32"]:
            suite.add("Range", 1, [Constant(value, TYPES[name]) for value in bounds])
    for low, high, step in [(1.0, -1.0, -0.25), (0.0, 1.0, 0.3), (-1.5, 2.0, 0.5)]:
        suite.add("Range", 4, [Constant(value, np.float32) for value in (low, high, step)], output_type="f32")
    for choice in grid(50, shape=[(3, 4), (2, 3, 4), (5,), (1, 2, 2, 3)], name=["f32", "i32", "i64", "boolean", "u8"],
                       output_type=["i64", "i32"]):
        suite.add("NonZero", 3, [(of_type(choice["name"], *choice["shape"]) * truths(*choice["shape"])).astype(
            TYPES[choice["name"]])], output_type=choice["output_type"])
    suite.add("NonZero", 3, [np.zeros((2, 2), np.float32)], output_type="i64")
    for choice in grid(60, name=["f32", "i32", "i64"], output_type=["i32", "i64"], with_right_bound=[True, False],
                       edges=[[-2, 0, 3, 3, 7], [1], [-4, -1, 2]], shape=[(3, 5), (8,), (2, 2, 3)]):
        kind = TYPES[choice["name"]]
        suite.add("Bucketize", 3, [whole(*choice["shape"], low=-4, high=9).astype(kind), Constant(choice["edges"], kind)],
                  output_type=choice["output_type"], with_right_bound=choice["with_right_bound"])
    for choice in grid(40, right_mode=[True, False], output_type=["i32", "i64"], name=["f32", "i32", "i64"],
                       shape=[((5,), (2, 3)), ((2, 5), (2, 3)), ((2, 2, 4), (2, 2, 3))]):
        kind = TYPES[choice["name"]]
        rows, values = choice["shape"]
        suite.add("SearchSorted", 15, [np.sort(whole(*rows), -1).astype(kind), whole(*values).astype(kind)],
                  right_mode=choice["right_mode"], output_type=choice["output_type"])
    for choice in grid(60, shape=[(6,), (2, 5), (3, 2, 2)], axis=[None, 0, 1], sorted=[True, False],
                       name=["f32", "i32", "i64"], index=["i32", "i64"]):
        if choice["axis"] is not None and choice["axis"] >= len(choice["shape"]):
            continue
        inputs = [whole(*choice["shape"], low=0, high=3).astype(TYPES[choice["name"]])]
        if choice["axis"] is not None:
            inputs.append(scalar(choice["axis"]))
        suite.add("Unique", 10, inputs, sorted=choice["sorted"], index_element_type=choice["index"],
                  count_element_type=choice["index"])
    for choice in grid(30, blank=[True, False], classes=[4, 7], steps=[5, 9], batch=[1, 2]):
        steps, batch, classes = choice["steps"], choice["batch"], choice["classes"]
        lengths = 1 + whole(batch, low=0, high=steps)
        mask = (np.arange(steps)[:, None] < lengths[None]).astype(np.float32)
        suite.add("CTCGreedyDecoder", 1, [distinct(steps, batch, classes), mask], ctc_merge_repeated=choice["blank"])
        for kind in ["i32", "i64"]:
            suite.add("CTCGreedyDecoderSeqLen", 6, [distinct(batch, steps, classes), lengths.astype(TYPES[kind])],
                      merge_repeated=choice["blank"], classes_index_type=kind, sequence_length_type=kind)
            suite.add("CTCGreedyDecoderSeqLen", 6, [distinct(batch, steps, classes), lengths.astype(TYPES[kind]),
                                                    Constant(1, TYPES[kind])], merge_repeated=choice["blank"],
                      classes_index_type=kind, sequence_length_type=kind)
