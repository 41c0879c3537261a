/*
 * A plugin that does one thing wrong. The fault is the name of the library's file without `lib` and `.so`: a test copies
 * the library to `libwrong_major.so` and so on, and each copy is a library of its own. An unknown name is no fault.
 */
#define _GNU_SOURCE
#include "vireo_plugin.h"

#include <dlfcn.h>
#include <string.h>

static const vireo_host_api *host;
static char fault[64];

static bool has_fault(const char *name) { return strcmp(fault, name) == 0; }

static void read_fault(void) {
    Dl_info library;
    if (dladdr((const void *)&read_fault, &library) == 0) return;
    const char *slash = strrchr(library.dli_fname, '/');
    const char *start = slash == NULL ? library.dli_fname : slash + 1;
    if (strncmp(start, "lib", 3) == 0) start += 3;
    size_t length = strcspn(start, ".");
    if (length >= sizeof fault) length = sizeof fault - 1;
    memcpy(fault, start, length);
    fault[length] = 0;
}

static vireo_status *failure(int32_t code, const char *message) { return host->status_create(host, code, message); }
static vireo_status *nothing_works(void) { return failure(VIREO_UNSUPPORTED, "FAULTY does nothing"); }

static vireo_status *probe(size_t *device_count) {
    if (has_fault("probe_error")) return failure(VIREO_UNAVAILABLE, "the cable is not plugged in");
    if (has_fault("foreign_status")) return (vireo_status *)fault;
    if (has_fault("leaks_status")) (void)failure(VIREO_INTERNAL, "forgotten in probe");
    *device_count = has_fault("no_device") ? 0 : has_fault("two_devices") ? 2 : 1;
    if (has_fault("absurd_count")) *device_count = SIZE_MAX;
    return NULL;
}

static vireo_status *device_info(size_t device, vireo_device_info *info) {
    (void)device;
    if (has_fault("no_description")) return failure(VIREO_INTERNAL, "the device does not answer");
    info->kind = VIREO_DEVICE_OTHER;
    info->full_name = has_fault("nameless_device") ? NULL : "Faulty device";
    info->architecture = "none";
    return NULL;
}

static vireo_status *backend_create(size_t device, vireo_backend **backend) {
    (void)device;
    if (has_fault("no_backend")) return failure(VIREO_UNAVAILABLE, "the device is in use elsewhere");
    if (has_fault("null_backend")) {
        *backend = NULL;
        return NULL;
    }
    if (has_fault("leaks_later")) (void)failure(VIREO_INTERNAL, "forgotten by the backend");
    *backend = (vireo_backend *)fault;
    return NULL;
}
static void backend_destroy(vireo_backend *backend) { (void)backend; }

static vireo_status *property_count(vireo_backend *backend, size_t *count) {
    (void)backend;
    *count = 0;
    return NULL;
}
static vireo_status *property_at(vireo_backend *backend, size_t index, vireo_property *property) {
    (void)backend, (void)index, (void)property;
    return nothing_works();
}
static vireo_status *property_set(vireo_backend *backend, const char *name, const char *value) {
    (void)backend, (void)name, (void)value;
    return nothing_works();
}
static vireo_status *query_support(vireo_backend *backend, const vireo_graph *graph, vireo_verdict *verdicts,
                                   size_t count) {
    (void)backend, (void)graph;
    for (size_t index = 0; index < count; index++)
        verdicts[index] = (vireo_verdict){
            .support = has_fault("takes_all") ? VIREO_SUPPORT_YES : VIREO_SUPPORT_NO,
            .reason = has_fault("reasonless") ? NULL : "FAULTY does nothing",
        };
    return NULL;
}
static vireo_status *compile(vireo_backend *backend, const vireo_graph *graph, const vireo_compile_options *options,
                             vireo_executable **executable) {
    (void)backend, (void)graph, (void)options, (void)executable;
    return nothing_works();
}
static void executable_destroy(vireo_executable *executable) { (void)executable; }
static vireo_status *context_create(vireo_executable *executable, vireo_context **context) {
    (void)executable, (void)context;
    return nothing_works();
}
static void context_destroy(vireo_context *context) { (void)context; }
static vireo_status *buffer_create(vireo_backend *backend, const vireo_tensor_info *info, vireo_buffer **buffer) {
    (void)backend, (void)info, (void)buffer;
    return nothing_works();
}
static vireo_status *buffer_import(vireo_backend *backend, const vireo_tensor_info *info, void *data,
                                   size_t byte_count, int32_t ownership, void (*release)(void *user), void *user,
                                   vireo_buffer **buffer) {
    (void)backend, (void)info, (void)data, (void)byte_count, (void)ownership, (void)release, (void)user, (void)buffer;
    return nothing_works();
}
static vireo_status *buffer_info(const vireo_buffer *buffer, vireo_tensor_info *info) {
    (void)buffer, (void)info;
    return nothing_works();
}
static vireo_status *buffer_read(const vireo_buffer *buffer, void *destination, size_t byte_count) {
    (void)buffer, (void)destination, (void)byte_count;
    return nothing_works();
}
static void buffer_destroy(vireo_buffer *buffer) { (void)buffer; }
static vireo_status *execute(vireo_context *context, vireo_buffer *const *inputs, size_t input_count,
                             vireo_buffer **outputs, size_t output_count, const vireo_completion *completion) {
    (void)context, (void)inputs, (void)input_count, (void)outputs, (void)output_count, (void)completion;
    return nothing_works();
}
static vireo_status *profile(vireo_context *context, const vireo_profile_row **rows, size_t *count) {
    (void)context, (void)rows, (void)count;
    return nothing_works();
}

static vireo_plugin_api plugin = {
    .struct_size = sizeof(vireo_plugin_api),
    .abi_major = VIREO_ABI_MAJOR,
    .abi_minor = VIREO_ABI_MINOR,
    .name = "FAULTY",
    .version = "1.0.0",
    .description = "one fault, for tests",
    .probe = probe,
    .device_info = device_info,
    .backend_create = backend_create,
    .backend_destroy = backend_destroy,
    .property_count = property_count,
    .property_at = property_at,
    .property_set = property_set,
    .query_support = query_support,
    .compile = compile,
    .executable_destroy = executable_destroy,
    .context_create = context_create,
    .context_destroy = context_destroy,
    .buffer_create = buffer_create,
    .buffer_import = buffer_import,
    .buffer_info = buffer_info,
    .buffer_read = buffer_read,
    .buffer_destroy = buffer_destroy,
    .execute = execute,
    .profile = profile,
};

const vireo_plugin_api *vireo_plugin_entry(const vireo_host_api *given, vireo_status **why) {
    host = given;
    read_fault();
    if (has_fault("refuses")) {
        *why = failure(VIREO_UNAVAILABLE, "this machine is too old");
        return NULL;
    }
    if (has_fault("refuses_silently")) return NULL;
    if (has_fault("wrong_major")) plugin.abi_major = VIREO_ABI_MAJOR + 1;
    if (has_fault("short_table")) plugin.struct_size = offsetof(vireo_plugin_api, profile);
    if (has_fault("null_slot")) {
        plugin.compile = NULL;
        plugin.buffer_read = NULL;
    }
    if (has_fault("nameless")) plugin.name = "";
    if (has_fault("bad_name")) plugin.name = "my device";
    if (has_fault("reserved_name")) plugin.name = "CPU";
    if (has_fault("versionless")) plugin.version = "";
    return &plugin;
}
