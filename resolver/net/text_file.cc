#include "resolver/net/text_file.h"

#include <cerrno>
#include <fstream>
#include <system_error>
#include <utility>

namespace sluice::net {

namespace {

constexpr std::size_t kPiece = 65'536;

auto unreadable(std::string reason) { return failure(Unreadable{std::move(reason)}); }

}  // namespace

Result<std::string, Unreadable> read_text_file(const std::filesystem::path& file,
                                               std::size_t max_bytes) {
  namespace fs = std::filesystem;
  std::error_code ec;
  const auto type = fs::status(file, ec).type();
  if (ec) return unreadable(ec.message());
  if (type != fs::file_type::regular) return unreadable("it is no regular file");  // one may block
  errno = 0;
  std::ifstream in{file, std::ios::binary};
  if (!in) return unreadable(std::generic_category().message(errno));

  const auto too_large = [&] {
    return unreadable("it has more than " + std::to_string(max_bytes) + " octets");
  };
  // The size is a hint: the file may grow meanwhile, and those of /proc have none.
  const std::uintmax_t size_hint = fs::file_size(file, ec);
  if (!ec && size_hint > max_bytes) return too_large();
  std::string text;
  if (!ec) text.reserve(size_hint + kPiece);
  for (std::size_t got = 1; got > 0 && text.size() <= max_bytes;) {
    const std::size_t before = text.size();
    text.resize(before + kPiece);
    in.read(text.data() + before, kPiece);
    got = static_cast<std::size_t>(in.gcount());
    text.resize(before + got);
  }
  if (in.bad()) return unreadable("it cannot be read");
  if (text.size() > max_bytes) return too_large();
  return text;
}

}  // namespace sluice::net
