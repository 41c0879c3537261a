"""What puts elements in other places: parts, joins, repeats, pads, blocks."""

import numpy as np
from case_writer import TYPES, Constant, data, grid, integers, of_type, pick, scalar

NAMES = ["f32", "f16", "i32", "i64", "u8"]
MASKS = ["begin_mask", "end_mask", "new_axis_mask", "shrink_axis_mask", "ellipsis_mask"]


def strided(suite, name, shape, begin, end, strides, **masks):
    attributes = {mask: masks.get(mask, [0] * len(begin)) for mask in MASKS}
    suite.add("StridedSlice", 1, [of_type(name, *shape), integers(*begin), integers(*end), integers(*strides)],
              **attributes)


def make(suite):
    for choice in grid(60, shape=[(2, 3), (2, 1, 3), (4,), (1, 2, 2, 2)], repeats=[[2], [2, 2], [3, 1, 2], [1, 4, 1, 1]],
                       name=NAMES):
        suite.add("Tile", 1, [of_type(choice["name"], *choice["shape"]), integers(*choice["repeats"])])
    for choice in grid(80, axis=[0, 1, -1, 2], shape=[(2, 3, 4), (1, 4, 3, 3), (3, 5)], count=[1, 2, 3, 5],
                       name=NAMES + ["boolean"]):
        axis, shape = choice["axis"], choice["shape"]
        if axis >= len(shape):
            continue
        parts = []
        for number in range(choice["count"]):
            extents = list(shape)
            extents[axis] = 1 + number * 2
            parts.append(of_type(choice["name"], *extents))
        suite.add("Concat", 1, parts, axis=axis)
    for choice in grid(60, shape=[(2, 6, 3), (6, 4), (12,), (1, 6, 2, 6)], axis=[0, 1, -1], count=[1, 2, 3, 6], name=NAMES):
        axis, shape = choice["axis"], choice["shape"]
        if axis < len(shape) and shape[axis] % choice["count"] == 0:
            suite.add("Split", 1, [of_type(choice["name"], *shape), scalar(axis)], num_splits=choice["count"])
    for choice in grid(40, shape=[(2, 7, 3), (7, 7), (1, 7, 7, 7)], axis=[1, -2, -1], name=NAMES,
                       lengths=[[2, 4, 1], [3, -1], [7], [1, 1, 5], [-1, 2]]):
        if choice["shape"][choice["axis"]] == 7:
            suite.add("VariadicSplit", 1, [of_type(choice["name"], *choice["shape"]), scalar(choice["axis"]),
                                           integers(*choice["lengths"])])
    pads = [((3, 4, 5), [0, 2, 1], [1, 1, 3]), ((1, 2, 4, 4), [0, 0, 1, 1], [0, 0, 2, 2]), ((6,), [2], [3]),
            ((4, 5), [0, 0], [0, 0]), ((1, 3, 4, 5, 4), [0, 0, 1, 0, 2], [0, 0, 0, 3, 1])]
    for choice in grid(110, mode=["constant", "edge", "reflect", "symmetric"], pads=pads, version=[1, 12], name=NAMES,
                       value=[None, 1.5, -2]):
        shape, begin, end = choice["pads"]
        inputs = [of_type(choice["name"], *shape), integers(*begin), integers(*end)]
        if choice["mode"] == "constant" and choice["value"] is not None:
            inputs.append(Constant(abs(choice["value"]) if choice["name"] == "u8" else choice["value"],
                                   TYPES[choice["name"]]))
        suite.add("Pad", choice["version"], inputs, pad_mode=choice["mode"])
    for choice in grid(40, mode=["constant", "edge", "reflect", "symmetric"], name=NAMES,
                       pads=[((4, 6), [-1, 2], [1, -3]), ((5, 5), [-1, -1], [-1, -1]), ((2, 4, 5), [0, -2, 1], [0, 1, -2])]):
        shape, begin, end = choice["pads"]
        suite.add("Pad", 12, [of_type(choice["name"], *shape), integers(*begin), integers(*end)], pad_mode=choice["mode"])
    slices = [((2, 4, 5), [0, 1, 1], [2, 3, 4], [1, 1, 1], {}),
              ((2, 4, 5), [0, 1, 1], [0, 4, 2], [1, 2, 2], dict(begin_mask=[1, 0, 1], end_mask=[1, 0, 1])),
              ((2, 4, 5), [1, -2, -1], [2, 3, 1], [1, 1, -1], {}),
              ((2, 4, 5), [0, 0, 0], [0, 0, 0], [-1, -1, -2], dict(begin_mask=[1, 1, 1], end_mask=[1, 1, 1])),
              ((2, 4, 5), [0, 1], [2, 2], [1, 1], {}), ((2, 4, 5), [0, -9], [9, 9], [1, 3], {}),
              ((2, 4, 5), [0, 1, 0], [2, 2, 5], [1, 1, 1], dict(shrink_axis_mask=[0, 1, 0])),
              ((2, 4, 5), [0, 0, -1], [0, 0, 0], [1, 1, 1],
               dict(begin_mask=[1, 1, 0], end_mask=[1, 1, 0], shrink_axis_mask=[0, 0, 1])),
              ((2, 4, 5), [0, 0, 0], [1, 2, 4], [1, 1, 1], dict(new_axis_mask=[1, 0, 0])),
              ((2, 3, 4, 5), [0, 2], [0, 4], [1, 1], dict(ellipsis_mask=[1, 0])),
              ((2, 3, 4, 5), [1, 0, 1], [2, 0, 4], [1, 1, 2],
               dict(ellipsis_mask=[0, 1, 0], shrink_axis_mask=[1, 0, 0])),
              ((9,), [1], [8], [3], {}), ((9,), [-1], [-10], [-1], {}), ((3, 4), [2, 0], [2, 4], [1, 1], {})]
    for choice in grid(65, part=slices, name=NAMES + ["boolean"]):
        shape, begin, end, strides, masks = choice["part"]
        strided(suite, choice["name"], shape, begin, end, strides, **masks)
    for choice in grid(60, part=[((2, 4, 5), [0, 1, 1], [2, 3, 4], [1, 1, 1], [0, 1, 2]), ((2, 4, 5), [3], [0], [-1], [1]),
                                 ((2, 4, 5), [-1, 0], [-9, 9], [-2, 2], [2, 0]), ((9,), [1], [100], [3], [0]),
                                 ((2, 4, 5), [0, 1], [2, 2], [1, 1], [0, -1]), ((3, 4), [2], [1], [1], [1])],
                       name=NAMES + ["boolean"]):
        shape, start, stop, step, axes = choice["part"]
        inputs = [of_type(choice["name"], *shape), integers(*start), integers(*stop), integers(*step)]
        suite.add("Slice", 8, inputs + [integers(*axes)])
        extents = list(shape)
        for axis, first, last, stride in zip(axes, start, stop, step):
            extents[axis] = len(range(shape[axis])[slice(first, last if last > -shape[axis] - 1 else None, stride)])
        suite.add("SliceScatter", 15, inputs[:1] + [of_type(choice["name"], *extents)] + inputs[1:]
                  + [integers(*axes)])
    for choice in grid(40, places=[((1, 2, 4, 6), [1, 1, 2, 3], [0, 0, 0, 0], [0, 0, 0, 0]),
                                   ((2, 2, 5, 5), [1, 1, 2, 2], [0, 0, 1, 2], [0, 0, 2, 1]),
                                   ((1, 2, 6), [1, 1, 3], [0, 0, 1], [0, 0, 2]),
                                   ((1, 1, 4, 4, 2), [1, 1, 2, 2, 1], [0] * 5, [0] * 5)], name=NAMES):
        shape, block, begin, end = choice["places"]
        suite.add("SpaceToBatch", 2, [of_type(choice["name"], *shape), integers(*block), integers(*begin), integers(*end)])
    for choice in grid(40, places=[((6, 2, 2, 2), [1, 1, 2, 3], [0, 0, 0, 0], [0, 0, 0, 0]),
                                   ((8, 2, 4, 4), [1, 1, 2, 2], [0, 0, 1, 2], [0, 0, 2, 1]),
                                   ((3, 2, 4), [1, 1, 3], [0, 0, 1], [0, 0, 2])], name=NAMES):
        shape, block, begin, end = choice["places"]
        suite.add("BatchToSpace", 2, [of_type(choice["name"], *shape), integers(*block), integers(*begin), integers(*end)])
    for choice in grid(60, mode=["blocks_first", "depth_first"], block=[1, 2, 3], rank=[3, 4, 5], name=NAMES):
        block, rank = choice["block"], choice["rank"]
        volume = block ** (rank - 2)
        suite.add("DepthToSpace", 1, [of_type(choice["name"], 2, volume * 3, *(2, 3, 2)[:rank - 2])], mode=choice["mode"],
                  block_size=block)
        suite.add("SpaceToDepth", 1, [of_type(choice["name"], 2, 3, *[block * (2 + axis % 2) for axis in range(rank - 2)])],
                  mode=choice["mode"], block_size=block)
    for choice in grid(40, axis=[1, -1, 0, 2], group=[1, 2, 3], shape=[(6, 6, 6, 2), (6, 12, 6)], name=NAMES):
        if choice["shape"][choice["axis"]] % choice["group"] == 0:
            suite.add("ShuffleChannels", 1, [of_type(choice["name"], *choice["shape"])], axis=choice["axis"],
                      group=choice["group"])
    for choice in grid(40, axes=[(0, 1), (1, 0), (2, 1), (0, 2)], name=NAMES, kind=["i32", "i64", "f32"]):
        batch, axis = choice["axes"]
        shape = (3, 4, 2)
        lengths = np.array([1 + index % shape[axis] for index in range(shape[batch])]).astype(TYPES[choice["kind"]])
        suite.add("ReverseSequence", 1, [of_type(choice["name"], *shape), lengths], batch_axis=batch, seq_axis=axis)
    for choice in grid(30, axes=[[0], [1], [-1, 0], [0, 2]], mode=["index", "mask"], name=NAMES):
        axes = choice["axes"]
        value = [axis in [item % 3 for item in axes] for axis in range(3)] if choice["mode"] == "mask" else axes
        suite.add("Reverse", 1, [of_type(choice["name"], 2, 3, 4), Constant(value)], mode=choice["mode"])
    for choice in grid(50, shift=[([1], [0]), ([-2], [1]), ([3, 1], [1, 2]), ([5], [-1]), ([1, 1], [1, 1])], name=NAMES,
                       shape=[(2, 3, 4), (3, 5, 2)]):
        shift, axes = choice["shift"]
        suite.add("Roll", 7, [of_type(choice["name"], *choice["shape"]), integers(*shift), integers(*axes)])
    for choice in grid(50, sizes=[[2, 2], [3, 2]], strides=[[1, 1], [2, 3]], rates=[[1, 1], [2, 1]],
                       auto_pad=["valid", "same_upper", "same_lower"], name=NAMES):
        suite.add("ExtractImagePatches", 3, [of_type(choice.pop("name"), 2, 3, 7, 8)], **choice)
    for choice in grid(50, kernel=[[2, 2], [3, 2]], strides=[[1, 1], [2, 1]], dilations=[[1, 1], [1, 2]],
                       pads=[[0, 0], [1, 1]], name=["f32"], batch=[[], [2]]):
        output, count = [5, 6], 1
        for axis in range(2):
            span = output[axis] + 2 * choice["pads"][axis] - choice["dilations"][axis] * (choice["kernel"][axis] - 1) - 1
            count *= span // choice["strides"][axis] + 1
        channels = 2 * choice["kernel"][0] * choice["kernel"][1]
        suite.add("Col2Im", 15, [data(*choice["batch"], channels, count), integers(*output), integers(*choice["kernel"])],
                  strides=choice["strides"], dilations=choice["dilations"], pads_begin=choice["pads"],
                  pads_end=choice["pads"])
    for stride in [1, 2]:
        for name in ["f32", "f16", "i32", "u8"]:
            suite.add("ReorgYolo", 2, [of_type(name, 2, 8, 4, 6)], stride=[stride])
