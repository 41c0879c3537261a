"""ONNX Runtime on the CPU; the graph comes through tf2onnx, with an NCHW input, as Vireo's."""
import subprocess
import sys

import measuring


def convert(graph, target, network):
    shape = ",".join(str(extent) for extent in network["shape"])
    command = [
        sys.executable, "-m", "tf2onnx.convert", "--graphdef", graph, "--output", target, "--opset", "18",
        "--inputs", f"{network['input']}:0[{shape}]", "--inputs-as-nchw", network["input"] + ":0",
        "--outputs", network["output"] + ":0",
    ]
    sys.exit(subprocess.run(command).returncode)


def import_runtime():
    import onnxruntime


def open_requests(model, network, threads, count):
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads // count
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    given = session.get_inputs()[0]
    tensor = measuring.image(given.shape)
    return [lambda: session.run(None, {given.name: tensor})] * count


if __name__ == "__main__":
    measuring.main(sys.modules[__name__])
