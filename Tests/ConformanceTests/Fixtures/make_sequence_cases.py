#!/usr/bin/env python3
"""Writes sequence_operations.json: small cases of recurrent networks and of what goes with them.

As make_cases.py: run it again after adding a case and commit the result.

    python3 Tests/ConformanceTests/Fixtures/make_sequence_cases.py
"""

import numpy as np

from case_maker import Constant, case, data, whole, write

BATCH, STEPS, INPUT, HIDDEN = 2, 3, 4, 5
KINDS = {"RNN": (1, 1, ["tanh"]), "GRU": (3, 1, ["sigmoid", "tanh"]), "LSTM": (4, 2, ["sigmoid", "tanh", "tanh"])}


def network(kind, version, sequence=False, direction="forward", lengths=None, linear=False, activations=None, clip=0.0):
    gates, states, usual = KINDS[kind]
    count = 2 if direction == "bidirectional" else 1
    front = [count] if sequence else []
    inputs = [data(BATCH, STEPS, INPUT) if sequence else data(BATCH, INPUT)]
    inputs += [data(BATCH, *front, HIDDEN) for _ in range(states)]
    if sequence:
        inputs.append(Constant(lengths or [STEPS] * BATCH, np.int64))
    inputs += [Constant(data(*front, gates * HIDDEN, INPUT, low=-1, high=1)),
               Constant(data(*front, gates * HIDDEN, HIDDEN, low=-1, high=1)),
               Constant(data(*front, (gates + (1 if linear else 0)) * HIDDEN, low=-1, high=1))]
    attributes = dict(hidden_size=HIDDEN, activations=activations or usual, clip=clip)
    if sequence:
        attributes["direction"] = direction
    if kind == "GRU":
        attributes["linear_before_reset"] = linear
    case(kind + ("Sequence" if sequence else "Cell"), version, inputs, states + (1 if sequence else 0), **attributes)


for kind, cell, sequence in [("RNN", 3, 5), ("GRU", 3, 5), ("LSTM", 4, 5)]:
    network(kind, cell)
    network(kind, cell, clip=0.5)
    network(kind, cell, activations=["relu"] * len(KINDS[kind][2]))
    for direction in ["forward", "reverse", "bidirectional"]:
        network(kind, sequence, True, direction)
        network(kind, sequence, True, direction, lengths=[3, 1])
for direction in ["forward", "bidirectional"]:
    network("GRU", 5, True, direction, linear=True)
network("GRU", 3, linear=True)
network("LSTM", 1)

for batch_axis, axis in [(0, 1), (1, 0), (2, 1)]:
    shape = (3, 4, 2)
    lengths = np.array([1 + index % shape[axis] for index in range(shape[batch_axis])], np.int32)
    case("ReverseSequence", 1, [data(*shape), lengths], batch_axis=batch_axis, seq_axis=axis)
for axis, group in [(1, 2), (1, 3), (-1, 2), (0, 1)]:
    case("ShuffleChannels", 1, [data(2, 6, 3, 4)], axis=axis, group=group)
for right in [True, False]:
    case("Bucketize", 3, [whole(3, 5, low=-4, high=9).astype(np.float32), Constant([-2, 0, 3, 3, 7], np.float32)],
         output_type="i64", with_right_bound=right)
    case("Bucketize", 3, [whole(8, low=-4, high=9), Constant([-2, 0, 3], np.int32)], output_type="i32",
         with_right_bound=right)

write("sequence_operations.json")
