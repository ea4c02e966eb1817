#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

/// The reports, one for each kind of reply; report.h says what holds for all.
namespace sluice::app {

// report_process.cc
[[nodiscard]] std::string status_report(const nlohmann::json& reply);
[[nodiscard]] std::string stats_report(const nlohmann::json& reply);
[[nodiscard]] std::string log_level_report(const nlohmann::json& reply);

// report_engine.cc
[[nodiscard]] std::string zones_report(const nlohmann::json& reply);
[[nodiscard]] std::string upstreams_report(const nlohmann::json& servers);
[[nodiscard]] std::string budgets_report(const nlohmann::json& reply);
[[nodiscard]] std::string requests_report(const nlohmann::json& reply);
/// One budget, as lines of label and value.
[[nodiscard]] std::string budget_report(const nlohmann::json& budget);
/// Rows of `requests`, without a word about more of them.
[[nodiscard]] std::string requests_table(const nlohmann::json& requests);

// report_spenders.cc
[[nodiscard]] std::string top_report(const nlohmann::json& reply);
/// Rows of `top`.
[[nodiscard]] std::string spenders_table(const nlohmann::json& spenders);

// report_diagnosis.cc
[[nodiscard]] std::string diagnosis_report(const nlohmann::json& reply);

// report_explanation.cc
[[nodiscard]] std::string explanation_report(const nlohmann::json& reply);

// report_stored.cc
[[nodiscard]] std::string stored_report(const nlohmann::json& reply);  // cache show
[[nodiscard]] std::string dump_report(const nlohmann::json& reply);    // cache dump
[[nodiscard]] std::string flushed_report(const nlohmann::json& reply);
[[nodiscard]] std::string events_report(const nlohmann::json& reply);  // recorder

}  // namespace sluice::app
