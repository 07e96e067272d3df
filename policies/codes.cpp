// SPDX-License-Identifier: Apache-2.0
#include "policies/codes.hpp"

#include "engine/base/result.hpp"

namespace tollgate::policies {
namespace {

constexpr CodeRow kRows[] = {
    {DocCode::Unreadable, "TG0101", "unreadable", "A file or directory could not be read.", "tg0101"},
    {DocCode::BadYaml, "TG0102", "bad-yaml", "The text is not YAML.", "tg0102"},
    {DocCode::BadJson, "TG0103", "bad-json", "A file named .json is not JSON.", "tg0103"},
    {DocCode::TooLarge, "TG0104", "too-large",
     "A document is larger, deeper or expands to more than Tollgate reads.", "tg0104"},
    {DocCode::TooMany, "TG0105", "too-many", "There are more files, documents or entries than the bound.",
     "tg0105"},
    {DocCode::DuplicateKey, "TG0106", "duplicate-key", "A key stands twice in one map.", "tg0106"},
    {DocCode::BadEncoding, "TG0107", "bad-encoding", "The text is not UTF-8 or has control characters.",
     "tg0107"},
    {DocCode::UnknownKind, "TG0201", "unknown-kind",
     "A document names an apiVersion or kind that Tollgate does not have.", "tg0201"},
    {DocCode::UnknownField, "TG0202", "unknown-field", "A field that this kind of document does not have.",
     "tg0202"},
    {DocCode::MissingField, "TG0203", "missing-field", "A required field is absent.", "tg0203"},
    {DocCode::WrongType, "TG0204", "wrong-type", "A field holds another type than it should.", "tg0204"},
    {DocCode::BadEnum, "TG0301", "bad-enum", "A value is none of those a field may take.", "tg0301"},
    {DocCode::BadValue, "TG0302", "bad-value",
     "A quantity, duration, amount of money, time or name cannot be read.", "tg0302"},
    {DocCode::OutOfRange, "TG0303", "out-of-range", "A number is below or above what makes sense.", "tg0303"},
    {DocCode::BadGlob, "TG0304", "bad-glob", "A glob is empty, too long or no glob.", "tg0304"},
    {DocCode::BadPath, "TG0305", "bad-path", "A dotted path of a WorkloadKind cannot be read.", "tg0305"},
    {DocCode::UnknownGpu, "TG0306", "unknown-gpu", "The catalog has no GPU of this name.", "tg0306"},
    {DocCode::UnknownProfile, "TG0307", "unknown-profile", "No MIG profile of this name exists there.",
     "tg0307"},
    {DocCode::LayoutDoesNotFit, "TG0308", "layout-does-not-fit",
     "A GPU cannot hold these MIG instances at once.", "tg0308"},
    {DocCode::BadExpression, "TG0309", "bad-expression",
     "An expression (CEL) cannot be read, or its types do not fit.", "tg0309"},
    {DocCode::Contradiction, "TG0401", "contradiction", "Fields of one document exclude each other.",
     "tg0401"},
    {DocCode::DuplicateName, "TG0402", "duplicate-name", "Two documents, rules or pools have one name.",
     "tg0402"},
    {DocCode::MatchesNoPool, "TG0403", "matches-no-pool", "A pool name or glob matches no pool of the Fleet.",
     "tg0403"},
    {DocCode::UnknownReference, "TG0404", "unknown-reference",
     "A policy or rule that is named does not exist.", "tg0404"},
    {DocCode::BadExpiry, "TG0405", "bad-expiry", "An exception ends later than exceptions may.", "tg0405"},
    {DocCode::SeveralFleets, "TG0406", "several-fleets", "More than one Fleet was given.", "tg0406"},
    {DocCode::NamespacesUnknown, "TG0407", "namespaces-unknown",
     "A policy or exception asks for labels of namespaces, and no Namespace is among the documents.",
     "tg0407"},
    {DocCode::NotSupported, "TG0501", "not-supported", "A feature this version does not have.", "tg0501"},
    {DocCode::LabelsAlone, "TG0601", "labels-alone",
     "An exception or enforcing policy trusts labels or annotations alone, which anyone can set.", "tg0601"},
    {DocCode::NoPrice, "TG0602", "no-price", "No price is known for a pool.", "tg0602"},
    {DocCode::NeverMatches, "TG0603", "never-matches", "A policy or exception can never apply.", "tg0603"},
    {DocCode::Expired, "TG0604", "expired",
     "An exception is past its end and has no effect, or a measurement is old.", "tg0604"},
    {DocCode::DoubtfulCapacity, "TG0605", "doubtful-capacity",
     "A pool says how large its nodes are, but not how many GPUs they have.", "tg0605"},
    {DocCode::DuplicateKeyKept, "TG0606", "duplicate-key-kept",
     "A key of a manifest stands twice; the last one counts.", "tg0606"},
    {DocCode::UnverifiedGeometry, "TG0607", "unverified-geometry",
     "MIG instances were checked by their sums alone.", "tg0607"},
    {DocCode::ForEveryone, "TG0608", "for-everyone", "An exception waives for everyone.", "tg0608"},
    {DocCode::BuiltinReplaced, "TG0609", "builtin-replaced",
     "A WorkloadKind takes the place of a built-in one.", "tg0609"},
    {DocCode::NoMessage, "TG0610", "no-message",
     "Who is refused is shown an expression of several lines instead of a message.", "tg0610"},
};

constexpr bool in_order() {
    std::size_t index = 0;
    for (const CodeRow& each : kRows) {
        if (static_cast<std::size_t>(each.code) != index++) return false;
    }
    return index == static_cast<std::size_t>(DocCode::NoMessage) + 1;
}
static_assert(in_order(), "one row for each code, in the order of the enumeration");

}  // namespace

std::span<const CodeRow> all_codes() {
    return kRows;
}

const CodeRow& row(DocCode code) {
    return kRows[static_cast<std::size_t>(code)];
}

const CodeRow* find_code(std::string_view id_or_name) {
    for (const CodeRow& each : kRows) {
        if (each.id == id_or_name || each.name == id_or_name) return &each;
    }
    return nullptr;
}

}  // namespace tollgate::policies
