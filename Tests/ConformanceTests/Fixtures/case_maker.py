"""What the scripts that make the single-operation cases share: values from one seed, the little IR of an operation, and
the outputs of OpenVINO's CPU device for it in f32.

Every case becomes a little IR of its own, so attributes are spelled as the IR spells them.
"""

import base64
import json
import pathlib

import numpy as np
import openvino as ov

SEED = 20190523
TYPES = {
    np.dtype(np.float32): ("f32", "FP32"), np.dtype(np.float64): ("f64", "FP64"), np.dtype(np.float16): ("f16", "FP16"),
    np.dtype(np.int64): ("i64", "I64"), np.dtype(np.int32): ("i32", "I32"), np.dtype(np.int8): ("i8", "I8"),
    np.dtype(np.uint8): ("u8", "U8"), np.dtype(np.bool_): ("boolean", "BOOL"),
}
random = np.random.RandomState(SEED)
core = ov.Core()
cases = []


class Constant:
    """An input that is part of the model: weights, axes, shapes."""

    def __init__(self, value, dtype=None):
        self.value = np.asarray(value, dtype=dtype)


def integers(*values):
    return Constant(list(values), np.int64)


def scalar(value):
    return Constant(value, np.int64)


def data(*shape, low=-2.0, high=2.0):
    return random.uniform(low, high, shape).astype(np.float32)


def whole(*shape, low=-9, high=10, dtype=np.int32):
    return random.randint(low, high, shape).astype(dtype)


def truths(*shape):
    return random.randint(0, 2, shape).astype(np.bool_)


def text(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ", ".join(text(item) for item in value)
    return str(value)


def ports(shape, precision, port):
    dims = "".join(f"<dim>{extent}</dim>" for extent in shape)
    return f'<port id="{port}" precision="{precision}">{dims}</port>'


def model(operation, version, attributes, arrays, constants, output_count):
    """The IR of one operation, and its weights."""
    layers, edges, weights = [], [], b""
    for index, (array, constant) in enumerate(zip(arrays, constants)):
        name, precision = TYPES[array.dtype]
        shape = ",".join(map(str, array.shape))
        output = f"<output>{ports(array.shape, precision, 0)}</output>"
        if constant:
            content = array.tobytes()
            place = f'offset="{len(weights)}" size="{len(content)}"'
            weights += content
            kind = f'type="Const" version="opset1"><data element_type="{name}" shape="{shape}" {place}/>'
        else:
            kind = f'type="Parameter" version="opset1"><data element_type="{name}" shape="{shape}"/>'
        layers.append(f'<layer id="{index}" name="in{index}" {kind}{output}</layer>')
        edges.append(f'<edge from-layer="{index}" from-port="0" to-layer="100" to-port="{index}"/>')
    attributes = " ".join(f'{key}="{value}"' for key, value in attributes.items())
    inputs = "".join(ports(array.shape, TYPES[array.dtype][1], index) for index, array in enumerate(arrays))
    outputs = "".join(ports([], "FP32", len(arrays) + index) for index in range(output_count))
    layers.append(
        f'<layer id="100" name="node" type="{operation}" version="opset{version}"><data {attributes}/>'
        f"<input>{inputs}</input><output>{outputs}</output></layer>")
    for index in range(output_count):
        layers.append(
            f'<layer id="{200 + index}" name="out{index}" type="Result" version="opset1">'
            f'<input>{ports([], "FP32", 0)}</input></layer>')
        edges.append(f'<edge from-layer="100" from-port="{len(arrays) + index}" to-layer="{200 + index}" to-port="0"/>')
    xml = f'<?xml version="1.0"?><net name="case" version="11"><layers>{"".join(layers)}</layers>' \
          f'<edges>{"".join(edges)}</edges></net>'
    return core.read_model(xml.encode(), weights)


def packed(array):
    return {"type": TYPES[array.dtype][0], "shape": list(array.shape), "data": base64.b64encode(array.tobytes()).decode()}


def case(operation, version, inputs, outputs=1, **attributes):
    """One case: arrays are given to the model, `Constant`s are part of it. In names `__` stands for a hyphen."""
    attributes = {key.replace("__", "-"): text(value) for key, value in attributes.items()}
    constants = [isinstance(value, Constant) for value in inputs]
    arrays = [np.ascontiguousarray(value.value if isinstance(value, Constant) else value) for value in inputs]
    # ascontiguousarray makes scalars lists of one.
    arrays = [array.reshape(np.shape(value.value if isinstance(value, Constant) else value))
              for array, value in zip(arrays, inputs)]
    graph = model(operation, version, attributes, arrays, constants, outputs)
    compiled = core.compile_model(graph, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    given = [array for array, constant in zip(arrays, constants) if not constant]
    results = compiled(given)
    cases.append({
        "operation": operation, "opset": version, "attributes": attributes,
        "inputs": [dict(packed(array), constant=constant) for array, constant in zip(arrays, constants)],
        "outputs": [packed(np.array(results[index])) for index in range(outputs)],
    })


def write(name):
    path = pathlib.Path(__file__).with_name(name)
    with open(path, "w") as file:
        file.write("[\n" + ",\n".join(json.dumps(entry, separators=(",", ":")) for entry in cases) + "\n]\n")
    print(f"{len(cases)} cases, {path.stat().st_size} bytes, OpenVINO {ov.__version__}")
