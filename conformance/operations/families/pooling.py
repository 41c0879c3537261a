"""Pools: windows of every kind, and adaptive ones."""

import numpy as np
from case_writer import data, grid, integers, of_type, whole

SIZES = {1: (13,), 2: (9, 8), 3: (6, 5, 7)}
AXES = dict(rank=[1, 2, 2, 2, 3], kernel=[[2], [3], [3, 2], [2, 3]], strides=[[1], [2], [1, 2], [3]],
            pads=[([0], [0]), ([1], [1]), ([0, 1], [1, 0]), ([1, 0], [1, 1])],
            auto_pad=["explicit", "explicit", "explicit", "same_upper", "same_lower", "valid"],
            rounding_type=["floor", "ceil"], name=["f32", "f32", "f32", "f16"])


def window(choice):
    rank = choice["rank"]

    def vary(values):
        return [values[axis % len(values)] for axis in range(rank)]
    explicit = choice["auto_pad"] == "explicit"
    zeros = [0] * rank
    return dict(kernel=vary(choice["kernel"]), strides=vary(choice["strides"]),
                pads_begin=vary(choice["pads"][0]) if explicit else zeros,
                pads_end=vary(choice["pads"][1]) if explicit else zeros, auto_pad=choice["auto_pad"],
                rounding_type=choice["rounding_type"])


def make(suite):
    for choice in grid(160, **AXES):
        suite.add("MaxPool", 1, [of_type(choice["name"], 2, 3, *SIZES[choice["rank"]])], **window(choice))
    for version, count in [(8, 130), (14, 90)]:
        for choice in grid(count, dilations=[[1], [1], [2], [2, 1]], index=["i64", "i32"], axis=[0, 2], torch=[False, True],
                           **AXES):
            attributes = window(choice)
            if version == 14 and choice["torch"]:
                attributes["rounding_type"] = "ceil_torch"
            rank = choice["rank"]
            suite.add("MaxPool", version, [of_type(choice["name"], 2, 2, *SIZES[rank])],
                      dilations=[choice["dilations"][axis % len(choice["dilations"])] for axis in range(rank)],
                      index_element_type=choice["index"], axis=choice["axis"], **attributes)
    for version, count in [(1, 160), (14, 90), (16, 90)]:
        for choice in grid(count, exclude=[True, False], dilations=[[1], [1], [2]], torch=[False, True], **AXES):
            attributes = window(choice)
            attributes["exclude-pad"] = choice["exclude"]
            if version >= 14 and choice["torch"]:
                attributes["rounding_type"] = "ceil_torch"
            if version == 16:
                attributes["dilations"] = [choice["dilations"][0]] * choice["rank"]
            suite.add("AvgPool", version, [of_type(choice["name"], 2, 3, *SIZES[choice["rank"]])], **attributes)
    for choice in grid(90, shape=[(2, 3, 9), (1, 3, 8, 7), (2, 2, 5, 6), (1, 2, 4, 5, 6)], size=[1, 2, 3, 5],
                       index=["i32", "i64"], name=["f32", "f16"]):
        shape = choice["shape"]
        sizes = integers(*[min(choice["size"] + axis, extent) for axis, extent in enumerate(shape[2:])])
        suite.add("AdaptiveAvgPool", 8, [of_type(choice["name"], *shape), sizes])
        suite.add("AdaptiveMaxPool", 8, [of_type(choice["name"], *shape), sizes], index_element_type=choice["index"])
    for size in [1, 7, 14]:
        for channels in [1, 5, 16]:
            suite.add("AvgPool", 1, [data(1, channels, size, size)], kernel=[size, size], strides=[1, 1],
                      pads_begin=[0, 0], pads_end=[0, 0], rounding_type="floor", auto_pad="explicit",
                      **{"exclude-pad": True})
            suite.add("MaxPool", 1, [whole(1, channels, size, size)], kernel=[1, 1], strides=[1, 1], pads_begin=[0, 0],
                      pads_end=[0, 0], rounding_type="floor", auto_pad="explicit")
