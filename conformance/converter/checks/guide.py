"""The published guide's own example works as it is printed."""

import numpy as np

import setting


def rows():
    here = setting.folder("guide")
    (here / "inception_v1_inference_graph.pb").write_bytes((setting.SLIM / "inception_v1/inference_graph.pb").read_bytes())
    setting.make_model("inception_v1", "checkpoint_v1", here)
    (here / "inception_v1.v1.ckpt").rename(here / "inception_v1.ckpt")

    text = setting.vireo("summarize", "--input_model", "./inception_v1_inference_graph.pb", cwd=here)
    published = ["1 input(s) detected:", "Name: input, type: float32, shape: (-1,224,224,3)", "1 output(s) detected:",
                 "InceptionV1/Logits/Predictions/Reshape_1"]
    yield "summarize_graph", text.splitlines()[3] if len(text.splitlines()) > 3 else text, published[3], \
        text.splitlines()[:4] == published
    cost = {line.split(":")[0]: line.split(":")[1].split()[0] for line in text.splitlines()[4:]}
    told = setting.description("inception_v1")
    yield ("summarize, cost without weights", f"{cost.get('GFLOP')} GFLOP, {cost.get('Parameters')} parameters in constants",
           f"{told['gflop']:.3f} GFLOP", cost.get("GFLOP") == f"{told['gflop']:.3f}")

    run = setting.attempt("convert", "--input_model", "./inception_v1_inference_graph.pb", "--input_checkpoint",
                          "./inception_v1.ckpt", "-b", "1", "--mean_value", "[127.5,127.5,127.5]", "--scale", "127.5",
                          cwd=here)
    lines = ["[ SUCCESS ] Generated IR model.", "[ SUCCESS ] XML file: ", "[ SUCCESS ] BIN file: ",
             "[ SUCCESS ] Total execution time: "]
    yield "mo_tf.py", f"exit {run.returncode}", "exit 0 and the published lines", \
        run.returncode == 0 and all(line in run.stdout for line in lines)
    pixels = np.load(setting.SLIM / "chelsea_224.u8.npy").astype(np.float32).reshape(1, 224, 224, 3)
    golden = np.load(setting.SLIM / "inception_v1/golden/chelsea.softmax.npy")
    result = setting.run_vireo(here / "inception_v1_inference_graph.xml", setting.channels_first(pixels))[0]
    # The golden's pixels were scaled as x * f32(2/255) - 1, the example's are (x - 127.5) / 127.5.
    worst = setting.distance(result, golden)
    yield "the example's IR on a photograph", f"{worst:.1e}", "5e-06", worst <= 5e-6
