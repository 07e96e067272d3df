# SPDX-License-Identifier: Apache-2.0
add_fuzz_target(server DEPS engine_workload)
