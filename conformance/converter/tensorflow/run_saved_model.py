"""run_saved_model.py FOLDER INPUTS.npz OUTPUTS.npz NAME...: runs a SavedModel of TensorFlow 1."""
import sys

import numpy as np
import tensorflow as tf

with tf.Graph().as_default(), tf.compat.v1.Session() as session, np.load(sys.argv[2]) as inputs:
    tf.compat.v1.saved_model.load(session, ["serve"], sys.argv[1])
    results = session.run([name + ":0" for name in sys.argv[4:]], {key + ":0": inputs[key] for key in inputs})
np.savez(sys.argv[3], **{str(number): result for number, result in enumerate(results)})
