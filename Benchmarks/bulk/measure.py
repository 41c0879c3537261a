#!/usr/bin/env python3
"""How close `vireo classify` on many photographs comes to the model's pure inference.

    Benchmarks/bulk/measure.py --model inception_v1.xml --images photographs/ --device ONEDNN --rounds 5

Runs `vireo bench -hint throughput` and `vireo classify` in turn and prints both throughputs, their medians and the ratio of
the medians. Needs a release build and nothing but Python's standard library."""
import argparse
import json
import os
import statistics
import subprocess

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--model", required=True)
parser.add_argument("--images", required=True, help="a folder; a thousand JPEGs take about ten seconds a round")
parser.add_argument("--device", default="CPU")
parser.add_argument("--rounds", type=int, default=5)
parser.add_argument("--seconds", type=float, default=10, help="how long each round of bench measures")
parser.add_argument("--vireo", default=os.path.join(os.path.dirname(__file__), "../../.build/release/vireo"))
arguments = parser.parse_args()


def run(*flags):
    return json.loads(subprocess.run([arguments.vireo, *flags, "--json"], check=True, stdout=subprocess.PIPE,
                                     stderr=subprocess.DEVNULL).stdout)


inference, bulk, share = [], [], []
for number in range(1, arguments.rounds + 1):
    common = ["-m", arguments.model, "-d", arguments.device]
    inference.append(run("bench", *common, "-hint", "throughput", "-t", str(arguments.seconds))["throughput"])
    timing = run("classify", *common, "-i", arguments.images, "-nt", "1")["timing"]
    bulk.append(timing["throughput"])
    share.append(timing["preparationMilliseconds"] /
                 (timing["preparationMilliseconds"] + timing["inferenceMilliseconds"]))
    print(f"round {number}: bench {inference[-1]:.1f} images/s, classify {bulk[-1]:.1f} images/s by "
          f"{timing['workers']} workers, {100 * share[-1]:.1f} % of them decoding and resizing", flush=True)
print(f"medians: bench {statistics.median(inference):.1f}, classify {statistics.median(bulk):.1f}, "
      f"ratio {statistics.median(bulk) / statistics.median(inference):.3f}")
