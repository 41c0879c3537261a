"""What the peers' programs share: the modes `convert` and `measure`, and how time is taken.

A peer is a module with `convert(graph, target, network)`; `import_runtime()`, which is not timed; and
`open_requests(model, network, threads, count)`, which returns functions without arguments that run one inference
each and may run at the same time.
"""
import argparse
import json
import statistics
import sys
import threading
import time

import numpy


def image(shape):
    return numpy.random.default_rng(0).random(shape, dtype=numpy.float32)


def repeat(infer, seconds, start, latencies):
    """Runs inferences for some seconds, at least one, once all threads have run one."""
    infer()
    start.wait()
    now = time.perf_counter()
    end = now + seconds
    while now < end or not latencies:
        infer()
        before, now = now, time.perf_counter()
        latencies.append(now - before)


def measure(peer, options):
    peer.import_runtime()
    began = time.perf_counter()
    requests = peer.open_requests(options.model, json.loads(options.network), options.threads, options.requests)
    requests[0]()
    first = time.perf_counter() - began
    print("First inference took", first, file=sys.stderr, flush=True)
    busy = []
    start = threading.Barrier(len(requests), action=lambda: busy.append(time.process_time()))
    latencies = [[] for _ in requests]
    jobs = [(infer, options.seconds, start, own) for infer, own in zip(requests, latencies)]
    others = [threading.Thread(target=repeat, args=job) for job in jobs[1:]]
    for thread in others:
        thread.start()
    repeat(*jobs[0])
    for thread in others:
        thread.join()
    busy.append(time.process_time())
    print(json.dumps({
        "median": statistics.median(sum(latencies, [])) * 1e3,
        "busy": (busy[1] - busy[0]) * 1e3 / sum(len(own) for own in latencies),
        "throughput": sum(len(own) / sum(own) for own in latencies),
        "first": first * 1e3,
    }))


def main(peer):
    parser = argparse.ArgumentParser()
    modes = parser.add_subparsers(dest="mode", required=True)
    convert = modes.add_parser("convert")
    convert.add_argument("graph")
    convert.add_argument("target")
    convert.add_argument("network")
    run = modes.add_parser("measure")
    run.add_argument("model")
    run.add_argument("network")
    run.add_argument("--threads", type=int, required=True)
    run.add_argument("--requests", type=int, required=True)
    run.add_argument("--seconds", type=float, required=True)
    options = parser.parse_args()
    if options.mode == "convert":
        peer.convert(options.graph, options.target, json.loads(options.network))
    else:
        measure(peer, options)
