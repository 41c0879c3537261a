#!/usr/bin/env python3
"""How close `vireo classify` on many photographs comes to the model's pure inference.

    Benchmarks/bulk/measure.py --model inception_v1.xml --images photographs/ --device ONEDNN --rounds 5

Runs `vireo bench -hint throughput` and `vireo classify` in turn and prints their throughputs, the processor time that each takes
for an image, the medians, and two ratios: of the throughputs, and of the processor times, which other programs on the machine
disturb less. The time that classify takes for one photograph of the folder, start and compilation above all, is subtracted. Needs a
release build and nothing but Python's standard library."""
import argparse
import json
import os
import resource
import subprocess
from statistics import median

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--model", required=True)
parser.add_argument("--images", required=True, help="a folder; a thousand JPEGs take about ten seconds a round")
parser.add_argument("--device", default="CPU")
parser.add_argument("--rounds", type=int, default=5)
parser.add_argument("--seconds", type=float, default=10, help="how long each round of bench measures")
parser.add_argument("--vireo", default=os.path.join(os.path.dirname(__file__), "../../.build/release/vireo"))
arguments = parser.parse_args()
common = ["-m", arguments.model, "-d", arguments.device]


def run(*flags):
    """What a command prints, and the processor time that it takes, in milliseconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    output = subprocess.run([arguments.vireo, *flags, "--json"], check=True, stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return json.loads(output), 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def classify(images, *flags):
    report, time = run("classify", *common, "-i", images, "-nt", "1", *flags)
    return report, len(report["images"]), time


bench, bulk, bench_time, bulk_time = [], [], [], []
for number in range(1, arguments.rounds + 1):
    report, _ = run("bench", *common, "-hint", "throughput", "-t", str(arguments.seconds))
    bench.append(report["throughput"])
    bench_time.append(report["processorTime"])
    report, count, time = classify(arguments.images)
    timing = report["timing"]
    _, few, time_of_few = classify(report["images"][0]["path"], "--jobs", str(timing["workers"]))
    bulk.append(timing["throughput"])
    bulk_time.append((time - time_of_few) / (count - few))
    share = timing["preparationMilliseconds"] / (timing["preparationMilliseconds"] + timing["inferenceMilliseconds"])
    print(f"round {number}: bench {bench[-1]:.1f} images/s, {bench_time[-1]:.2f} ms each; "
          f"classify {bulk[-1]:.1f} images/s, {bulk_time[-1]:.2f} ms each, by {timing['workers']} workers, "
          f"{100 * share:.1f} % of it decoding and resizing", flush=True)
print(f"medians: bench {median(bench):.1f} images/s, classify {median(bulk):.1f}, ratio {median(bulk) / median(bench):.3f}; "
      f"processor time {median(bench_time):.2f} and {median(bulk_time):.2f} ms an image, "
      f"ratio {median(bench_time) / median(bulk_time):.3f}")
