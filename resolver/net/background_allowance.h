#pragma once

#include <memory>

#include "resolver/net/allowance_source.h"

namespace sluice::net {

/// Reads another source on a thread of its own, so that the engine never waits for one: a driver's
/// statistics are read under the kernel's lock of all interfaces, which creating and removing
/// containers can hold for seconds.
///
/// read() gives the latest count at once and has the next one read. The thread ends by itself soon
/// after this object does, which does not wait for it. Thread-confined but for that thread.
class BackgroundAllowanceSource final : public AllowanceSource {
 public:
  explicit BackgroundAllowanceSource(std::unique_ptr<AllowanceSource> source);
  ~BackgroundAllowanceSource() override;

  [[nodiscard]] std::optional<std::uint64_t> read(
      const std::vector<std::string>& interfaces) override;
  [[nodiscard]] OtherAllowances others() const override;

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

/// `source`, read in the background; null if it is null.
[[nodiscard]] std::unique_ptr<AllowanceSource> in_background(
    std::unique_ptr<AllowanceSource> source);

}  // namespace sluice::net
