"""run_graph.py GRAPH INPUTS.npz OUTPUTS.npz NAME...: runs a frozen graph and saves the outputs under their numbers.

Dequantize with an empty range gives NaN in TensorFlow and stands for zeros in the networks that have it: it is replaced.
"""
import sys

import numpy as np
import tensorflow as tf

graph_def = tf.compat.v1.GraphDef()
graph_def.ParseFromString(open(sys.argv[1], "rb").read())
constants = {node.name: node for node in graph_def.node if node.op == "Const"}
for node in graph_def.node:
    if node.op != "Dequantize":
        continue
    low, high = (tf.make_ndarray(constants[name].attr["value"].tensor) for name in node.input[1:3])
    # Some tools write the smallest normal number for an upper limit of 0.
    if low.size == 1 and high - low < 1e-36:
        shape = [d.size for d in constants[node.input[0]].attr["value"].tensor.tensor_shape.dim]
        zeros = tf.make_tensor_proto(np.zeros(shape, np.float32))
        name = node.name
        node.Clear()
        node.name, node.op = name, "Const"
        node.attr["dtype"].type = tf.float32.as_datatype_enum
        node.attr["value"].tensor.CopyFrom(zeros)
with tf.Graph().as_default() as graph, np.load(sys.argv[2]) as inputs:
    tf.import_graph_def(graph_def, name="")
    names = [name if ":" in name else name + ":0" for name in sys.argv[4:]]
    with tf.compat.v1.Session() as session:
        results = session.run(names, {key.replace("|", "/") + ":0": inputs[key] for key in inputs})
np.savez(sys.argv[3], **{str(number): result for number, result in enumerate(results)})
