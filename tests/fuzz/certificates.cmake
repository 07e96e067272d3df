# SPDX-License-Identifier: Apache-2.0
add_fuzz_target(certificates DEPS certs)
