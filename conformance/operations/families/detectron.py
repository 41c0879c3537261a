"""The operations of Detectron: anchors on a grid, proposals, features of regions from a pyramid, detections."""

import numpy as np
from case_writer import data, distinct, grid

CLASSES = 3


def squares(*shape, size=60.0):
    """Corners of boxes of up to half the size."""
    start = data(*shape, 2, low=0, high=size * 0.8)
    return np.concatenate([start, start + data(*shape, 2, low=size * 0.1, high=size / 2)], -1)


def scores(*shape):
    return distinct(*shape, low=0.01, high=1.0)


def make(suite):
    # OpenVINO leaves unwritten what lies beyond fewer cells than the features have, and beyond fewer regions than max_rois.
    for choice in grid(50, anchors=[1, 3], flatten=[True, False], named=[True, False], strides=[(0.0, 0.0), (4.0, 8.0)],
                       features=[(3, 4), (2, 2)], image=[(24, 32), (15, 20)], name=["f32"]):
        suite.add("ExperimentalDetectronPriorGridGenerator", 6,
                  [data(choice["anchors"], 4, low=-20, high=20), data(1, 2, *choice["features"]),
                   data(1, 3, *choice["image"])], flatten=choice["flatten"],
                  h=choice["named"] * choice["features"][0], w=choice["named"] * choice["features"][1],
                  stride_x=choice["strides"][0], stride_y=choice["strides"][1])
    for choice in grid(30, regions=[1, 5, 12], limit=[1, 4, 12], again=range(5)):
        if choice["limit"] > choice["regions"]:
            continue
        suite.add("ExperimentalDetectronTopKROIs", 6, [squares(choice["regions"]), scores(choice["regions"])],
                  max_rois=choice["limit"])
    for choice in grid(100, regions=[1, 6], levels=[1, 2, 4], size=[2, 7], ratio=[0, 1, 2], aligned=[False, True],
                       channels=[1, 3], extent=[60.0, 400.0]):
        scales = [4 * 2 ** level for level in range(choice["levels"])]
        regions = squares(choice["regions"], size=choice["extent"])
        # A region without an area belongs to no level.
        if choice["regions"] > 1:
            regions[0, 2:] = regions[0, :2]
        suite.add("ExperimentalDetectronROIFeatureExtractor", 6,
                  [regions] + [data(1, choice["channels"], 64 // scale * 2, 64 // scale * 3) for scale in scales],
                  output_size=choice["size"], sampling_ratio=choice["ratio"], pyramid_scales=scales,
                  aligned=choice["aligned"])
    limits = [dict(pre_nms_count=40, post_nms_count=6), dict(pre_nms_count=12, post_nms_count=20),
              dict(pre_nms_count=1000, post_nms_count=100)]
    for choice in grid(60, cells=[(3, 4), (1, 1), (5, 2)], anchors=[1, 3], limits=limits, overlap=[0.3, 0.7],
                       smallest=[0.0, 9.0]):
        (height, width), anchors = choice["cells"], choice["anchors"]
        if choice["smallest"]:
            # Smaller boxes follow in any order: only the first place is certain.
            if height * width == 1:
                continue
            choice["limits"] = dict(pre_nms_count=40, post_nms_count=1)
        suite.add("ExperimentalDetectronGenerateProposalsSingleImage", 6,
                  [np.float32([60, 80, 1]), squares(height * width * anchors),
                   data(anchors * 4, height, width, low=-0.6, high=0.6), scores(anchors, height, width)],
                  min_size=choice["smallest"], nms_threshold=choice["overlap"], **choice["limits"])
    for choice in grid(90, cells=[(3, 4), (1, 1), (5, 2)], anchors=[1, 3], limits=limits, overlap=[0.3, 0.7],
                       smallest=[0.0, 16.0], normalized=[True, False], images=[1, 2], numbers=[3, 4], kind=["i64", "i32"]):
        (height, width), anchors, images = choice["cells"], choice["anchors"], choice["images"]
        about = np.float32([[60, 80, 1, 0.5], [50, 70, 0.8, 1.2]])[:images, :choice["numbers"]]
        suite.add("GenerateProposals", 9,
                  [about, squares(height, width, anchors), data(images, anchors * 4, height, width, low=-0.6, high=0.6),
                   scores(images, anchors, height, width)], min_size=choice["smallest"],
                  nms_threshold=choice["overlap"], normalized=choice["normalized"], nms_eta=1.0,
                  roi_num_type=choice["kind"], **choice["limits"])
    for choice in grid(90, regions=[1, 8, 20], limit=[5, 30], of_class=[2, 100], overlap=[0.3, 0.6], least=[0.05, 0.5],
                       weights=[[10.0, 10.0, 5.0, 5.0], [1.0, 1.0, 1.0, 1.0]], growth=[4.135, 0.2]):
        regions = squares(choice["regions"])
        if choice["regions"] > 8:
            regions[3, 2] = regions[3, 0]
        reach = 0.1 * choice["weights"][0]
        suite.add("ExperimentalDetectronDetectionOutput", 6,
                  [regions, data(choice["regions"], CLASSES * 4, low=-reach, high=reach),
                   scores(choice["regions"], CLASSES), np.float32([[60, 80, 1]])],
                  score_threshold=choice["least"], nms_threshold=choice["overlap"], num_classes=CLASSES,
                  post_nms_count=choice["of_class"], max_detections_per_image=choice["limit"],
                  class_agnostic_box_regression=False, max_delta_log_wh=choice["growth"], deltas_weights=choice["weights"])
