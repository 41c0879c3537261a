#!/usr/bin/env python3
"""ONNX's own backend node tests as cases: converted to IR by OpenVINO, with ONNX's inputs and outputs.

    python3 conformance/operations/onnx_cases.py FOLDER

Needs the openvino, onnx and numpy packages. What OpenVINO does not convert, or computes differently from ONNX, is no case; the
reasons are counted in FOLDER/left_out.json.
"""

import json
import pathlib
import shutil
import sys

import numpy as np
import openvino as ov
from onnx.backend.test.case.node import collect_testcases

PLAIN = {"float64", "float32", "float16", "int64", "int32", "int16", "int8", "uint8", "uint16", "uint32", "bool"}


def plain(values):
    return all(isinstance(value, np.ndarray) and value.dtype.name in PLAIN for value in values)


def agree(left, right):
    if left.shape != right.shape or left.dtype != right.dtype:
        return False
    return np.allclose(left.astype(np.float64), right.astype(np.float64), rtol=1e-3, atol=1e-5, equal_nan=True)


def make(test, core, folder):
    inputs, outputs = [[np.asarray(value) if np.isscalar(value) else value for value in values]
                       for values in test.data_sets[0]]
    if not plain(inputs) or not plain(outputs):
        return "element types or sequences that NumPy files do not hold"
    model = core.read_model(test.model.SerializeToString())
    compiled = core.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1})
    if len(compiled.inputs) != len(inputs):
        return "inputs that the converted model does not have"
    # Shapes are made static, as the cases are.
    model.reshape({port: list(value.shape) for port, value in zip(model.inputs, inputs)})
    compiled = core.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1})
    results = compiled(inputs)
    results = [np.array(results[index]) for index in range(len(compiled.outputs))]
    if len(results) != len(outputs) or not all(agree(left, right) for left, right in zip(results, outputs)):
        return "OpenVINO's results are not ONNX's"
    base = folder / "onnx" / test.name
    ov.save_model(model, f"{base}.xml", compress_to_fp16=False)
    for kind, tensors in [("in", inputs), ("out", outputs)]:
        for index, tensor in enumerate(tensors):
            np.save(f"{base}.{kind}{index}.npy", tensor)
    return {"case": f"onnx/{test.name}", "family": "onnx", "inputs": len(inputs), "outputs": len(outputs)}


def main(path):
    folder = pathlib.Path(path)
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "onnx").mkdir(parents=True)
    core = ov.Core()
    cases, left_out = [], {}
    for test in collect_testcases(None):
        try:
            result = make(test, core, folder)
        except Exception as error:
            lines = [line for line in str(error).splitlines() if line.strip()]
            result = "OpenVINO does not convert or run it: " + (lines[-1][:120] if lines else type(error).__name__)
        if isinstance(result, dict):
            cases.append(result)
        else:
            left_out.setdefault(result, []).append(test.name)
    (folder / "index.json").write_text(json.dumps({"openvino": ov.__version__, "cases": cases}, indent=0) + "\n")
    (folder / "left_out.json").write_text(json.dumps(left_out, indent=1) + "\n")
    print(f"{len(cases)} cases, {sum(map(len, left_out.values()))} left out")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
