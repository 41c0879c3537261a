"""Devices, their properties, and compiling models for them."""
import ctypes
import os
from dataclasses import dataclass

from ._errors import check, made
from ._library import DeviceStruct, Handle, PluginStruct, PropertyStruct, Setting, lib, strings
from ._model import ports
from ._request import Pool, Request


@dataclass(frozen=True)
class Device:
    name: str
    full_name: str
    architecture: str


@dataclass(frozen=True)
class Plugin:
    """A library that was tried. outcome: what it brought, or why it is not used."""

    path: str
    outcome: str
    is_loaded: bool


@dataclass(frozen=True)
class Property:
    name: str
    value: str
    is_mutable: bool


class _Properties(Handle):
    _kind = "properties"

    @property
    def list(self):
        result = []
        for index in range(lib.vireo_properties_count(self._pointer)):
            entry = PropertyStruct()
            check(lib.vireo_properties_at(self._pointer, index, ctypes.byref(entry)))
            result.append(Property(entry.name.decode(), entry.value.decode(), entry.is_mutable))
        return result

    @property
    def by_name(self):
        return {item.name: item for item in self.list}


def read_settings(path, device=None):
    """The settings in a JSON file, {"NUM_STREAMS": 2}, for Core.compile.

    Those in an object under the device's name win over those outside objects."""
    pointer = made(lib.vireo_settings_read, os.fsencode(path), device.encode() if device else None)
    return {item.name: item.value for item in _Properties(pointer).list}


class Core(Handle):
    """The entrance to the runtime: finds plugins and their devices, and compiles models for them.

    search_paths: folders of plugins and library files; None for VIREO_PLUGIN_PATH and the library's own folder."""

    _kind = "core"

    def __init__(self, search_paths=None):
        paths = None if search_paths is None else strings(search_paths)
        super().__init__(made(lib.vireo_core_create, paths, 0 if paths is None else len(paths)))

    @property
    def devices(self):
        result = []
        for index in range(lib.vireo_core_device_count(self._pointer)):
            device = DeviceStruct()
            check(lib.vireo_core_device(self._pointer, index, ctypes.byref(device)))
            result.append(Device(device.name.decode(), device.full_name.decode(), device.architecture.decode()))
        return result

    @property
    def plugins(self):
        result = []
        for index in range(lib.vireo_core_plugin_count(self._pointer)):
            plugin = PluginStruct()
            check(lib.vireo_core_plugin(self._pointer, index, ctypes.byref(plugin)))
            result.append(Plugin(plugin.path.decode(), plugin.outcome.decode(), plugin.is_loaded))
        return result

    def properties(self, device):
        """The properties of a device as they are now, by name."""
        return _Properties(made(lib.vireo_core_properties, self._pointer, device.encode())).by_name

    def settable_properties(self, device):
        """The names of what compile can be told for a device."""
        pointer = made(lib.vireo_core_settable_properties, self._pointer, device.encode())
        return [item.name for item in _Properties(pointer).list]

    def set_property(self, device, name, value):
        check(lib.vireo_core_set_property(self._pointer, device.encode(), name.encode(), str(value).encode()))

    def compile(self, model, device="CPU", settings=None):
        """Makes a model ready to run. settings: names and values that hold for this compilation."""
        pairs = [(name.encode(), str(value).encode()) for name, value in (settings or {}).items()]
        array = (Setting * len(pairs))(*pairs)
        return CompiledModel(
            made(lib.vireo_core_compile, self._pointer, model._pointer, device.encode(), array, len(pairs)))


class CompiledModel(Handle):
    """A model ready to run, shared by its requests. Calling it runs it once with a request of its own."""

    _kind = "compiled_model"

    @property
    def inputs(self):
        count = lib.vireo_compiled_model_input_count(self._pointer)
        return ports(self._pointer, "vireo_compiled_model_input", count)

    @property
    def outputs(self):
        count = lib.vireo_compiled_model_output_count(self._pointer)
        return ports(self._pointer, "vireo_compiled_model_output", count)

    @property
    def name(self):
        return lib.vireo_compiled_model_name(self._pointer).decode()

    @property
    def properties(self):
        """Facts such as LOADED_FROM_CACHE, and the settings that the model was compiled with, by name."""
        return _Properties(made(lib.vireo_compiled_model_properties, self._pointer)).by_name

    @property
    def placement(self):
        """Where each node runs, and which devices refused it: a line each."""
        return lib.vireo_compiled_model_placement(self._pointer).decode()

    def input_index(self, name):
        """The place of the input that has this name, or whose tensor has it in the framework."""
        index = ctypes.c_size_t()
        check(lib.vireo_compiled_model_input_index(self._pointer, name.encode(), ctypes.byref(index)))
        return index.value

    def write_execution_graph(self, xml_path):
        """Writes the graph that runs as an IR for viewers, with devices."""
        bin_path = os.path.splitext(os.fspath(xml_path))[0] + ".bin"
        check(lib.vireo_compiled_model_write_execution_graph(
            self._pointer, os.fsencode(xml_path), os.fsencode(bin_path)))

    @property
    def summary(self):
        """Which devices run how many nodes."""
        return lib.vireo_compiled_model_summary(self._pointer).decode()

    @property
    def optimal_request_count(self):
        """How many requests at a time use the devices fully."""
        return lib.vireo_compiled_model_optimal_request_count(self._pointer)

    def request(self, trace=None):
        """A request, which runs the model once at a time; several may run at the same time.

        trace: where the times of its runs are written."""
        return Request(self, trace)

    def pool(self, request_count=0, trace=None):
        """Requests that any number of threads share: as many as use the devices fully unless request_count says."""
        return Pool(self, request_count, trace)

    def __call__(self, *inputs):
        return self.request().run(*inputs)
