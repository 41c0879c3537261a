"""Runs the checks and prints their rows as a table. Started by `run`, in the environment with OpenVINO."""

import argparse
import importlib
import sys

import setting

SECTIONS = ["slim", "forms", "trained", "fine_tuned", "guide", "flags", "freeze", "events", "operations", "detection",
            "speed", "mutations"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", required=True)
    parser.add_argument("sections", nargs="*", help=", ".join(SECTIONS))
    arguments = parser.parse_args()
    unknown = set(arguments.sections) - set(SECTIONS)
    if unknown:
        parser.error(f"there is no section {', '.join(unknown)}")
    setting.start(arguments.cache)
    misses = 0
    print("| section | what | measured | wanted | |\n|---|---|---|---|---|", flush=True)
    for name in arguments.sections or SECTIONS:
        try:
            for what, measured, wanted, holds in importlib.import_module(f"checks.{name}").rows():
                misses += not holds
                print(f"| {name} | {what} | {measured} | {wanted} | {'yes' if holds else '**NO**'} |", flush=True)
        except Exception as error:  # a section that breaks is a miss, and the others still run
            misses += 1
            text = " ".join(str(error).split())
            print(f"| {name} | could not be finished | {type(error).__name__}: {text[:600]} | | **NO** |", flush=True)
    print(f"\n{misses} rows miss what is wanted" if misses else "\nevery row holds")
    return 1 if misses else 0


if __name__ == "__main__":
    sys.exit(main())
