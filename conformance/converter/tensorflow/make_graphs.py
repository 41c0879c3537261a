"""make_graphs.py FOLDER: two.pb, a frozen graph with two images; and switch.pb, in which a flag chooses between branches."""
import sys

import numpy as np
import tensorflow as tf

tf1 = tf.compat.v1


def write(name, build):
    with tf.Graph().as_default() as graph:
        build()
    open(f"{sys.argv[1]}/{name}.pb", "wb").write(graph.as_graph_def().SerializeToString())


def convolved(image):
    weights = np.random.RandomState(3).uniform(-1, 1, (3, 3, 3, 4)).astype(np.float32)
    return tf.nn.relu(tf.nn.conv2d(image, weights, 1, "SAME"), name="convolved")


def two():
    a = tf1.placeholder(tf.float32, [None, 8, 8, 3], name="a")
    b = tf1.placeholder(tf.float32, [None, 8, 8, 3], name="b")
    tf.reduce_mean(convolved(tf.add(a, b, name="sum")), [1, 2], name="means")


def switch():
    flag = tf1.placeholder(tf.bool, [], name="flag")
    false, true = tf.raw_ops.Switch(data=convolved(tf1.placeholder(tf.float32, [None, 8, 8, 3], name="a")), pred=flag)
    merged = tf.raw_ops.Merge(inputs=[tf.identity(false), true * 2.0])[0]
    tf.reduce_mean(merged, [1, 2], name="means")


write("two", two)
write("switch", switch)
