"""What all checks share: where things are, and how Vireo, TensorFlow and OpenVINO are run."""

import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
PACKAGE = HERE.parent.parent
VIREO = os.environ.get("VIREO", str(PACKAGE / ".build/release/vireo"))
MODELS = pathlib.Path(os.environ.get("VIREO_MODELS", PACKAGE.parent / "shared/models"))
SLIM = MODELS / "slim"
TRAINED = MODELS / "trained"
VGG_MEAN = np.array([123.68, 116.78, 103.94], np.float32)
_cache = None
_work = None


def start(cache):
    global _cache, _work
    _cache = pathlib.Path(cache).resolve()
    _work = pathlib.Path(tempfile.mkdtemp(prefix="vireo-conformance-", dir=os.environ.get("VIREO_CONFORMANCE_WORK")))
    import atexit
    atexit.register(shutil.rmtree, _work, ignore_errors=True)
    if not MODELS.is_dir():
        raise SystemExit(f"the models folder {MODELS} is missing (VIREO_MODELS)")
    if not pathlib.Path(VIREO).is_file():
        raise SystemExit(f"{VIREO} is missing: make build")


def folder(name):
    """An empty folder for intermediate files."""
    path = _work / name
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    return path


# ---- Programs ---------------------------------------------------------------------------------------------------------


def vireo(*arguments, cwd=None):
    """Runs vireo and returns its standard output. Raises with its messages when it fails."""
    run = attempt(*arguments, cwd=cwd)
    if run.returncode != 0:
        raise RuntimeError(f"vireo {' '.join(map(str, arguments))}: {run.stderr or run.stdout}")
    return run.stdout


def attempt(*arguments, cwd=None):
    return subprocess.run([VIREO, *map(str, arguments)], capture_output=True, text=True, cwd=cwd)


def convert(output, *arguments, name="model"):
    """Converts into the folder `output` and returns the path of the .xml."""
    vireo("convert", *arguments, "-o", output, "-n", name, "--silent")
    return pathlib.Path(output) / f"{name}.xml"


def python(environment, script, *arguments, **options):
    """Runs a script in another environment and returns its standard output."""
    variables = dict(os.environ, TF_CPP_MIN_LOG_LEVEL="3", TF_ENABLE_ONEDNN_OPTS="0")
    run = subprocess.run([str(_cache / environment / "bin/python"), str(script), *map(str, arguments)],
                         capture_output=True, text=True, env=variables, **options)
    if run.returncode != 0:
        raise RuntimeError(f"{pathlib.Path(script).name}: {run.stderr[-800:]}")
    return run.stdout


def tensorflow(script, *arguments):
    return python("tensorflow", HERE / "tensorflow" / script, *arguments)


# ---- Running models ---------------------------------------------------------------------------------------------------


def run_vireo(xml, image, device="ONEDNN"):
    """The first output of an IR for one input, on a device that REFERENCE completes where it must."""
    scratch = folder("infer")
    np.save(scratch / "input.npy", image)
    for name in [device, f"HETERO:{device},REFERENCE"]:
        run = attempt("infer", "-m", xml, "-d", name, "-i", scratch / "input.npy", "-o", scratch / "out")
        if run.returncode == 0:
            return [np.load(file) for file in sorted((scratch / "out").glob("*.npy"))]
    raise RuntimeError(run.stderr)


def run_openvino(xml, *images):
    """All outputs of an IR, by OpenVINO in f32."""
    import openvino
    model = openvino.Core().compile_model(str(xml), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    results = model(list(images))
    return [np.array(results[port]) for port in model.outputs]


def run_tensorflow(graph, outputs, **inputs):
    """Outputs of a frozen graph, by TensorFlow."""
    scratch = folder("tensorflow")
    np.savez(scratch / "inputs.npz", **inputs)
    tensorflow("run_graph.py", graph, scratch / "inputs.npz", scratch / "outputs.npz", *outputs)
    with np.load(scratch / "outputs.npz") as results:
        return [results[str(number)] for number in range(len(outputs))]


# ---- Models -----------------------------------------------------------------------------------------------------------


def description(model):
    return json.loads((SLIM / model / "model.json").read_text())


def make_model(model, forms, output, graph=None):
    """Fills a model of the library with the recipe's weights."""
    arguments = [model, "--forms", forms, "--output_dir", output]
    if graph:
        arguments += ["--graph", graph]
    python("tensorflow", MODELS / "tools/make_model.py", *arguments)


def frozen(model, graph, output):
    """The frozen form of slim/<model>/<graph>.pb."""
    made = os.environ.get("VIREO_FROZEN_GRAPHS")
    source = SLIM / model / f"{graph}.pb"
    if made:
        known = pathlib.Path(made) / f"{model}.{graph}.{source.stat().st_size}.pb"
        if known.is_file():
            return known
    make_model(model, "frozen", output, source)
    return pathlib.Path(output) / f"{model}.frozen.pb"


def slim_image(model, name):
    """A preprocessed image, NHWC."""
    size = description(model)["input_shape"][1]
    if name == "seed":
        import sys
        sys.path.insert(0, str(MODELS / "tools"))
        import weight_recipe
        pixels = weight_recipe.image(size, size)
    else:
        pixels = np.load(SLIM / f"{name}_{size}.u8.npy")
    pixels = pixels.astype(np.float32).reshape(1, size, size, 3)
    if description(model)["preprocessing"] == "vgg":
        return pixels - VGG_MEAN
    return pixels * np.float32(2.0 / 255) - np.float32(1)


def channels_first(image):
    return np.ascontiguousarray(image.transpose(0, 3, 1, 2))


def distance(left, right):
    """The largest absolute difference; infinity for different sizes."""
    left, right = np.asarray(left, np.float64).ravel(), np.asarray(right, np.float64).ravel()
    return float(np.abs(left - right).max()) if left.size == right.size else float("inf")


def digest(xml):
    """What identifies an IR: both of its files."""
    xml = pathlib.Path(xml)
    return hashlib.sha256(xml.read_bytes() + xml.with_suffix(".bin").read_bytes()).hexdigest()[:12]
