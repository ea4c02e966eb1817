#include "resolver/app/verdicts.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <nlohmann/json.hpp>

#include "resolver/app/report_fields.h"

namespace sluice::app {

namespace {

constexpr std::string_view kHealthy = "healthy";

constexpr std::array kVerdicts{
    Verdict{kHealthy, "HEALTHY", "Questions are answered, and packets are left."},
    Verdict{"budget_limited", "BUDGET LIMITED",
            "More is asked than the packet budget pays for: questions wait, some in vain."},
    Verdict{"interface_limited", "INTERFACE LIMITED",
            "The network drops packets of the interface although Sluice keeps to its budget."},
    Verdict{"upstream_slow", "UPSTREAM SLOW", "An upstream answers, but late."},
    Verdict{"upstream_failing", "UPSTREAM FAILING",
            "An upstream answers, but mostly with SERVFAIL or REFUSED."},
    Verdict{"upstream_silent", "UPSTREAM SILENT", "An upstream does not answer at all."},
    Verdict{"client_storm", "CLIENT STORM",
            "Clients ask the same again and again, or one of them asks far more than the others."},
    Verdict{"ports_exhausted", "PORTS EXHAUSTED",
            "No socket or port is left to ask upstreams from."},
};

const Verdict* find(const nlohmann::json& row, const char* key) {
  const std::string name = text(row, key);
  for (const Verdict& verdict : kVerdicts)
    if (verdict.name == name) return &verdict;
  return nullptr;
}

}  // namespace

std::span<const Verdict> verdicts() { return kVerdicts; }

std::string headline(const nlohmann::json& row, const char* key) {
  if (const Verdict* const known = find(row, key)) return std::string{known->headline};
  std::string name = text(row, key);
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) {
    return c == '_' ? ' ' : static_cast<char>(std::toupper(c));
  });
  return name;
}

std::string_view meaning(const nlohmann::json& row, const char* key) {
  const Verdict* const known = find(row, key);
  return known == nullptr ? std::string_view{} : known->meaning;
}

bool is_healthy(const nlohmann::json& diagnosis) { return text(diagnosis, "verdict") == kHealthy; }

}  // namespace sluice::app
