"""Pools over regions of a map."""

import numpy as np
from case_writer import data, grid, random
from families.detection import boxes


def regions(count, images, size):
    return np.concatenate([random.randint(0, images, (count, 1)).astype(np.float32), boxes(count, size)], 1)


def make(suite):
    for choice in grid(70, pooled=[(3, 2), (1, 1), (4, 7), (6, 6)], scale=[1.0, 0.25, 0.0625], method=["max", "bilinear"],
                       count=[1, 4], channels=[1, 3], images=[1, 2]):
        scale = 1.0 if choice["method"] == "bilinear" else choice["scale"]
        size = 1 if choice["method"] == "bilinear" else 8 / scale
        suite.add("ROIPooling", 2, [data(choice["images"], choice["channels"], 8, 9),
                                    regions(choice["count"], choice["images"], size)],
                  output_size=list(choice["pooled"]), pooled_h=choice["pooled"][0], pooled_w=choice["pooled"][1],
                  spatial_scale=scale, method=choice["method"])
    for choice in grid(70, size=[1, 2, 3], scale=[1.0, 0.25], mode=["average", "bilinear"], bins=[(1, 1), (3, 2), (2, 2)],
                       output=[1, 2], count=[1, 4]):
        size, mode = choice["size"], choice["mode"]
        bins = choice["bins"] if mode == "bilinear" else (1, 1)
        channels = choice["output"] * (size * size if mode == "average" else bins[0] * bins[1])
        scale = choice["scale"] if mode == "average" else 1.0
        suite.add("PSROIPooling", 1, [data(2, channels, 8, 9), regions(choice["count"], 2, 8 / scale if mode == "average"
                                                                      else 1)], output_dim=choice["output"],
                  group_size=size, spatial_scale=scale, mode=mode, spatial_bins_x=bins[0], spatial_bins_y=bins[1])
    for choice in grid(130, version=[3, 9], mode=["avg", "max"], ratio=[0, 1, 2, 3], scale=[1.0, 0.25], pooled=[(3, 2), (2, 3),
                                                                                                   (7, 7)],
                       alignment=["asymmetric", "half_pixel_for_nn", "half_pixel"], channels=[1, 3]):
        attributes = dict(pooled_h=choice["pooled"][0], pooled_w=choice["pooled"][1], sampling_ratio=choice["ratio"],
                          spatial_scale=choice["scale"], mode=choice["mode"])
        if choice["version"] == 9:
            attributes["aligned_mode"] = choice["alignment"]
        suite.add("ROIAlign", choice["version"], [data(2, choice["channels"], 8, 9), boxes(3, 8 / choice["scale"]),
                                                  np.array([1, 0, 1], np.int32)], **attributes)
    for choice in grid(30, offsets=[False, True], group=[1, 2, 3], scale=[1.0, 0.5], trans=[0.0, 0.1], samples=[1, 2]):
        group = choice["group"]
        inputs = [data(1, 2 * group * group, 8, 9), regions(3, 1, 8 / choice["scale"])]
        if choice["offsets"]:
            inputs.append(data(3, 2, group, group, low=-1, high=1))
        suite.add("DeformablePSROIPooling", 1, inputs, output_dim=2, group_size=group, spatial_scale=choice["scale"],
                  mode="bilinear_deformable", spatial_bins_x=choice["samples"], spatial_bins_y=choice["samples"],
                  trans_std=choice["trans"], part_size=group)
