#include "resolver/net/sent_question.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/net/fake_upstream.h"

namespace sluice::net {
namespace {

DatagramMatch match(std::string_view sent, std::string_view echoed) {
  SentQuestion question;
  question.remember(edns_query(7, sent));
  return question.match(response_to(edns_query(7, echoed)));
}

TEST(SentQuestion, IsAnsweredByItsExactEcho) {
  const std::string longest = std::string(63, 'A') + "." + std::string(63, 'b') + "." +
                              std::string(63, 'C') + "." + std::string(61, 'd') + ".";
  for (const std::string& name : {std::string{}, std::string{"example."}, longest})
    EXPECT_EQ(match(name, name), DatagramMatch::answer) << name;
}

TEST(SentQuestion, IsAlmostAnsweredInAnotherLetterCase) {
  EXPECT_EQ(match("wWw.example.", "www.example."), DatagramMatch::letter_case);
  EXPECT_EQ(match("wWw.example.", "WwW.EXAMPLE."), DatagramMatch::letter_case);
  EXPECT_EQ(match("www.example.", "wWw.example."), DatagramMatch::answer) << "no case was sent";
}

TEST(SentQuestion, TakesNothingButLettersForLetters) {
  // Octets that differ by 0x20, as letters of two cases do.
  EXPECT_EQ(match("A@.example.", "A`.example."), DatagramMatch::other);
  EXPECT_EQ(match("A[.example.", "A{.example."), DatagramMatch::other);
  EXPECT_EQ(match("A\x10.example.", "A0.example."), DatagramMatch::other);
  EXPECT_EQ(match("A\xc1.example.", "A\xe1.example."), DatagramMatch::other);
}

TEST(SentQuestion, IsNotAnsweredByALongerOrShorterName) {
  EXPECT_EQ(match("Www.example.", "Www.exampl."), DatagramMatch::other);
  EXPECT_EQ(match("Www.example.", "Www.example.example."), DatagramMatch::other);
  EXPECT_EQ(match("Www.example.", "Wwwexample."), DatagramMatch::other);
}

TEST(SentQuestion, IsAnsweredByWhateverFollowsIt) {
  SentQuestion question;
  question.remember(edns_query(7));
  Bytes response = response_to(edns_query(7));
  response.resize(response.size() + 100, std::byte{0xff});

  EXPECT_EQ(question.match(response), DatagramMatch::answer);
}

TEST(SentQuestion, ThatWasNotSentIsNotAnswered) {
  EXPECT_EQ(SentQuestion{}.match(response_to(edns_query(0))), DatagramMatch::other);
}

TEST(SentQuestion, RemembersTheLastQuery) {
  SentQuestion question;
  question.remember(edns_query(7, "Long.name.example."));
  question.remember(edns_query(8, "example."));

  EXPECT_EQ(question.match(response_to(edns_query(8, "example."))), DatagramMatch::answer);
  EXPECT_EQ(question.match(response_to(edns_query(7, "Long.name.example."))), DatagramMatch::other);
  EXPECT_EQ(question.match(response_to(edns_query(8, "EXAMPLE."))), DatagramMatch::answer);
}

}  // namespace
}  // namespace sluice::net
