"""Fourier transforms, and the colours of frames of video."""

import numpy as np
from case_writer import TYPES, data, grid, integers, whole


def transforms(suite):
    for choice in grid(150, kind=["DFT", "IDFT", "RDFT", "IRDFT"],
                       shape=[((8,), [[0], [-1]]), ((4, 6), [[0, 1], [1], [1, 0], [-1, -2]]), ((2, 5, 7), [[1, 2], [2], [0, 2]]),
                              ((3, 12, 9), [[1, 2], [-2], [2, 1]])],
                       axes=range(4), sizes=[None, None, "same", "shorter", "longer"], name=["f32", "f32", "f16"]):
        shape, lists = choice["shape"]
        axes = lists[choice["axes"] % len(lists)]
        kind = choice["kind"]
        dtype = TYPES[choice["name"]]
        # OpenVINO's CPU device reads and writes beyond its memory where these fill with zeros.
        if kind.endswith("RDFT") and choice["sizes"] == "longer":
            continue
        inputs = [data(*shape, *([] if kind == "RDFT" else [2]), dtype=dtype), integers(*axes)]
        if choice["sizes"]:
            change = {"same": 0, "shorter": -1, "longer": 3}[choice["sizes"]]
            inputs.append(integers(*[-1 if change == 0 else shape[axis] + change for axis in axes]))
        suite.add(kind, 9 if kind.endswith("RDFT") else 7, inputs)


def colors(suite):
    for choice in grid(90, kind=["NV12toRGB", "NV12toBGR", "I420toRGB", "I420toBGR"], images=[1, 2],
                       size=[(2, 2), (4, 6), (8, 4)], planes=[True, False], name=["u8", "f32"], again=range(2)):
        (height, width), images, kind = choice["size"], choice["images"], choice["kind"]
        shapes = [(images, height * 3 // 2, width, 1)]
        if choice["planes"]:
            half = (images, height // 2, width // 2)
            shapes = [(images, height, width, 1)]
            shapes += [(*half, 2)] if kind.startswith("NV12") else [(*half, 1)] * 2
        # Multiples of 8 make no colour that lies halfway between two bytes.
        suite.add(kind, 8, [(8 * whole(*shape, low=0, high=32)).astype(TYPES[choice["name"]]) for shape in shapes])


def make(suite):
    transforms(suite)
    colors(suite)
