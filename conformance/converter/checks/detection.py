"""Models of the Object Detection API: the detections of their IR beside those that TensorFlow makes of the whole graph.

The IR takes images of the network's size, which the graph's own preprocessor makes here, in f32 so that nothing is rounded. A row of
the IR and a detection of TensorFlow are the same when their class is and their score and corners are within BOUND; the order does not
matter. TensorFlow limits the boxes of each class after it has suppressed some, DetectionOutput before or not at all, so
that what scores less than everything in the IR may be missing from it. Rounding decides now and then which of two overlapping regions
stays, and on which side of the image's border a point of a mask's grid falls: one detection in a hundred may differ.
"""

import json

import numpy as np

import setting

DETECTION = setting.MODELS / "detection"
# f32 through up to a hundred convolutions, and an exponential.
BOUND = 3e-4
SSD = ["ssd_mobilenet_v1_coco", "ssd_mobilenet_v2_coco", "ssdlite_mobilenet_v2_coco", "ssd_inception_v2_coco",
       "ssd_mobilenet_v1_ppn_coco", "ssd_mobilenet_v1_fpn_coco", "ssd_resnet50_v1_fpn_coco"]
TWO_STAGES = ["faster_rcnn_inception_v2_coco", "faster_rcnn_resnet50_coco", "faster_rcnn_resnet101_coco",
              "rfcn_resnet101_coco", "mask_rcnn_inception_v2_coco"]
RESIZED = "Preprocessor/map/TensorArrayStack/TensorArrayGatherV3"
# What the Model Optimizer has for these graphs; newer releases of TensorFlow name nodes otherwise than its files do. Its IR of the
# R-FCN, by rfcn_support_api_v1.13, finds none of TensorFlow's detections.
THEIRS = {"ssd_mobilenet_v2_coco": ("ssd_v2_support", {}), "ssd_mobilenet_v1_fpn_coco": ("ssd_v2_support", {}),
          "faster_rcnn_resnet50_coco": ("faster_rcnn_support_api_v1.15", {"TensorArrayStack_5": "TensorArrayStack_4"})}


def rows():
    out = setting.folder("detection")
    wanted = setting.os.environ.get("VIREO_CONFORMANCE_MODELS")
    for model in SSD + TWO_STAGES:
        if wanted and model not in wanted.split(","):
            continue
        setting.python("tensorflow", setting.MODELS / "tools/make_detection.py", model, "--output_dir", out)
        graph = out / f"{model}.frozen.pb"
        images = {photo: image(graph, model, photo) for photo in ["chelsea", "astronaut"]}
        size = images["chelsea"].shape[1:3]
        flags = ["--tensorflow_object_detection_api_pipeline_config", DETECTION / model / "pipeline.config"]
        if model in TWO_STAGES:
            flags += ["--freeze_placeholder_with_value", f"image_info->[{size[0]} {size[1]} 1]"]
        xml = setting.convert(out / "ours", "--input_model", graph, *flags, "--input", "image_tensor{f32}")
        for photo, pixels in images.items():
            yield compare(f"{model}, {photo}", model, photo, setting.run_vireo(xml, setting.channels_first(pixels)))
        opened = setting.run_openvino(xml, setting.channels_first(images["chelsea"]))
        yield compare(f"{model}, chelsea, by OpenVINO", model, "chelsea", opened)
        if model in THEIRS:
            yield optimizer(out, model, graph, flags, images["chelsea"])
        graph.unlink()


def image(graph, model, photo):
    pixels = np.load(DETECTION / model / f"golden/{photo}.u8.npy")
    return setting.run_tensorflow(graph, [RESIZED], image_tensor=pixels)[0]


def compare(what, model, photo, outputs):
    golden = {key: np.load(DETECTION / model / f"golden/{photo}.{key}.npy")[0]
              for key in ["num_detections", "detection_boxes", "detection_scores", "detection_classes"]}
    count = int(golden["num_detections"])
    detections = np.column_stack([golden["detection_classes"], golden["detection_scores"],
                                  golden["detection_boxes"][:, [1, 0, 3, 2]]])[:count]
    ours = detected(outputs)
    pairs = match(detections, ours)
    lowest = ours[:, 1].min() if len(ours) else 0
    missing = sum(1 for index, row in enumerate(detections) if index not in pairs and row[1] > lowest + BOUND)
    worst = max((np.abs(detections[left, 1:] - ours[right, 1:]).max() for left, right in pairs.items()), default=np.inf)
    measured = f"{len(pairs)} of {count}, {missing} missing above {lowest:.3f}, {worst:.1e}"
    holds = missing <= 0.01 * count and len(pairs) >= 0.6 * count and len(ours) == count
    masks = [value for value in outputs if value.ndim == 4 and value.shape[-1] == 15]
    if masks:
        theirs = np.load(DETECTION / model / f"golden/{photo}.detection_masks.npy")[0]
        far = np.array([np.abs(masks[0][right, int(ours[right, 0]) - 1] - theirs[left]).max()
                        for left, right in pairs.items()])
        others = int((far > BOUND).sum())
        measured += f", masks {far[far <= BOUND].max():.1e} and {others} others"
        holds = holds and others <= 0.01 * count
    return what, measured, f"1 in 100 missing, {BOUND:.0e}", holds


def detected(outputs):
    """Class, score and corners of each row of a DetectionOutput."""
    rows = next(value for value in outputs if value.shape[-1] == 7).reshape(-1, 7)
    ends = np.flatnonzero(rows[:, 0] == -1)
    return rows[:ends[0] if len(ends) else None, 1:]


def match(detections, ours):
    """The row of each detection that has one, best first."""
    pairs, taken = {}, set()
    for left in np.argsort(-detections[:, 1]):
        near = [(np.abs(ours[right, 1:] - detections[left, 1:]).max(), right) for right in range(len(ours))
                if right not in taken and ours[right, 0] == detections[left, 0]]
        if near and min(near)[0] <= BOUND:
            pairs[left] = min(near)[1]
            taken.add(min(near)[1])
    return pairs


def optimizer(out, model, graph, flags, pixels):
    """The Model Optimizer's IR and ours, of bytes, by OpenVINO."""
    name, changes = THEIRS[model]
    folder = setting.python("optimizer", "-c", "import openvino.tools.mo as mo; print(mo.__path__[0])").strip()
    text = (setting.pathlib.Path(folder) / f"front/tf/{name}.json").read_text()
    for old, new in changes.items():
        text = text.replace(old, new)
    config = out / f"{model}.json"
    config.write_text(text)
    common = ["--input_model", str(graph), "--transformations_config", str(config),
              "--tensorflow_object_detection_api_pipeline_config", str(DETECTION / model / "pipeline.config")]
    commands, results = out / "commands.json", out / "results.json"
    commands.write_text(json.dumps([["--framework", "tf", "--use_legacy_frontend", *common, "-o", str(out / "theirs"),
                                     "--model_name", "m", "--compress_to_fp16", "False"]]))
    setting.python("optimizer", setting.HERE / "optimizer/run_all.py", commands, results)
    result = json.loads(results.read_text())[0]
    if result["status"]:
        return f"{model}, the Model Optimizer", " ".join(result["text"].split())[-200:], "an IR", False
    bytes_in = np.round(pixels).astype(np.uint8)
    found = []
    for xml in [setting.convert(out / "ours", *common), out / "theirs/m.xml"]:
        import openvino
        read = openvino.Core().read_model(str(xml))
        feeds = []
        for port in read.inputs:
            if port.node.get_friendly_name() == "image_info":
                feeds.append(np.array([[*pixels.shape[1:3], 1]], np.float32))
            else:
                feeds.append(bytes_in if port.shape[-1] == 3 else setting.channels_first(bytes_in))
        found.append(detected(setting.run_openvino(xml, *feeds)))
    pairs = match(found[1], found[0])
    return (f"{model}, beside the Model Optimizer's IR", f"{len(pairs)} of {len(found[1])} rows the same", "half of them",
            len(pairs) >= 0.5 * len(found[1]))
