"""Runs Vireo's backends in turn on the same networks, each measurement in a process of its own, and compares the
processor time of one inference on one thread. What was measured before an interruption is kept."""
import argparse
import json
import math
import os
import pathlib
import statistics
import sys
import tempfile
import time

from compare import ROOT, Failure, Vireo, converted, frozen_graph, run
from report import processor

# A backend's time over another's, and how much its geometric mean over all networks may be.
RATIOS = [("OPENBLAS", "ONEDNN", 2), ("REFERENCE", "OPENBLAS", 5)]


def processor_time(command, model, device, options):
    """Milliseconds of all threads together, for one inference after the first."""
    # Where a network has operations that only REFERENCE computes, those are its own.
    whole = device if device == "REFERENCE" else f"HETERO:{device},REFERENCE"
    # An OpenCL driver has threads of its own.
    threads = [] if device.startswith("OPENCL") else ["-nthreads", options.threads]
    output, _ = run([command, "bench", "-m", model, "-d", whole, "-hint", "latency", *threads,
                     "-niter", options.inferences, "-t", options.seconds, "--no-cache", "--json"])
    return json.loads(output)["processorTime"]


def slim_networks(models):
    """Every classification network of the folder; not its quantised or training forms."""
    names = sorted(path.parent.name for path in (models / "slim").glob("*/model.json"))
    return [name for name in names if not name.endswith(("_quant", "_train"))]


def build_of(command):
    """Tells one build from another: size and time of the command and of the plugins beside it."""
    files = [command, *sorted(command.parent.glob("libvireo_*.so"))]
    return {file.name: [file.stat().st_size, int(file.stat().st_mtime)] for file in files if file.exists()}


class Results:
    """Measurements in a JSON file that is replaced after each one."""

    def __init__(self, path, settings, starts_anew):
        self.path, self.settings = path, settings
        self.times = {}
        if path.exists() and not starts_anew:
            content = json.loads(path.read_text())
            if content["settings"] == settings:
                self.times = content["milliseconds"]
            else:
                sys.exit(f"{path} holds results of another build or other settings; --fresh replaces them")

    def of(self, network, device):
        return self.times.setdefault(network, {}).setdefault(device, [])

    def median(self, network, device):
        values = [value for value in self.times.get(network, {}).get(device, []) if value is not None]
        return statistics.median(values) if values else None

    def rounds(self):
        """How often everything has been measured at least."""
        return min((len(times) for own in self.times.values() for times in own.values()), default=0)

    def save(self):
        content = {"settings": self.settings, "milliseconds": self.times, "ratios": {}}
        for upper, lower, limit in RATIOS:
            mean = geometric_mean(ratios(self, list(self.times), upper, lower).values())
            content["ratios"][f"{upper}/{lower}"] = {"mean": mean, "limit": limit}
        unfinished = self.path.with_suffix(".unfinished")
        unfinished.write_text(json.dumps(content, indent=1) + "\n")
        unfinished.rename(self.path)


def ratios(results, networks, upper, lower):
    found = {name: (results.median(name, upper), results.median(name, lower)) for name in networks}
    return {name: times[0] / times[1] for name, times in found.items() if all(times)}


def geometric_mean(values):
    values = list(values)
    return math.exp(statistics.fmean(map(math.log, values))) if values else None


def table(results, networks, devices, options):
    shown = [pair for pair in RATIOS if pair[0] in devices and pair[1] in devices]
    heads = [*devices, *(f"{upper} / {lower}" for upper, lower, _ in shown)]
    lines = [
        f"{processor()}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} at the end. Processor time of one "
        f"inference in ms, {options.threads} thread(s), batch 1, f32: medians of {results.rounds()} alternating runs.",
        "", "| network | " + " | ".join(heads) + " |", "|---|" + "---:|" * len(heads),
    ]
    columns = [ratios(results, networks, upper, lower) for upper, lower, _ in shown]
    for name in networks:
        times = [results.median(name, device) for device in devices]
        cells = [f"{time:.4g}" if time else "failed" for time in times]
        cells += [f"{column[name]:.2f}" if name in column else "" for column in columns]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    means = [geometric_mean(column.values()) for column in columns]
    cells = [""] * len(devices) + [f"**{mean:.2f}**" if mean else "" for mean in means]
    lines += ["| geometric mean | " + " | ".join(cells) + " |", ""]
    for (upper, lower, limit), mean in zip(shown, means):
        if mean:
            verdict = "yes" if mean <= limit else "NO"
            lines.append(f"- {upper} within {limit} times {lower}: {verdict} ({mean:.2f})")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(prog="backends", description=__doc__)
    parser.add_argument("--networks", help="separated by commas (default: every slim network)")
    parser.add_argument("--devices", default="ONEDNN,OPENBLAS,REFERENCE", help="separated by commas")
    parser.add_argument("--rounds", type=int, default=3, help="how often everything is measured, at most")
    parser.add_argument("--minutes", type=float, default=6, help="no round begins that would end later")
    parser.add_argument("--inferences", type=int, default=2, help="inferences of one measurement, at least")
    parser.add_argument("--seconds", type=float, default=0.2, help="length of one measurement, at least")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--vireo", type=pathlib.Path, default=ROOT / ".build" / "release" / "vireo",
                        help="the command to measure (default: this checkout's release build)")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "Benchmarks" / "results")
    parser.add_argument("--fresh", action="store_true", help="forget what was measured before")
    options = parser.parse_args()
    models = pathlib.Path(os.environ.get("VIREO_MODELS", ROOT.parent / "shared" / "models"))
    if not models.is_dir():
        parser.error("set VIREO_MODELS to the folder of models (CONTRIBUTING.md)")
    networks = options.networks.split(",") if options.networks else slim_networks(models)
    devices = options.devices.split(",")
    work = pathlib.Path(tempfile.gettempdir()) / f"vireo-benchmarks-{os.getuid()}"
    work.mkdir(exist_ok=True, mode=0o700)
    options.output.mkdir(parents=True, exist_ok=True)
    settings = {"processor": processor(), "threads": options.threads, "inferences": options.inferences,
                "seconds": options.seconds, "build": build_of(options.vireo)}
    began = time.monotonic()
    results = Results(options.output / "backends.json", settings, options.fresh)
    vireo = Vireo(options.vireo, devices[0], None)
    failures = []

    ready = {}
    for name in networks:
        try:
            ready[name] = converted(vireo, "vireo", *frozen_graph(name, models, work), "xml", work)
        except (Failure, OSError) as error:
            failures.append(f"{name}: {error}")
    longest = 0
    for turn in range(options.rounds):
        start = time.monotonic()
        if turn and start - began + longest > options.minutes * 60:
            print(f"{options.minutes:g} minutes are over after {turn} rounds", file=sys.stderr)
            break
        for name, model in ready.items():
            for device in devices[turn % len(devices):] + devices[:turn % len(devices)]:
                times = results.of(name, device)
                if len(times) > turn or None in times:
                    continue
                print(f"round {turn + 1}, {name}, {device}", file=sys.stderr)
                try:
                    times.append(processor_time(options.vireo, model, device, options))
                except Failure as error:
                    failures.append(f"{name} on {device}: {error}")
                    times.append(None)
                results.save()
        longest = max(longest, time.monotonic() - start)
    text = table(results, list(ready), devices, options)
    if failures:
        text += "\n## What failed\n" + "".join(f"- {failure}\n" for failure in failures)
    (options.output / "backends.md").write_text(text)
    print(text)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
