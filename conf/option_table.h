#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "conf/config.h"
#include "conf/value_form.h"

/// Every key of the configuration, declared once: the loader, a reload, the reference file's test
/// and the man page all read these tables.
namespace sluice::conf {

enum class Reload : std::uint8_t {
  live,     ///< a reload changes it
  restart,  ///< it is kept until the next start
};

enum class Presence : std::uint8_t { optional, required };

/// One key of one section.
template <typename Section>
struct Option {
  std::string_view key;
  std::string_view shape;  ///< what its value looks like, in words
  form::Bounds bounds;
  Reload reload;
  Presence presence;
  std::string_view help;     ///< whole sentences for an operator
  std::size_t member_count;  ///< members of Section that it sets

  form::Reasons (*read)(const Value&, form::Bounds, Section&);
  bool (*equal)(const Section&, const Section&);
  void (*copy)(const Section& from, Section& to);
};

/// What the file calls a section, and whether it may have several of it.
struct SectionName {
  std::string_view name;
  bool is_list;
};
[[nodiscard]] std::span<const SectionName> section_names() noexcept;

/// The keys of a section, in the order of the reference file.
template <typename Section>
[[nodiscard]] std::span<const Option<Section>> options() noexcept = delete;
template <>
std::span<const Option<Server>> options<Server>() noexcept;
template <>
std::span<const Option<Admin>> options<Admin>() noexcept;
template <>
std::span<const Option<Log>> options<Log>() noexcept;
template <>
std::span<const Option<Cache>> options<Cache>() noexcept;
template <>
std::span<const Option<Local>> options<Local>() noexcept;
template <>
std::span<const Option<Recorder>> options<Recorder>() noexcept;
template <>
std::span<const Option<QueryLog>> options<QueryLog>() noexcept;
template <>
std::span<const Option<Dnstap>> options<Dnstap>() noexcept;
template <>
std::span<const Option<Record>> options<Record>() noexcept;
template <>
std::span<const Option<Blocklist>> options<Blocklist>() noexcept;
template <>
std::span<const Option<Budget>> options<Budget>() noexcept;
template <>
std::span<const Option<Upstream>> options<Upstream>() noexcept;
template <>
std::span<const Option<Zone>> options<Zone>() noexcept;
template <>
std::span<const Option<Network>> options<Network>() noexcept;

}  // namespace sluice::conf
