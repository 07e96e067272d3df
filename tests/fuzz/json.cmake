# SPDX-License-Identifier: Apache-2.0
add_fuzz_target(json DEPS engine_base)
