"""What ends and begins a detector: prior boxes, proposals, suppression, detections."""

import numpy as np
from case_writer import Constant, data, grid, integers, random

PRIORS, CLASSES = 12, 3


def boxes(count, size=1.0):
    corner = random.uniform(0, 0.7, (count, 2))
    return (np.concatenate([corner, corner + random.uniform(0.1, 0.3, (count, 2))], 1) * size).astype(np.float32)


def priors(images, in_target, normalized):
    rows = []
    for image in range(images):
        corners = boxes(PRIORS, 1 if normalized else 300)
        if not normalized:
            corners = np.concatenate([np.zeros((PRIORS, 1), np.float32), corners], 1)
        row = [corners.flatten()]
        if not in_target:
            variance = np.zeros(row[0].shape, np.float32)
            variance[:PRIORS * 4] = random.uniform(0.1, 0.3, PRIORS * 4)
            row.append(variance)
        rows.append(np.stack(row))
    return np.stack(rows)


def detections(suite):
    for choice in grid(170, version=[1, 8], images=[1, 2], shared=[True, False], in_target=[True, False],
                       normalized=[True, True, False], refined=[False, False, True], background=[0, -1, 2],
                       limits=[(8, 7), (-1, -1), (-1, 40), (8, 3), (5, -1)], thresholds=[(0.3, 0.25), (0.05, 0.5)],
                       code=["CORNER", "CENTER_SIZE"], clip=["none", "before", "after"], decrease=[False, False, True]):
        if choice["decrease"] and (choice["background"] != 0 or choice["limits"][1] < 0):
            continue
        places = 1 if choice["shared"] else CLASSES
        images, normalized = choice["images"], choice["normalized"]
        scores = (random.permutation(images * PRIORS * CLASSES) / (images * PRIORS * CLASSES)).astype(np.float32)
        inputs = [data(images, PRIORS * 4 * places, low=-0.5, high=0.5), scores.reshape(images, -1),
                  priors(1, choice["in_target"], normalized)]
        attributes = dict(background_label_id=choice["background"], top_k=choice["limits"][0],
                          keep_top_k=[choice["limits"][1]], nms_threshold=choice["thresholds"][0],
                          confidence_threshold=choice["thresholds"][1], share_location=choice["shared"],
                          variance_encoded_in_target=choice["in_target"], normalized=normalized,
                          code_type=f"caffe.PriorBoxParameter.{choice['code']}", clip_after_nms=choice["clip"] == "after",
                          clip_before_nms=choice["clip"] == "before", decrease_label_id=choice["decrease"])
        if choice["version"] == 1:
            attributes["num_classes"] = CLASSES
        if choice["refined"]:
            inputs += [data(images, PRIORS * 2, low=0, high=1), data(images, PRIORS * 4 * places, low=-0.2, high=0.2)]
            attributes["objectness_score"] = 0.3
        if not normalized:
            attributes.update(input_height=300, input_width=300)
        suite.add("DetectionOutput", choice["version"], inputs, **attributes)


def suppression(suite):
    for choice in grid(170, version=[1, 3, 4, 5, 9], encoding=["corner", "center"], count=[1, 10, 25], images=[1, 2],
                       classes=[1, 2], limits=[(4, 0.3, 0.2), (9, 0.5, 0.0), (100, 0.7, 0.4), (0, 0.5, 0.1), (5, 0.0, 0.1)],
                       sigma=[None, 0.0, 0.5], sorts=[True, False], kind=["i64", "i32"]):
        version, images, count = choice["version"], choice["images"], choice["count"]
        squares = np.stack([boxes(count) for _ in range(images)])
        if choice["encoding"] == "center":
            squares = np.concatenate([(squares[..., :2] + squares[..., 2:]) / 2, squares[..., 2:] - squares[..., :2]], 2)
        total = images * choice["classes"] * count
        scores = (random.permutation(total).reshape(images, choice["classes"], count) / total).astype(np.float32)
        inputs = [squares.astype(np.float32), scores]
        inputs += [Constant(value, np.float32 if index else np.int64) for index, value in enumerate(choice["limits"])]
        attributes = dict(box_encoding=choice["encoding"], sort_result_descending=choice["sorts"])
        if choice["sigma"] is not None and version >= 5:
            inputs.append(Constant(choice["sigma"], np.float32))
        if version >= 3:
            attributes["output_type"] = choice["kind"]
        suite.add("NonMaxSuppression", version, inputs, **attributes)
    for choice in grid(90, version=[8, 9], sort=["classid", "score", "none"], across=[True, False], top=[-1, 5],
                       keep=[-1, 6], background=[-1, 0], normalized=[True, False], eta=[1.0, 0.9], kind=["i32", "i64"]):
        scores = (random.permutation(2 * 3 * 9) / 54).reshape(2, 3, 9).astype(np.float32)
        suite.add("MulticlassNms", choice["version"], [np.stack([boxes(9), boxes(9)]), scores],
                  sort_result_type=choice["sort"], sort_result_across_batch=choice["across"], output_type=choice["kind"],
                  iou_threshold=0.3, score_threshold=0.2, nms_top_k=choice["top"], keep_top_k=choice["keep"],
                  background_class=choice["background"], nms_eta=choice["eta"], normalized=choice["normalized"])
    for choice in grid(70, sort=["classid", "score", "none"], across=[True, False], top=[-1, 5], keep=[-1, 6],
                       background=[-1, 0], normalized=[True, False], decay=["gaussian", "linear"], sigma=[2.0, 0.5],
                       post=[0.0, 0.3], kind=["i32", "i64"]):
        scores = (random.permutation(2 * 3 * 9) / 54).reshape(2, 3, 9).astype(np.float32)
        suite.add("MatrixNms", 8, [np.stack([boxes(9), boxes(9)]), scores], sort_result_type=choice["sort"],
                  sort_result_across_batch=choice["across"], output_type=choice["kind"], score_threshold=0.2,
                  nms_top_k=choice["top"], keep_top_k=choice["keep"], background_class=choice["background"],
                  decay_function=choice["decay"], gaussian_sigma=choice["sigma"], post_threshold=choice["post"],
                  normalized=choice["normalized"])


def prior_boxes(suite):
    layer, image = integers(2, 3), integers(32, 48)
    for choice in grid(90, step=[(16, 0, 0), (0, 0, 0), (0, 8, 12)], clip=[True, False], offset=[0.0, 0.5],
                       variance=[[0.1, 0.1, 0.2, 0.2], [0.3], []], sizes=[([10.5, 40], [18.25, 7]), ([5], [9])]):
        step, width, height = choice["step"]
        suite.add("PriorBoxClustered", 1, [layer, image], width=choice["sizes"][0], height=choice["sizes"][1],
                  clip=choice["clip"], offset=choice["offset"], step=float(step), step_w=float(width),
                  step_h=float(height), variance=choice["variance"])
    for choice in grid(130, version=[1, 8], flip=[True, False], clip=[True, False], step=[0.0, 16.0, 8.0],
                       offset=[0.0, 0.5], scale_all=[True, False], maximum=[[], [20.0, 36.0]],
                       ratios=[[], [2.0], [2.0, 3.0]], order=[True, False], variance=[[0.1, 0.1, 0.2, 0.2], [0.1]]):
        attributes = dict(min_size=[8.0, 20.0], max_size=choice["maximum"], aspect_ratio=choice["ratios"],
                          flip=choice["flip"], clip=choice["clip"], step=choice["step"], offset=choice["offset"],
                          variance=choice["variance"], scale_all_sizes=choice["scale_all"])
        if choice["version"] == 8:
            attributes["min_max_aspect_ratios_order"] = choice["order"]
        if choice["maximum"] and not choice["scale_all"]:
            continue
        suite.add("PriorBox", choice["version"], [layer, image], **attributes)
    # With several fixed ratios OpenVINO writes beyond its memory.
    for choice in grid(40, version=[1, 8], sizes=[[8.0, 16.0], [9.0, 16.0]], density=[[2.0, 1.0], [3.0, 1.0], [1.0, 1.0]],
                       ratio=[dict(fixed_ratio=[1.0]), dict(aspect_ratio=[2.0]), {}],
                       flip=[True, False]):
        suite.add("PriorBox", choice["version"], [layer, image], flip=choice["flip"], clip=False, step=16.0, offset=0.5,
                  scale_all_sizes=True, fixed_size=choice["sizes"], density=choice["density"], variance=[0.1],
                  **choice["ratio"])


def proposals(suite):
    for choice in grid(110, version=[1, 4], framework=["", "tensorflow"], normalize=[True, False], before=[True, False],
                       after=[True, False], limits=[(30, 5), (20, 3), (12, 4)], threshold=[0.6, 0.2],
                       scales=[(1.0, 1.0), (5.0, 10.0)], smallest=[1, 6]):
        anchors = 4
        scores = (random.permutation(2 * anchors * 12) / 96 + 0.005).reshape(1, 2 * anchors, 3, 4).astype(np.float32)
        info = [60, 80, 1] if choice["version"] == 1 else [60, 80, 1.5, 0.5]
        suite.add("Proposal", choice["version"], [scores, data(1, 4 * anchors, 3, 4, low=-0.3, high=0.3),
                                                  np.array(info, np.float32)],
                  base_size=16, pre_nms_topn=choice["limits"][0], post_nms_topn=choice["limits"][1],
                  nms_thresh=choice["threshold"], feat_stride=16, min_size=choice["smallest"], ratio=[0.5, 1.0],
                  scale=[1.0, 2.0], clip_before_nms=choice["before"], clip_after_nms=choice["after"],
                  normalize=choice["normalize"], box_size_scale=choice["scales"][0],
                  box_coordinate_scale=choice["scales"][1], framework=choice["framework"])


def make(suite):
    for part in (detections, suppression, prior_boxes, proposals):
        part(suite)
    for choice in grid(60, axis=[(1, 3), (2, 3), (1, 1)], softmax=[True, False], mask=[[0, 2], [0, 1, 2], [1]], classes=[1, 3]):
        count = 3 if choice["softmax"] else len(choice["mask"])
        suite.add("RegionYolo", 1, [data(2, count * (5 + choice["classes"]), 3, 4)], axis=choice["axis"][0],
                  end_axis=choice["axis"][1], coords=4, classes=choice["classes"], num=3, do_softmax=choice["softmax"],
                  mask=choice["mask"], anchors=[1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
