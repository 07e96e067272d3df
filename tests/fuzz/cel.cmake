# SPDX-License-Identifier: Apache-2.0
add_fuzz_target(cel DEPS engine_cel)
