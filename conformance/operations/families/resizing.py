"""Interpolate in all its versions and modes."""

import numpy as np
from case_writer import TYPES, Constant, data, grid, integers, of_type

COORDINATES = ["half_pixel", "pytorch_half_pixel", "asymmetric", "tf_half_pixel_for_nn", "align_corners"]
NEAREST = ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil", "simple"]
SIZES = [(8, 9), (3, 2), (10, 4), (5, 6), (1, 1), (7, 3), (15, 18)]


def inputs(version, values, sizes, axes, by_sizes):
    extents = [values.shape[axis] for axis in axes]
    scales = Constant([size / extent for size, extent in zip(sizes, extents)], np.float32)
    if version == 4:
        return [values, integers(*sizes), scales, integers(*axes)]
    return [values, integers(*sizes) if by_sizes else scales, integers(*axes)]


def make(suite):
    for choice in grid(230, sizes=SIZES, coordinates=COORDINATES, nearest=NEAREST, by=["sizes", "scales"],
                       version=[4, 11], name=["f32", "f32", "f16"]):
        suite.add("Interpolate", choice["version"], inputs(choice["version"], of_type(choice["name"], 1, 2, 5, 6),
                                                           choice["sizes"], [2, 3], choice["by"] == "sizes"),
                  mode="nearest", shape_calculation_mode=choice["by"], nearest_mode=choice["nearest"],
                  coordinate_transformation_mode=choice["coordinates"])
    for mode, count in [("linear_onnx", 120), ("cubic", 130), ("linear", 120)]:
        for choice in grid(count, sizes=SIZES, coordinates=COORDINATES, by=["sizes", "scales"], version=[4, 11],
                           antialias=[False, True] if mode == "linear" else [False], coefficient=[-0.75, -0.5],
                           name=["f32", "f32", "f16"]):
            suite.add("Interpolate", choice["version"], inputs(choice["version"], of_type(choice["name"], 1, 2, 5, 6),
                                                               choice["sizes"], [2, 3], choice["by"] == "sizes"),
                      mode=mode, shape_calculation_mode=choice["by"], antialias=choice["antialias"],
                      coordinate_transformation_mode=choice["coordinates"], cube_coeff=choice["coefficient"])
    for choice in grid(60, mode=["bilinear_pillow", "bicubic_pillow"], sizes=SIZES, by=["sizes", "scales"]):
        suite.add("Interpolate", 11, inputs(11, data(1, 2, 5, 6), choice["sizes"], [2, 3], choice["by"] == "sizes"),
                  mode=choice["mode"], shape_calculation_mode=choice["by"], cube_coeff=-0.5)
    # Other axes, other ranks, pads.
    for choice in grid(90, mode=["nearest", "linear_onnx", "linear", "cubic"], version=[4, 11],
                       layout=[((1, 2, 7), [2], (9,)), ((6, 5), [0, 1], (4, 9)), ((2, 4, 5, 3), [1, 2], (7, 4)),
                               ((1, 2, 4, 5, 3), [2, 3, 4], (6, 3, 5)), ((1, 2, 5, 6), [0, 1, 2, 3], (1, 2, 7, 4)),
                               ((1, 2, 5, 6), [3, 2], (4, 7)), ((1, 2, 5, 6), [2], (9,))],
                       coordinates=["half_pixel", "asymmetric", "align_corners"]):
        shape, axes, sizes = choice["layout"]
        suite.add("Interpolate", choice["version"], inputs(choice["version"], data(*shape), sizes, axes, True),
                  mode=choice["mode"], shape_calculation_mode="sizes",
                  coordinate_transformation_mode=choice["coordinates"])
    for choice in grid(40, mode=["nearest", "linear_onnx", "cubic", "linear"], version=[4, 11],
                       pads=[([0, 0, 1, 1], [0, 0, 1, 1]), ([0, 0, 0, 2], [0, 0, 1, 0])], sizes=[(9, 10), (4, 5)]):
        suite.add("Interpolate", choice["version"], inputs(choice["version"], data(1, 2, 5, 6), choice["sizes"], [2, 3],
                                                           True),
                  mode=choice["mode"], shape_calculation_mode="sizes", pads_begin=choice["pads"][0],
                  pads_end=choice["pads"][1])
    for choice in grid(60, mode=["nearest", "linear", "cubic"], sizes=SIZES, align_corners=[True, False],
                       antialias=[True, False]):
        suite.add("Interpolate", 1, [data(1, 2, 5, 6), integers(*choice["sizes"])], axes=[2, 3], mode=choice["mode"],
                  align_corners=choice["align_corners"], antialias=choice["antialias"], pads_begin=[0], pads_end=[0])
    for choice in grid(130, mode=["bilinear", "nearest", "bicubic"], padding_mode=["zeros", "border", "reflection"],
                       align_corners=[True, False], shape=[(1, 2, 5, 6), (2, 3, 4, 4)], places=[(3, 4), (1, 7), (5, 5)],
                       reach=[1.0, 1.6]):
        shape, places, reach = choice.pop("shape"), choice.pop("places"), choice.pop("reach")
        suite.add("GridSample", 9, [data(*shape), data(shape[0], *places, 2, low=-reach, high=reach)], **choice)
