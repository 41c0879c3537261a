#!/usr/bin/env python3
"""Tests the package: python3 test_vireo.py MODEL PHOTOGRAPH ADDER

MODEL is a network with one image input and one output, PHOTOGRAPH a file for it, ADDER a network that adds its input [3] to the
variable "total", which begins with 0.5, 1.5 and 2.5. The tests of the repository give all three."""
import gc
import json
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import numpy  # noqa: E402
import vireo  # noqa: E402

MODEL, PHOTOGRAPH, ADDER = sys.argv[1:4]


class VireoTests(unittest.TestCase):
    def setUp(self):
        self.core = vireo.Core()
        self.model = vireo.Model(MODEL)
        self.compiled = self.core.compile(self.model, "REFERENCE", {"PERF_COUNT": "YES"})
        self.image = self.model.images(PHOTOGRAPH)

    def test_devices_and_plugins_are_listed(self):
        self.assertIn("REFERENCE", [device.name for device in self.core.devices])
        self.assertTrue(any(plugin.is_loaded for plugin in self.core.plugins))

    def test_properties_are_read_and_written(self):
        self.assertFalse(self.core.properties("REFERENCE")["FULL_DEVICE_NAME"].is_mutable)
        self.core.set_property("REFERENCE", "PERF_COUNT", "YES")
        self.assertEqual(self.core.properties("REFERENCE")["PERF_COUNT"].value, "YES")
        self.core.set_property("REFERENCE", "PERF_COUNT", "NO")

    def test_ports_have_names_types_and_shapes(self):
        [port] = self.compiled.inputs
        self.assertEqual(port.shape, self.image.shape)
        self.assertEqual(port.dtype, "float32")
        self.assertEqual([port.name for port in self.model.outputs], [port.name for port in self.compiled.outputs])

    def test_inference_gives_what_numpy_computes(self):
        # The network is the softmax of the image's mean colour.
        mean = self.image.mean(axis=(2, 3))
        expected = numpy.exp(mean - mean.max()) / numpy.exp(mean - mean.max()).sum()
        [scores] = self.compiled(self.image)
        # 64 numbers summed and three exponentials, in f32.
        numpy.testing.assert_allclose(scores, expected, rtol=1e-5)

    def test_arrays_of_any_layout_are_taken(self):
        strided = numpy.asfortranarray(self.image)
        numpy.testing.assert_array_equal(self.compiled(strided)[0], self.compiled(self.image)[0])

    def test_outputs_outlive_everything_else(self):
        [scores] = self.compiled(self.image)
        copy = scores.copy()
        del self.core, self.model, self.compiled, self.image
        gc.collect()
        numpy.testing.assert_array_equal(scores, copy)

    def test_futures_of_several_requests(self):
        [expected] = self.compiled(self.image)
        for _ in range(20):
            futures = [self.compiled.request().start(self.image) for _ in range(4)]
            for future in futures:
                numpy.testing.assert_array_equal(future.result(timeout=60)[0], expected)

    def test_a_cancelled_run_ends(self):
        request = self.compiled.request()
        for _ in range(20):
            future = request.start(self.image)
            request.cancel()
            request.wait()
            error = future.exception(timeout=60)
            self.assertTrue(error is None or error.code == "cancelled")

    def test_batches_of_any_size_in_another_format(self):
        model = vireo.Model(MODEL)
        model.reshape({"input": (-1, *self.image.shape[1:])})
        model.set_input_format(dtype="u8", layout="NHWC", reverses_channels=True, scale=[255])
        request = self.core.compile(model, "REFERENCE").request()
        height, width = self.image.shape[2:]
        for batch in (1, 2, 1):
            frames = numpy.zeros((batch, height, width, 3), numpy.uint8)
            frames[..., 0] = 255  # blue comes first
            [scores] = request.run(frames)
            self.assertEqual(scores.shape[0], batch)
            self.assertTrue((scores.argmax(axis=1) == 2).all())
        with self.assertRaises(vireo.Error):
            model.reshape({"absent": (1,)})

    def test_traces_and_execution_graphs(self):
        trace = vireo.Trace()
        request = self.compiled.request(trace)
        request.run(self.image)
        with tempfile.TemporaryDirectory() as folder:
            trace.write(os.path.join(folder, "trace.json"))
            with open(os.path.join(folder, "trace.json")) as file:
                self.assertTrue(json.load(file)["traceEvents"])
            request.write_execution_graph(os.path.join(folder, "graph.xml"))
            with open(os.path.join(folder, "graph.xml")) as file:
                self.assertIn("execTimeMcs", file.read())

    def test_a_pool_is_shared_by_threads_and_gives_what_one_request_gives(self):
        [expected] = self.compiled(self.image)
        pool = self.compiled.pool(2)
        self.assertEqual(pool.request_count, 2)
        for future in [pool.start(self.image) for _ in range(40)]:
            numpy.testing.assert_array_equal(future.result(timeout=60)[0], expected)
        numpy.testing.assert_array_equal(pool.run(self.image)[0], expected)
        self.assertEqual(pool.waiting_count, 0)
        self.assertGreaterEqual(self.compiled.pool().request_count, 1)
        cancellation = vireo.Cancellation()
        cancellation.cancel()
        error = pool.start(self.image, cancellation=cancellation).exception(timeout=60)
        self.assertEqual(error.code, "cancelled")

    def test_settings_from_a_file_and_what_can_be_set(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "settings.json")
            with open(path, "w") as file:
                json.dump({"PERF_COUNT": True, "REFERENCE": {"NUM_STREAMS": 2}, "CPU": {"NUM_STREAMS": 3}}, file)
            settings = vireo.read_settings(path, "REFERENCE")
            self.assertEqual(settings, {"PERF_COUNT": "YES", "NUM_STREAMS": "2"})
            self.assertEqual(vireo.read_settings(path), {"PERF_COUNT": "YES"})
            compiled = self.core.compile(self.model, "REFERENCE", settings)
            self.assertEqual(compiled.optimal_request_count, 2)
        self.assertIn("NUM_STREAMS", self.core.settable_properties("REFERENCE"))
        self.assertEqual(compiled.properties["NETWORK_NAME"].value, compiled.name)
        self.assertEqual(compiled.properties["LOADED_FROM_CACHE"].value, "NO")

    def test_a_compiled_model_says_where_its_nodes_run(self):
        self.assertIn("REFERENCE", self.compiled.placement)
        self.assertEqual(self.compiled.input_index(self.compiled.inputs[0].name), 0)
        with self.assertRaises(vireo.Error):
            self.compiled.input_index("absent")
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "graph.xml")
            self.compiled.write_execution_graph(path)
            with open(path) as file:
                self.assertIn('<device value="REFERENCE"', file.read())

    def test_variables_go_from_run_to_run(self):
        compiled = self.core.compile(vireo.Model(ADDER), "REFERENCE")
        request, other = compiled.request(), compiled.request()
        [state] = request.states
        self.assertEqual((state.name, state.dtype, state.shape), ("total", "float32", (3,)))
        initial, x = state.value, numpy.array([1, 2, 3], numpy.float32)
        numpy.testing.assert_array_equal(initial, [0.5, 1.5, 2.5])
        for run in range(1, 5):
            numpy.testing.assert_array_equal(request.run(x)[0], initial + run * x)
            numpy.testing.assert_array_equal(state.value, initial + run * x)
        numpy.testing.assert_array_equal(initial, [0.5, 1.5, 2.5])
        numpy.testing.assert_array_equal(other.states[0].value, initial)
        own = numpy.array([10, 20, 30], numpy.float32)
        state.value = own
        for _ in range(4):
            [total] = request.run(x)
        numpy.testing.assert_array_equal(total, [14, 28, 42])
        numpy.testing.assert_array_equal(own, [10, 20, 30])
        with self.assertRaises(vireo.Error):
            state.value = own[:2]
        state.reset()
        numpy.testing.assert_array_equal(state.value, initial)
        request.run(x)
        request.reset_states()
        numpy.testing.assert_array_equal(request.run(x)[0], initial + x)
        self.assertEqual(self.compiled.request().states, [])

    def test_profile(self):
        request = self.compiled.request()
        request.run(self.image)
        self.assertTrue(any(row.status == "EXECUTED" for row in request.profile))

    def test_errors_say_what_where_and_what_to_do(self):
        with self.assertRaises(vireo.Error) as caught:
            self.core.compile(self.model, "NPU")
        self.assertEqual(caught.exception.code, "not-found")
        self.assertIn("REFERENCE", caught.exception.remedy)
        with self.assertRaises(vireo.Error) as caught:
            vireo.Model("/nowhere.xml")
        self.assertIn("/nowhere.xml", str(caught.exception))
        with self.assertRaises(vireo.Error):
            self.compiled(self.image[:, :, :1])
        with self.assertRaises(vireo.Error):
            self.compiled()
        with self.assertRaises(TypeError):
            self.compiled(self.image.astype(complex))

    def test_models_are_written(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "model.xml")
            self.model.write(path)
            again = self.core.compile(vireo.Model(path), "REFERENCE")
            numpy.testing.assert_array_equal(again(self.image)[0], self.compiled(self.image)[0])

    def test_version(self):
        self.assertEqual(vireo.version().count("."), 2)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[4:])
