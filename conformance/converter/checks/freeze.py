"""What `vireo freeze` writes, TensorFlow opens, and it computes the same."""

import json

import numpy as np

import setting


def rows():
    out = setting.folder("freeze")
    forms = setting.SLIM / "mobilenet_v1_0.25_128/forms"
    image = setting.slim_image("mobilenet_v1_0.25_128", "chelsea")
    output = setting.description("mobilenet_v1_0.25_128")["outputs"][-1]
    # What TensorFlow itself froze, on this machine: its sums differ from one processor to the next.
    frozen = setting.frozen("mobilenet_v1_0.25_128", "inference_graph", out)
    expected = setting.run_tensorflow(frozen, [output], input=image)[0]
    for name, flags in [
            ("graph and V2 checkpoint", ["--input_model", setting.SLIM / "mobilenet_v1_0.25_128/inference_graph.pb",
                                         "--input_checkpoint", forms / "model.ckpt"]),
            ("graph and V1 checkpoint", ["--input_model", setting.SLIM / "mobilenet_v1_0.25_128/inference_graph.pb",
                                         "--input_checkpoint", forms / "v1/model.ckpt"]),
            ("MetaGraph", ["--input_meta_graph", forms / "model.ckpt.meta"]),
            ("SavedModel", ["--saved_model_dir", forms / "saved_model"])]:
        setting.vireo("freeze", *flags, "--output_node_names", output, "-o", out / "frozen.pb")
        worst = setting.distance(setting.run_tensorflow(out / "frozen.pb", [output], input=image)[0], expected)
        yield f"mobilenet_v1_0.25_128, {name}", f"{worst:.1e}", "0", worst == 0
    folder = setting.TRAINED / "resnet8_cifar10"
    setting.vireo("freeze", "--saved_model_dir", folder / "saved_model_tf2", "-o", out / "frozen.pb")
    told = json.loads(setting.vireo("summarize", "--input_model", out / "frozen.pb", "--json"))
    name = "chelsea"
    image = np.load(folder / f"golden/{name}.u8.npy").astype(np.float32).reshape(1, 32, 32, 3)
    result = setting.run_tensorflow(out / "frozen.pb", told["outputs"][-1:], **{told["inputs"][0]["name"]: image})[0]
    worst = setting.distance(result, np.load(folder / f"golden/{name}.out.npy"))
    yield "resnet8_cifar10, SavedModel of TensorFlow 2", f"{worst:.1e}", "1e-06", worst <= 1e-6
