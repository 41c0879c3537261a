"""Running a compiled model, waiting or not."""
import ctypes
import os
import threading
from concurrent.futures import Future
from dataclasses import dataclass

from ._errors import check, made, taken
from ._library import Completion, Handle, ProfileStruct, lib
from ._model import ports
from ._tensor import TensorHandle, array, wrapped


@dataclass(frozen=True)
class ProfileRow:
    """What became of one node in one run. status: EXECUTED, OPTIMIZED_OUT or NOT_RUN. Times are in microseconds."""

    node_name: str
    op_type: str
    exec_type: str
    status: str
    real_microseconds: int
    cpu_microseconds: int


class Trace(Handle):
    """When everything happened, one lane a request: for chrome://tracing and Perfetto."""

    _kind = "trace"

    def __init__(self):
        super().__init__(made(lib.vireo_trace_create))

    def write(self, path):
        check(lib.vireo_trace_write(self._pointer, os.fsencode(path)))


class _Profile(Handle):
    _kind = "profile"


class State:
    """A variable of a model in one request: what a run assigned and the next reads.

    name, dtype and shape are as in Port."""

    def __init__(self, request, index, port):
        self.name, self.dtype, self.shape = port.name, port.dtype, port.shape
        self._request, self._index = request, index

    @property
    def value(self):
        """What the next run reads, as an array that later runs do not change. An array may be assigned, and is copied."""
        return array(TensorHandle(made(lib.vireo_request_state_value, self._request._pointer, self._index)))

    @value.setter
    def value(self, value):
        tensor = wrapped(value)
        check(lib.vireo_request_set_state(self._request._pointer, self._index, tensor._pointer))

    def reset(self):
        """Makes the next run begin with the initial value."""
        check(lib.vireo_request_reset_state(self._request._pointer, self._index))


class Request(Handle):
    """Runs a compiled model, once at a time."""

    _kind = "request"

    def __init__(self, compiled, trace=None):
        super().__init__(made(lib.vireo_request_create, compiled._pointer, trace._pointer if trace else None))
        self._output_count = lib.vireo_compiled_model_output_count(compiled._pointer)

    def run(self, *inputs):
        """Computes the model's outputs: one array for each input in, one for each output out."""
        tensors, handles = _pointers(inputs)
        outputs = (ctypes.c_void_p * self._output_count)()
        check(lib.vireo_request_run(self._pointer, handles, len(tensors), outputs, self._output_count))
        return [array(TensorHandle(output)) for output in outputs]

    def start(self, *inputs):
        """Starts a run and returns a concurrent.futures.Future of its outputs. Arrays must not change before it is done."""
        tensors, handles = _pointers(inputs)
        future = Future()
        number = _pending.add((tensors, future))
        try:
            check(lib.vireo_request_start(self._pointer, handles, len(tensors), _completed, number))
        except Exception:
            _pending.take(number)
            raise
        return future

    def cancel(self):
        """Asks a run that was started to end early; its future then raises Error with the code "cancelled"."""
        lib.vireo_request_cancel(self._pointer)

    def wait(self):
        """Waits until a run that was started has ended."""
        lib.vireo_request_wait(self._pointer)

    @property
    def states(self):
        """The model's variables (ReadValue, Assign) in this request; none when it has none."""
        found = ports(self._pointer, "vireo_request_state", lib.vireo_request_state_count(self._pointer))
        return [State(self, index, port) for index, port in enumerate(found)]

    def reset_states(self):
        """Makes the next run begin with the initial values of all variables."""
        check(lib.vireo_request_reset_states(self._pointer))

    @property
    def profile(self):
        """Rows about the last run, with the setting PERF_COUNT=YES."""
        profile = _Profile(made(lib.vireo_request_profile, self._pointer))
        rows = []
        for index in range(lib.vireo_profile_count(profile._pointer)):
            row = ProfileStruct()
            check(lib.vireo_profile_at(profile._pointer, index, ctypes.byref(row)))
            rows.append(ProfileRow(
                row.node_name.decode(), row.op_type.decode(), row.exec_type.decode(), row.status.decode(),
                row.real_microseconds, row.cpu_microseconds))
        return rows

    def write_execution_graph(self, xml_path):
        """Writes the graph that runs as an IR for viewers, with devices, and with PERF_COUNT=YES kernels and times."""
        bin_path = os.path.splitext(os.fspath(xml_path))[0] + ".bin"
        check(lib.vireo_request_write_execution_graph(self._pointer, os.fsencode(xml_path), os.fsencode(bin_path)))


class Pool(Handle):
    """Requests that any number of threads share: a run takes the next that is free, in the order of the calls."""

    _kind = "pool"

    def __init__(self, compiled, request_count=0, trace=None):
        super().__init__(made(
            lib.vireo_pool_create, compiled._pointer, request_count, trace._pointer if trace else None))
        self._output_count = lib.vireo_compiled_model_output_count(compiled._pointer)

    @property
    def request_count(self):
        """How many runs there are at a time."""
        return lib.vireo_pool_request_count(self._pointer)

    @property
    def waiting_count(self):
        """How many runs wait for a request."""
        return lib.vireo_pool_waiting_count(self._pointer)

    def run(self, *inputs):
        """Computes the model's outputs: one array for each input in, one for each output out."""
        tensors, handles = _pointers(inputs)
        outputs = (ctypes.c_void_p * self._output_count)()
        check(lib.vireo_pool_run(self._pointer, handles, len(tensors), outputs, self._output_count))
        return [array(TensorHandle(output)) for output in outputs]

    def start(self, *inputs, cancellation=None):
        """Starts a run and returns a concurrent.futures.Future of its outputs. Arrays must not change before it is done."""
        tensors, handles = _pointers(inputs)
        future = Future()
        number = _pending.add((tensors, future))
        try:
            check(lib.vireo_pool_start(
                self._pointer, handles, len(tensors), cancellation._pointer if cancellation else None, _completed,
                number))
        except Exception:
            _pending.take(number)
            raise
        return future


class Cancellation(Handle):
    """Calls off the runs that it is given to; their futures then raise Error with the code "cancelled"."""

    _kind = "cancellation"

    def __init__(self):
        super().__init__(made(lib.vireo_cancellation_create))

    def cancel(self):
        lib.vireo_cancellation_cancel(self._pointer)


def _pointers(inputs):
    tensors = [wrapped(item) for item in inputs]
    return tensors, (ctypes.c_void_p * len(tensors))(*[tensor._pointer for tensor in tensors])


class _Pending:
    """What is kept until the library calls back, by a number that it gives back."""

    def __init__(self):
        self._lock, self._items, self._next = threading.Lock(), {}, 1

    def add(self, item):
        with self._lock:
            number, self._next = self._next, self._next + 1
            self._items[number] = item
            return number

    def take(self, number):
        with self._lock:
            return self._items.pop(number)


_pending = _Pending()


@Completion
def _completed(number, error, outputs, count):
    _, future = _pending.take(number)
    if error:
        future.set_exception(taken(error))
    else:
        future.set_result([array(TensorHandle(outputs[index])) for index in range(count)])
