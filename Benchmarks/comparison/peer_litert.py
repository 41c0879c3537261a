"""LiteRT (TensorFlow Lite) with its default delegate, XNNPACK."""
import sys

import measuring


def convert(graph, target, network):
    import tensorflow
    converter = tensorflow.compat.v1.lite.TFLiteConverter.from_frozen_graph(
        graph, [network["input"]], [network["output"]], {network["input"]: network["shape"]})
    with open(target, "wb") as file:
        file.write(converter.convert())


def import_runtime():
    from ai_edge_litert.interpreter import Interpreter


def open_requests(model, network, threads, count):
    from ai_edge_litert.interpreter import Interpreter

    def request():
        interpreter = Interpreter(model_path=model, num_threads=threads // count)
        interpreter.allocate_tensors()
        given = interpreter.get_input_details()[0]["index"]
        made = interpreter.get_output_details()[0]["index"]
        tensor = measuring.image(network["shape"])

        def infer():
            interpreter.set_tensor(given, tensor)
            interpreter.invoke()
            return interpreter.get_tensor(made)

        return infer

    return [request() for _ in range(count)]


if __name__ == "__main__":
    measuring.main(sys.modules[__name__])
