"""Rotated boxes: pools over them, and their suppression."""

import numpy as np
from case_writer import Constant, data, distinct, grid, random


def boxes(*shape, size=8.0):
    """Centre, width, height and angle."""
    centre = data(*shape, 2, low=size * 0.2, high=size * 0.8)
    extent = data(*shape, 2, low=size * 0.1, high=size * 0.6)
    return np.concatenate([centre, extent, data(*shape, 1, low=-3.2, high=3.2)], -1)


def make(suite):
    for choice in grid(70, pooled=[(2, 3), (1, 1), (7, 7)], ratio=[0, 1, 2], scale=[1.0, 0.25], clockwise=[True, False],
                       channels=[1, 3], count=[1, 4]):
        suite.add("ROIAlignRotated", 15, [data(2, choice["channels"], 8, 9), boxes(choice["count"], size=8 / choice["scale"]),
                                          random.randint(0, 2, choice["count"]).astype(np.int32)],
                  pooled_h=choice["pooled"][0], pooled_w=choice["pooled"][1], sampling_ratio=choice["ratio"],
                  spatial_scale=choice["scale"], clockwise_mode=choice["clockwise"])
    for choice in grid(90, count=[1, 10, 25], images=[1, 2], classes=[1, 2],
                       limits=[(4, 0.3, 0.2), (100, 0.5, 0.0), (100, 0.1, 0.4), (5, 0.7, 0.1)], sorts=[True, False],
                       kind=["i64", "i32"], clockwise=[True, False]):
        images, classes, count = choice["images"], choice["classes"], choice["count"]
        inputs = [boxes(images, count), distinct(images, classes, count, low=0.01, high=1.0)]
        inputs += [Constant(value, np.float32 if index else np.int64) for index, value in enumerate(choice["limits"])]
        suite.add("NMSRotated", 13, inputs, sort_result_descending=choice["sorts"], output_type=choice["kind"],
                  clockwise=choice["clockwise"])
