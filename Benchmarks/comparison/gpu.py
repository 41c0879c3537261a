"""Runs networks on one device, compares their outputs with those that TensorFlow computed, and measures them."""
import argparse
import array
import itertools
import json
import os
import pathlib
import re
import sys
import tempfile

from compare import ROOT, Failure, Vireo, converted, frozen_graph, run
from report import processor

NETWORKS = ["mobilenet_v1_1.0_224", "inception_v3", "resnet_v1_50", "vgg_16"]
MEANS = (123.68, 116.78, 103.94)
# What an output may differ from TensorFlow's: probabilities and logits.
ALLOWED = {"f32": (2e-5, 2e-4), "f16": (5e-3, 1e-1)}


def read_npy(path):
    """The numbers of a .npy file of bytes, single or double precision in row-major order."""
    content = path.read_bytes()
    if content[:6] != b"\x93NUMPY":
        raise Failure(f"{path} is no .npy file")
    wide = content[6] > 1
    length = int.from_bytes(content[8:12 if wide else 10], "little")
    start = (12 if wide else 10) + length
    header = content[start - length:start].decode("latin-1")
    kind = re.search(r"'descr': *'[<|=]?(u1|f4|f8)'", header)
    if not kind or "'fortran_order': False" not in header:
        raise Failure(f"{path} holds other data than expected: {header.strip()}")
    return array.array({"u1": "B", "f4": "f", "f8": "d"}[kind[1]], content[start:])


def write_npy(path, shape, numbers):
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {tuple(shape)}, }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    path.write_bytes(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode()
                     + array.array("f", numbers).tobytes())


def photograph(models, description):
    """The network's input for the photograph that the goldens are made with, NCHW."""
    size = description["input_shape"][1]
    pixels = read_npy(models / "slim" / f"chelsea_{size}.u8.npy")
    if description["preprocessing"] == "vgg":
        planes = [[value - MEANS[channel] for value in pixels[channel::3]] for channel in range(3)]
    else:
        planes = [[value * 2 / 255 - 1 for value in pixels[channel::3]] for channel in range(3)]
    return [1, 3, size, size], sum(planes, [])


def largest_difference(name, model, precision, models, options):
    """Between the device's output and TensorFlow's, and what is allowed."""
    description = json.loads((models / "slim" / name / "model.json").read_text())
    logits = name.startswith(("vgg", "alexnet"))
    golden = read_npy(models / "slim" / name / "golden" / f"chelsea.{'logits' if logits else 'softmax'}.npy")
    with tempfile.TemporaryDirectory() as folder:
        image = pathlib.Path(folder) / "image.npy"
        write_npy(image, *photograph(models, description))
        run([options.vireo, "infer", "-m", model, "-d", options.device, "-i", image, "-o", folder, "--no-cache",
             "--config", f"INFERENCE_PRECISION_HINT={precision}"])
        image.unlink()
        output = read_npy(next(pathlib.Path(folder).glob("*.npy")))
    if len(output) != len(golden):
        raise Failure(f"{len(output)} outputs, and TensorFlow has {len(golden)}")
    return max(abs(a - b) for a, b in zip(output, golden)), ALLOWED[precision][logits]


def bench(model, precision, cache, seconds, options):
    output, _ = run([options.vireo, "bench", "-m", model, "-d", options.device, "-t", seconds, "-niter", 3,
                     "-infer_precision", precision, "--cache-dir", cache, "--json"])
    return json.loads(output)


def description_of(options):
    """The device's name and driver."""
    listing, _ = run([options.vireo, "devices"])
    found = re.search(rf"{re.escape(options.device)}\n.*?FULL_DEVICE_NAME : (.*?)\n.*?DEVICE_ARCHITECTURE : (.*?)\n",
                      listing, re.DOTALL)
    return f"{found[1]} ({found[2]})" if found else "which `vireo devices` does not list"


def main():
    parser = argparse.ArgumentParser(prog="gpu", description=__doc__)
    parser.add_argument("--device", default="OPENCL.0", help="`vireo devices` lists them")
    parser.add_argument("--networks", default=",".join(NETWORKS), help="separated by commas")
    parser.add_argument("--precisions", default="f32,f16", help="separated by commas")
    parser.add_argument("--seconds", type=float, default=3, help="length of one measurement")
    parser.add_argument("--vireo", type=pathlib.Path, default=ROOT / ".build" / "release" / "vireo",
                        help="the command to measure (default: this checkout's release build)")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "Benchmarks" / "results")
    options = parser.parse_args()
    precisions = options.precisions.split(",")
    if not set(precisions) <= ALLOWED.keys():
        parser.error(f"the precisions are {', '.join(ALLOWED)}")
    models = pathlib.Path(os.environ.get("VIREO_MODELS", ROOT.parent / "shared" / "models"))
    if not models.is_dir():
        parser.error("set VIREO_MODELS to the folder of models (CONTRIBUTING.md)")
    work = pathlib.Path(tempfile.gettempdir()) / f"vireo-benchmarks-{os.getuid()}"
    work.mkdir(exist_ok=True, mode=0o700)
    options.output.mkdir(parents=True, exist_ok=True)
    vireo, rows, isRight = Vireo(options.vireo, options.device, None), [], True
    for name, precision in itertools.product(options.networks.split(","), precisions):
        print(name, precision, file=sys.stderr)
        try:
            model = converted(vireo, "vireo", *frozen_graph(name, models, work), "xml", work)
            difference, allowed = largest_difference(name, model, precision, models, options)
            with tempfile.TemporaryDirectory() as cache:
                cold, warm = (bench(model, precision, cache, length, options) for length in (1e-3, options.seconds))
        except (Failure, OSError) as error:
            rows.append({"network": name, "precision": precision, "failure": str(error)})
            isRight = False
            continue
        isRight = isRight and difference <= allowed
        rows.append({"network": name, "precision": precision, "difference": difference, "allowed": allowed,
                     "median": warm["latency"]["median"], "min": warm["latency"]["min"],
                     "compile": cold["preparation"]["compileModel"],
                     "cachedCompile": warm["preparation"]["compileModel"],
                     "first": warm["preparation"]["firstInference"]})
    lines = [f"{options.device}, {description_of(options)}, beside {processor()}. Batch 1, times in ms.", "",
             "| network | precision | difference from TensorFlow | allowed | latency: median | least | compiling "
             "| with cache | first inference |",
             "|---|---|---:|---:|---:|---:|---:|---:|---:|"]
    for row in rows:
        if "failure" in row:
            lines.append(f"| {row['network']} | {row['precision']} | failed: {row['failure']} | | | | | | |")
        else:
            lines.append(f"| {row['network']} | {row['precision']} | {row['difference']:.1e} | {row['allowed']:.0e} | "
                         f"{row['median']:.2f} | {row['min']:.2f} | {row['compile']:.0f} | {row['cachedCompile']:.0f} | "
                         f"{row['first']:.0f} |")
    text = "\n".join(lines) + "\n"
    (options.output / "gpu.md").write_text(text)
    (options.output / "gpu.json").write_text(json.dumps({"device": options.device, "networks": rows}, indent=1) + "\n")
    print(text)
    return 0 if isRight else 1


if __name__ == "__main__":
    sys.exit(main())
