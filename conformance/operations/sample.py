"""A few small cases of every operation in one file, for the tests that run without Python."""

import base64
import json
import pathlib
import re

import numpy as np

TYPES = {"float64": "f64", "float32": "f32", "float16": "f16", "int64": "i64", "int32": "i32", "int16": "i16",
         "int8": "i8", "uint8": "u8", "uint16": "u16", "uint32": "u32", "bool": "boolean"}
# The most cases of one version of an operation, and the most bytes of one case.
COUNT, SIZE = 3, 9000


def tensor(path):
    array = np.load(path)
    return {"type": TYPES[array.dtype.name], "shape": list(array.shape),
            "data": base64.b64encode(array.tobytes()).decode()}


def packed(folder, case):
    base = folder / case["case"]
    model = re.sub(r">\s+<", "><", base.with_suffix(".xml").read_text())
    model = re.sub(r"<rt_info>.*?</rt_info>|<rt_info />", "", model)
    weights = base.with_suffix(".bin")
    content = weights.read_bytes() if weights.exists() else b""
    return {"case": case["case"], "model": model, "weights": base64.b64encode(content).decode(),
            "inputs": [tensor(f"{base}.in{index}.npy") for index in range(case["inputs"])],
            "outputs": [tensor(f"{base}.out{index}.npy") for index in range(case["outputs"])]}


def write(folder, path):
    folder = pathlib.Path(folder)
    cases = json.loads((folder / "index.json").read_text())["cases"]
    groups = {}
    for case in cases:
        groups.setdefault(case["case"].split("/")[0], []).append(case)
    lines = []
    for name in sorted(groups):
        group = groups[name]
        # From the whole range, but small: every part of the grid has its say.
        chosen = []
        for part in np.array_split(np.arange(len(group)), min(COUNT, len(group))):
            texts = [json.dumps(packed(folder, group[index]), separators=(",", ":")) for index in part[:12]]
            smallest = min(texts, key=len)
            if len(smallest) <= SIZE or not chosen:
                chosen.append(smallest)
        lines += chosen
    pathlib.Path(path).write_text("[\n" + ",\n".join(lines) + "\n]\n")
    print(f"{len(lines)} cases in {path}, {pathlib.Path(path).stat().st_size} bytes")
