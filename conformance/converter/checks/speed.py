"""Time and memory of a conversion, beside OpenVINO's convert_model and save_model, measured in turn."""

import os
import pathlib
import re
import statistics
import subprocess
import sys
import time

import setting

ROUNDS = 3
LARGEST_ANONYMOUS = 250
OPENVINO = """
import sys, openvino
model = openvino.convert_model(sys.argv[1])
openvino.save_model(model, sys.argv[2], compress_to_fp16=False)
"""


def measured(command):
    """Seconds, and the most anonymous memory in MB, of a program."""
    start = time.monotonic()
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    anonymous = 0
    status = pathlib.Path(f"/proc/{process.pid}/status")
    while process.poll() is None:
        try:
            found = re.search(r"RssAnon:\s+(\d+)", status.read_text())
        except OSError:
            found = None
        anonymous = max(anonymous, int(found.group(1)) if found else 0)
        time.sleep(0.003)
    seconds = time.monotonic() - start
    if process.returncode != 0:
        raise RuntimeError(process.stderr.read().decode()[-500:])
    return seconds, anonymous / 1000


def rows():
    for model in ["vgg_16", "nasnet_large"]:
        made = setting.folder("speed")
        graph = setting.frozen(model, "inference_graph", made)
        ours, theirs = [], []
        os.sync()
        for _ in range(ROUNDS):
            ours.append(measured([setting.VIREO, "convert", "--input_model", graph, "-b", 1, "-o", made / "a", "--silent"]))
            theirs.append(measured([sys.executable, "-c", OPENVINO, graph, made / "b.xml"]))
        mine, other = (statistics.median(seconds for seconds, _ in runs) for runs in (ours, theirs))
        memory, their_memory = (max(megabytes for _, megabytes in runs) for runs in (ours, theirs))
        yield (f"{model}, time", f"{mine:.2f} s, OpenVINO {other:.2f} s: 1/{other / mine:.1f}", "at most 1/5",
               mine <= other / 5)
        yield (f"{model}, anonymous memory", f"{memory:.0f} MB, OpenVINO {their_memory:.0f} MB",
               f"below {LARGEST_ANONYMOUS} MB", memory < LARGEST_ANONYMOUS)
