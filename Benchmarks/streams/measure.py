#!/usr/bin/env python3
"""Whether streams that share the processors beat one stream that has them all, and what PERFORMANCE_HINT makes of it.

    Benchmarks/streams/measure.py --model inception_v1.xml --device ONEDNN

Runs `vireo bench` in turn with one stream on all threads, with a stream a thread, and with the hints LATENCY and THROUGHPUT,
and prints the medians of throughput and latency. The rounds alternate, so that whatever else the machine does falls on all of
them. With the usual flags it takes about two minutes. Needs a release build and nothing but Python's standard library."""
import argparse
import json
import os
import statistics
import subprocess

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--model", required=True)
parser.add_argument("--device", default="CPU")
parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
parser.add_argument("--rounds", type=int, default=5)
parser.add_argument("--seconds", type=float, default=5, help="how long each run measures")
parser.add_argument("--json", metavar="FILE", help="writes the numbers of every run")
parser.add_argument("--vireo", default=os.path.join(os.path.dirname(__file__), "../../.build/release/vireo"))
arguments = parser.parse_args()

threads = str(arguments.threads)
ways = {
    f"1 stream, {threads} threads": ["-nstreams", "1", "-nthreads", threads],
    f"{threads} streams, 1 thread each": ["-nstreams", threads, "-nthreads", threads],
    "hint LATENCY": ["-hint", "latency"],
    "hint THROUGHPUT": ["-hint", "throughput"],
}
runs = {name: [] for name in ways}
for number in range(1, arguments.rounds + 1):
    for name, flags in ways.items():
        command = [arguments.vireo, "bench", "-m", arguments.model, "-d", arguments.device, "-t",
                   str(arguments.seconds), "--json", *flags]
        result = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE,
                                           stderr=subprocess.DEVNULL).stdout)
        runs[name].append({"throughput": result["throughput"], "latency": result["latency"]["median"]})
        print(f"round {number}: {name}: {result['throughput']:.1f} inferences/s, median latency "
              f"{result['latency']['median']:.2f} ms", flush=True)


def median(name, key):
    return statistics.median(run[key] for run in runs[name])


one, many, _, hint = ways
print()
for name in ways:
    print(f"{name:28} {median(name, 'throughput'):8.1f} inferences/s   {median(name, 'latency'):8.2f} ms")
print(f"streams to one stream: {median(many, 'throughput') / median(one, 'throughput'):.3f} in throughput, "
      f"{median(many, 'latency') / median(one, 'latency'):.3f} in latency")
print(f"THROUGHPUT to the better of the two: "
      f"{median(hint, 'throughput') / max(median(one, 'throughput'), median(many, 'throughput')):.3f}")
if arguments.json:
    with open(arguments.json, "w") as file:
        json.dump({"model": arguments.model, "device": arguments.device, "threads": arguments.threads, "runs": runs},
                  file, indent=1)
