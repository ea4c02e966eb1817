#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "conf/config.h"
#include "conf/document.h"

/// The forms that values take in the file. Each form reads one Value into one member (or, where the
/// file says two things at once, two) and says in words what it looks like.
///
/// read() returns why the value is refused, each fault by itself; an empty list means that it was
/// taken. A refused value leaves the member as it was or with what was right about it: the caller
/// refuses the whole file.
namespace sluice::conf::form {

using Reasons = std::vector<std::string>;

/// Smallest and largest value: of a count itself, of a size its bytes, of a duration its
/// milliseconds, of a text its length.
struct Bounds {
  std::int64_t min = 0;
  std::int64_t max = 0;
};

/// 1024
struct Count {
  static constexpr std::string_view kShape = "a whole number";
  static Reasons read(const Value& value, Bounds bounds, std::uint32_t& out);
  static std::string show(std::int64_t count);
};

/// 0.01, or a whole number
struct Amount {
  static constexpr std::string_view kShape = "a number such as 0.01";
  static Reasons read(const Value& value, Bounds bounds, double& out);
};

/// true
struct Flag {
  static constexpr std::string_view kShape = "true or false";
  static Reasons read(const Value& value, Bounds bounds, bool& out);
};

/// "32MiB", or plain bytes: 33554432
struct Size {
  static constexpr std::string_view kShape =
      "a size such as \"32MiB\" (B, KiB, MiB or GiB) or a number of bytes";
  static Reasons read(const Value& value, Bounds bounds, std::uint64_t& out);
  static std::string show(std::int64_t bytes);
};

/// "1800ms", "10s". Never a bare number: a unit that is not there cannot be misread.
struct Duration {
  static constexpr std::string_view kShape =
      "a whole number and its unit (ms, s, m, h or d), such as \"1800ms\" or \"10s\"";
  static Reasons read(const Value& value, Bounds bounds, milliseconds& out);
  /// Refuses fractions of a second.
  static Reasons read(const Value& value, Bounds bounds, seconds& out);
  static std::string show(std::int64_t milliseconds);
};

/// What can be the name of a file and of a metric's label.
struct Label {
  static constexpr std::string_view kShape = "1 to 32 of the characters A-Z a-z 0-9 _ -";
  static Reasons read(const Value& value, Bounds bounds, std::string& out);
};

/// A Label, or "" for none.
struct OptionalLabel {
  static constexpr std::string_view kShape = "\"\" or 1 to 32 of the characters A-Z a-z 0-9 _ -";
  static Reasons read(const Value& value, Bounds bounds, std::string& out);
};

struct Path {
  static constexpr std::string_view kShape = "an absolute path";
  static Reasons read(const Value& value, Bounds bounds, std::string& out);
};

/// A Path, or "" for none.
struct OptionalPath {
  static constexpr std::string_view kShape = "an absolute path, or \"\" for none";
  static Reasons read(const Value& value, Bounds bounds, std::string& out);
};

/// Where an interface's count of packets dropped above its allowance is read.
struct CounterSource {
  static constexpr std::string_view kShape =
      "\"auto\" for the driver's statistics, the path of a file with a number, or \"\" for nowhere";
  static Reasons read(const Value& value, Bounds bounds, std::string& out);
};

struct Level {
  static constexpr std::string_view kShape = "\"debug\", \"info\", \"warn\" or \"error\"";
  static Reasons read(const Value& value, Bounds bounds, LogLevel& out);
};

/// One of a few words, each with its meaning.
struct Format {
  static constexpr std::string_view kShape = "\"plain\", \"hosts\" or \"rpz\"";
  static Reasons read(const Value& value, Bounds bounds, local::ListFormat& out);
};
struct Block {
  static constexpr std::string_view kShape = "\"nxdomain\", \"nodata\" or \"null\"";
  static Reasons read(const Value& value, Bounds bounds, local::ListAction& out);
};
struct Private {
  static constexpr std::string_view kShape = "\"pass\" or \"strip\"";
  static Reasons read(const Value& value, Bounds bounds, PrivateAnswers& out);
};

/// Networks of clients; "local" for those that the host is attached to. May be empty.
struct Networks {
  static constexpr std::string_view kShape =
      "a list of networks such as [\"local\", \"192.0.2.0/24\", \"2001:db8::/32\"]";
  static Reasons read(const Value& value, Bounds bounds, std::vector<Prefix>& out,
                      bool& allow_attached);
};

/// The addresses of a network: one prefix, or a list of them.
struct Cidrs {
  static constexpr std::string_view kShape =
      "a network such as \"192.0.2.0/24\" or \"2001:db8::/32\", or a list of networks";
  static Reasons read(const Value& value, Bounds bounds, std::vector<Prefix>& out);
};

/// Names of special-use names. May be empty.
struct SpecialUseNames {
  static constexpr std::string_view kShape =
      "a list of \"localhost\", \"invalid\", \"test\", \"onion\", \"alt\", \"local\", "
      "\"home.arpa\", \"resolver.arpa\", \"private-reverse\", \"doh-canary\"";
  static Reasons read(const Value& value, Bounds bounds, local::SpecialUses& out);
};

/// Any text without control characters, of bounded length.
struct Text {
  static constexpr std::string_view kShape = "a text";
  static Reasons read(const Value& value, Bounds bounds, std::string& out);
};

/// What a line of the query log says.
struct QueryFieldNames {
  static constexpr std::string_view kShape =
      "a list of \"time\", \"client\", \"name\", \"type\", \"class\", \"rcode\", \"source\", "
      "\"latency_ms\", \"upstream\", \"zone\", \"tries\", \"size\", \"ede\"";
  static Reasons read(const Value& value, Bounds bounds, QueryFields& out);
};

/// Kinds of dnstap messages.
struct DnstapMessageNames {
  static constexpr std::string_view kShape =
      "a list of \"client_query\", \"client_response\", \"forwarder_query\", "
      "\"forwarder_response\"";
  static Reasons read(const Value& value, Bounds bounds, DnstapMessages& out);
};

/// Top-level domains. May be empty.
struct Tlds {
  static constexpr std::string_view kShape =
      "a list of top-level domains such as [\"com\", \"net\"]";
  static Reasons read(const Value& value, Bounds bounds, std::vector<std::string>& out);
};

/// A record as in a zone file. The file may also have a list of them; each is read by itself.
struct RecordLine {
  static constexpr std::string_view kShape =
      "a record such as \"printer.example. 300 IN A 192.0.2.1\", or a list of records";
  static Reasons read(const Value& value, Bounds bounds, std::string& out, dns::ZoneRecord& parsed);
};

/// Where we listen; port 53 unless said. Two that would take each other's queries are refused.
struct ListenAddresses {
  static constexpr std::string_view kShape =
      "a list of addresses such as [\"127.0.0.53:53\", \"[::1]:53\"]";
  static Reasons read(const Value& value, Bounds bounds, std::vector<Endpoint>& out);
};

/// The admin server's address as text, with its port.
struct AdminAddress {
  static constexpr std::string_view kShape =
      "an address and a port such as \"127.0.0.1:9353\", or \"\" for none";
  static Reasons read(const Value& value, Bounds bounds, std::string& out);
};

/// Addresses of resolvers; port 53 unless said. Or ["system"].
struct Servers {
  static constexpr std::string_view kShape =
      "[\"system\"] or a list of addresses such as [\"192.0.2.1\", \"[2001:db8::1]:53\"]";
  static Reasons read(const Value& value, Bounds bounds, std::vector<Endpoint>& out,
                      bool& follow_system);
};

/// "auto", which is an empty list in the configuration, or names of interfaces.
struct Interfaces {
  static constexpr std::string_view kShape =
      "\"auto\" or a list of interface names such as [\"eth0\", \"eth1\"]";
  static Reasons read(const Value& value, Bounds bounds, std::vector<std::string>& out);
};

/// With or without its final dot. The file may also have a list of names; each is read by itself.
struct ZoneName {
  static constexpr std::string_view kShape =
      "a domain name such as \"10.in-addr.arpa\", \".\" for the root, or a list of names";
  static Reasons read(const Value& value, Bounds bounds, dns::Name& out);
};

}  // namespace sluice::conf::form
