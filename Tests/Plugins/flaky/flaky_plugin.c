/*
 * The example's arithmetic on a device that is slow or fails. The library's file name says how: `libFAST-c200-x5-f3.so` is the
 * device FAST, whose compile takes 200 ms, whose execute takes 5 ms, and whose executes fail after the first 3. With -l the
 * device logs that an execute has begun, before it looks whether it was called off.
 */
#define _GNU_SOURCE
#define vireo_plugin_entry example_entry
#include "../example/example_plugin.c"
#undef vireo_plugin_entry

#include <ctype.h>
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

static char device_name[64];
static long compile_ms, execute_ms, good_executes = -1;
static atomic_long executes;
static bool logs_beginning;
static atomic_bool is_prepared, is_called_off;

static void read_file_name(void) {
    Dl_info library;
    if (dladdr((const void *)&read_file_name, &library) == 0) return;
    const char *slash = strrchr(library.dli_fname, '/');
    const char *start = (slash == NULL ? library.dli_fname : slash + 1) + strlen("lib");
    size_t length = strcspn(start, "-.");
    if (length >= sizeof device_name) length = sizeof device_name - 1;
    memcpy(device_name, start, length);
    device_name[length] = 0;
    for (const char *part = strchr(start, '-'); part != NULL; part = strchr(part + 1, '-')) {
        long number = strtol(part + 2, NULL, 10);
        if (part[1] == 'c') compile_ms = number;
        if (part[1] == 'x') execute_ms = number;
        if (part[1] == 'f') good_executes = number;
        if (part[1] == 'l') logs_beginning = true;
    }
}

static void wait_ms(long milliseconds) {
    struct timespec time = {.tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000};
    nanosleep(&time, NULL);
}

static vireo_status *slow_compile(vireo_backend *backend, const vireo_graph *graph, const vireo_compile_options *options,
                                  vireo_executable **executable) {
    wait_ms(compile_ms);
    return compile(backend, graph, options, executable);
}

static vireo_status *flaky_execute(vireo_context *context, vireo_buffer *const *inputs, size_t input_count,
                                   vireo_buffer **outputs, size_t output_count, const vireo_completion *completion) {
    if (logs_beginning) host->log(host, VIREO_LOG_INFO, "an execute has begun");
    if (!is_prepared) atomic_store(&is_called_off, false);
    is_prepared = false;
    if (atomic_load(&is_called_off)) return host->status_create(host, VIREO_CANCELLED, "the device was called off");
    wait_ms(execute_ms);
    if (good_executes >= 0 && atomic_fetch_add(&executes, 1) >= good_executes)
        return host->status_create(host, VIREO_UNAVAILABLE, "the device was removed");
    return execute(context, inputs, input_count, outputs, output_count, completion);
}

/* One context at a time is enough for what the tests do with -l; of others nobody calls a run off. */
static void flaky_prepare(vireo_context *context) {
    (void)context;
    if (!logs_beginning) return;
    atomic_store(&is_called_off, false);
    is_prepared = true;
}

static void flaky_cancel(vireo_context *context) {
    (void)context;
    if (logs_beginning) atomic_store(&is_called_off, true);
}

static vireo_plugin_api flaky;

const vireo_plugin_api *vireo_plugin_entry(const vireo_host_api *given, vireo_status **why) {
    const vireo_plugin_api *example = example_entry(given, why);
    if (example == NULL) return NULL;
    read_file_name();
    flaky = *example;
    flaky.name = device_name;
    flaky.description = "the example, slow or failing, for tests";
    flaky.compile = slow_compile;
    flaky.execute = flaky_execute;
    flaky.context_prepare = flaky_prepare;
    flaky.context_cancel = flaky_cancel;
    return &flaky;
}
