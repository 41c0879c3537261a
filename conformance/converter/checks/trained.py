"""Networks with real weights: what they answer on photographs, beside what TensorFlow answers."""

import json

import numpy as np

import setting

# Two right readings of this network differ by so much: TensorFlow itself is 0.030 away from its own golden when its
# convolutions are computed in double precision and rounded, and 0.033 when FakeQuant is spelled out in single operations.
ROUNDING = 3.3e-2


def photographs(folder):
    for file in sorted((folder / "golden").glob("*.u8.npy")):
        name = file.name.removesuffix(".u8.npy")
        pixels = np.load(file).astype(np.float32)
        yield name, pixels.reshape(1, *pixels.shape[-3:]), np.load(folder / f"golden/{name}.out.npy").ravel()


def compare(xml, folder, bound, what, device="ONEDNN"):
    worst, right, count = 0.0, 0, 0
    for _, pixels, golden in photographs(folder):
        output = setting.run_vireo(xml, setting.channels_first(pixels), device)[0].ravel()
        worst = max(worst, setting.distance(output, golden))
        right += output.argmax() == golden.argmax()
        count += 1
    return (what, f"{worst:.1e}, top 1 right on {right} of {count}", f"{bound:.1e}, all of them",
            worst <= bound and right == count)


def rows():
    out = setting.folder("trained")
    folder = setting.TRAINED / "mobilenet_v1_1.0_224"
    flags = ["-b", 1, "--mean_values", "[127.5,127.5,127.5]", "--scale", 127.5]
    xml = setting.convert(out / "a", "--input_model", folder / "frozen.pb", *flags)
    yield compare(xml, folder, 5e-6, "mobilenet_v1_1.0_224, frozen")
    checkpoint = next((folder / "ckpt_ref").glob("*.meta"))
    xml = setting.convert(out / "b", "--input_meta_graph", checkpoint, *flags)
    yield compare(xml, folder, 5e-6, "mobilenet_v1_1.0_224, MetaGraph")

    folder = setting.TRAINED / "mobilenet_v1_0.25_128_fakequant"
    xml = setting.convert(out / "c", "--input_model", folder / "frozen.pb", "-b", 1, "--mean_values", "[128,128,128]",
                          "--scale", 128)
    # In f32: two classes of one photograph are so close that integers, which ONEDNN computes in, order them otherwise.
    yield compare(xml, folder, ROUNDING, "mobilenet_v1_0.25_128_fakequant", "REFERENCE")

    folder = setting.TRAINED / "resnet8_cifar10"
    for name, flags in [("frozen", ["--input_model", folder / "frozen.pb"]),
                        ("SavedModel of TensorFlow 2", ["--saved_model_dir", folder / "saved_model_tf2"])]:
        yield compare(setting.convert(out / "d", *flags, "-b", 1), folder, 5e-6, f"resnet8_cifar10, {name}")
    yield from digits(out)
    yield from cifar(out)
    yield from face(out)
    yield from quantized(out)


def digits(out):
    """TensorFlow 2.15 names 6 of the 10 digits with pixels from 0 to 1, and 8 with pixels from 0 to 255."""
    folder = setting.TRAINED / "mnist_conv/saved_model"
    xml = setting.convert(out / "e", "--saved_model_dir", folder, "-b", 1)
    scratch = setting.folder("digits")
    setting.tensorflow("read_digits.py", setting.MODELS / "images/mnist", scratch / "digits.npy")
    images = np.load(scratch / "digits.npy")
    for what, images in [("0 to 1", images / np.float32(255)), ("0 to 255", images)]:
        np.savez(scratch / "in.npz", Features=images)
        setting.tensorflow("run_saved_model.py", folder, scratch / "in.npz", scratch / "out.npz", "Prediction")
        theirs = np.load(scratch / "out.npz")["0"]
        ours = np.concatenate([setting.run_vireo(xml, setting.channels_first(image[None]))[0] for image in images])
        worst, named = setting.distance(ours, theirs), ours.argmax(1)
        right = int((named == np.arange(10)).sum())
        yield (f"mnist_conv, pixels from {what}", f"{worst:.1e}, {right} of 10 digits",
               f"5e-06 from TensorFlow, its {int((theirs.argmax(1) == np.arange(10)).sum())} digits",
               worst <= 5e-6 and (named == theirs.argmax(1)).all())


def cifar(out):
    folder = setting.TRAINED / "cifar"
    image = np.random.default_rng(7).integers(0, 256, (1, 32, 32, 3)).astype(np.float32)
    frozen = folder / "cifar_model/frozen_model.pb"
    output = json.loads(setting.vireo("summarize", "--input_model", frozen, "--json"))["outputs"][-1]
    golden = setting.run_tensorflow(frozen, [output], Input=image)[0]
    # The SavedModel comes from another training run.
    scratch = setting.folder("cifar")
    np.savez(scratch / "in.npz", Input=image)
    setting.tensorflow("run_saved_model.py", folder / "saved_model", scratch / "in.npz", scratch / "out.npz", output)
    saved = np.load(scratch / "out.npz")["0"]
    for name, flags in [("frozen", ["--input_model", frozen]),
                        ("frozen, any size", ["--input_model", folder / "cifar_model/frozen_model_variadic_input_shape.pb"]),
                        ("MetaGraph", ["--input_meta_graph", folder / "cifar_model/model.ckpt.meta"]),
                        ("SavedModel", ["--saved_model_dir", folder / "saved_model"])]:
        xml = setting.convert(out / "f", *flags, "--input", "Input", "--input_shape", "[1,32,32,3]", "--output", output)
        expected = saved if name == "SavedModel" else golden
        worst = setting.distance(setting.run_vireo(xml, setting.channels_first(image))[0], expected)
        bound = 1e-5 * max(1, float(np.abs(expected).max()))
        yield f"cifar, {name}", f"{worst:.1e}", f"{bound:.0e}", worst <= bound


def face(out):
    """The raw outputs of a face detector; their largest values are about 8."""
    graph = next((setting.TRAINED / "opencv_face").glob("*.pb"))
    scratch = setting.folder("face")
    setting.tensorflow("read_face.py", setting.MODELS / "images/face.jpg", scratch / "face.npy")
    image = np.load(scratch / "face.npy")
    outputs = ["mbox_loc", "mbox_conf_flatten"]
    xml = setting.convert(out / "g", "--input_model", graph, "--input_shape", "[1,300,300,3]", "--output",
                          ",".join(outputs))
    golden = setting.run_tensorflow(graph, outputs, data=image)
    import openvino
    names = [port.get_any_name() for port in openvino.Core().read_model(str(xml)).outputs]
    theirs = setting.run_openvino(xml, setting.channels_first(image))
    ours = {result.size: result for result in setting.run_vireo(xml, setting.channels_first(image))}
    for name, expected, result in zip(outputs, golden, theirs):
        worst = max(setting.distance(ours[expected.size], expected), setting.distance(result, expected))
        yield (f"opencv_face, {name}", f"{worst:.1e} (values to {np.abs(expected).max():.1f})", "1e-04",
               worst <= 1e-4 and len(names) == 2)


def quantized(out):
    model = "mobilenet_v1_0.25_128_quant"
    for graph in ["frozen", "frozen_tf1"]:
        xml = setting.convert(out / "h", "--input_model", setting.SLIM / model / f"{graph}.pb", "-b", 1)
        worst, same = 0.0, True
        for image in ["chelsea", "seed"]:
            pixels = np.load(setting.SLIM / model / f"golden/{image}.u8.npy").astype(np.float32)
            data = pixels.reshape(1, *pixels.shape[-3:]) * np.float32(2.0 / 255) - 1
            golden = np.load(setting.SLIM / model / f"golden/{image}.softmax.npy").ravel()
            result = setting.run_vireo(xml, setting.channels_first(data))[0].ravel()
            worst, same = max(worst, setting.distance(result, golden)), same and result.argmax() == golden.argmax()
        yield f"{model}, {graph}", f"{worst:.1e}, top 1 {'right' if same else 'wrong'}", "2e-02", worst <= 2e-2 and same
