"""The small graphs of the converter's own tests, one or a few operations each: OpenVINO runs what they become."""

import base64
import json

import numpy as np
import openvino

import setting

CASES = setting.PACKAGE / "Tests/VireoTensorFlowTests/Fixtures/operations.json"
TYPES = {"f32": np.float32, "i32": np.int32, "i64": np.int64, "boolean": np.bool_, "u8": np.uint8}
# OpenVINO's CPU plugin truncates quotients of integers, where its Divide says that they are rounded down.
KNOWN = {"floor_div of integers"}
# Of the largest number: sums of up to a hundred products in another order.
ALLOWED = 3e-6


def array(value):
    return np.frombuffer(base64.b64decode(value["data"]), TYPES[value["type"]]).reshape(value["shape"]).copy()


def shaped(given, shape):
    """Images have their channels first in the IR, and last in TensorFlow."""
    arrangements = [given] if given.ndim < 3 else [given, np.moveaxis(given, -1, 1), np.moveaxis(given, 1, -1)]
    return next((made for made in arrangements if list(made.shape) == list(shape)), given)


def difference(core, case, out):
    graph = out / "graph.pb"
    graph.write_bytes(base64.b64decode(case["graph"]))
    inputs = [array(value) for value in case["inputs"]]
    setting.convert(out, "--input_model", graph, "--output", ",".join(case["outputs"]),
                    "--input", ",".join(f"in{index}" for index in range(len(inputs))), name="case")
    model = core.compile_model(core.read_model(out / "case.xml"), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    results = model([shaped(value, port.shape) for value, port in zip(inputs, model.inputs)])
    worst = 0.0
    for port, expected in zip(model.outputs, map(array, case["expected"])):
        result = shaped(results[port], expected.shape)
        if result.shape != expected.shape:
            return float("inf")
        expected = expected.astype(np.float64)
        off = np.abs(result.astype(np.float64) - expected).max(initial=0)
        worst = max(worst, off / max(np.abs(expected).max(initial=0), 1))
    return worst


def rows():
    core, out = openvino.Core(), setting.folder("operations")
    worst, off, count = 0.0, [], 0
    for case in json.loads(CASES.read_text()):
        if case["name"] in KNOWN:
            continue
        found = difference(core, case, out)
        count += 1
        worst = max(worst, found)
        if found > ALLOWED:
            off.append(f"{case['name']}: {found:.1e}")
    yield f"OpenVINO on {count} cases", "; ".join(off) or f"{worst:.1e} at most", f"{ALLOWED:.0e}", not off
