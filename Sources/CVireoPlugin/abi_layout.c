/* The layout of the ABI, asserted at compile time on 64-bit machines. A failing line here is an incompatible change. */
#include "vireo_plugin.h"

#define OFFSET(type, member, value) _Static_assert(offsetof(type, member) == (value), #type "." #member " moved")
#define SIZE(type, value) _Static_assert(sizeof(type) == (value), #type " changed size")
/* Tables grow at the end, so only a lower bound is asserted. */
#define AT_LEAST(type, value) _Static_assert(sizeof(type) >= (value), #type " shrank")

_Static_assert(sizeof(void *) == 8, "the ABI is defined for 64-bit machines");

SIZE(vireo_extension, 24);
SIZE(vireo_tensor_info, 32);
OFFSET(vireo_tensor_info, element_type, 16);
OFFSET(vireo_tensor_info, rank, 20);
OFFSET(vireo_tensor_info, dims, 24);
SIZE(vireo_attribute, 64);
OFFSET(vireo_attribute, key, 16);
OFFSET(vireo_attribute, kind, 24);
OFFSET(vireo_attribute, count, 32);
OFFSET(vireo_attribute, i64, 40);
OFFSET(vireo_attribute, f64, 48);
OFFSET(vireo_attribute, string, 56);
AT_LEAST(vireo_device_info, 40);
OFFSET(vireo_device_info, architecture, 32);
OFFSET(vireo_device_info, flags, 40);
SIZE(vireo_property, 40);
SIZE(vireo_verdict, 16);
SIZE(vireo_compile_options, 40);
SIZE(vireo_completion, 32);
SIZE(vireo_profile_row, 48);

AT_LEAST(vireo_host_api, 224);
OFFSET(vireo_host_api, abi_major, 16);
OFFSET(vireo_host_api, abi_minor, 20);
OFFSET(vireo_host_api, status_create, 24);
OFFSET(vireo_host_api, status_message, 48);
OFFSET(vireo_host_api, allocate, 56);
OFFSET(vireo_host_api, log, 72);
OFFSET(vireo_host_api, graph_node_count, 80);
OFFSET(vireo_host_api, value_count, 128);
OFFSET(vireo_host_api, value_constant, 144);
OFFSET(vireo_host_api, node_op_type, 152);
OFFSET(vireo_host_api, node_attribute_count, 208);
OFFSET(vireo_host_api, node_attribute, 216);
OFFSET(vireo_host_api, value_fingerprint, 224);
OFFSET(vireo_host_api, value_unload, 232);
OFFSET(vireo_host_api, node_body_count, 240);
OFFSET(vireo_host_api, node_body, 248);

AT_LEAST(vireo_plugin_api, 200);
OFFSET(vireo_plugin_api, abi_major, 16);
OFFSET(vireo_plugin_api, name, 24);
OFFSET(vireo_plugin_api, description, 40);
OFFSET(vireo_plugin_api, probe, 48);
OFFSET(vireo_plugin_api, backend_create, 64);
OFFSET(vireo_plugin_api, property_count, 80);
OFFSET(vireo_plugin_api, query_support, 104);
OFFSET(vireo_plugin_api, compile, 112);
OFFSET(vireo_plugin_api, context_create, 128);
OFFSET(vireo_plugin_api, buffer_create, 144);
OFFSET(vireo_plugin_api, buffer_destroy, 176);
OFFSET(vireo_plugin_api, execute, 184);
OFFSET(vireo_plugin_api, profile, 192);
OFFSET(vireo_plugin_api, context_cancel, 200);
OFFSET(vireo_plugin_api, custom_operations, 208);
OFFSET(vireo_plugin_api, custom_operation_count, 216);
OFFSET(vireo_plugin_api, executable_is_from_cache, 224);
OFFSET(vireo_plugin_api, context_prepare, 232);

AT_LEAST(vireo_custom_operation, 48);
OFFSET(vireo_custom_operation, framework_op, 16);
OFFSET(vireo_custom_operation, op_type, 24);
OFFSET(vireo_custom_operation, output_count, 32);
OFFSET(vireo_custom_operation, infer_output, 40);
