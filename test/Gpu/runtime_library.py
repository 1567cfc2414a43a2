# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""libattnc_rt.so through ctypes, with tensors of torch. For tests on GPUs."""

import ctypes


class Device(ctypes.Structure):
    _fields_ = [("type", ctypes.c_int32), ("number", ctypes.c_int32)]


class DataType(ctypes.Structure):
    _fields_ = [("code", ctypes.c_uint8), ("bits", ctypes.c_uint8),
                ("lanes", ctypes.c_uint16)]


class Tensor(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("device", Device),
                ("ndim", ctypes.c_int32), ("dtype", DataType),
                ("shape", ctypes.POINTER(ctypes.c_int64)),
                ("strides", ctypes.POINTER(ctypes.c_int64)),
                ("byte_offset", ctypes.c_uint64)]


class SessionOptions(ctypes.Structure):
    _fields_ = [("device", ctypes.c_char_p), ("num_threads", ctypes.c_int32),
                ("max_workspace_bytes", ctypes.c_uint64),
                ("profile", ctypes.c_uint8), ("poison", ctypes.c_uint8),
                ("guard", ctypes.c_uint8), ("communicator", ctypes.c_void_p),
                ("deadline", ctypes.c_int32)]


# DLPack's codes by the names of torch.
CODES = {"torch.float32": (2, 32), "torch.float16": (2, 16),
         "torch.bfloat16": (4, 16), "torch.int32": (0, 32),
         "torch.bool": (6, 8)}


class AttncError(Exception):
    pass


class Library:
    def __init__(self, path):
        self.lib = ctypes.CDLL(path)
        self.lib.attnc_rt_status_message.restype = ctypes.c_char_p
        for name in ("package_open", "package_find_entry", "session_create",
                     "session_run", "session_enqueue", "session_synchronize",
                     "session_capture", "session_replay",
                     "session_enqueue_replay", "session_time_replays"):
            getattr(self.lib, "attnc_rt_" + name).restype = ctypes.c_void_p

    def call(self, name, *args):
        if status := getattr(self.lib, "attnc_rt_" + name)(*args):
            self.raise_status(status)

    def raise_status(self, status):
        status = ctypes.c_void_p(status)
        message = self.lib.attnc_rt_status_message(status).decode()
        self.lib.attnc_rt_status_free(status)
        raise AttncError(message)


def tensors(values):
    """An array of DLTensors of torch's tensors, which it keeps alive."""
    array = (Tensor * len(values))()
    array.shapes = []
    for tensor, value in zip(array, values):
        assert value.is_contiguous()
        shape = (ctypes.c_int64 * value.dim())(*value.shape)
        array.shapes.append((shape, value))
        tensor.data = value.data_ptr()
        tensor.device = (Device(2, value.device.index) if value.is_cuda
                         else Device(1, 0))
        tensor.ndim = value.dim()
        tensor.dtype = DataType(*CODES[str(value.dtype)], 1)
        tensor.shape = ctypes.cast(shape, ctypes.POINTER(ctypes.c_int64))
    return array


class Session:
    """The only entry of a package on a device."""

    def __init__(self, library, package, device="cuda:0", deadline=30000):
        self.library = library
        handle, index = ctypes.c_void_p(), ctypes.c_size_t()
        library.call("package_open", package.encode(), ctypes.byref(handle))
        library.call("package_find_entry", handle, None, ctypes.byref(index))
        options = SessionOptions(device=device.encode(), deadline=deadline)
        self.handle = ctypes.c_void_p()
        library.call("session_create", handle, index, ctypes.byref(options),
                     ctypes.byref(self.handle))
        library.lib.attnc_rt_package_close(handle)

    def close(self):
        self.library.lib.attnc_rt_session_destroy(self.handle)

    def __with_tensors(self, name, inputs, outputs, *args):
        ins, outs = tensors(inputs), tensors(outputs)
        self.library.call("session_" + name, self.handle, ins,
                          ctypes.c_size_t(len(ins)), outs,
                          ctypes.c_size_t(len(outs)), *args)

    def run(self, inputs, outputs):
        self.__with_tensors("run", inputs, outputs)

    def enqueue(self, inputs, outputs, stream):
        self.__with_tensors("enqueue", inputs, outputs, ctypes.c_void_p(stream))

    def bind(self, inputs, outputs):
        """A function of a stream that enqueues a run with these tensors; it
        costs the host little more than the runtime itself."""
        ins, outs = tensors(inputs), tensors(outputs)
        num_ins, num_outs = ctypes.c_size_t(len(ins)), ctypes.c_size_t(len(outs))
        enqueue = self.library.lib.attnc_rt_session_enqueue

        def run(stream):
            if status := enqueue(self.handle, ins, num_ins, outs, num_outs,
                                 ctypes.c_void_p(stream)):
                self.library.raise_status(status)
        return run

    def synchronize(self):
        self.library.call("session_synchronize", self.handle)

    def capture(self, inputs, outputs):
        self.__with_tensors("capture", inputs, outputs)

    def replay(self):
        self.library.call("session_replay", self.handle)

    def enqueue_replay(self, stream):
        self.library.call("session_enqueue_replay", self.handle,
                          ctypes.c_void_p(stream))

    def time_replays(self, count):
        """Nanoseconds on the device."""
        times = (ctypes.c_uint64 * count)()
        self.library.call("session_time_replays", self.handle,
                          ctypes.c_size_t(count), times)
        return list(times)
