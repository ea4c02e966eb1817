#pragma once

#include <string>

#include "tests/scenario/scenario_record.h"
#include "tests/support/wire.h"

namespace sluice::scenario {

/// A record written by hand: one upstream with a budget, one client for each query.
class SampleRecord {
 public:
  static constexpr TimePoint kStart{std::chrono::seconds{1'000}};
  static constexpr std::string_view kConfiguration = R"(
[[budget]]
name = "eni"
shared = ""
limit = 1024
burst = 60
reserve = 64
[[upstream]]
name = "vpc"
servers = ["192.0.2.53"]
budget = "eni"
[[zone]]
name = "."
upstream = "vpc"
)";

  explicit SampleRecord(std::string_view configuration = kConfiguration) {
    record_.configured(configuration, kStart);
  }

  /// Each client asks from a port of its own, always the same for the same `port`.
  SampleRecord& ask(std::string_view question, std::uint16_t port, Duration at) {
    ClientRef client;
    client.client = *Endpoint::parse("198.51.100.7", port);
    record_.asked(client, wire::query(question), kStart + at);
    return *this;
  }
  SampleRecord& refresh(std::string_view question, Duration at) {
    record_.refreshed(wire::query(question), kStart + at);
    return *this;
  }
  /// The engine asked the server for it; the exchange's number is its slot.
  SampleRecord& start(std::string_view question, Duration at,
                      Transport transport = Transport::udp) {
    const StartExchange start{.id = {next_slot_++, 0},
                              .server = *Endpoint::parse("192.0.2.53", 53),
                              .transport = transport,
                              .interface = 0,
                              .query = {}};
    record_.started(start, wire::query(question), kStart + at);
    return *this;
  }
  SampleRecord& answer(std::uint32_t exchange, std::string_view question, Duration at) {
    const std::string record =
        std::string{question.substr(0, question.find(' '))} + " 60 IN A 192.0.2.1";
    const wire::Bytes response = wire::response(question, {record});
    record_.finished({exchange, 0},
                     {.status = ExchangeStatus::answered,
                      .response = response,
                      .packets_sent = 1,
                      .mismatched = 0},
                     kStart + at);
    return *this;
  }
  SampleRecord& end(std::uint32_t exchange, ExchangeStatus status, Duration at) {
    record_.finished({exchange, 0},
                     {.status = status, .response = {}, .packets_sent = 1, .mismatched = 0},
                     kStart + at);
    return *this;
  }

  [[nodiscard]] const ScenarioRecord& record() const { return record_; }

 private:
  ScenarioRecord record_{{.max_in_flight = 16,
                          .max_waiters = 16,
                          .max_exchanges = 16,
                          .max_failures = 16,
                          .max_subtrees = 16,
                          .deadline = std::chrono::milliseconds{4'500}}};
  std::uint32_t next_slot_ = 0;
};

}  // namespace sluice::scenario
