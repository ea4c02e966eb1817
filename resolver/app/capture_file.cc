#include "resolver/app/capture_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <system_error>

#include <boost/archive/iterators/binary_from_base64.hpp>
#include <boost/archive/iterators/transform_width.hpp>

namespace sluice::app {

namespace {

constexpr mode_t kMode = 0600;
constexpr const char* kNoCapture = "the daemon's capture is no base64";

// The text's padding says how many octets its last group lacks.
std::optional<std::string> decode(std::string_view base64) {
  using Octets = boost::archive::iterators::transform_width<
      boost::archive::iterators::binary_from_base64<std::string_view::const_iterator>, 8, 6>;
  const std::size_t padding =
      base64.size() - std::min(base64.find_last_not_of('=') + 1, base64.size());
  if (base64.size() % 4 != 0 || padding > 2) return std::nullopt;
  base64.remove_suffix(padding);
  if (base64.find('=') != std::string_view::npos) return std::nullopt;
  const std::size_t size = base64.size() * 3 / 4;
  std::string octets;
  octets.reserve(size);
  try {
    for (Octets it{base64.begin()}; octets.size() < size; ++it) octets += *it;
  } catch (const boost::archive::iterators::dataflow_exception&) {
    return std::nullopt;
  }
  return octets;
}

bool write_all(int descriptor, std::string_view octets) {
  while (!octets.empty()) {
    const ssize_t written = ::write(descriptor, octets.data(), octets.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    octets.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

std::string system_error(const std::string& path) {
  return "cannot write " + path + ": " + std::system_category().message(errno);
}

}  // namespace

std::optional<std::string> write_capture(const std::string& path, const std::string& base64) {
  const auto octets = decode(base64);
  if (!octets) return kNoCapture;
  if (path == "-") {
    if (write_all(STDOUT_FILENO, *octets)) return std::nullopt;
    return system_error("the standard output");
  }
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kMode);
  if (file < 0) return system_error(path);
  const bool is_written = write_all(file, *octets);
  std::optional<std::string> problem;
  if (!is_written) problem = system_error(path);
  if (::close(file) != 0 && !problem) problem = system_error(path);
  return problem;
}

}  // namespace sluice::app
