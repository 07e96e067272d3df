# SPDX-License-Identifier: Apache-2.0
add_fuzz_target(bypass SOURCES disguise.cpp DEPS webhook_admission policies)
