#!/usr/bin/env python3
"""Writes detections.json: what OpenVINO's CPU device, in f32, finds in photographs with detectors of the Open Model Zoo.

Needs Python with the openvino and numpy packages, and the models folder; the tests that read the file need only the
folder. A photograph becomes the model's input by taking the pixel at (y * height / 384, x * width / 384), rounded down,
with its channels in the order blue, green, red.

    python3 Tests/GoldenTests/Fixtures/make_detections.py path/to/models
"""

import json
import pathlib
import struct
import sys

import numpy as np
import openvino as ov

MODEL = "person-vehicle-bike-detection-2001"
SIZE = 384
# Rows below this are noise, and come in an order that rounding decides.
CONFIDENCE = 0.04


def bitmap(path):
    """The pixels of an uncompressed 24-bit BMP, rows from the top, channels blue, green, red."""
    content = path.read_bytes()
    start, = struct.unpack_from("<I", content, 10)
    width, height = struct.unpack_from("<ii", content, 18)
    line = (3 * width + 3) // 4 * 4
    rows = np.frombuffer(content, np.uint8, line * height, start).reshape(height, line)
    return rows[::-1, :3 * width].reshape(height, width, 3)


def sampled(pixels):
    height, width = pixels.shape[:2]
    places = np.arange(SIZE)
    return pixels[places * height // SIZE][:, places * width // SIZE]


models = pathlib.Path(sys.argv[1])
core = ov.Core()
goldens = []
for precision in ["FP16", "FP16-INT8"]:
    model = core.read_model(models / "trained/ir" / MODEL / precision / f"{MODEL}.xml")
    compiled = core.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    for image in ["squat", "grace_hopper"]:
        planes = sampled(bitmap(models / "images" / f"{image}.bmp")).transpose(2, 0, 1).astype(np.float32)
        rows = compiled(planes[None])[0][0, 0]
        found = [[float(f"{value:.6g}") for value in row] for row in rows if row[0] == 0 and row[2] >= CONFIDENCE]
        goldens.append({"model": MODEL, "precision": precision, "image": image, "rows": found})

path = pathlib.Path(__file__).with_name("detections.json")
path.write_text("[\n" + ",\n".join(json.dumps(golden) for golden in goldens) + "\n]\n")
print(path.read_text())
