#!/usr/bin/env python3
"""Writes detection_operations.json: small cases of the operations of detectors with the outputs of OpenVINO's CPU device.

As make_cases.py: run it again after adding a case and commit the result.

    python3 Tests/ConformanceTests/Fixtures/make_detection_cases.py
"""

import numpy as np

from case_maker import Constant, case, data, integers, random, truths, whole, write

# Prior boxes -------------------------------------------------------------------------------------------------------

MAP, IMAGE = integers(2, 3), integers(32, 48)
for step, step_w, step_h in [(16, 0, 0), (0, 0, 0), (0, 8, 12)]:
    for clip, variance in [(True, [0.1, 0.1, 0.2, 0.2]), (False, [0.3])]:
        case("PriorBoxClustered", 1, [MAP, IMAGE], width=[10.5, 40], height=[18.25, 7], clip=clip, offset=0.5, step=step,
             step_w=step_w, step_h=step_h, variance=variance)
SIZES = dict(min_size=[8.0, 20.0], max_size=[20.0, 36.0], aspect_ratio=[2.0, 3.0], variance=[0.1, 0.1, 0.2, 0.2])
for flip, clip, step in [(True, False, 0), (False, True, 16), (True, True, 8)]:
    case("PriorBox", 1, [MAP, IMAGE], flip=flip, clip=clip, step=step, offset=0.5, scale_all_sizes=True, **SIZES)
    case("PriorBox", 8, [MAP, IMAGE], flip=flip, clip=clip, step=step, offset=0.5, scale_all_sizes=True,
         min_max_aspect_ratios_order=False, **SIZES)
for step in [-1, 0.25]:
    case("PriorBox", 1, [MAP, IMAGE], flip=True, clip=False, step=step, offset=0.5, scale_all_sizes=False,
         min_size=[0.2, 0.3], aspect_ratio=[2.0, 0.5], variance=[0.1])
case("PriorBox", 1, [MAP, IMAGE], flip=True, clip=False, step=16, offset=0.5, scale_all_sizes=True,
     fixed_size=[8.0, 16.0], density=[2.0, 1.0], fixed_ratio=[1.0], variance=[0.1])
case("PriorBox", 1, [MAP, IMAGE], flip=True, clip=False, step=16, offset=0.5, scale_all_sizes=True,
     fixed_size=[9.0, 16.0], density=[3.0, 1.0], aspect_ratio=[2.0], variance=[0.1])

# Detections --------------------------------------------------------------------------------------------------------

PRIORS, CLASSES = 12, 3


def boxes(count, size=1.0):
    corner = random.uniform(0, 0.7, (count, 2))
    return np.concatenate([corner, corner + random.uniform(0.1, 0.3, (count, 2))], 1).astype(np.float32) * size


def priors(images, in_target=False, normalized=True):
    rows = []
    for image in range(images):
        corners = boxes(PRIORS, 1 if normalized else 300)
        if not normalized:
            number = np.zeros((PRIORS, 1), np.float32)
            # An image of -1 ends the list of the last image.
            number[PRIORS - 3:] = -1 if image == images - 1 else 0
            corners = np.concatenate([number, corners], 1)
        row = [corners.flatten()]
        if not in_target:
            variance = np.zeros(row[0].shape, np.float32)
            variance[:PRIORS * 4] = random.uniform(0.1, 0.3, PRIORS * 4)
            row.append(variance)
        rows.append(np.stack(row))
    return np.stack(rows)


def detection(version=8, images=2, shared=True, in_target=False, normalized=True, prior_images=1, refined=False, **changes):
    attributes = dict(background_label_id=0, top_k=8, keep_top_k=[7], nms_threshold=0.3, confidence_threshold=0.25,
                      code_type="caffe.PriorBoxParameter.CENTER_SIZE", clip_after_nms=False, clip_before_nms=False,
                      decrease_label_id=False)
    attributes.update(changes)
    if version == 1:
        attributes["num_classes"] = CLASSES
    places = 1 if shared else CLASSES
    inputs = [data(images, PRIORS * 4 * places, low=-0.5, high=0.5), data(images, PRIORS * CLASSES, low=0, high=1),
              priors(prior_images, in_target, normalized)]
    if refined:
        inputs += [data(images, PRIORS * 2, low=0, high=1), data(images, PRIORS * 4 * places, low=-0.2, high=0.2)]
        attributes["objectness_score"] = 0.3
    if not normalized:
        attributes.update(input_height=300, input_width=300)
    case("DetectionOutput", version, inputs, share_location=shared, variance_encoded_in_target=in_target,
         normalized=normalized, **attributes)


for code in ["CORNER", "CENTER_SIZE"]:
    for shared in [True, False]:
        for in_target in [True, False]:
            detection(shared=shared, in_target=in_target, code_type=f"caffe.PriorBoxParameter.{code}")
    detection(version=1, refined=True, code_type=f"caffe.PriorBoxParameter.{code}")
for changes in [dict(keep_top_k=[-1]), dict(keep_top_k=[-1], top_k=-1), dict(keep_top_k=[40]), dict(keep_top_k=[3]),
                dict(confidence_threshold=0.95), dict(background_label_id=-1), dict(background_label_id=2),
                dict(clip_before_nms=True), dict(clip_after_nms=True), dict(nms_threshold=0.05),
                dict(normalized=False), dict(normalized=False, prior_images=2), dict(prior_images=2),
                dict(prior_images=2, in_target=True), dict(decrease_label_id=True),
                dict(decrease_label_id=True, keep_top_k=[4]), dict(decrease_label_id=True, shared=False),
                dict(shared=False, refined=True), dict(refined=True, decrease_label_id=True)]:
    detection(**changes)
detection(version=1)

# Suppression -------------------------------------------------------------------------------------------------------


def suppression(version, encoding="corner", count=10, images=2, limits=(4, 0.3, 0.2), sigma=None, **attributes):
    squares = np.stack([boxes(count) for _ in range(images)])
    if encoding == "center":
        squares = np.concatenate([(squares[..., :2] + squares[..., 2:]) / 2, squares[..., 2:] - squares[..., :2]], 2)
    # Scores that are no two equal, so that the order is one.
    scores = random.permutation(images * 2 * count).reshape(images, 2, count).astype(np.float32) / (images * 2 * count)
    inputs = [squares.astype(np.float32), scores]
    inputs += [Constant(value, np.int64 if index == 0 else np.float32) for index, value in enumerate(limits)]
    if sigma is not None:
        inputs.append(Constant(sigma, np.float32))
    if version >= 3:
        attributes.setdefault("output_type", "i64")
    case("NonMaxSuppression", version, inputs, 3 if version >= 5 else 1, box_encoding=encoding, **attributes)


for version in [1, 3, 4, 5, 9]:
    for encoding in ["corner", "center"]:
        suppression(version, encoding, sort_result_descending=version != 4)
    suppression(version, limits=(9, 0.5), sort_result_descending=False)
for sigma in [0.0, 0.3, 1.0]:
    suppression(5, sigma=sigma, sort_result_descending=True, output_type="i32")
    suppression(9, sigma=sigma, limits=(9, 0.9, 0.1), sort_result_descending=True)
suppression(5, limits=(0, 0.5, 0.1), sort_result_descending=True)
suppression(5, limits=(5, 0.0, 0.1), sort_result_descending=True)
suppression(5, limits=(5, 0.5, 2.0), sort_result_descending=True)

for values in [data(3, 4) * truths(3, 4), truths(2, 3, 4), whole(5, low=-1, high=2), whole(2, 2, low=0, high=1)]:
    case("NonZero", 3, [values], output_type="i64")
case("NonZero", 3, [truths(2, 5)], output_type="i32")

# Regions -----------------------------------------------------------------------------------------------------------


def regions(count, images, size):
    return np.concatenate([random.randint(0, images, (count, 1)).astype(np.float32), boxes(count, size)], 1)


for pooled in [(3, 2), (1, 1), (4, 7)]:
    for scale in [1.0, 0.25]:
        case("ROIPooling", 2, [data(2, 3, 8, 9), regions(4, 2, 8 / scale)], pooled_h=pooled[0], pooled_w=pooled[1],
             spatial_scale=scale, method="max")
    case("ROIPooling", 2, [data(2, 3, 8, 9), regions(4, 2, 1)], pooled_h=pooled[0], pooled_w=pooled[1],
         spatial_scale=1.0, method="bilinear")
for size in [1, 2, 3]:
    for scale in [1.0, 0.25]:
        case("PSROIPooling", 1, [data(2, 2 * size * size, 8, 9), regions(4, 2, 8 / scale)], output_dim=2,
             group_size=size, spatial_scale=scale, mode="average", spatial_bins_x=1, spatial_bins_y=1)
    case("PSROIPooling", 1, [data(2, 12, 8, 9), regions(4, 2, 1)], output_dim=2, group_size=size, spatial_scale=1.0,
         mode="bilinear", spatial_bins_x=3, spatial_bins_y=2)
for mode in ["avg", "max"]:
    for ratio in [0, 1, 2]:
        case("ROIAlign", 3, [data(2, 3, 8, 9), boxes(3, 30), np.array([1, 0, 1], np.int32)], pooled_h=3, pooled_w=2,
             sampling_ratio=ratio, spatial_scale=0.25, mode=mode)
    for alignment in ["asymmetric", "half_pixel_for_nn", "half_pixel"]:
        case("ROIAlign", 9, [data(1, 2, 6, 6), boxes(3, 7), np.zeros(3, np.int32)], pooled_h=2, pooled_w=3,
             sampling_ratio=2, spatial_scale=1.0, mode=mode, aligned_mode=alignment)

for changes in [dict(), dict(framework="tensorflow"), dict(normalize=True, clip_after_nms=True),
                dict(clip_before_nms=False, clip_after_nms=True), dict(post_nms_topn=40),
                dict(box_size_scale=5.0, box_coordinate_scale=10.0), dict(nms_thresh=0.2, pre_nms_topn=20)]:
    for version, info in [(1, [60, 80, 1]), (4, [60, 80, 1.5, 0.5])]:
        attributes = dict(base_size=16, pre_nms_topn=30, post_nms_topn=5, nms_thresh=0.6, feat_stride=16, min_size=6,
                          ratio=[0.5, 1.0], scale=[1.0, 2.0], clip_before_nms=True, clip_after_nms=False,
                          normalize=False, box_size_scale=1.0, box_coordinate_scale=1.0, framework="")
        attributes.update(changes)
        anchors = 4
        scores = random.permutation(2 * anchors * 3 * 4).reshape(1, 2 * anchors, 3, 4).astype(np.float32) / 96 + 0.01
        case("Proposal", version, [scores, data(1, 4 * anchors, 3, 4, low=-0.3, high=0.3), np.array(info, np.float32)],
             2 if version == 4 else 1, **attributes)

# YOLO --------------------------------------------------------------------------------------------------------------

for axis, end_axis in [(1, 3), (2, 3)]:
    case("RegionYolo", 1, [data(2, 24, 3, 4)], axis=axis, end_axis=end_axis, coords=4, classes=3, num=3,
         do_softmax=True, anchors=[1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
case("RegionYolo", 1, [data(1, 16, 3, 4)], axis=1, end_axis=3, coords=4, classes=3, num=6, do_softmax=False, mask=[0, 2],
     anchors=[1.0, 2.0])
for stride in [1, 2]:
    case("ReorgYolo", 2, [data(2, 8, 4, 6)], stride=stride)

write("detection_operations.json")
