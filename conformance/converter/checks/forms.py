"""Every form in which TensorFlow saves one network gives the same IR, byte for byte."""

import setting


def rows():
    model = setting.SLIM / "mobilenet_v1_0.25_128"
    forms = model / "forms"
    out = setting.folder("forms")
    output = setting.description("mobilenet_v1_0.25_128")["outputs"][-1]
    common = ["--output", output, "-b", 1]
    frozen = setting.frozen("mobilenet_v1_0.25_128", "inference_graph", out)
    sources = {
        "frozen, binary": ["--input_model", frozen],
        "frozen, text": ["--input_model", forms / "frozen.pbtxt", "--input_model_is_text"],
        "graph in text and V2 checkpoint": ["--input_model", forms / "inference_graph.pbtxt", "--input_model_is_text",
                                            "--input_checkpoint", forms / "model.ckpt"],
        "graph and V2 checkpoint": ["--input_model", model / "inference_graph.pb", "--input_checkpoint",
                                    forms / "model.ckpt.index"],
        "graph and V1 checkpoint": ["--input_model", model / "inference_graph.pb", "--input_checkpoint",
                                    forms / "v1/model.ckpt"],
        "graph and the folder of a checkpoint": ["--input_model", model / "inference_graph.pb", "--input_checkpoint",
                                                 forms / "v1"],
        "MetaGraph": ["--input_meta_graph", forms / "model.ckpt.meta"],
        "MetaGraph of a V1 checkpoint": ["--input_meta_graph", forms / "v1/model.ckpt.meta"],
        "SavedModel": ["--saved_model_dir", forms / "saved_model"],
    }
    first = None
    for number, (name, flags) in enumerate(sources.items()):
        digest = setting.digest(setting.convert(out / str(number), *flags, *common))
        first = first or digest
        yield name, digest, first, digest == first
