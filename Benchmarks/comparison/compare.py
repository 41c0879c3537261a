"""Runs Vireo and its peers in turn on the same networks, each measurement in a process of its own."""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import report

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
NETWORKS = [
    "mobilenet_v1_1.0_224", "mobilenet_v2_1.0_224", "inception_v1", "inception_v3", "inception_v4",
    "inception_resnet_v2", "resnet_v1_50", "resnet_v1_152", "resnet_v2_50", "vgg_16", "vgg_19", "nasnet_mobile",
]
# Name: (environment, environment that converts, the model file's ending)
PEERS = {
    "openvino": ("openvino", "openvino", "xml"),
    "onnxruntime": ("onnxruntime", "conversion", "onnx"),
    "tensorflow": ("tensorflow", "tensorflow", "pb"),
    "litert": ("litert", "conversion", "tflite"),
}


class Failure(Exception):
    """A command that failed, with the last lines it wrote."""


def run(command, on_line=lambda line: None, **environment):
    """A command's standard output, and the largest memory it had resident in MiB."""
    try:
        process = subprocess.Popen(
            [str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            errors="replace", env=os.environ | environment)
    except OSError as error:
        raise Failure(f"{command[0]}: {error.strerror}") from error
    errors = []

    def read_errors():
        for line in process.stderr:
            errors.append(line.strip())
            on_line(line)

    reader = threading.Thread(target=read_errors)
    reader.start()
    output = process.stdout.read()
    reader.join()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        said = [line for line in errors if line] or [f"exit status {process.returncode}"]
        raise Failure(next((line for line in said if "ERROR" in line), said[-1])[:300])
    return output, usage.ru_maxrss / 1024


def python(environment):
    return ROOT / "Benchmarks" / f".venv-{environment}" / "bin" / "python"


class Vireo:
    """The command `vireo`, with the plugins beside it."""

    def __init__(self, command, device):
        self.command = command
        self.device = device

    def convert(self, graph, target, network):
        folder, name = target.parent, target.stem
        run([self.command, "convert", "--input_model", graph, "-o", folder, "--model_name", name, "--silent",
             "--input_shape", json.dumps(network["shape"]).replace(" ", ""), "--output", network["output"]])

    def measure(self, model, network, threads, requests, seconds):
        began, first = time.monotonic(), []

        def note(line):
            if "First inference took" in line:
                first.append((time.monotonic() - began) * 1e3)

        output, memory = run(
            [self.command, "bench", "-m", model, "-d", self.device, "-hint", "latency" if requests == 1 else
             "throughput", "-nthreads", threads, "-nireq", requests, "-t", seconds, "--json"], note)
        figures = json.loads(output)
        return {"median": figures["latency"]["median"], "throughput": figures["throughput"],
                "busy": figures["processorTime"], "first": first[0], "memory": memory}


class Peer:
    """A program `peer_<name>.py` in the peer's own environment."""

    def __init__(self, name):
        self.program = HERE / f"peer_{name}.py"
        self.environment, self.converter, _ = PEERS[name]

    def convert(self, graph, target, network):
        run([python(self.converter), self.program, "convert", graph, target, json.dumps(network)])

    def measure(self, model, network, threads, requests, seconds):
        output, memory = run(
            [python(self.environment), self.program, "measure", model, json.dumps(network), "--threads", threads,
             "--requests", requests, "--seconds", seconds])
        return json.loads(output.splitlines()[-1]) | {"memory": memory}


def frozen_graph(name, models, work):
    """The network with reproducible weights, as a frozen TensorFlow graph; and what it is called inside."""
    description = json.loads((models / "slim" / name / "model.json").read_text())
    network = {"name": name, "input": description["input"], "shape": description["input_shape"],
               "output": description["outputs"][-1]}
    graph = work / f"{name}.frozen.pb"
    if not graph.exists():
        print(f"freezing {name}", file=sys.stderr)
        with tempfile.TemporaryDirectory(dir=work) as folder:
            run([python("conversion"), models / "tools" / "make_model.py", name, "--output_dir", folder])
            (pathlib.Path(folder) / graph.name).rename(graph)
    return graph, network


def converted(runtime, name, graph, network, ending, work):
    """The model in the runtime's own format, made in a folder that gets its name once it is whole."""
    folder = work / name / network["name"]
    if not folder.exists():
        print(f"converting {network['name']} for {name}", file=sys.stderr)
        folder.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=work) as unfinished:
            made = pathlib.Path(unfinished) / "model"
            made.mkdir()
            runtime.convert(graph, made / f"model.{ending}", network)
            made.rename(folder)
    return folder / f"model.{ending}"


def main():
    parser = argparse.ArgumentParser(prog="peers", description=__doc__)
    parser.add_argument("--networks", default=",".join(NETWORKS), help="separated by commas")
    parser.add_argument("--peers", default=",".join(PEERS), help="separated by commas")
    parser.add_argument("--rounds", type=int, default=5, help="how often everything is measured")
    parser.add_argument("--seconds", type=float, default=5, help="length of one measurement")
    parser.add_argument("--threads", default="1,2", help="latency is measured with each of these numbers")
    parser.add_argument("--vireo", type=pathlib.Path, default=ROOT / ".build" / "release" / "vireo",
                        help="the command to measure (default: this checkout's release build)")
    parser.add_argument("--device", default="ONEDNN", help="Vireo's device")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "Benchmarks" / "results")
    options = parser.parse_args()
    unknown = set(options.peers.split(",")) - set(PEERS)
    if unknown:
        parser.error(f"unknown peers {', '.join(sorted(unknown))}; there are {', '.join(PEERS)}")
    models = pathlib.Path(os.environ.get("VIREO_MODELS", ROOT.parent / "shared" / "models"))
    if not models.is_dir():
        parser.error("set VIREO_MODELS to the folder of models (CONTRIBUTING.md)")
    work = pathlib.Path(tempfile.gettempdir()) / f"vireo-benchmarks-{os.getuid()}"
    work.mkdir(exist_ok=True, mode=0o700)
    options.output.mkdir(parents=True, exist_ok=True)

    endings = {"vireo": "xml"} | {name: PEERS[name][2] for name in options.peers.split(",")}
    runtimes = {name: Vireo(options.vireo, options.device) if name == "vireo" else Peer(name) for name in endings}
    threads = [int(count) for count in options.threads.split(",")]
    # Title, threads, requests at the same time.
    settings = [(f"latency, {count} thread" + "s" * (count > 1), count, 1) for count in threads]
    if max(threads) > 1:
        settings.append((f"throughput, {max(threads)} requests of 1 thread", max(threads), max(threads)))
    results, failures = {}, []

    def write_report():
        report.write(options.output, results, failures, settings, list(runtimes), options)

    for name in options.networks.split(","):
        ready = {}
        try:
            graph, network = frozen_graph(name, models, work)
        except (Failure, OSError) as error:
            failures.append((name, "all", str(error)))
            continue
        for peer, runtime in runtimes.items():
            try:
                ready[peer] = converted(runtime, peer, graph, network, endings[peer], work)
            except Failure as error:
                failures.append((name, peer, f"converting: {error}"))
        for turn in range(options.rounds):
            for title, count, requests in settings:
                names = list(ready)
                for peer in names[turn % len(names):] + names[:turn % len(names)]:
                    print(f"{name}, round {turn + 1}, {title}, {peer}", file=sys.stderr)
                    try:
                        figures = runtimes[peer].measure(ready[peer], network, count, requests, options.seconds)
                    except Failure as error:
                        failures.append((name, peer, f"{title}: {error}"))
                        del ready[peer]
                        continue
                    for what, value in figures.items():
                        results.setdefault((name, title, peer, what), []).append(value)
        write_report()
    write_report()
    print((options.output / "results.md").read_text())
    return 0 if results else 1


if __name__ == "__main__":
    sys.exit(main())
