// SPDX-License-Identifier: Apache-2.0
#include "engine/decide/state.hpp"

namespace tollgate::decide {

Result<void> look_at(const Request& request, const Snapshot& snapshot,
                     const std::function<void(const rules::Context&)>& look) {
    TOLLGATE_ASSERT(snapshot.rules != nullptr);
    const workload::KindSpec* known =
        snapshot.rules->kinds.find(request.kind.group, request.kind.version, request.kind.kind);
    const workload::KindSpec found = known != nullptr ? workload::KindSpec{} : kind_by_structure(request);
    const workload::KindSpec& kind = known != nullptr ? *known : found;
    Decision decision;
    rules::ExpressionScope expressions{request_facts(request, kind)};
    Review review{
        request, snapshot, market_of(snapshot), gpu::Catalog::builtin(), {}, limits::kMaxSteps, false,
        false,   decision, expressions};
    TOLLGATE_TRY(State state, read_state(review, request.object, kind));
    review.controlled = is_controlled(request, state.workload, snapshot.rules->kinds);
    believe_owner(review, state.workload);
    look(make_context(review, state));
    return {};
}

}  // namespace tollgate::decide
