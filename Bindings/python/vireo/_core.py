"""Devices, their properties, and compiling models for them."""
import ctypes
from dataclasses import dataclass

from ._errors import check, made
from ._library import DeviceStruct, Handle, PluginStruct, PropertyStruct, Setting, lib, strings
from ._model import ports
from ._request import Request


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
        properties = _Properties(made(lib.vireo_core_properties, self._pointer, device.encode()))
        result = {}
        for index in range(lib.vireo_properties_count(properties._pointer)):
            entry = PropertyStruct()
            check(lib.vireo_properties_at(properties._pointer, index, ctypes.byref(entry)))
            name = entry.name.decode()
            result[name] = Property(name, entry.value.decode(), entry.is_mutable)
        return result

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

    def __call__(self, *inputs):
        return self.request().run(*inputs)
