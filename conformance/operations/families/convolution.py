"""Convolutions: plain, in groups, transposed, deformable and binary, over one to three spatial axes."""

import numpy as np
from case_writer import TYPES, Bits, Constant, data, grid, integers, pick, truths

AUTO = ["explicit", "explicit", "explicit", "same_upper", "same_lower", "valid"]


def window(choice, rank):
    """Strides, dilations and pads of `rank` axes that differ from axis to axis."""
    def vary(values):
        return [values[axis % len(values)] for axis in range(rank)]
    attributes = dict(strides=vary(choice["strides"]), dilations=vary(choice["dilations"]),
                      pads_begin=vary(choice["pads"][0]), pads_end=vary(choice["pads"][1]), auto_pad=choice["auto_pad"])
    if attributes["auto_pad"] != "explicit":
        attributes.update(pads_begin=[0] * rank, pads_end=[0] * rank)
    return attributes


AXES = dict(strides=[[1], [2], [1, 2], [2, 1], [3]], dilations=[[1], [1], [1], [2], [1, 2]],
            pads=[([0], [0]), ([1], [1]), ([0, 1], [1, 2]), ([1, 0], [0, 1]), ([2], [2])], auto_pad=AUTO)
SIZES = {1: (13,), 2: (11, 9), 3: (6, 8, 7)}


def make(suite):
    for choice in grid(330, rank=[1, 2, 2, 2, 3], kernel=[[1], [3], [3, 2], [2, 3], [4], [5]], inputs=[1, 3, 8],
                       outputs=[1, 4, 17], batch=[1, 2], name=["f32", "f32", "f32", "f16"], **AXES):
        rank, kind = choice["rank"], TYPES[choice["name"]]
        kernel = [choice["kernel"][axis % len(choice["kernel"])] for axis in range(rank)]
        weights = data(choice["outputs"], choice["inputs"], *kernel, dtype=kind)
        suite.add("Convolution", 1, [data(choice["batch"], choice["inputs"], *SIZES[rank], dtype=kind),
                                     pick(Constant(weights), Constant(weights), weights)], **window(choice, rank))
    # The shapes that networks have: pointwise, 3x3 with equal pads, the first layer, and many channels.
    for choice in grid(80, inputs=[3, 16, 40, 64], outputs=[8, 24, 33], kernel=[1, 3, 7], stride=[1, 2], size=[7, 12]):
        pad, kernel = choice["kernel"] // 2, choice["kernel"]
        suite.add("Convolution", 1, [data(1, choice["inputs"], choice["size"], choice["size"], low=-1, high=1),
                                     Constant(data(choice["outputs"], choice["inputs"], kernel, kernel, low=-1, high=1))],
                  strides=[choice["stride"]] * 2, dilations=[1, 1], pads_begin=[pad] * 2, pads_end=[pad] * 2,
                  auto_pad="explicit")
    for choice in grid(260, rank=[1, 2, 2, 2, 3], kernel=[[1], [3], [3, 2], [5]], groups=[2, 4, 8], inputs=[1, 1, 2, 3],
                       outputs=[1, 1, 2, 3], batch=[1, 2], name=["f32", "f32", "f32", "f16"], **AXES):
        rank, kind = choice["rank"], TYPES[choice["name"]]
        kernel = [choice["kernel"][axis % len(choice["kernel"])] for axis in range(rank)]
        weights = data(choice["groups"], choice["outputs"], choice["inputs"], *kernel, dtype=kind)
        suite.add("GroupConvolution", 1, [
            data(choice["batch"], choice["groups"] * choice["inputs"], *SIZES[rank], dtype=kind), Constant(weights)],
                  **window(choice, rank))
    small = {1: (6,), 2: (5, 6), 3: (3, 4, 3)}
    for operation, count in [("ConvolutionBackpropData", 170), ("GroupConvolutionBackpropData", 130)]:
        for choice in grid(count, rank=[1, 2, 2, 2, 3], kernel=[[3], [3, 2], [2], [4]], inputs=[1, 3], outputs=[1, 4],
                           shape=[False, False, True], padding=[0, 0, 1], name=["f32", "f32", "f16"], **AXES):
            rank, kind = choice["rank"], TYPES[choice["name"]]
            kernel = [choice["kernel"][axis % len(choice["kernel"])] for axis in range(rank)]
            attributes = window(choice, rank)
            grouped = operation.startswith("Group")
            channels = choice["inputs"] * (2 if grouped else 1)
            weights = data(*([2] if grouped else []), choice["inputs"], choice["outputs"], *kernel, dtype=kind)
            inputs = [data(1, channels, *small[rank], dtype=kind), Constant(weights)]
            padding = [0] * rank
            if choice["shape"]:
                inputs.append(integers(*[extent * stride + pick(0, 1) for extent, stride
                                         in zip(small[rank], attributes["strides"])]))
            elif choice["padding"]:
                padding = [min(1, stride - 1) for stride in attributes["strides"]]
            suite.add(operation, 1, inputs, output_padding=padding, **attributes)
    for choice in grid(110, version=[1, 8], groups=[1, 2], offsets=[1, 2], mask=[False, True], bilinear=[False, True],
                       strides=[[1, 1], [2, 2]], dilations=[[1, 1], [2, 1]], pads=[[0, 0], [1, 1]], kernel=[(3, 3), (2, 3)]):
        kernel, version = choice["kernel"], choice["version"]
        height, width = [
            (size + 2 * pad - (extent - 1) * dilation - 1) // stride + 1 for size, pad, extent, dilation, stride
            in zip((7, 8), choice["pads"], kernel, choice["dilations"], choice["strides"])]
        taps = kernel[0] * kernel[1] * choice["offsets"]
        inputs = [data(1, 4, 7, 8), data(1, 2 * taps, height, width), Constant(data(6, 4 // choice["groups"], *kernel))]
        attributes = dict(strides=choice["strides"], dilations=choice["dilations"], pads_begin=choice["pads"],
                          pads_end=choice["pads"], auto_pad="explicit", group=choice["groups"],
                          deformable_group=choice["offsets"])
        if version == 8:
            attributes["bilinear_interpolation_pad"] = choice["bilinear"]
            if choice["mask"]:
                inputs.append(data(1, taps, height, width, low=0, high=1))
        elif choice["mask"] or choice["bilinear"]:
            continue
        suite.add("DeformableConvolution", version, inputs, **attributes)
    # OpenVINO's CPU device reads other bits where the channels do not fill bytes.
    for choice in grid(110, inputs=[8, 32, 40], outputs=[8, 16], kernel=[(1, 1), (3, 3), (3, 2)], strides=[[1, 1], [2, 1]],
                       dilations=[[1, 1], [1, 1], [2, 2]], pads=[([0, 0], [0, 0]), ([1, 1], [1, 1]), ([0, 1], [1, 0])],
                       pad_value=[0.0, 1.0, -1.0], batch=[1, 2]):
        suite.add("BinaryConvolution", 1, [
            truths(choice["batch"], choice["inputs"], 6, 7).astype(np.float32),
            Bits(truths(choice["outputs"], choice["inputs"], *choice["kernel"]))], evaluates=False,
                  strides=choice["strides"], dilations=choice["dilations"], pads_begin=choice["pads"][0],
                  pads_end=choice["pads"][1], mode="xnor-popcount", pad_value=choice["pad_value"], auto_pad="explicit")
