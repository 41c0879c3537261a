"""TensorFlow: the frozen graph itself, in a session."""
import os
import shutil
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import measuring


def convert(graph, target, network):
    shutil.copyfile(graph, target)


def import_runtime():
    import tensorflow


def open_requests(model, network, threads, count):
    import tensorflow
    tf = tensorflow.compat.v1
    graph_def = tf.GraphDef()
    with open(model, "rb") as file:
        graph_def.ParseFromString(file.read())
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(graph_def, name="")
    session = tf.Session(graph=graph, config=tf.ConfigProto(
        intra_op_parallelism_threads=threads // count, inter_op_parallelism_threads=count))
    run = session.make_callable(network["output"] + ":0", [network["input"] + ":0"])
    tensor = measuring.image(network["shape"])
    return [lambda: run(tensor)] * count


if __name__ == "__main__":
    measuring.main(sys.modules[__name__])
