"""Models: their inputs and outputs, and photographs as their input."""
import ctypes
import os
from dataclasses import dataclass

from ._errors import check, made
from ._library import Handle, InputFormatStruct, PortStruct, lib, strings
from ._tensor import TensorHandle, array, type_code, type_name


@dataclass(frozen=True)
class Port:
    """An input, an output or a variable. shape: None for an unknown rank, -1 for an unknown dimension."""

    name: str
    dtype: str
    shape: tuple


def ports(pointer, kind, count):
    """The inputs, outputs or variables behind functions such as vireo_model_input."""
    result = []
    for index in range(count):
        port = PortStruct()
        check(getattr(lib, kind)(pointer, index, ctypes.byref(port)))
        shape = None if port.rank < 0 else tuple(port.dims[axis] for axis in range(port.rank))
        result.append(Port(port.name.decode(), type_name(port.element_type), shape))
    return result


class Model(Handle):
    """A model from an OpenVINO IR (.xml), a TensorFlow graph (.pb, .pbtxt, .meta) or the folder of a SavedModel."""

    _kind = "model"

    def __init__(self, path):
        super().__init__(made(lib.vireo_model_read, os.fsencode(path)))

    @property
    def name(self):
        return lib.vireo_model_name(self._pointer).decode()

    @property
    def inputs(self):
        return ports(self._pointer, "vireo_model_input", lib.vireo_model_input_count(self._pointer))

    @property
    def outputs(self):
        return ports(self._pointer, "vireo_model_output", lib.vireo_model_output_count(self._pointer))

    def images(self, *paths):
        """Photographs (JPEG, PNG, BMP) as the array that the model's single image input takes."""
        pointer = made(lib.vireo_tensor_from_images, self._pointer, strings(paths), len(paths))
        return array(TensorHandle(pointer))

    def reshape(self, shapes):
        """Gives inputs other shapes, by name; -1 leaves a dimension unknown until the model runs."""
        for name, shape in shapes.items():
            dims = (ctypes.c_int64 * len(shape))(*shape)
            check(lib.vireo_model_reshape(self._pointer, name.encode(), dims, len(shape)))

    def set_input_format(self, input=None, *, dtype=None, layout=None, height=0, width=0, resampling="bilinear",
                         reverses_channels=False, mean=(), scale=()):
        """Makes an input take another format, which the model then turns into what it took before.

        dtype and layout: of the arrays that will be given. height, width: their size, -1 for any; they are then resized.
        mean, scale: subtracted and divided by, one number or one for each channel of the model's own order."""
        form = InputFormatStruct()
        form.element_type = 0 if dtype is None else type_code(dtype)
        form.layout = layout.encode() if layout else None
        form.height, form.width = height, width
        form.resampling = {"bilinear": 0, "nearest": 1, "bicubic": 2}[resampling]
        form.reverses_channels = reverses_channels
        form.mean, form.mean_count = (ctypes.c_double * len(mean))(*mean), len(mean)
        form.scale, form.scale_count = (ctypes.c_double * len(scale))(*scale), len(scale)
        name = input.encode() if input else None
        check(lib.vireo_model_set_input_format(self._pointer, name, ctypes.byref(form)))

    def write(self, xml_path, bin_path=None):
        """Writes an OpenVINO IR; the weights go beside the graph unless bin_path says otherwise."""
        bin_path = bin_path or os.path.splitext(os.fspath(xml_path))[0] + ".bin"
        check(lib.vireo_model_write(self._pointer, os.fsencode(xml_path), os.fsencode(bin_path)))
