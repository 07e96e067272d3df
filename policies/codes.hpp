// SPDX-License-Identifier: Apache-2.0
// Codes: one row for each thing that can be wrong with a document, so that a mistake has a name that can be
// looked up, searched for and tested. The text of a diagnostic says what happened here; the row says what
// the code means.
// TG01xx the text, TG02xx the shape, TG03xx a value, TG04xx one document or several do not agree, TG05xx not
// supported, TG06xx warnings.
// Thread rule: constant data.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace tollgate::policies {

enum class DocCode : std::uint8_t {
    Unreadable,
    BadYaml,
    BadJson,
    TooLarge,
    TooMany,
    DuplicateKey,
    BadEncoding,
    UnknownKind,
    UnknownField,
    MissingField,
    WrongType,
    BadEnum,
    BadValue,
    OutOfRange,
    BadGlob,
    BadPath,
    UnknownGpu,
    UnknownProfile,
    LayoutDoesNotFit,
    BadExpression,
    Contradiction,
    DuplicateName,
    MatchesNoPool,
    UnknownReference,
    BadExpiry,
    SeveralFleets,
    NamespacesUnknown,
    NotSupported,
    LabelsAlone,
    NoPrice,
    NeverMatches,
    Expired,
    DoubtfulCapacity,
    DuplicateKeyKept,
    UnverifiedGeometry,
    ForEveryone,
    BuiltinReplaced,
    NoMessage,
};

struct CodeRow {
    DocCode code;
    std::string_view id;      // "TG0203"
    std::string_view name;    // "missing-field"
    std::string_view means;   // one sentence
    std::string_view anchor;  // below https://tollgate.dev/docs/diagnostics#
};

/// All rows, in the order of the enumeration.
std::span<const CodeRow> all_codes();
const CodeRow& row(DocCode code);
/// By id ("TG0203") or name; null when there is none.
const CodeRow* find_code(std::string_view id_or_name);

}  // namespace tollgate::policies
