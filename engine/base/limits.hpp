// SPDX-License-Identifier: Apache-2.0
// Every bound on foreign data, in one place, each with its reason. Flags of `serve` may change those marked
// so.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tollgate::limits {

// --- HTTP and JSON -----------------------------------------------------------------------------------------
// Two objects of 3 MB (etcd's largest value is 1.5 MiB; the API server accepts 3 MB) and 1 MB around them
// (flag).
inline constexpr std::size_t kMaxBodyBytes = 7 * 1024 * 1024;
inline constexpr std::size_t kMaxHeaderBytes = 16 * 1024;   // flag
inline constexpr std::size_t kMaxJsonDepth = 128;           // flag; real pods stay below 20
inline constexpr std::size_t kMaxJsonDepthCeiling = 1'000;  // of that flag: walks of the tree are recursive
inline constexpr std::size_t kMaxConnections = 4096;        // flag
inline constexpr std::size_t kMaxInFlight = 1024;           // flag; past it 429 before any parsing
inline constexpr std::size_t kMaxBufferedBodyBytes =
    256 * 1024 * 1024;                                            // of all requests at once; past it 429
inline constexpr std::uint32_t kIdleTimeoutSeconds = 120;         // flag; longer than the API server's 90
inline constexpr std::uint32_t kRequestTimeoutSeconds = 5;        // flag; time to send one request
inline constexpr std::uint32_t kDefaultReviewTimeoutMs = 10'000;  // the API server's own default

// --- documents ---------------------------------------------------------------------------------------------
inline constexpr std::size_t kMaxYamlBytes = 8 * 1024 * 1024;
inline constexpr std::size_t kMaxYamlDepth = 64;
inline constexpr std::size_t kMaxYamlNodes = 500'000;  // after alias expansion
inline constexpr std::size_t kMaxYamlAliases = 1'000;
inline constexpr std::size_t kMaxDocumentsPerFile = 10'000;
inline constexpr std::size_t kMaxDocumentFiles = 20'000;  // under one -p directory
inline constexpr std::size_t kMaxDiagnostics = 1'000;     // printed in one run, then "and N more"
inline constexpr std::size_t kMaxPolicies = 10'000;
inline constexpr std::size_t kMaxRulesPerPolicy = 64;
inline constexpr std::size_t kMaxPools = 1'000;
inline constexpr std::size_t kMaxExceptions = 10'000;
inline constexpr std::size_t kMaxBudgets = 1'000;      // each object of a run is held against each
inline constexpr std::int64_t kMaxGpusPerNode = 1024;  // a rack-scale system counts as one node at most
// Less than a day misses the hours of load, and a few samples the peaks between them.
inline constexpr std::int64_t kMinUsageSeconds = 24 * 3600;
inline constexpr std::int64_t kMinUsageSamples = 100;
inline constexpr std::int64_t kMaxUsageAgeDays = 90;  // past it lint warns: who used it then may not now
inline constexpr std::size_t kMaxUsageEntries =
    20'000;  // measured containers; a file of as many is just below kMaxYamlBytes
// An answer of Prometheus: as many series as a large cluster has GPU containers in two weeks, at 300 bytes.
inline constexpr std::size_t kMaxPrometheusBytes = 64 * 1024 * 1024;
inline constexpr std::size_t kMaxPrometheusSeries = 200'000;
inline constexpr std::size_t kMaxPrometheusLabels = 64;
inline constexpr std::size_t kMaxFleetNodes =
    100'000;  // discovered at once; the largest clusters have 65,000

// --- one review --------------------------------------------------------------------------------------------
inline constexpr std::size_t kMaxPodsPerWorkload = 1'000;  // templates found in one object
inline constexpr std::size_t kMaxContainersPerPod = 1'000;
inline constexpr std::size_t kMaxDemandsPerPod = 4'096;     // accelerator requests of all containers
inline constexpr std::size_t kMaxResourcesPerPod = 64;      // different names; a node advertises a dozen
inline constexpr std::size_t kMaxPathSegments = 32;         // of a WorkloadKind's path
inline constexpr std::size_t kMaxGroupMembers = 10'000;     // names looked at for one pod's scaling group
inline constexpr std::size_t kMaxCommandBytes = 16 * 1024;  // of one command line that is looked at
inline constexpr std::size_t kMaxCommandWords = 2'048;      // of it, with its variables filled in
inline constexpr std::size_t kMaxEnvironment = 1'000;       // variables of a container that are filled in
inline constexpr std::size_t kMaxEnvironmentBytes =
    64 * 1024;  // of all their values: each may hold the earlier ones, twice over
inline constexpr std::size_t kMaxModelNameBytes = 512;  // a repository's name, or a path
inline constexpr std::size_t kMaxRewriteRounds = 16;    // changes of one pod, and rounds over all of them
inline constexpr std::size_t kMaxPatchOperations = 1'000;
inline constexpr std::size_t kMaxFindingsPerRule = 100;  // written out; the last says how many more there are
inline constexpr std::size_t kMaxFindings = 1'000;  // of a review; past it each rule writes its first alone
inline constexpr std::size_t kMaxSuggestions =
    8;  // near names looked for by one rule; each compares hundreds
inline constexpr std::size_t kMaxLoggedErrors = 16;    // policies of one review that could not judge it
inline constexpr std::uint64_t kMaxSteps = 2'000'000;  // rule x candidate evaluations; rewriting and
                                                       // validating have that many each
inline constexpr std::size_t kMaxMessageBytes = 8 * 1024;
inline constexpr std::size_t kMaxWarnings = 10;
inline constexpr std::size_t kMaxWarningChars = 120;
inline constexpr std::size_t kMaxPatternBytes = 4 * 1024;  // globs and regular expressions
inline constexpr std::size_t kMaxQuantityBytes =
    256;  // longer than any quantity, duration or time means something
inline constexpr std::size_t kMaxTypoBytes = 256;  // words for which a near name is looked for
inline constexpr std::size_t kMaxQueueBytes =
    317;  // of a queue's name as policies write it, or a level: the longest key of a label
inline constexpr std::int64_t kMaxExceptionDays = 90;

// --- expressions -------------------------------------------------------------------------------------------
// Source: k8s.io/apiserver pkg/apis/cel/config.go for the costs.
inline constexpr std::size_t kMaxCelSourceBytes = 64 * 1024;  // of one expression
inline constexpr std::size_t kMaxCelDepth = 100;              // of nesting; walks of the tree are recursive
inline constexpr std::size_t kMaxCelNodes = 50'000;           // after macros
inline constexpr std::size_t kMaxCelBytes =
    32 * 1024 * 1024;  // of the values of one evaluation; the variables of a review may take as much again
inline constexpr std::uint64_t kMaxCelCost = 1'000'000;            // of one evaluation (PerCallLimit)
inline constexpr std::uint64_t kMaxCelPolicyCost = 10'000'000;     // of a policy (RuntimeCELCostBudget)
inline constexpr std::uint64_t kMaxCelConditionsCost = 2'500'000;  // of its matchConditions
inline constexpr std::uint64_t kMaxCelSteps =
    10'000'000;  // of one evaluation: 0.1 s, as its cost; ordinary ones take hundreds
inline constexpr std::uint64_t kCelInterruptSteps = 1'024;  // between looks at the deadline: some 20 µs
inline constexpr std::size_t kMaxCelValueDepth = 1'200;     // of values that are walked; JSON stays at 1,000
inline constexpr std::size_t kCelLargeBytes =
    64 * 1024;  // of arguments, above which the cost is asked before the call too
inline constexpr std::size_t kMaxCelConditions = 64;          // of a match, as of a ValidatingAdmissionPolicy
inline constexpr std::size_t kMaxCelMessageBytes = 5 * 1024;  // of what a messageExpression gives

// --- admission policies ------------------------------------------------------------------------------------
// Source: Kubernetes' validation of ValidatingAdmissionPolicy, k8s.io/apiserver pkg/apis/cel/config.go.
inline constexpr std::size_t kMaxVapConditions = 64;
inline constexpr std::size_t kMaxVapAnnotations = 20;
inline constexpr std::size_t kMaxVapMessageBytes = 5 * 1024;      // of what a messageExpression gives
inline constexpr std::size_t kMaxVapAnnotationBytes = 10 * 1024;  // of one value
inline constexpr std::size_t kMaxVapValueExpressionBytes = 5 * 1024;
inline constexpr std::size_t kMaxVapValidations =
    1'000;  // of one policy; Kubernetes has none but the object's size
inline constexpr std::size_t kMaxVapVariables = 1'000;  // of one policy; the same
inline constexpr std::size_t kMaxVapVariableNesting =
    32;  // variables that use variables: each is a walk in the walk
inline constexpr std::size_t kMaxVapPolicies = 10'000;  // and bindings
inline constexpr std::size_t kMaxVapParams =
    1'000;  // objects that one binding gives as params: each is one more evaluation
inline constexpr std::size_t kMaxVapAnnotationValues =
    100;  // different ones of one key, over all bindings and params; then they are counted

}  // namespace tollgate::limits
