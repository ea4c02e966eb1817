#include "tests/lab/lookup_record.h"

#include <gtest/gtest.h>

#include <sstream>

#include "resolver/dns/message.h"

namespace sluice::lab {
namespace {

/// A SERVFAIL without a question, its OPT record holding `options`.
std::vector<std::byte> servfail(std::initializer_list<std::uint16_t> options) {
  std::vector<std::byte> reply(dns::kHeaderSize + dns::kBareOptSize + 2 * options.size());
  dns::write_u16(reply, 2, dns::Header::kQr | static_cast<std::uint16_t>(dns::Rcode::servfail));
  dns::write_u16(reply, 10, 1);
  dns::write_u16(reply, 13, static_cast<std::uint16_t>(dns::Type::opt));
  dns::write_u16(reply, 15, dns::kEdnsUdpSize);
  dns::write_u16(reply, 21, static_cast<std::uint16_t>(2 * options.size()));
  std::size_t offset = dns::kHeaderSize + dns::kBareOptSize;
  for (const std::uint16_t word : options) {
    dns::write_u16(reply, offset, word);
    offset += 2;
  }
  return reply;
}

TEST(ReplyCodes, FindTheExtendedErrorBehindOtherOptions) {
  const ReplyCodes codes = reply_codes(servfail({10, 2, 0xffff, 15, 4, 22, 0x4142}));
  EXPECT_EQ(codes.rcode, 2);
  EXPECT_EQ(codes.ede, 22);
}

TEST(ReplyCodes, TakeTheFirstOfSeveralExtendedErrors) {
  EXPECT_EQ(reply_codes(servfail({15, 2, 3, 15, 2, 22})).ede, 3);
}

TEST(ReplyCodes, KnowAReplyWithoutAnExtendedError) {
  EXPECT_EQ(reply_codes(servfail({})).rcode, 2);
  EXPECT_FALSE(reply_codes(servfail({})).ede);
  EXPECT_FALSE(reply_codes(servfail({15, 0})).ede);
}

TEST(ReplyCodes, OfAMalformedReplyAreItsHeadersAlone) {
  EXPECT_FALSE(reply_codes(servfail({15, 4, 22})).ede);  // the option runs over the end
  std::vector<std::byte> cut_off = servfail({15, 2, 22});
  cut_off.pop_back();
  EXPECT_EQ(reply_codes(cut_off).rcode, 2);
  EXPECT_FALSE(reply_codes(cut_off).ede);
  EXPECT_EQ(reply_codes({}).rcode, 0);
}

TEST(LookupRecord, GoesIntoOneCsvLineForEachLookup) {
  LookupRecord record{10};
  record.add({.asked_ns = 7'000,
              .took = 1'800ms,
              .number = 3,
              .kind = LookupKind::ordinary,
              .outcome = Outcome::answered,
              .last_reply = ReplyCodes{.rcode = 0, .ede = 3}});
  record.add({.asked_ns = 8'000,
              .took = 2ms,
              .number = 4,
              .kind = LookupKind::ptr,
              .outcome = Outcome::failed,
              .last_reply = ReplyCodes{.rcode = 2}});
  record.add({.asked_ns = 9'000, .took = 5s, .number = 5, .outcome = Outcome::unfinished});

  std::ostringstream out;
  record.write_csv(out);
  EXPECT_EQ(out.str(),
            "asked_ns,took_us,kind,number,outcome,rcode,ede\n"
            "7000,1800000,ordinary,3,answered,0,3\n"
            "8000,2000,storm,4,failed,2,\n"
            "9000,5000000,ordinary,5,unfinished,,\n");
}

TEST(LookupRecord, CountsWhatIsAboveItsBound) {
  LookupRecord record{2};
  for (int i = 0; i < 5; ++i) record.add({});
  EXPECT_EQ(record.lookups().size(), 2U);
  EXPECT_EQ(record.unrecorded(), 3U);
}

}  // namespace
}  // namespace sluice::lab
