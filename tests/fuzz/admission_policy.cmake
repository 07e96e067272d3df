# SPDX-License-Identifier: Apache-2.0
add_fuzz_target(admission_policy DEPS policies engine_vap)
