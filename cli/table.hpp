// SPDX-License-Identifier: Apache-2.0
// Columns of text, left-aligned, two spaces apart; for people.
#pragma once

#include <string>
#include <vector>

namespace tollgate::cli {

class Table {
  public:
    explicit Table(std::vector<std::string> header) : rows_{std::move(header)} {}
    void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
    [[nodiscard]] bool empty() const { return rows_.size() == 1; }
    [[nodiscard]] std::string render(const std::string& indent = "") const;

  private:
    std::vector<std::vector<std::string>> rows_;
};

}  // namespace tollgate::cli
