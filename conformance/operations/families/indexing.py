"""Gathering by index and scattering to one."""

import numpy as np
from case_writer import TYPES, Constant, data, grid, integers, of_type, random, scalar, whole

NAMES = ["f32", "f16", "i32", "i64", "u8"]


def make(suite):
    for choice in grid(110, indices=[[2, 0], [0, 1, 1], [1], [[0, 1], [2, 1]], 1, [[[0]]]], axis=[0, 1, 2, -1],
                       version=[1, 7, 8], name=NAMES + ["boolean"], kind=["i32", "i64"], constant=[True, False]):
        indices = np.asarray(choice["indices"], TYPES[choice["kind"]])
        attributes = {} if choice["version"] == 1 else dict(batch_dims=0)
        suite.add("Gather", choice["version"], [of_type(choice["name"], 3, 4, 5), Constant(indices) if choice["constant"]
                                                else indices, scalar(choice["axis"])], **attributes)
    for choice in grid(50, batch=[0, 1, -1], axis=[1, 2], version=[7, 8], name=NAMES, negative=[True, False]):
        indices = np.array([[0, 3], [1, 2]], np.int64)
        if choice["negative"] and choice["version"] == 8:
            indices[0, 1] = -1
        suite.add("Gather", choice["version"], [of_type(choice["name"], 2, 4, 5), indices, scalar(choice["axis"])],
                  batch_dims=choice["batch"])
    for choice in grid(70, version=[5, 8], batch=[0, 1, 2], length=[1, 2], name=NAMES, kind=["i32", "i64"]):
        batch, length = choice["batch"], choice["length"]
        if batch + length > 4:
            continue
        shape = (2, 3, 4, 3)
        lead = shape[:batch] + (3,)
        indices = np.stack([random.randint(0, shape[batch + axis], lead) for axis in range(length)], -1)
        suite.add("GatherND", choice["version"], [of_type(choice["name"], *shape),
                                                  indices.astype(TYPES[choice["kind"]])], batch_dims=batch)
    for choice in grid(60, axis=[0, 1, -1, 2], name=NAMES, kind=["i32", "i64"], count=[1, 3, 5]):
        axis = choice["axis"]
        shape = [2, 3, 4]
        extent = shape[axis]
        shape[axis] = choice["count"]
        suite.add("GatherElements", 6, [of_type(choice["name"], 2, 3, 4),
                                        whole(*shape, low=0, high=extent, dtype=TYPES[choice["kind"]])], axis=axis)
    for choice in grid(70, version=[4, 15], length=[1, 2, 3], name=NAMES, kind=["i32", "i64"],
                       reduction=["none", "sum", "prod", "min", "max", "sub"]):
        length = choice["length"]
        shape = (4, 3, 2)
        places = random.permutation(int(np.prod(shape[:length])))[:3]
        indices = np.stack(np.unravel_index(places, shape[:length]), -1).astype(TYPES[choice["kind"]])
        inputs = [of_type(choice["name"], *shape), indices, of_type(choice["name"], 3, *shape[length:], low=0, high=4)]
        if choice["version"] == 4:
            suite.add("ScatterNDUpdate", 4, inputs)
        else:
            suite.add("ScatterNDUpdate", 15, inputs, reduction=choice["reduction"])
    # Of indices [2, 1] OpenVINO's CPU device takes the first alone.
    for choice in grid(60, axis=[0, 1, 2, -1], name=NAMES, kind=["i32", "i64"], layout=[[2], [3], [1, 2]]):
        axis = choice["axis"] % 3
        shape = (4, 5, 6)
        count = int(np.prod(choice["layout"]))
        indices = random.permutation(shape[axis])[:count].reshape(choice["layout"]).astype(TYPES[choice["kind"]])
        updates = of_type(choice["name"], *shape[:axis], *choice["layout"], *shape[axis + 1:])
        suite.add("ScatterUpdate", 3, [of_type(choice["name"], *shape), indices, updates, scalar(choice["axis"])])
    for choice in grid(110, version=[3, 12], axis=[0, 1, -1], name=NAMES, kind=["i32", "i64"], count=[1, 2, 3],
                       reduction=["none", "sum", "prod", "min", "max", "mean"], initial=[True, False]):
        axis = choice["axis"] % 3
        shape = [4, 5, 6]
        extent = shape[axis]
        shape[axis] = choice["count"]
        order = np.argsort(random.uniform(size=(4, 5, 6)), axis=axis)
        indices = np.take(order, range(choice["count"]), axis=axis).astype(TYPES[choice["kind"]])
        if choice["version"] == 12 and choice["reduction"] != "none":
            indices = whole(*shape, low=0, high=extent, dtype=TYPES[choice["kind"]])
        inputs = [of_type(choice["name"], 4, 5, 6, low=1), indices, of_type(choice["name"], *shape, low=1),
                  scalar(choice["axis"])]
        if choice["version"] == 3:
            suite.add("ScatterElementsUpdate", 3, inputs)
        else:
            suite.add("ScatterElementsUpdate", 12, inputs, reduction=choice["reduction"],
                      use_init_val=choice["initial"])
    for choice in grid(20, kind=["i32", "f32"], steps=[2, 4], beams=[1, 3], batch=[1, 2]):
        steps, beams, batch = choice["steps"], choice["beams"], choice["batch"]
        kind = TYPES[choice["kind"]]
        suite.add("GatherTree", 1, [whole(steps, batch, beams, low=0, high=9, dtype=kind),
                                    whole(steps, batch, beams, low=0, high=beams, dtype=kind),
                                    whole(batch, low=1, high=steps + 1, dtype=kind), Constant(7, kind)])
    for choice in grid(30, axis=[0, 1, 2, -1], name=["f32", "i32", "i64"], depth=[3, 5], negative=["ignore_negative",
                                                                                                "normalize"]):
        indices = np.array([[0, 2, 1], [-1, 1, 4]], np.int64)
        kind = TYPES[choice["name"]]
        suite.add("OneHot", 16, [indices, scalar(choice["depth"]), Constant(3, kind), Constant(-1, kind)],
                  axis=choice["axis"], negative_indices_mode=choice["negative"])
