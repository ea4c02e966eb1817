// The seeds of the fuzz targets are named by what is wrong with them. These tables say what the
// parsers must make of each, so that every malformation has a test and no seed lies unnamed.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "resolver/dns/message.h"
#include "resolver/dns/response.h"

namespace sluice::dns {
namespace {

std::filesystem::path folder(const std::string& name) {
  return std::filesystem::path{SLUICE_SOURCE_DIR} / "tests/corpus" / name;
}

std::vector<std::byte> load(const std::filesystem::path& path) {
  std::ifstream file{path, std::ios::binary};
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  const auto bytes = std::as_bytes(std::span{text});
  return {bytes.begin(), bytes.end()};
}

template <typename Verdicts>
void expect_complete(const std::string& name, const Verdicts& verdicts) {
  std::set<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator{folder(name)}) {
    files.insert(entry.path().filename());
  }
  std::set<std::string> named;
  for (const auto& [file, verdict] : verdicts) named.insert(file);
  EXPECT_EQ(files, named);
}

TEST(QueryCorpus, EachSeedIsJudgedAsItsNameSays) {
  const std::map<std::string, std::optional<QueryError>> verdicts{
      {"good-plain", std::nullopt},
      {"good-edns-do-cookie", std::nullopt},
      {"good-mixed-case", std::nullopt},
      {"good-name-of-255-octets", std::nullopt},
      {"good-signed-with-tsig", std::nullopt},
      {"good-ixfr-with-soa", std::nullopt},
      {"good-unknown-type-and-class", std::nullopt},
      {"header-of-11-octets", QueryError::short_header},
      {"empty-message", QueryError::short_header},
      {"qr-set", QueryError::is_response},
      {"opcode-notify", QueryError::opcode},
      {"opcode-15-header-only", QueryError::opcode},
      {"no-question", QueryError::no_question},
      {"two-questions", QueryError::question_count},
      {"qname-compressed-to-itself", QueryError::bad_question},
      {"qname-compressed-into-header", QueryError::bad_question},
      {"qname-compressed-forward", QueryError::bad_question},
      {"qname-extended-label-type", QueryError::bad_question},
      {"qname-label-type-10", QueryError::bad_question},
      {"qname-of-256-octets", QueryError::bad_question},
      {"qname-cut-off-in-label", QueryError::bad_question},
      {"qname-without-root", QueryError::bad_question},
      {"qtype-cut-off", QueryError::bad_question},
      {"qclass-missing", QueryError::bad_question},
      {"answer-in-query", QueryError::bad_record},
      {"record-missing", QueryError::bad_record},
      {"record-rdata-overruns", QueryError::bad_record},
      {"record-owner-points-forward", QueryError::bad_record},
      {"opt-rdata-overruns", QueryError::bad_record},
      {"opt-twice", QueryError::bad_opt},
      {"opt-not-at-root", QueryError::bad_opt},
      {"opt-in-authority", QueryError::bad_opt},
      {"opt-option-overruns", QueryError::bad_opt},
      {"opt-option-header-cut-off", QueryError::bad_opt},
      {"octet-behind-question", QueryError::trailing_garbage},
      {"record-behind-counted-ones", QueryError::trailing_garbage},
      {"edns-version-1", QueryError::edns_version},
  };
  expect_complete("query_fuzz", verdicts);

  for (const auto& [file, verdict] : verdicts) {
    const auto message = load(folder("query_fuzz") / file);
    const auto query = parse_query(message);
    EXPECT_EQ(query ? std::nullopt : std::optional{query.error()}, verdict) << file;
  }
}

TEST(ResponseCorpus, EachSeedIsJudgedAsItsNameSays) {
  const std::map<std::string, std::optional<ResponseError>> verdicts{
      {"good-additional-that-does-not-fit", std::nullopt},
      {"good-address", std::nullopt},
      {"good-address-with-edns", std::nullopt},
      {"good-cname-chain", std::nullopt},
      {"good-nodata", std::nullopt},
      {"good-nxdomain-behind-cname", std::nullopt},
      {"good-opt-before-glue", std::nullopt},
      {"good-servfail-without-question", std::nullopt},
      {"good-truncated-in-a-record", std::nullopt},
      {"good-badvers", std::nullopt},
      {"nodata-without-soa", std::nullopt},
      {"cname-chain-broken-off", std::nullopt},
      {"ttl-of-zero", std::nullopt},
      {"ttl-with-top-bit", std::nullopt},
      {"header-of-11-octets", ResponseError::short_header},
      {"qr-clear", ResponseError::not_a_response},
      {"opcode-update", ResponseError::not_a_response},
      {"noerror-without-question", ResponseError::question_count},
      {"two-questions", ResponseError::question_count},
      {"qname-compressed", ResponseError::bad_question},
      {"question-cut-off", ResponseError::bad_question},
      {"answer-missing", ResponseError::bad_record},
      {"answer-rdata-overruns", ResponseError::bad_record},
      {"owner-points-to-itself", ResponseError::bad_record},
      {"owner-points-into-header", ResponseError::bad_record},
      {"owner-extended-label-type", ResponseError::bad_record},
      {"owner-over-255-octets", ResponseError::bad_record},
      {"soa-without-minimum", ResponseError::bad_record},
      {"soa-with-octets-behind-minimum", ResponseError::bad_record},
      {"soa-mname-overruns", ResponseError::bad_record},
      {"opt-twice", ResponseError::bad_opt},
      {"opt-not-at-root", ResponseError::bad_opt},
      {"opt-in-answer", ResponseError::bad_opt},
      {"octet-behind-last-record", ResponseError::trailing_garbage},
  };
  expect_complete("response_fuzz", verdicts);

  for (const auto& [file, verdict] : verdicts) {
    const auto message = load(folder("response_fuzz") / file);
    Response response;
    EXPECT_EQ(parse_response(message, response), verdict) << file;
  }
}

}  // namespace
}  // namespace sluice::dns
