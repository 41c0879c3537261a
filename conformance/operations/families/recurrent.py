"""Cells and sequences of recurrent networks."""

import numpy as np
from case_writer import TYPES, Constant, data, grid

KINDS = {"RNN": (1, 1, ["tanh"], 3), "GRU": (3, 1, ["sigmoid", "tanh"], 3),
         "LSTM": (4, 2, ["sigmoid", "tanh", "tanh"], 4)}
OTHERS = {"RNN": [["relu"], ["sigmoid"]], "GRU": [["tanh", "relu"]], "LSTM": [["sigmoid", "relu", "tanh"],
                                                                            ["tanh", "sigmoid", "relu"]]}


def make(suite):
    for kind, (gates, states, usual, cell) in KINDS.items():
        for choice in grid(170, sequence=[False, True, True, True], direction=["forward", "reverse", "bidirectional"],
                           sizes=[(1, 1, 1), (4, 5, 3), (3, 8, 2), (7, 4, 1)], steps=[1, 3, 6], lengths=["full", "varied"],
                           clip=[0.0, 0.0, 0.5], linear=[False, True], activations=[None, None, 0, 1],
                           name=["f32", "f32", "f32", "f16"]):
            inputs_count, hidden, batch = choice["sizes"]
            sequence, dtype = choice["sequence"], TYPES[choice["name"]]
            linear = choice["linear"] and kind == "GRU"
            if not sequence and (choice["direction"] != "forward" or choice["lengths"] == "varied"):
                continue
            front = [2 if choice["direction"] == "bidirectional" else 1] if sequence else []
            steps = choice["steps"]
            inputs = [data(batch, *([steps] if sequence else []), inputs_count, dtype=dtype)]
            inputs += [data(batch, *front, hidden, dtype=dtype) for _ in range(states)]
            if sequence:
                lengths = [steps] * batch if choice["lengths"] == "full" else [1 + item % steps for item in range(batch)]
                inputs.append(Constant(lengths, np.int64))
            inputs += [Constant(data(*front, gates * hidden, size, low=-1, high=1, dtype=dtype))
                       for size in (inputs_count, hidden)]
            inputs.append(Constant(data(*front, (gates + linear) * hidden, low=-1, high=1, dtype=dtype)))
            others = OTHERS[kind]
            activations = usual if choice["activations"] is None else others[choice["activations"] % len(others)]
            attributes = dict(hidden_size=hidden, activations=activations, activations_alpha=[], activations_beta=[],
                              clip=choice["clip"])
            if sequence:
                attributes["direction"] = choice["direction"]
            if kind == "GRU":
                attributes["linear_before_reset"] = linear
            suite.add(kind + ("Sequence" if sequence else "Cell"), 5 if sequence else cell, inputs, **attributes)
    # OpenVINO's CPU device computes the input gate all the same where input_forget couples it to the forget gate.
    for forget in [False, True]:
        for hidden, inputs_count, batch in [(3, 2, 1), (5, 4, 2), (8, 1, 3)]:
            inputs = [data(batch, inputs_count), data(batch, hidden), data(batch, hidden),
                      Constant(data(4 * hidden, inputs_count)), Constant(data(4 * hidden, hidden)),
                      Constant(data(4 * hidden))]
            suite.add("LSTMCell", 1, inputs, hidden_size=hidden, activations=["sigmoid", "tanh", "tanh"],
                      activations_alpha=[], activations_beta=[], clip=0.0, input_forget=forget, weights_format="fico")
