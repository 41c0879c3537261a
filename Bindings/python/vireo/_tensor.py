"""NumPy arrays as tensors of the library and back, without copying them."""
import ctypes
import weakref

import numpy

from ._errors import made
from ._library import Handle, Release, lib

_TYPES = {
    1: numpy.float64, 2: numpy.float32, 3: numpy.float16, 5: numpy.int64, 6: numpy.int32, 7: numpy.int16, 8: numpy.int8,
    10: numpy.uint64, 11: numpy.uint32, 12: numpy.uint16, 13: numpy.uint8, 16: numpy.bool_,
}
_CODES = {numpy.dtype(kind): code for code, kind in _TYPES.items()}
_NAMES = {0: "dynamic", 4: "bf16", 9: "i4", 14: "u4", 15: "u1", 17: "string", 18: "nf4"}


# Names that people know from IR files; to NumPy, "u8" would be 8 bytes and "f16" nothing.
_IR_NAMES = {"f64": numpy.float64, "f32": numpy.float32, "f16": numpy.float16, "boolean": numpy.bool_} | {
    f"{sign}{bits}": getattr(numpy, f"{kind}{bits}")
    for sign, kind in (("i", "int"), ("u", "uint")) for bits in (8, 16, 32, 64)}


def type_code(dtype):
    """The library's number of a NumPy type, or of the name that an IR has for it."""
    dtype = numpy.dtype(_IR_NAMES.get(dtype, dtype) if isinstance(dtype, str) else dtype)
    if dtype not in _CODES:
        raise TypeError(f"arrays of {dtype} cannot be tensors")
    return _CODES[dtype]


def type_name(code):
    """The NumPy name of an element type, or Vireo's where NumPy has none."""
    return numpy.dtype(_TYPES[code]).name if code in _TYPES else _NAMES.get(code, str(code))


# Arrays whose memory the library reads, by a number that it gives back when it is done.
_lent = {}
_next_number = 1


@Release
def _returned(number):
    _lent.pop(number, None)


class TensorHandle(Handle):
    _kind = "tensor"


def wrapped(array):
    """A tensor over the memory of an array, which must not change before the run has ended."""
    global _next_number
    array = numpy.ascontiguousarray(array)
    code = type_code(array.dtype)
    dims = (ctypes.c_int64 * array.ndim)(*array.shape)
    number, _next_number = _next_number, _next_number + 1
    _lent[number] = array
    try:
        return TensorHandle(made(
            lib.vireo_tensor_wrap, code, dims, array.ndim, array.ctypes.data, array.nbytes, _returned,
            number))
    except Exception:
        _lent.pop(number, None)
        raise


def array(handle):
    """An array over the memory of a tensor, which lives as long as the array."""
    pointer = handle._pointer
    code = lib.vireo_tensor_element_type(pointer)
    if code not in _TYPES:
        raise TypeError(f"NumPy has no element type {type_name(code)}")
    rank = lib.vireo_tensor_rank(pointer)
    dims = lib.vireo_tensor_dims(pointer)
    shape = tuple(dims[axis] for axis in range(rank))
    size = lib.vireo_tensor_byte_count(pointer)
    memory = (ctypes.c_char * size).from_address(lib.vireo_tensor_mutable_data(pointer)) if size else b""
    if size:
        weakref.finalize(memory, lambda kept: None, handle)
    return numpy.frombuffer(memory, dtype=_TYPES[code]).reshape(shape)
