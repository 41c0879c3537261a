"""Run trained networks with Vireo: NumPy arrays in, NumPy arrays out.

    core = vireo.Core()
    model = vireo.Model("mobilenet.xml")
    compiled = core.compile(model, "CPU")
    scores = compiled(model.images("cat.jpg"))[0]
"""
from ._core import CompiledModel, Core, Device, Plugin, Property, read_settings
from ._errors import Error
from ._library import version
from ._model import Model, Port
from ._request import Cancellation, Pool, ProfileRow, Request, State, Trace

__all__ = [
    "Cancellation", "CompiledModel", "Core", "Device", "Error", "Model", "Plugin", "Pool", "Port", "ProfileRow",
    "Property", "Request", "State", "Trace", "read_settings", "version",
]
__version__ = "0.1.0"
