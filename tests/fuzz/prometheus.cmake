# SPDX-License-Identifier: Apache-2.0
add_fuzz_target(prometheus DEPS engine_workload)
