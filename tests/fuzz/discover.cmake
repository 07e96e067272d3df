# SPDX-License-Identifier: Apache-2.0
add_fuzz_target(discover DEPS cli_commands policies engine_fleet)
