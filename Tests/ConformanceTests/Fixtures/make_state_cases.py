#!/usr/bin/env python3
"""Writes stateful_models.json: small models with variables, and OpenVINO's results run after run.

Needs Python with the openvino and numpy packages; the tests that read the file need neither:

    python3 Tests/ConformanceTests/Fixtures/make_state_cases.py
"""

import base64
import json
import pathlib
import re
import tempfile

import numpy as np
import openvino as ov
from openvino import op, opset3, opset6
from openvino._offline_transformations import apply_low_latency_transformation

HERE = pathlib.Path(__file__).parent
random = np.random.RandomState(20190523)
core = ov.Core()


def data(*shape, low=-1.0):
    return random.uniform(low, 1, shape).astype(np.float32)


def parameter(*shape):
    return op.Parameter(ov.Type.f32, ov.Shape(list(shape)))


def accumulator():
    """A sum that begins with a constant."""
    x = parameter(2, 3)
    total = opset6.add(opset6.read_value(opset6.constant(data(2, 3)), "total", ov.Type.f32, [2, 3]), x)
    return ov.Model(results=[op.Result(opset6.relu(total).output(0))], sinks=[opset6.assign(total, "total")],
                    parameters=[x], name="accumulator")


def started_by_input():
    """A variable whose first value is computed from the input, and another that begins with zeros."""
    x = parameter(2, 3)
    first = opset6.read_value(opset6.multiply(x, np.float32(3)), "first", ov.Type.f32, [2, 3])
    last = opset6.read_value(opset6.constant(np.zeros((2, 3), np.float32)), "last", ov.Type.f32, [2, 3])
    mixed = opset6.add(opset6.multiply(first, np.float32(0.5)), last)
    return ov.Model(results=[op.Result(mixed.output(0))],
                    # OpenVINO's CPU device loses what is assigned without an operation before.
                    sinks=[opset6.assign(mixed, "first"), opset6.assign(opset6.multiply(x, np.float32(2)), "last")],
                    parameters=[x],
                    name="started_by_input")


def old_version():
    """ReadValue and Assign of opset3, whose type is that of the initial value."""
    x = parameter(1, 4)
    read = opset3.read_value(opset3.constant(np.zeros((1, 4), np.float32)), "memory")
    mixed = opset3.add(opset3.multiply(read, np.float32(0.9)), x)
    return ov.Model(results=[op.Result(mixed.output(0))], sinks=[opset3.assign(mixed, "memory")], parameters=[x],
                    name="old_version")


def recurrent():
    """An LSTM over a sequence of one step in a TensorIterator, which OpenVINO makes stateful."""
    hidden, width = 4, 3
    x, start, cell = parameter(1, 1, width), parameter(1, hidden), parameter(1, hidden)
    piece, before, memory = parameter(1, 1, width), parameter(1, hidden), parameter(1, hidden)
    step = opset6.lstm_cell(opset6.squeeze(piece, opset6.constant(np.array([1]))), before, memory,
                            opset6.constant(data(4 * hidden, width)), opset6.constant(data(4 * hidden, hidden)),
                            opset6.constant(data(4 * hidden)), hidden)
    every = opset6.unsqueeze(step.output(0), opset6.constant(np.array([1])))
    body = ov.Model([op.Result(step.output(0)), op.Result(step.output(1)), op.Result(every.output(0))],
                    [piece, before, memory], "body")
    loop = opset6.tensor_iterator()
    loop.set_function(body)
    loop.set_sliced_input(piece, x.output(0), 0, 1, 1, -1, 1)
    loop.set_merged_input(before, start.output(0), body.results[0].output(0))
    loop.set_merged_input(memory, cell.output(0), body.results[1].output(0))
    out = loop.get_concatenated_slices(body.results[2].output(0), 0, 1, 1, -1, 1)
    model = ov.Model([op.Result(out)], [x, start, cell], "recurrent")
    model.validate_nodes_and_infer_types()
    apply_low_latency_transformation(model, use_const_initializer=True)
    return model, loop, body


def record(model):
    with tempfile.TemporaryDirectory() as folder:
        ov.save_model(model, f"{folder}/model.xml", compress_to_fp16=False)
        text = re.sub(r">\s+<", "><", pathlib.Path(f"{folder}/model.xml").read_text())
        weights = pathlib.Path(f"{folder}/model.bin").read_bytes()
    request = core.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"}).create_infer_request()
    names = sorted(state.name for state in request.query_state())
    steps = []
    for number in range(6):
        if number == 3:
            request.reset_state()
        change = None
        if number == 5:
            state = next(state for state in request.query_state() if state.name == names[0])
            change = data(*state.state.shape, low=0.1)
            state.state = ov.Tensor(change)
        # Of one sign, so that sums do not cancel.
        inputs = [data(*port.shape, low=0.1) for port in model.inputs]
        outputs = [np.array(value) for value in request.infer(inputs).values()]
        after = {state.name: np.array(state.state.data) for state in request.query_state()}
        steps.append({"isReset": number == 3, "change": change is not None and tensor(change),
                      "inputs": [tensor(value) for value in inputs], "outputs": [tensor(value) for value in outputs],
                      "states": [tensor(after[name]) for name in names]})
    for step in steps:
        step["change"] = step["change"] or None
    return {"name": model.friendly_name, "model": re.sub(r"<rt_info>.*?</rt_info>|<rt_info />", "", text),
            "weights": base64.b64encode(weights).decode(), "states": names, "steps": steps}


def tensor(array):
    return {"type": "f32", "shape": list(array.shape), "data": base64.b64encode(np.float32(array).tobytes()).decode()}


if __name__ == "__main__":
    lstm, *kept = recurrent()
    records = [record(model) for model in [accumulator(), started_by_input(), old_version(), lstm]]
    lines = [json.dumps(entry, separators=(",", ":")) for entry in records]
    (HERE / "stateful_models.json").write_text("[\n" + ",\n".join(lines) + "\n]\n")
    for entry in records:
        print(entry["name"], entry["states"], len(entry["model"]))
