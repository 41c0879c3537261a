"""Finds libvireo_c.so and declares its functions as vireo.h does."""
import ctypes
import os
from ctypes import CFUNCTYPE, POINTER, Structure, c_bool, c_char_p, c_double, c_int32, c_int64, c_size_t, c_void_p

NAME = "libvireo_c.so"


class Setting(Structure):
    _fields_ = [("name", c_char_p), ("value", c_char_p)]


class _Growing(Structure):
    """A struct that begins with its own size."""

    def __init__(self):
        super().__init__()
        self.struct_size = ctypes.sizeof(self)


class DeviceStruct(_Growing):
    _fields_ = [("struct_size", c_size_t), ("name", c_char_p), ("full_name", c_char_p), ("architecture", c_char_p)]


class PluginStruct(_Growing):
    _fields_ = [("struct_size", c_size_t), ("path", c_char_p), ("outcome", c_char_p), ("is_loaded", c_bool)]


class PropertyStruct(_Growing):
    _fields_ = [("struct_size", c_size_t), ("name", c_char_p), ("value", c_char_p), ("is_mutable", c_bool)]


class PortStruct(_Growing):
    _fields_ = [
        ("struct_size", c_size_t), ("name", c_char_p), ("element_type", c_int32), ("rank", c_int32),
        ("dims", POINTER(c_int64)),
    ]


class ProfileStruct(_Growing):
    _fields_ = [
        ("struct_size", c_size_t), ("node_name", c_char_p), ("op_type", c_char_p), ("exec_type", c_char_p),
        ("status", c_char_p), ("real_microseconds", c_int64), ("cpu_microseconds", c_int64),
    ]


class InputFormatStruct(_Growing):
    _fields_ = [
        ("struct_size", c_size_t), ("layout", c_char_p), ("mean", POINTER(c_double)), ("mean_count", c_size_t),
        ("scale", POINTER(c_double)), ("scale_count", c_size_t), ("height", c_int64), ("width", c_int64),
        ("element_type", c_int32), ("resampling", c_int32), ("reverses_channels", c_bool),
    ]


Release = CFUNCTYPE(None, c_void_p)
Completion = CFUNCTYPE(None, c_void_p, c_void_p, POINTER(c_void_p), c_size_t)

_OUT = POINTER(c_void_p)
_STRINGS = POINTER(c_char_p)

# Functions that can fail: they return an error, or NULL.
_FALLIBLE = {
    "vireo_core_create": [_STRINGS, c_size_t, _OUT],
    "vireo_core_device": [c_void_p, c_size_t, POINTER(DeviceStruct)],
    "vireo_core_plugin": [c_void_p, c_size_t, POINTER(PluginStruct)],
    "vireo_core_properties": [c_void_p, c_char_p, _OUT],
    "vireo_core_set_property": [c_void_p, c_char_p, c_char_p, c_char_p],
    "vireo_core_settable_properties": [c_void_p, c_char_p, _OUT],
    "vireo_settings_read": [c_char_p, c_char_p, _OUT],
    "vireo_properties_at": [c_void_p, c_size_t, POINTER(PropertyStruct)],
    "vireo_model_read": [c_char_p, _OUT],
    "vireo_model_input": [c_void_p, c_size_t, POINTER(PortStruct)],
    "vireo_model_output": [c_void_p, c_size_t, POINTER(PortStruct)],
    "vireo_model_write": [c_void_p, c_char_p, c_char_p],
    "vireo_model_reshape": [c_void_p, c_char_p, POINTER(c_int64), c_size_t],
    "vireo_model_set_input_format": [c_void_p, c_char_p, POINTER(InputFormatStruct)],
    "vireo_core_compile": [c_void_p, c_void_p, c_char_p, POINTER(Setting), c_size_t, _OUT],
    "vireo_compiled_model_input": [c_void_p, c_size_t, POINTER(PortStruct)],
    "vireo_compiled_model_output": [c_void_p, c_size_t, POINTER(PortStruct)],
    "vireo_compiled_model_input_index": [c_void_p, c_char_p, POINTER(c_size_t)],
    "vireo_compiled_model_properties": [c_void_p, _OUT],
    "vireo_compiled_model_write_execution_graph": [c_void_p, c_char_p, c_char_p],
    "vireo_tensor_create": [c_int32, POINTER(c_int64), c_size_t, _OUT],
    "vireo_tensor_wrap": [c_int32, POINTER(c_int64), c_size_t, c_void_p, c_size_t, Release, c_void_p, _OUT],
    "vireo_tensor_read_npy": [c_char_p, _OUT],
    "vireo_tensor_write_npy": [c_void_p, c_char_p],
    "vireo_tensor_from_images": [c_void_p, _STRINGS, c_size_t, _OUT],
    "vireo_request_create": [c_void_p, c_void_p, _OUT],
    "vireo_request_run": [c_void_p, POINTER(c_void_p), c_size_t, POINTER(c_void_p), c_size_t],
    "vireo_request_start": [c_void_p, POINTER(c_void_p), c_size_t, Completion, c_void_p],
    "vireo_request_state": [c_void_p, c_size_t, POINTER(PortStruct)],
    "vireo_request_state_value": [c_void_p, c_size_t, _OUT],
    "vireo_request_set_state": [c_void_p, c_size_t, c_void_p],
    "vireo_request_reset_state": [c_void_p, c_size_t],
    "vireo_request_reset_states": [c_void_p],
    "vireo_cancellation_create": [_OUT],
    "vireo_pool_create": [c_void_p, c_size_t, c_void_p, _OUT],
    "vireo_pool_run": [c_void_p, POINTER(c_void_p), c_size_t, POINTER(c_void_p), c_size_t],
    "vireo_pool_start": [c_void_p, POINTER(c_void_p), c_size_t, c_void_p, Completion, c_void_p],
    "vireo_request_profile": [c_void_p, _OUT],
    "vireo_request_write_execution_graph": [c_void_p, c_char_p, c_char_p],
    "vireo_trace_create": [_OUT],
    "vireo_trace_write": [c_void_p, c_char_p],
    "vireo_profile_at": [c_void_p, c_size_t, POINTER(ProfileStruct)],
}

_OTHERS = {
    "vireo_version": (c_char_p, []),
    "vireo_error_code": (c_int32, [c_void_p]),
    "vireo_error_message": (c_char_p, [c_void_p]),
    "vireo_error_remedy": (c_char_p, [c_void_p]),
    "vireo_error_description": (c_char_p, [c_void_p]),
    "vireo_core_device_count": (c_size_t, [c_void_p]),
    "vireo_core_plugin_count": (c_size_t, [c_void_p]),
    "vireo_properties_count": (c_size_t, [c_void_p]),
    "vireo_model_name": (c_char_p, [c_void_p]),
    "vireo_model_input_count": (c_size_t, [c_void_p]),
    "vireo_model_output_count": (c_size_t, [c_void_p]),
    "vireo_compiled_model_input_count": (c_size_t, [c_void_p]),
    "vireo_compiled_model_output_count": (c_size_t, [c_void_p]),
    "vireo_compiled_model_name": (c_char_p, [c_void_p]),
    "vireo_compiled_model_summary": (c_char_p, [c_void_p]),
    "vireo_compiled_model_placement": (c_char_p, [c_void_p]),
    "vireo_compiled_model_optimal_request_count": (c_size_t, [c_void_p]),
    "vireo_tensor_element_type": (c_int32, [c_void_p]),
    "vireo_tensor_rank": (c_size_t, [c_void_p]),
    "vireo_tensor_dims": (POINTER(c_int64), [c_void_p]),
    "vireo_tensor_byte_count": (c_size_t, [c_void_p]),
    "vireo_tensor_data": (c_void_p, [c_void_p]),
    "vireo_tensor_mutable_data": (c_void_p, [c_void_p]),
    "vireo_request_state_count": (c_size_t, [c_void_p]),
    "vireo_cancellation_cancel": (None, [c_void_p]),
    "vireo_pool_request_count": (c_size_t, [c_void_p]),
    "vireo_pool_waiting_count": (c_size_t, [c_void_p]),
    "vireo_request_cancel": (None, [c_void_p]),
    "vireo_request_wait": (None, [c_void_p]),
    "vireo_profile_count": (c_size_t, [c_void_p]),
}

_HANDLES = ["error", "core", "properties", "model", "compiled_model", "tensor", "request", "pool",
            "cancellation", "profile", "trace"]


def _candidates():
    named = os.environ.get("VIREO_LIBRARY")
    if named:
        return [named]
    here = os.path.dirname(os.path.abspath(__file__))
    repository = os.path.dirname(os.path.dirname(os.path.dirname(here)))
    beside = [os.path.join(here, NAME), os.path.join(repository, ".build", "release", NAME)]
    return [path for path in beside if os.path.exists(path)] or [NAME]


def _load():
    path = _candidates()[0]
    try:
        library = ctypes.CDLL(path)
    except OSError as error:
        raise ImportError(f"{path} cannot be loaded: {error}; set VIREO_LIBRARY to the path of {NAME}") from None
    for name, arguments in _FALLIBLE.items():
        function = getattr(library, name)
        function.restype, function.argtypes = c_void_p, arguments
    for name, (result, arguments) in _OTHERS.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    for handle in _HANDLES:
        function = getattr(library, f"vireo_{handle}_release")
        function.restype, function.argtypes = None, [c_void_p]
    return library


lib = _load()


def version():
    """The version of the library."""
    return lib.vireo_version().decode()


class Handle:
    """An object of the library, ended when Python lets go of it."""

    _kind = None

    def __init__(self, pointer):
        self._pointer = pointer
        self._release = getattr(lib, f"vireo_{self._kind}_release")

    def __del__(self):
        pointer = getattr(self, "_pointer", None)
        if pointer:
            self._pointer = None
            self._release(pointer)


def strings(items):
    """A C array of UTF-8 strings."""
    return (c_char_p * len(items))(*[os.fsencode(item) for item in items])
