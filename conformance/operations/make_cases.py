#!/usr/bin/env python3
"""Writes the operations part of the conformance suite: single-operation models with the outputs that are right.

    python3 conformance/operations/make_cases.py FOLDER [--sample FILE] [FAMILY ...]

Needs the openvino and numpy packages. Everything follows from one seed. FILE receives a few small cases of every operation,
which the tests run without Python. A family that ends the process is named and left out; families that are there already, made
from the same sources, stay.
"""

import argparse
import importlib
import subprocess
import sys

import sample
from case_writer import Suite, is_made, join, tidy

FAMILIES = ["elementwise", "arithmetic", "quantization", "convolution", "pooling", "products", "normalization", "reduction",
            "resizing", "shapes", "movement", "indexing", "selection", "detection", "regions", "recurrent",
            "control_flow", "detectron", "rotated", "signals"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("families", nargs="*", metavar="FAMILY")
    parser.add_argument("--sample", metavar="FILE")
    arguments = parser.parse_args()
    names = arguments.families or FAMILIES
    if len(names) == 1:
        suite = Suite(arguments.folder)
        suite.begin(names[0])
        importlib.import_module(f"families.{names[0]}").make(suite)
        return suite.finish()
    made = [name for name in names if is_made(arguments.folder, name)]
    tidy(arguments.folder, made)
    # A process for each family: some models end the one that runs them.
    failed = [name for name in names if name not in made
              and subprocess.run([sys.executable, __file__, arguments.folder, name]).returncode]
    join(arguments.folder, names)
    if arguments.sample:
        sample.write(arguments.folder, arguments.sample)
    if failed:
        sys.exit(f"families that ended early: {', '.join(failed)}")


if __name__ == "__main__":
    main()
