"""Errors of the library as exceptions."""
import ctypes

from ._library import lib

_CODES = [
    "ok", "invalid-argument", "not-found", "malformed-file", "input-output", "unsupported", "unavailable",
    "out-of-memory", "busy", "cancelled", "internal",
]


class Error(Exception):
    """What is wrong, where, and what to do about it.

    code: "invalid-argument", "not-found", "malformed-file", "input-output", "unsupported", "unavailable",
    "out-of-memory", "busy", "cancelled" or "internal". message: one sentence. remedy: what to do, or None."""

    def __init__(self, code, message, remedy, description):
        super().__init__(description)
        self.code, self.message, self.remedy = code, message, remedy


def taken(pointer):
    """The exception for an error, which is released."""
    code = lib.vireo_error_code(pointer)
    remedy = lib.vireo_error_remedy(pointer)
    error = Error(
        _CODES[code] if code < len(_CODES) else "internal", lib.vireo_error_message(pointer).decode(),
        remedy.decode() if remedy else None, lib.vireo_error_description(pointer).decode())
    lib.vireo_error_release(pointer)
    return error


def check(pointer):
    """Raises what a function returned, unless it is NULL."""
    if pointer:
        raise taken(pointer)


def made(function, *arguments):
    """The handle that a function gives through its last parameter."""
    result = ctypes.c_void_p()
    check(function(*arguments, ctypes.byref(result)))
    return result.value
