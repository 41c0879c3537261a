#!/usr/bin/env python3
"""Runs two IRs on OpenVINO's CPU device with the same random inputs and compares their outputs.

    check_ir.py ORIGINAL.xml REWRITTEN.xml [--seed N] [--tolerance T]
    check_ir.py FOLDER FOLDER          every .xml that both folders have

An optional check: it needs the packages openvino (2026.4 was used) and numpy. Both sides run in f32
(INFERENCE_PRECISION_HINT), so a graph that was only read and written again must give the same bits: the
default tolerance is 0. Inputs of integer type are drawn from 0..9; unknown dimensions become 9 (or their lower bound).
"""
import argparse
import pathlib
import sys

import numpy as np
import openvino as ov

CORE = ov.Core()


def concrete(shape):
    if shape.rank.is_dynamic:
        return [2, 3]
    return [d.get_length() if d.is_static else max(9, d.get_min_length()) for d in shape]


def random_input(port, rng):
    kind = port.get_element_type()
    shape = concrete(port.get_partial_shape())
    if kind.is_real():
        return rng.uniform(-1, 1, shape).astype(kind.to_dtype())
    return rng.integers(0, 2 if kind == ov.Type.boolean else 10, shape).astype(kind.to_dtype())


def signature(ports):
    return [(sorted(p.get_names()), str(p.get_partial_shape()), p.get_element_type().get_type_name()) for p in ports]


def compare(left_path, right_path, seed, tolerance):
    """The problems found, as text."""
    models = [CORE.read_model(path) for path in (left_path, right_path)]
    problems = []
    for side in ("inputs", "outputs"):
        left, right = (signature(getattr(model, side)) for model in models)
        if left != right:
            problems.append(f"{side} differ: {left} and {right}")
    results = []
    for model in models:
        rng = np.random.default_rng(seed)
        inputs = [random_input(port, rng) for port in model.inputs]
        for port in model.inputs:
            if port.get_partial_shape().rank.is_dynamic:  # which the CPU device refuses
                model.reshape({port: concrete(port.get_partial_shape())})
        compiled = CORE.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
        request = compiled.create_infer_request()
        request.infer(inputs)
        results.append([request.get_output_tensor(i).data.copy() for i in range(len(compiled.outputs))])
    largest = 0.0
    for index, (left, right) in enumerate(zip(*results)):
        if left.shape != right.shape or left.dtype != right.dtype:
            problems.append(f"output {index}: {left.dtype}{left.shape} and {right.dtype}{right.shape}")
            continue
        if np.array_equal(left, right, equal_nan=left.dtype.kind == "f"):
            continue
        difference = np.nanmax(np.abs(left.astype(np.float64) - right.astype(np.float64)), initial=0)
        largest = max(largest, difference)
        if not difference <= tolerance:
            problems.append(f"output {index}: largest difference {difference}")
    if len(results[0]) != len(results[1]):
        problems.append(f"{len(results[0])} and {len(results[1])} outputs")
    return problems, largest, len(results[0])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("original", type=pathlib.Path)
    parser.add_argument("rewritten", type=pathlib.Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tolerance", type=float, default=0.0, help="largest absolute difference that is accepted")
    arguments = parser.parse_args()
    pairs = [(arguments.original, arguments.rewritten)]
    if arguments.original.is_dir():
        names = [p.name for p in sorted(arguments.original.glob("*.xml")) if (arguments.rewritten / p.name).exists()]
        pairs = [(arguments.original / name, arguments.rewritten / name) for name in names]
    if not pairs:
        parser.error("the folders have no .xml file in common")
    failed = False
    for original, rewritten in pairs:
        problems, largest, count = compare(original, rewritten, arguments.seed, arguments.tolerance)
        failed = failed or bool(problems)
        print(f"{original.name}: " + ("; ".join(problems) or f"{count} outputs agree (largest difference {largest:g})"))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
