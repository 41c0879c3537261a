/* Uses the whole C API on a small network and prints what it computed. Ends with 1 at the first thing that is not as vireo.h
 * says. Arguments: model, photograph, folder for files, a model with a variable. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vireo.h>

#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "line %d: %s\n", __LINE__, #condition); \
            exit(1); \
        } \
    } while (0)

static void succeed(vireo_error *error, int line) {
    if (!error) return;
    fprintf(stderr, "line %d: %s\n", line, vireo_error_description(error));
    exit(1);
}
#define OK(call) succeed(call, __LINE__)

static void refuse(vireo_error *error, int32_t code, const char *text, int line) {
    if (!error || vireo_error_code(error) != code || !strstr(vireo_error_description(error), text)) {
        fprintf(stderr, "line %d: %s\n", line, error ? vireo_error_description(error) : "no error");
        exit(1);
    }
    CHECK(strstr(vireo_error_description(error), vireo_error_message(error)));
    const char *remedy = vireo_error_remedy(error);
    CHECK(!remedy || strstr(vireo_error_description(error), remedy));
    vireo_error_release(error);
}
#define REFUSED(call, code, text) refuse(call, code, text, __LINE__)

static void print(const char *name, const vireo_tensor *tensor) {
    printf("%s", name);
    const float *values = vireo_tensor_data(tensor);
    for (size_t i = 0; i < vireo_tensor_byte_count(tensor) / sizeof *values; i++) printf(" %.9g", values[i]);
    printf("\n");
}

static void check_devices(vireo_core *core) {
    CHECK(vireo_core_device_count(core) > 0);
    bool reference = false;
    for (size_t i = 0; i < vireo_core_device_count(core); i++) {
        vireo_device device = {.struct_size = sizeof device};
        OK(vireo_core_device(core, i, &device));
        printf("device %s\n", device.name);
        reference = reference || !strcmp(device.name, "REFERENCE");
        CHECK(strlen(device.full_name) > 0 && device.architecture);
    }
    CHECK(reference);
    vireo_device device = {.struct_size = sizeof device};
    REFUSED(vireo_core_device(core, 1000, &device), VIREO_ERROR_INVALID_ARGUMENT, "device 1000");
    device.struct_size = 0;
    REFUSED(vireo_core_device(core, 0, &device), VIREO_ERROR_INVALID_ARGUMENT, "struct_size");

    /* A caller that knows only the name: nothing behind it is written. */
    device.struct_size = offsetof(vireo_device, full_name);
    device.full_name = "untouched";
    OK(vireo_core_device(core, 0, &device));
    CHECK(!strcmp(device.full_name, "untouched"));

    bool loaded = false;
    for (size_t i = 0; i < vireo_core_plugin_count(core); i++) {
        vireo_plugin plugin = {.struct_size = sizeof plugin};
        OK(vireo_core_plugin(core, i, &plugin));
        CHECK(strstr(plugin.path, ".so") && strlen(plugin.outcome) > 0 && !strstr(plugin.path, "libvireo_c.so"));
        loaded = loaded || plugin.is_loaded;
    }
    CHECK(loaded);

    vireo_properties *properties = NULL;
    OK(vireo_core_properties(core, "REFERENCE", &properties));
    CHECK(vireo_properties_count(properties) > 0);
    for (size_t i = 0; i < vireo_properties_count(properties); i++) {
        vireo_property_entry entry = {.struct_size = sizeof entry};
        OK(vireo_properties_at(properties, i, &entry));
        if (!strcmp(entry.name, "FULL_DEVICE_NAME")) CHECK(!entry.is_mutable);
    }
    vireo_properties_release(properties);
    OK(vireo_core_settable_properties(core, "BATCH:REFERENCE(2)", &properties));
    bool has_timeout = false;
    for (size_t i = 0; i < vireo_properties_count(properties); i++) {
        vireo_property_entry entry = {.struct_size = sizeof entry};
        OK(vireo_properties_at(properties, i, &entry));
        printf("settable %s\n", entry.name);
        has_timeout = has_timeout || !strcmp(entry.name, "AUTO_BATCH_TIMEOUT");
        CHECK(entry.is_mutable && !strlen(entry.value));
    }
    CHECK(has_timeout);
    vireo_properties_release(properties);
    REFUSED(vireo_core_settable_properties(core, "NPU", &properties), VIREO_ERROR_NOT_FOUND, "NPU");
    REFUSED(vireo_core_properties(core, "NPU", &properties), VIREO_ERROR_NOT_FOUND, "NPU");
    OK(vireo_core_set_property(core, "REFERENCE", "PERF_COUNT", "NO"));
    REFUSED(vireo_core_set_property(core, "REFERENCE", "NONSENSE", "1"), VIREO_ERROR_INVALID_ARGUMENT, "NONSENSE");
}

static void ignore_log(void *user, int32_t level, const char *plugin, const char *message) {
    CHECK(user && level >= VIREO_LOG_ERROR && level <= VIREO_LOG_DEBUG && plugin && message);
}

static void check_log(void) {
    vireo_core *core = NULL;
    REFUSED(vireo_core_create_logging(NULL, 0, NULL, NULL, &core), VIREO_ERROR_INVALID_ARGUMENT, "callback");
    static int user = 1;
    OK(vireo_core_create_logging(NULL, 0, ignore_log, &user, &core));
    vireo_properties *properties = NULL;
    OK(vireo_core_properties(core, "REFERENCE", &properties));
    bool is_everything = false;
    for (size_t i = 0; i < vireo_properties_count(properties); i++) {
        vireo_property_entry entry = {.struct_size = sizeof entry};
        OK(vireo_properties_at(properties, i, &entry));
        is_everything = is_everything || (!strcmp(entry.name, "LOG_LEVEL") && !strcmp(entry.value, "LOG_DEBUG"));
    }
    CHECK(is_everything);
    vireo_properties_release(properties);
    vireo_core_release(core);
}

static int released = 0;
static void count_release(void *user) {
    free(user);
    released++;
}

static void check_tensors(const char *folder) {
    int64_t dims[] = {2, 3};
    vireo_tensor *tensor = NULL;
    OK(vireo_tensor_create(VIREO_TYPE_F32, dims, 2, &tensor));
    CHECK(vireo_tensor_byte_count(tensor) == 24 && vireo_tensor_rank(tensor) == 2);
    CHECK(vireo_tensor_dims(tensor)[1] == 3 && vireo_tensor_element_type(tensor) == VIREO_TYPE_F32);
    float *values = vireo_tensor_mutable_data(tensor);
    for (int i = 0; i < 6; i++) {
        CHECK(values[i] == 0);
        values[i] = (float)i;
    }
    char path[4096];
    snprintf(path, sizeof path, "%s/tensor.npy", folder);
    OK(vireo_tensor_write_npy(tensor, path));
    vireo_tensor *copy = NULL;
    OK(vireo_tensor_read_npy(path, &copy));
    CHECK(!memcmp(vireo_tensor_data(copy), vireo_tensor_data(tensor), 24));
    vireo_tensor_release(copy);
    vireo_tensor_release(tensor);
    vireo_tensor_release(NULL);

    float *memory = malloc(24);
    for (int i = 0; i < 6; i++) memory[i] = 7;
    REFUSED(
        vireo_tensor_wrap(VIREO_TYPE_F32, dims, 2, memory, 20, count_release, memory, &tensor),
        VIREO_ERROR_INVALID_ARGUMENT, "20");
    REFUSED(
        vireo_tensor_wrap(99, dims, 2, memory, 24, count_release, memory, &tensor), VIREO_ERROR_INVALID_ARGUMENT,
        "99");
    CHECK(released == 0);
    OK(vireo_tensor_wrap(VIREO_TYPE_F32, dims, 2, memory, 24, count_release, memory, &tensor));
    CHECK(vireo_tensor_data(tensor) == memory);
    vireo_tensor_release(tensor);
    CHECK(released == 1);

    int64_t negative[] = {-1};
    REFUSED(vireo_tensor_create(VIREO_TYPE_F32, negative, 1, &tensor), VIREO_ERROR_INVALID_ARGUMENT, "-1");
    REFUSED(vireo_tensor_read_npy("/nowhere.npy", &tensor), VIREO_ERROR_NOT_FOUND, "/nowhere.npy");
    REFUSED(vireo_tensor_read_npy(NULL, &tensor), VIREO_ERROR_INVALID_ARGUMENT, "NULL");
}

typedef struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int calls;
    int32_t code;
    vireo_tensor *output;
} outcome;

static void complete(void *user, vireo_error *error, vireo_tensor **outputs, size_t count) {
    outcome *result = user;
    pthread_mutex_lock(&result->lock);
    result->calls++;
    result->code = error ? vireo_error_code(error) : 0;
    vireo_error_release(error);
    for (size_t i = 0; i < count; i++) {
        vireo_tensor_release(result->output);
        result->output = outputs[i];
    }
    pthread_cond_signal(&result->changed);
    pthread_mutex_unlock(&result->lock);
}

static void check_port(vireo_port port, const char *name) {
    CHECK(!strcmp(port.name, name) && port.element_type == VIREO_TYPE_F32 && port.rank > 0 && port.dims[0] == 1);
}

/* The same network for a batch of any size, fed with 8-bit pixels in the order B, G, R. */
static void check_changes(vireo_core *core, const char *path) {
    vireo_model *model = NULL;
    OK(vireo_model_read(path, &model));
    int64_t dims[] = {-1, 3, 8, 8};
    REFUSED(vireo_model_reshape(model, "absent", dims, 4), VIREO_ERROR_INVALID_ARGUMENT, "absent");
    OK(vireo_model_reshape(model, "input", dims, 4));
    double scale = 255;
    vireo_input_format format = {
        .struct_size = sizeof format, .element_type = VIREO_TYPE_U8, .layout = "NHWC", .reverses_channels = true,
        .scale = &scale, .scale_count = 1};
    REFUSED(
        vireo_model_set_input_format(model, "absent", &format), VIREO_ERROR_INVALID_ARGUMENT, "absent");
    OK(vireo_model_set_input_format(model, NULL, &format));
    vireo_port port = {.struct_size = sizeof port};
    OK(vireo_model_input(model, 0, &port));
    CHECK(port.element_type == VIREO_TYPE_U8 && port.rank == 4 && port.dims[0] == -1 && port.dims[3] == 3);

    vireo_compiled_model *compiled = NULL;
    vireo_request *request = NULL;
    OK(vireo_core_compile(core, model, "REFERENCE", NULL, 0, &compiled));
    OK(vireo_request_create(compiled, NULL, &request));
    for (int64_t batch = 1; batch <= 3; batch++) {
        int64_t shape[] = {batch, 8, 8, 3};
        vireo_tensor *pixels = NULL, *scores = NULL;
        OK(vireo_tensor_create(VIREO_TYPE_U8, shape, 4, &pixels));
        uint8_t *values = vireo_tensor_mutable_data(pixels);
        for (int64_t i = 0; i < batch * 192; i++) values[i] = i % 3 == 0 ? 255 : 0; /* blue comes first */
        const vireo_tensor *inputs[] = {pixels};
        OK(vireo_request_run(request, inputs, 1, &scores, 1));
        CHECK(vireo_tensor_dims(scores)[0] == batch);
        const float *rows = vireo_tensor_data(scores);
        for (int64_t row = 0; row < batch; row++) CHECK(rows[row * 3 + 2] > 0.5f && rows[row * 3] < 0.3f);
        vireo_tensor_release(scores);
        vireo_tensor_release(pixels);
    }
    vireo_request_release(request);
    vireo_compiled_model_release(compiled);
    vireo_model_release(model);
}

static void print_properties(vireo_compiled_model *compiled) {
    vireo_properties *properties = NULL;
    OK(vireo_compiled_model_properties(compiled, &properties));
    for (size_t i = 0; i < vireo_properties_count(properties); i++) {
        vireo_property_entry entry = {.struct_size = sizeof entry};
        OK(vireo_properties_at(properties, i, &entry));
        printf("property %s=%s\n", entry.name, entry.value);
        CHECK(!entry.is_mutable);
    }
    vireo_properties_release(properties);
}

/* Settings from a file, and requests that are shared. */
static void check_pool(vireo_core *core, const vireo_model *model, const char *photograph, const char *folder) {
    char path[4096];
    snprintf(path, sizeof path, "%s/settings.json", folder);
    FILE *file = fopen(path, "w");
    CHECK(file && fputs("{\"PERF_COUNT\": true, \"REFERENCE\": {\"NUM_STREAMS\": 2}}", file) >= 0 && !fclose(file));
    vireo_properties *settings = NULL;
    REFUSED(vireo_settings_read("/nowhere.json", NULL, &settings), VIREO_ERROR_NOT_FOUND, "/nowhere.json");
    OK(vireo_settings_read(path, NULL, &settings));
    CHECK(vireo_properties_count(settings) == 1);
    vireo_properties_release(settings);
    OK(vireo_settings_read(path, "REFERENCE", &settings));
    size_t count = vireo_properties_count(settings);
    CHECK(count == 2 && !strcmp(vireo_properties_settings(settings)[0].name, "NUM_STREAMS"));
    vireo_compiled_model *compiled = NULL;
    OK(vireo_core_compile(core, model, "REFERENCE", vireo_properties_settings(settings), count, &compiled));
    vireo_properties_release(settings);
    CHECK(!strcmp(vireo_compiled_model_name(compiled), vireo_model_name(model)));
    CHECK(strstr(vireo_compiled_model_placement(compiled), "subgraph0 on REFERENCE"));
    size_t index = 7;
    OK(vireo_compiled_model_input_index(compiled, "input", &index));
    CHECK(index == 0);
    REFUSED(vireo_compiled_model_input_index(compiled, "absent", &index), VIREO_ERROR_INVALID_ARGUMENT, "absent");
    print_properties(compiled);
    char bin[4096];
    snprintf(path, sizeof path, "%s/compiled.xml", folder);
    snprintf(bin, sizeof bin, "%s/compiled.bin", folder);
    OK(vireo_compiled_model_write_execution_graph(compiled, path, bin));

    vireo_pool *pool = NULL;
    OK(vireo_pool_create(compiled, 3, NULL, &pool));
    CHECK(vireo_pool_request_count(pool) == 3);
    vireo_pool_release(pool);
    OK(vireo_pool_create(compiled, 0, NULL, &pool));
    CHECK(vireo_pool_request_count(pool) == 2 && vireo_pool_waiting_count(pool) == 0);
    vireo_request *request = NULL;
    OK(vireo_request_create(compiled, NULL, &request));
    vireo_compiled_model_release(compiled);

    vireo_tensor *tensor = NULL, *scores = NULL;
    OK(vireo_tensor_from_images(model, &photograph, 1, &tensor));
    const vireo_tensor *inputs[] = {tensor};
    REFUSED(vireo_pool_run(pool, inputs, 0, &scores, 1), VIREO_ERROR_INVALID_ARGUMENT, "0 tensors");
    OK(vireo_pool_run(pool, inputs, 1, &scores, 1));
    print("scores", scores);

    /* The same memory again, and a tensor that does not fit replaced. */
    void *address = vireo_tensor_mutable_data(scores);
    memset(address, 0, vireo_tensor_byte_count(scores));
    vireo_cancellation *cancellation = NULL;
    OK(vireo_cancellation_create(&cancellation));
    OK(vireo_request_run_into(request, inputs, 1, &scores, 1, cancellation));
    CHECK(vireo_tensor_data(scores) == address);
    print("scores", scores);
    vireo_tensor_release(scores);
    int64_t other[] = {7};
    OK(vireo_tensor_create(VIREO_TYPE_F32, other, 1, &scores));
    OK(vireo_request_run_into(request, inputs, 1, &scores, 1, NULL));
    print("scores", scores);
    vireo_tensor_release(scores);
    scores = NULL;
    OK(vireo_request_run_into(request, inputs, 1, &scores, 1, NULL));
    print("scores", scores);
    vireo_cancellation_cancel(cancellation);
    REFUSED(vireo_request_run_into(request, inputs, 1, &scores, 1, cancellation), VIREO_ERROR_CANCELLED, "cancelled");
    CHECK(scores && vireo_tensor_byte_count(scores) == 12);
    vireo_tensor_release(scores);
    vireo_request_release(request);

    outcome result = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0, NULL};
    for (int run = 0; run < 40; run++) OK(vireo_pool_start(pool, inputs, 1, NULL, complete, &result));
    pthread_mutex_lock(&result.lock);
    while (result.calls < 40) pthread_cond_wait(&result.changed, &result.lock);
    pthread_mutex_unlock(&result.lock);
    CHECK(result.code == 0);
    print("scores", result.output);
    OK(vireo_pool_start(pool, inputs, 1, cancellation, complete, &result));
    pthread_mutex_lock(&result.lock);
    while (result.calls < 41) pthread_cond_wait(&result.changed, &result.lock);
    pthread_mutex_unlock(&result.lock);
    CHECK(result.code == VIREO_ERROR_CANCELLED);
    vireo_tensor_release(result.output);
    vireo_cancellation_release(cancellation);
    vireo_pool_release(pool);
    vireo_tensor_release(tensor);
}

static void print_state(vireo_request *request, size_t index) {
    vireo_tensor *value = NULL;
    OK(vireo_request_state_value(request, index, &value));
    print("state", value);
    vireo_tensor_release(value);
}

/* A network that adds its input to a variable. */
static void check_states(vireo_core *core, const char *path) {
    vireo_model *model = NULL;
    vireo_compiled_model *compiled = NULL;
    vireo_request *request = NULL, *other = NULL;
    OK(vireo_model_read(path, &model));
    OK(vireo_core_compile(core, model, "REFERENCE", NULL, 0, &compiled));
    OK(vireo_request_create(compiled, NULL, &request));
    OK(vireo_request_create(compiled, NULL, &other));
    CHECK(vireo_request_state_count(request) == 1);
    vireo_port port = {.struct_size = sizeof port};
    OK(vireo_request_state(request, 0, &port));
    CHECK(!strcmp(port.name, "total") && port.element_type == VIREO_TYPE_F32 && port.rank == 1 && port.dims[0] == 3);
    REFUSED(vireo_request_state(request, 1, &port), VIREO_ERROR_INVALID_ARGUMENT, "variable 1");

    int64_t dims[] = {3}, wrong[] = {2};
    vireo_tensor *x = NULL, *y = NULL, *short_one = NULL, *value = NULL;
    OK(vireo_tensor_create(VIREO_TYPE_F32, dims, 1, &x));
    for (int i = 0; i < 3; i++) ((float *)vireo_tensor_mutable_data(x))[i] = (float)(i + 1);
    const vireo_tensor *inputs[] = {x};
    print_state(request, 0);
    OK(vireo_request_state_value(request, 0, &value));
    for (int run = 0; run < 4; run++) {
        OK(vireo_request_run_into(request, inputs, 1, &y, 1, NULL));
        print("sum", y);
        print_state(request, 0);
    }
    print("state", value); /* what was asked for before the runs stays */
    vireo_tensor_release(value);
    print_state(other, 0); /* requests share no values */

    /* The caller's memory is copied: runs do not write into it. */
    static float own[] = {10, 20, 30};
    OK(vireo_tensor_wrap(VIREO_TYPE_F32, dims, 1, own, sizeof own, NULL, NULL, &value));
    OK(vireo_request_set_state(request, 0, value));
    vireo_tensor_release(value);
    for (int run = 0; run < 4; run++) OK(vireo_request_run_into(request, inputs, 1, &y, 1, NULL));
    print("sum", y);
    CHECK(own[0] == 10 && own[1] == 20 && own[2] == 30);
    OK(vireo_tensor_create(VIREO_TYPE_F32, wrong, 1, &short_one));
    REFUSED(vireo_request_set_state(request, 0, short_one), VIREO_ERROR_INVALID_ARGUMENT, "total");
    REFUSED(vireo_request_set_state(request, 0, NULL), VIREO_ERROR_INVALID_ARGUMENT, "NULL");
    REFUSED(vireo_request_set_state(request, 7, x), VIREO_ERROR_INVALID_ARGUMENT, "variable 7");
    vireo_tensor_release(short_one);

    OK(vireo_request_reset_state(request, 0));
    print_state(request, 0);
    REFUSED(vireo_request_reset_state(request, 1), VIREO_ERROR_INVALID_ARGUMENT, "variable 1");
    OK(vireo_request_run_into(request, inputs, 1, &y, 1, NULL));
    OK(vireo_request_reset_states(request));
    print_state(request, 0);
    vireo_tensor_release(x);
    vireo_tensor_release(y);
    vireo_request_release(request);
    vireo_request_release(other);
    vireo_compiled_model_release(compiled);
    vireo_model_release(model);
}

int main(int argc, char **argv) {
    CHECK(argc == 5);
    printf("version %s\n", vireo_version());
    vireo_core *core = NULL;
    OK(vireo_core_create(NULL, 0, &core));
    check_devices(core);
    check_tensors(argv[3]);
    check_log();

    vireo_model *model = NULL;
    REFUSED(vireo_model_read("/nowhere.xml", &model), VIREO_ERROR_NOT_FOUND, "/nowhere.xml");
    OK(vireo_model_read(argv[1], &model));
    CHECK(vireo_model_input_count(model) == 1 && vireo_model_output_count(model) == 1);
    printf("model %s\n", vireo_model_name(model));
    vireo_port port = {.struct_size = sizeof port};
    OK(vireo_model_input(model, 0, &port));
    check_port(port, "input");
    OK(vireo_model_output(model, 0, &port));
    check_port(port, "prob");
    REFUSED(vireo_model_output(model, 1, &port), VIREO_ERROR_INVALID_ARGUMENT, "output 1");
    char xml[4096], bin[4096];
    snprintf(xml, sizeof xml, "%s/written.xml", argv[3]);
    snprintf(bin, sizeof bin, "%s/written.bin", argv[3]);
    OK(vireo_model_write(model, xml, bin));

    check_changes(core, argv[1]);
    check_pool(core, model, argv[2], argv[3]);
    check_states(core, argv[4]);

    vireo_compiled_model *compiled = NULL;
    vireo_setting wrong[] = {{"NONSENSE", "1"}}, counting[] = {{"PERF_COUNT", "YES"}};
    REFUSED(
        vireo_core_compile(core, model, "REFERENCE", wrong, 1, &compiled), VIREO_ERROR_INVALID_ARGUMENT, "NONSENSE");
    REFUSED(vireo_core_compile(core, model, "NPU", NULL, 0, &compiled), VIREO_ERROR_NOT_FOUND, "NPU");
    OK(vireo_core_compile(core, model, "REFERENCE", counting, 1, &compiled));
    CHECK(vireo_compiled_model_input_count(compiled) == 1 && vireo_compiled_model_output_count(compiled) == 1);
    OK(vireo_compiled_model_input(compiled, 0, &port));
    check_port(port, "input");
    OK(vireo_compiled_model_output(compiled, 0, &port));
    check_port(port, "prob");
    CHECK(strstr(vireo_compiled_model_summary(compiled), "REFERENCE"));

    vireo_request *request = NULL;
    vireo_tensor *photograph = NULL, *scores = NULL;
    CHECK(vireo_compiled_model_optimal_request_count(compiled) >= 1);
    vireo_trace *trace = NULL;
    OK(vireo_trace_create(&trace));
    OK(vireo_request_create(compiled, trace, &request));
    CHECK(vireo_request_state_count(request) == 0);
    OK(vireo_request_reset_states(request));
    OK(vireo_tensor_from_images(model, (const char *const *)&argv[2], 1, &photograph));
    /* What a handle was made from may be released before it. */
    vireo_core_release(core);
    vireo_model_release(model);
    vireo_compiled_model_release(compiled);

    const vireo_tensor *inputs[] = {photograph};
    REFUSED(vireo_request_run(request, inputs, 0, &scores, 1), VIREO_ERROR_INVALID_ARGUMENT, "0 tensors");
    REFUSED(vireo_request_run(request, inputs, 1, &scores, 0), VIREO_ERROR_INVALID_ARGUMENT, "output");
    OK(vireo_request_run(request, inputs, 1, &scores, 1));
    print("scores", scores);
    vireo_tensor_release(scores);

    vireo_profile *profile = NULL;
    OK(vireo_request_profile(request, &profile));
    CHECK(vireo_profile_count(profile) > 0);
    vireo_profile_entry entry = {.struct_size = sizeof entry};
    OK(vireo_profile_at(profile, 0, &entry));
    CHECK(strlen(entry.node_name) > 0 && !strcmp(entry.status, "EXECUTED") && entry.real_microseconds >= 0);
    REFUSED(vireo_profile_at(profile, 1000, &entry), VIREO_ERROR_INVALID_ARGUMENT, "row 1000");
    vireo_profile_release(profile);
    snprintf(xml, sizeof xml, "%s/executed.xml", argv[3]);
    snprintf(bin, sizeof bin, "%s/executed.bin", argv[3]);
    OK(vireo_request_write_execution_graph(request, xml, bin));
    snprintf(xml, sizeof xml, "%s/trace.json", argv[3]);
    OK(vireo_trace_write(trace, xml));
    vireo_trace_release(trace);

    outcome result = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0, NULL};
    for (int run = 1; run <= 50; run++) {
        OK(vireo_request_start(request, inputs, 1, complete, &result));
        vireo_request_wait(request);
        CHECK(result.calls == run && result.code == 0 && result.output);
    }
    print("scores", result.output);
    vireo_tensor_release(result.output);
    result.output = NULL;

    /* A run that is cancelled calls back too, once, whichever way it ended. */
    for (int run = 1; run <= 50; run++) {
        OK(vireo_request_start(request, inputs, 1, complete, &result));
        vireo_request_cancel(request);
        vireo_request_wait(request);
        CHECK(result.calls == 50 + run && (result.code == 0 || result.code == VIREO_ERROR_CANCELLED));
    }
    vireo_tensor_release(result.output);
    vireo_tensor_release(photograph);
    vireo_request_release(request);
    printf("done\n");
    return 0;
}
