#include "conf/option_table.h"

#include <array>

namespace sluice::conf {

namespace {

constexpr std::array kSectionNames{
    SectionName{"server", false},    SectionName{"admin", false},  SectionName{"log", false},
    SectionName{"cache", false},     SectionName{"local", false},  SectionName{"recorder", false},
    SectionName{"query_log", false}, SectionName{"dnstap", false}, SectionName{"record", true},
    SectionName{"blocklist", true},  SectionName{"budget", true},  SectionName{"upstream", true},
    SectionName{"zone", true},       SectionName{"network", true},
};

}  // namespace

std::span<const SectionName> section_names() noexcept { return kSectionNames; }

}  // namespace sluice::conf
