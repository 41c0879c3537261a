"""Runs Vireo and its peers in turn on the same networks, each measurement in a process of its own."""
import argparse
import json
import math
import os
import pathlib
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


class FirstAnswer:
    """Milliseconds from now until a line says that the first inference is done."""

    def __init__(self):
        self.began, self.time = time.monotonic(), None

    def __call__(self, line):
        if self.time is None and "First inference took" in line:
            self.time = (time.monotonic() - self.began) * 1e3


class Vireo:
    """The command `vireo`, with the plugins beside it."""

    def __init__(self, command, device, cache):
        self.command = command
        self.device = device
        self.cache = cache

    def convert(self, graph, target, network):
        folder, name = target.parent, target.stem
        run([self.command, "convert", "--input_model", graph, "-o", folder, "--model_name", name, "--silent",
             "--input_shape", json.dumps(network["shape"]).replace(" ", ""), "--output", network["output"]])

    def measure(self, model, network, threads, requests, seconds):
        figures = self.bench(model, threads, requests, ["-t", seconds or 1e-3], ["--no-cache"])
        if seconds == 0:
            # The first run fills the cache where an earlier one has not.
            self.bench(model, threads, requests, ["-niter", 1], ["--cache-dir", self.cache])
            warm = self.bench(model, threads, requests, ["-niter", 1], ["--cache-dir", self.cache])
            figures |= {"warm " + what: warm[what] for what in ("start", "first", "memory")}
        return figures

    def bench(self, model, threads, requests, length, cache):
        answer = FirstAnswer()
        output, memory = run(
            [self.command, "bench", "-m", model, "-d", self.device, "-hint", "latency" if requests == 1 else
             "throughput", "-nthreads", threads, "-nireq", requests, "--json"] + length + cache, answer)
        figures = json.loads(output)
        return {"median": figures["latency"]["median"], "throughput": figures["throughput"],
                "busy": figures["processorTime"], "start": answer.time, "first": sum(figures["preparation"].values()),
                "memory": memory}


class Peer:
    """A program `peer_<name>.py` in the peer's own environment."""

    def __init__(self, name):
        self.program = HERE / f"peer_{name}.py"
        self.environment, self.converter, _ = PEERS[name]

    def convert(self, graph, target, network):
        run([python(self.converter), self.program, "convert", graph, target, json.dumps(network)])

    def measure(self, model, network, threads, requests, seconds):
        answer = FirstAnswer()
        output, memory = run(
            [python(self.environment), self.program, "measure", model, json.dumps(network), "--threads", threads,
             "--requests", requests, "--seconds", seconds], answer)
        return json.loads(output.splitlines()[-1]) | {"start": answer.time, "memory": memory}


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


class Results:
    """Measurements, kept in a file so that a run that was ended goes on where it was."""

    def __init__(self, path):
        self.path = path
        self.values = {}
        self.failures = {}
        if path.exists():
            stored = json.loads(path.read_text())
            for row in stored["measurements"]:
                key = (row["network"], row["setting"], row["runtime"], row["round"])
                self.values[key] = row["figures"]

    def save(self):
        measurements = [dict(zip(("network", "setting", "runtime", "round"), key)) | {"figures": figures}
                        for key, figures in self.values.items()]
        unfinished = self.path.with_suffix(".tmp")
        unfinished.write_text(json.dumps({"measurements": measurements}, indent=1) + "\n")
        unfinished.replace(self.path)


def main():
    parser = argparse.ArgumentParser(prog="peers", description=__doc__)
    parser.add_argument("--networks", default=",".join(NETWORKS), help="separated by commas")
    parser.add_argument("--peers", default=",".join(PEERS), help="separated by commas")
    parser.add_argument("--rounds", type=int, default=5, help="how often everything is measured at most")
    parser.add_argument("--seconds", type=float, default=2, help="length of one measurement")
    parser.add_argument("--minutes", type=float, help="begin nothing new after this time (conversion not counted)")
    parser.add_argument("--threads", default="1,2", help="latency is measured with each of these numbers")
    parser.add_argument("--fresh", action="store_true", help="forget the measurements of an earlier run")
    parser.add_argument("--report-only", action="store_true", help="measure nothing; write the report again")
    parser.add_argument("--docs", action="store_true", help="put the results into docs/benchmarks.md and its plot")
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

    stored = options.output / "results.json"
    if options.fresh:
        stored.unlink(missing_ok=True)
    results = Results(stored)
    names = ["vireo"] + options.peers.split(",")
    endings = {"vireo": "xml"} | {name: PEERS[name][2] for name in names[1:]}
    runtimes = {name: Vireo(options.vireo, options.device, work / "cache") if name == "vireo" else Peer(name)
                for name in names}
    threads = [int(count) for count in options.threads.split(",")]
    # Title, threads, requests at the same time, seconds.
    settings = [(f"latency, {count} thread" + "s" * (count > 1), count, 1, options.seconds) for count in threads]
    if max(threads) > 1:
        settings.append((f"throughput, {max(threads)} requests of 1 thread", max(threads), max(threads),
                         options.seconds))
    settings.append(("start", max(threads), 1, 0))

    def write_report():
        report.write(options, results, settings, names, ROOT)

    if not options.report_only:
        measure(options, results, settings, runtimes, prepared(options, results, runtimes, endings, models, work),
                write_report)
    write_report()
    print((options.output / "results.md").read_text())
    return 0 if results.values else 1


def prepared(options, results, runtimes, endings, models, work):
    """Each network with the model files of the runtimes that take it."""
    ready = {}
    for name in options.networks.split(","):
        try:
            graph, network = frozen_graph(name, models, work)
        except (Failure, OSError) as error:
            results.failures[name, "all"] = str(error)
            continue
        files = {}
        for peer, runtime in runtimes.items():
            try:
                files[peer] = converted(runtime, peer, graph, network, endings[peer], work)
            except (Failure, OSError) as error:
                results.failures[name, peer] = f"converting: {error}"
        ready[name] = (network, files)
    return ready


def measure(options, results, settings, runtimes, ready, write_report):
    """Round after round over all networks, so that a run that ends early has measured them all alike."""
    end = time.monotonic() + options.minutes * 60 if options.minutes is not None else math.inf
    for turn in range(options.rounds):
        for name, (network, files) in ready.items():
            for title, count, requests, seconds in settings:
                names = list(files)
                shift = turn % max(len(names), 1)
                for peer in names[shift:] + names[:shift]:
                    key = (name, title, peer, turn)
                    if key in results.values or peer not in files:
                        continue
                    if time.monotonic() > end:
                        return
                    print(f"round {turn + 1}, {name}, {title}, {peer}", file=sys.stderr)
                    try:
                        results.values[key] = runtimes[peer].measure(files[peer], network, count, requests, seconds)
                    except (Failure, ValueError, KeyError, IndexError) as error:
                        results.failures[name, peer] = f"{title}: {error}"
                        del files[peer]
            results.save()
            write_report()


if __name__ == "__main__":
    sys.exit(main())
