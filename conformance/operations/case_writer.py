"""What the families of cases share: values from a seed, grids of attributes, and the writing of a case.

A case is a model of one operation, written by OpenVINO as an IR, with its inputs and the outputs that are right. Those are
the results of OpenVINO's CPU device in f32, unless the operation's own evaluation in OpenVINO, which follows the
specification, says otherwise by more than rounding: then that counts, and the case is marked as a deviation of the device.
"""

import itertools
import json
import math
import pathlib
import zlib

import numpy as np
import openvino as ov
from openvino import op
from openvino._pyopenvino import TensorVector
from openvino.utils.node_factory import NodeFactory

SEED = 20190523
TYPES = {"f32": np.float32, "f64": np.float64, "f16": np.float16, "i64": np.int64, "i32": np.int32, "i16": np.int16,
         "i8": np.int8, "u8": np.uint8, "u16": np.uint16, "u32": np.uint32, "boolean": np.bool_}
NUMBERS = ["f32", "f32", "f32", "f16", "i32", "i64", "u8", "i8"]

# OpenVINO's own names of operations that the IR spells otherwise.
SPELLINGS = {"ReLU": "Relu", "PReLU": "PRelu", "SoftMax": "Softmax"}

random = np.random.RandomState(SEED)
core = ov.Core()
factories = {}


class Constant:
    """An input that is part of the model: weights, axes, shapes."""

    def __init__(self, value, dtype=None):
        self.value = np.asarray(value, dtype=dtype)

    def node(self):
        return op.Constant(self.value)


class Bits(Constant):
    """A constant of type u1."""

    def node(self):
        return op.Constant(ov.Type.u1, ov.Shape(self.value.shape), self.value.astype(np.int32).flatten().tolist())


def integers(*values, dtype=np.int64):
    return Constant(list(values), dtype)


def scalar(value, dtype=np.int64):
    return Constant(value, dtype)


def data(*shape, low=-2.0, high=2.0, dtype=np.float32):
    return random.uniform(low, high, shape).astype(dtype)


def whole(*shape, low=-9, high=10, dtype=np.int32):
    return np.asarray(random.randint(low, high, shape)).astype(dtype)


def truths(*shape):
    return np.asarray(random.randint(0, 2, shape)).astype(np.bool_)


def distinct(*shape, low=-2.0, high=2.0):
    """Values no two of which are equal, so that every order of them is one."""
    count = math.prod(shape)
    return (low + (high - low) * random.permutation(count) / max(count, 1)).astype(np.float32).reshape(shape)


def of_type(name, *shape, low=-5, high=6):
    """Values of an element type that every type holds, negative only where the type is signed."""
    if name == "boolean":
        return truths(*shape)
    if name.startswith("f"):
        return np.asarray(data(*shape, low=low, high=high)).astype(TYPES[name])
    return whole(*shape, low=0 if name.startswith("u") else low, high=high, dtype=TYPES[name])


def grid(count, /, **axes):
    """`count` of the combinations of the values of every axis, or all when there are fewer."""
    combinations = list(itertools.product(*axes.values()))
    if len(combinations) > count:
        chosen = sorted(random.choice(len(combinations), count, replace=False))
        combinations = [combinations[index] for index in chosen]
    return [dict(zip(axes, combination)) for combination in combinations]


def pick(*choices):
    return choices[random.randint(len(choices))]


class Tolerance:
    """How far OpenVINO's two answers may be apart before the second counts."""
    relative, absolute = 1e-4, 1e-5

    @classmethod
    def agree(cls, left, right):
        if left.shape != right.shape or left.dtype != right.dtype:
            return False
        left, right = left.astype(np.float64), right.astype(np.float64)
        relative = 2e-3 if cls.half else cls.relative
        with np.errstate(invalid="ignore"):
            close = np.abs(left - right) <= cls.absolute + relative * np.abs(right)
        return bool(np.all(close | (left == right) | (np.isnan(left) & np.isnan(right))))

    half = False


class Suite:
    """Where cases go, and what was counted on the way."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.counts, self.deviations, self.unsupported = {}, [], {}
        self.index = []

    def begin(self, family):
        """Every family has random numbers of its own, so that a change of one leaves the others as they are."""
        random.seed(zlib.crc32(f"{SEED} {family}".encode()))
        self.family = family

    def add(self, operation, opset, inputs, evaluates=True, **attributes):
        """One case: arrays are given to the model, `Constant`s are part of it. In names `__` stands for a hyphen."""
        attributes = {key.replace("__", "-"): value for key, value in attributes.items()}
        parameters, nodes, feeds, arrays = [], [], [], []
        for value in inputs:
            array = np.asarray(value.value if isinstance(value, Constant) else value)
            arrays.append(array)
            if isinstance(value, Constant):
                nodes.append(value.node())
            else:
                parameters.append(op.Parameter(ov.Type(array.dtype), ov.Shape(array.shape)))
                nodes.append(parameters[-1])
                feeds.append(array)
        factory = factories.setdefault(opset, NodeFactory(f"opset{opset}"))
        try:
            node = factory.create(SPELLINGS.get(operation, operation), [node.output(0) for node in nodes], attributes)
        except Exception as error:
            return self.refused(operation, error)
        self.write(operation, node, parameters, feeds, arrays if evaluates else None)

    def add_model(self, node, parameters, feeds, by_device=True):
        """A case whose node was made elsewhere, such as one with a body.

        Without `by_device` the operation's own evaluation gives the outputs.
        """
        self.write(node.get_type_name(), node, parameters, feeds, None, by_device)

    def write(self, operation, node, parameters, feeds, arrays, by_device=True):
        name = f"{operation}-{node.get_type_info().version_id.removeprefix('opset')}"
        feeds = [np.ascontiguousarray(feed).reshape(np.shape(feed)) for feed in feeds]
        try:
            model = ov.Model([op.Result(output) for output in node.outputs()], parameters, name)
            if by_device:
                settings = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1}
                compiled = core.compile_model(model, "CPU", settings)
                results = compiled(feeds)
                outputs = [np.array(results[index]) for index in range(len(compiled.outputs))]
            else:
                outputs = self.evaluated(node, parameters, feeds)
        except Exception as error:
            return self.refused(name, error)
        if operation == "AvgPool" and np.isnan(outputs[0]).any():
            return self.refused(name, "a window without elements, which has no mean")
        if operation == "NonMaxSuppression" and len(outputs) == 3 and not len(outputs[0]):
            return self.refused(name, "no finds, whose number OpenVINO then leaves unwritten")
        if operation == "Unique" and arrays and len(arrays) == 2:
            axis = int(arrays[1])
            if np.unique(outputs[0], axis=axis).shape != outputs[0].shape:
                return self.refused(name, "equal slices that OpenVINO lists twice")
        outputs, deviates = self.checked(node, arrays, outputs)
        folder = self.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        # Another family may have cases of the same operation.
        if name not in self.counts:
            self.counts[name] = max((int(path.stem) for path in folder.glob("*.xml")), default=0)
        number = self.counts[name] = self.counts[name] + 1
        base = folder / f"{number:04}"
        ov.save_model(model, f"{base}.xml", compress_to_fp16=False)
        for kind, tensors in [("in", feeds), ("out", outputs)]:
            for index, tensor in enumerate(tensors):
                np.save(f"{base}.{kind}{index}.npy", tensor)
        entry = {"case": f"{name}/{number:04}", "family": self.family, "inputs": len(feeds), "outputs": len(outputs)}
        if deviates:
            entry["note"] = "OpenVINO's CPU device deviates from the operation's own evaluation, which counts"
            self.deviations.append(entry["case"])
        self.index.append(entry)

    @staticmethod
    def evaluated(node, parameters, feeds):
        """The outputs by the operation's own evaluation."""
        values = dict(zip([parameter.get_name() for parameter in parameters], feeds))
        given = []
        for value in node.input_values():
            producer = value.get_node()
            array = np.array(producer.data) if producer.get_type_name() == "Constant" else values[producer.get_name()]
            given.append(ov.Tensor(np.ascontiguousarray(array).reshape(array.shape)))
        made = TensorVector([ov.Tensor(output.get_element_type(), ov.Shape(
            [0] if output.get_partial_shape().is_dynamic else output.get_partial_shape().to_shape()))
            for output in node.outputs()])
        if not node.evaluate(made, TensorVector(given)):
            raise RuntimeError("no evaluation")
        return [np.array(tensor.data) for tensor in made]

    @staticmethod
    def checked(node, arrays, outputs):
        """The outputs that count, and whether the device's were others."""
        if arrays is None:
            return outputs, False
        made = TensorVector([ov.Tensor(ov.Type(value.dtype), ov.Shape(value.shape)) for value in outputs])
        try:
            given = TensorVector([ov.Tensor(np.ascontiguousarray(value).reshape(value.shape)) for value in arrays])
            if not node.evaluate(made, given):
                return outputs, False
        except Exception:
            return outputs, False
        specified = [np.array(made[index].data) for index in range(len(outputs))]
        Tolerance.half = any(value.dtype == np.float16 for value in arrays + outputs)
        if all(Tolerance.agree(left, right) for left, right in zip(outputs, specified)):
            return outputs, False
        return specified, True

    def refused(self, name, error):
        text = str(error).strip().splitlines()
        reason = next((line for line in reversed(text) if line.strip()), "no reason")[:160]
        self.unsupported.setdefault(name, {}).setdefault(reason, 0)
        self.unsupported[name][reason] += 1

    def finish(self):
        summary = {"source": fingerprint(self.family), "cases": self.index}
        (self.folder / f"{self.family}.index.json").write_text(json.dumps(summary, indent=0) + "\n")
        print(f"{self.family}: {len(self.index)} cases of {len(self.counts)} operations; in {len(self.deviations)} the CPU "
              "device deviates", flush=True)
        for name, reasons in sorted(self.unsupported.items()):
            for reason, count in reasons.items():
                print(f"  not made: {name}, {count} times: {reason}")


def fingerprint(family):
    """What a family's cases follow from."""
    here = pathlib.Path(__file__).parent
    sources = [here / "case_writer.py", here / "families" / f"{family}.py"]
    return zlib.crc32(b"".join(path.read_bytes() for path in sources) + f"{SEED} {ov.__version__}".encode())


def is_made(folder, family):
    """Whether a family's cases are there as they would be made now."""
    path = pathlib.Path(folder) / f"{family}.index.json"
    return path.exists() and json.loads(path.read_text()).get("source") == fingerprint(family)


def tidy(folder, families):
    """Removes what belongs to none of the families: what an earlier run left half done, or made otherwise."""
    folder = pathlib.Path(folder)
    listed = {entry["case"] for family in families
              for entry in json.loads((folder / f"{family}.index.json").read_text())["cases"]}
    for path in folder.glob("*/*"):
        if f"{path.parent.name}/{path.name.split('.')[0]}" not in listed:
            path.unlink()
    for path in folder.glob("*.index.json"):
        if path.name.removesuffix(".index.json") not in families:
            path.unlink()


def join(folder, families):
    """One index of all families."""
    cases = []
    for family in families:
        path = pathlib.Path(folder) / f"{family}.index.json"
        if path.exists():
            cases += json.loads(path.read_text())["cases"]
    summary = {"openvino": ov.__version__, "seed": SEED, "cases": cases}
    (pathlib.Path(folder) / "index.json").write_text(json.dumps(summary, indent=0) + "\n")
    print(f"{len(cases)} cases, OpenVINO {ov.__version__}")
