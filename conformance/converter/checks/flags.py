"""Combinations of flags, beside the last Model Optimizer: the same outputs, and failing where it fails.

Its IR keeps TensorFlow's order of axes where ours is NCHW. One list of means for two inputs is not compared: version 2024.6 takes it
for both, and ours refuses it with question 61, as the releases did that people follow the guides of.
"""

import json

import numpy as np

import setting

MEANS = "[123.68,116.78,103.94]"
ONE = [
    "-b 1", "-b 3", "--input_shape [1,128,128,3]", "--input_shape (2,128,128,3)", "-b 1 --scale 127.5",
    f"-b 1 --mean_values {MEANS}", f"-b 1 --mean_values input{MEANS} --scale_values input[58.8,57.1,57.4]",
    f"-b 1 --mean_values {MEANS} --reverse_input_channels", "-b 1 --reverse_input_channels",
    f"-b 1 --mean_values {MEANS} --scale 58.8 --reverse_input_channels",
    "-b 1 --output MobilenetV1/Logits/AvgPool_1a/AvgPool", "-b 1 --output MobilenetV1/Logits/SpatialSqueeze:0",
    "-b 1 --output 0:MobilenetV1/Predictions/Softmax", "--input input[1,128,128,3]", "--input input[1 128 128 3]",
    "--input MobilenetV1/MobilenetV1/Conv2d_1_depthwise/Relu6 --input_shape [1,64,64,8]",
    "--input MobilenetV1/MobilenetV1/Conv2d_1_pointwise/Relu6[1,64,64,16]",
    "--input 0:MobilenetV1/MobilenetV1/Conv2d_2_depthwise/Relu6[1,32,32,16]",
    "--input MobilenetV1/MobilenetV1/Conv2d_0/Relu6:0[1,64,64,8]", "-b 1 --disable_fusing", "-b 1 --disable_gfusing",
    "-b 1 --finegrain_fusing MobilenetV1/MobilenetV1/Conv2d_0.*",
    "--input_shape [1,160,160,3]", "-b 1 --compress_to_fp16 False", "-b 1 --static_shape",
]
ONE_FAILS = [
    "-b 1 --input_shape [1,128,128,3]", "-b 1 --scale 2 --scale_values [1,2,3]", "-b 1 --input nothing",
    "-b 1 --output nothing", "--input_shape [1,128,128,3],[1,2]", "-b 1 --mean_values other[1,2,3]",
    "-b 1 --mean_values [1,2,3],[4,5,6]", "-b 1 --scale_values [1,2]", "-b 1 --mean_values [1,2,3],input[1,2,3]",
    "--input_shape [1,128,128", "-b 1 --input 0:input", "-b -1",
    "-b 1 --output 9:MobilenetV1/Predictions/Softmax",
]
TWO = [
    "-b 1", "--input a,b --input_shape [1,8,8,3],[1,8,8,3]", "--input b,a --input_shape [2,8,8,3],[2,8,8,3]",
    "--input a[1,8,8,3],b[1,8,8,3]", "-b 1 --mean_values a[1,2,3],b[4,5,6]", "-b 1 --mean_values [1,2,3],[4,5,6]",
    "-b 1 --input a,b --mean_values [1,2,3],[4,5,6]", "-b 1 --scale_values b[2,4,8]", "-b 1 --scale 4",
    "--input a[1,8,8,3],b[1,8,8,3]->[" + " ".join(["0.5"] * 192) + "]",
    "--input 0:sum[1,8,8,3],1:sum[1,8,8,3]", "--input sum:0[1,8,8,3]",
]
TWO_FAILS = ["--input_shape [1,8,8,3]", "--input a[1,8,8,3]", "--input sum --input_shape [1,8,8,3]",
             "--input a,b --input_shape [1,8,8,3]"]


def rows():
    made = setting.folder("flags")
    one = setting.frozen("mobilenet_v1_0.25_128", "inference_graph", made)
    setting.tensorflow("make_graphs.py", made)
    cases = [(graph, name, flags, fails) for graph, name, combinations, fails in [
        (one, "one input", ONE, False), (one, "one input", ONE_FAILS, True), (made / "two.pb", "two inputs", TWO, False),
        (made / "two.pb", "two inputs", TWO_FAILS, True),
    ] for flags in combinations]
    commands = [["--framework", "tf", "--use_legacy_frontend", "--input_model", str(graph), "-o",
                 str(made / "theirs" / str(number)), "--model_name", "m",
                 *in_their_words(split(flags.split(" ")))]
                for number, (graph, _, flags, _) in enumerate(cases)]
    (made / "commands.json").write_text(json.dumps(commands))
    setting.python("optimizer", setting.HERE / "optimizer/run_all.py", made / "commands.json", made / "results.json")
    theirs = json.loads((made / "results.json").read_text())
    for number, (graph, name, flags, fails) in enumerate(cases):
        ours = setting.attempt("convert", "--input_model", graph, "-o", made / "ours", "--silent", "--model_name", "m",
                               *split(flags.split(" ")))
        shown = flags if len(flags) < 100 else flags[:60] + "…"
        yield (f"{name}: `{shown}`", *compare(ours, theirs[number], fails, made / "ours/m.xml",
                                             made / "theirs" / str(number) / "m.xml"))


    yield from switches(made)


def switches(made):
    """The Model Optimizer loses the end of this graph, so TensorFlow says what is right."""
    image = np.random.default_rng(5).uniform(-1, 1, (1, 8, 8, 3)).astype(np.float32)
    for value in [False, True]:
        golden = setting.run_tensorflow(made / "switch.pb", ["means"], a=image, flag=np.array(value))[0]
        for flags in [["-b", "1", "--freeze_placeholder_with_value", f"flag->{value}"],
                      ["--input", f"a[1,8,8,3],flag->{value}"]]:
            xml = setting.convert(made / "ours", "--input_model", made / "switch.pb", *flags)
            worst = setting.distance(setting.run_openvino(xml, setting.channels_first(image))[0], golden)
            yield f"a switch: `{' '.join(flags)}`", f"{worst:.1e} from TensorFlow", "1e-06", worst <= 1e-6


def split(words):
    """Arguments, with brackets that hold spaces put together again."""
    arguments = []
    for word in words:
        if arguments and arguments[-1].count("[") > arguments[-1].count("]"):
            arguments[-1] += " " + word
        else:
            arguments.append(word)
    return arguments


def compare(ours, theirs, fails, our_ir, their_ir):
    if fails:
        return (f"exit {ours.returncode}, {theirs['status']}", "both fail",
                ours.returncode != 0 and theirs["status"] != 0)
    if ours.returncode != 0 or theirs["status"] != 0:
        text = " ".join((ours.stderr if ours.returncode else theirs["text"]).split())[-300:]
        return f"exit {ours.returncode}, {theirs['status']}: {text}", "both convert", False
    return outputs(our_ir, their_ir)


def in_their_words(arguments):
    """Version 2024.6 has dropped flags that had no effect any more."""
    dropped, result, skip = {"--disable_gfusing": 0, "--finegrain_fusing": 1, "--disable_fusing": 0, "--static_shape": 0}, [], 0
    for argument in arguments:
        if skip:
            skip -= 1
        elif argument in dropped:
            skip = dropped[argument]
        else:
            result.append(argument)
    return result if "--compress_to_fp16" in result else result + ["--compress_to_fp16", "False"]


def outputs(ours, theirs):
    import openvino
    core = openvino.Core()
    random = np.random.default_rng(11)
    models = [core.read_model(str(path)) for path in (ours, theirs)]
    images = {}
    for port in models[1].inputs:
        images[port.node.get_friendly_name()] = random.uniform(0, 255, port.shape).astype(np.float32)
    names = [[port.node.get_friendly_name() for port in model.inputs] for model in models]
    if sorted(names[0]) != sorted(names[1]):
        return f"inputs {names[0]} and {names[1]}", "the same inputs", False
    results = []
    for model in models:
        data = []
        for port in model.inputs:
            image = images[port.node.get_friendly_name()]
            if list(port.shape) != list(image.shape):
                image = setting.channels_first(image)
            data.append(image)
        compiled = core.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
        found = compiled(data)
        results.append([np.array(found[port]) for port in compiled.outputs])
    # An output named with its port comes twice in the other's IR.
    results[1] = [value for place, value in enumerate(results[1])
                  if not any(np.array_equal(value, earlier) for earlier in results[1][:place])]
    worst = scale = 0.0
    for mine, other in zip(*results):
        if mine.shape != other.shape and mine.ndim == 4:
            mine = mine.transpose(0, 2, 3, 1)
        worst = max(worst, setting.distance(mine, other))
        scale = max(scale, float(np.abs(other).max()))
    # f32 through 28 layers, whose factors were merged in another order.
    bound = 4e-5 * max(scale, 1)
    return f"{worst:.1e}", f"{bound:.0e}", worst <= bound and len(results[0]) == len(results[1])
