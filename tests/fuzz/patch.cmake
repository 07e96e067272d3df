# SPDX-License-Identifier: Apache-2.0
add_fuzz_target(patch DEPS engine_patch)
