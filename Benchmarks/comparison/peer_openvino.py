"""OpenVINO: its IR in f32, read and compiled for the CPU. The input is NCHW, as Vireo's."""
import sys

import measuring


def convert(graph, target, network):
    import openvino
    from openvino.preprocess import PrePostProcessor
    model = openvino.convert_model(graph, input=[network["shape"]], output=[network["output"] + ":0"])
    steps = PrePostProcessor(model)
    steps.input().tensor().set_layout(openvino.Layout("NCHW"))
    steps.input().model().set_layout(openvino.Layout("NHWC"))
    openvino.save_model(steps.build(), target, compress_to_fp16=False)


def import_runtime():
    import openvino


def open_requests(model, network, threads, count):
    import openvino
    compiled = openvino.Core().compile_model(model, "CPU", {
        "PERFORMANCE_HINT": "LATENCY" if count == 1 else "THROUGHPUT",
        "NUM_STREAMS": str(count),
        "INFERENCE_NUM_THREADS": str(threads),
        "INFERENCE_PRECISION_HINT": "f32",
    })
    tensor = measuring.image(list(compiled.input(0).shape))
    requests = [compiled.create_infer_request() for _ in range(count)]
    return [lambda request=request: request.infer([tensor], share_inputs=True) for request in requests]


if __name__ == "__main__":
    measuring.main(sys.modules[__name__])
