#include "resolver/net/admin_pages.h"

#include <gmock/gmock.h>

#include "resolver/net/page_files.h"
#include "tests/net/http_fixture.h"

namespace sluice::net {
namespace {

using metrics::AdminMetric;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class AdminPagesTest : public HttpFixture {
 protected:
  std::string get_with(const std::string& target, const std::string& field) {
    return ask("GET " + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\n" + field +
               "\r\nConnection: close\r\n\r\n");
  }
};

TEST_F(AdminPagesTest, HoldTheDashboard) {
  serve();
  for (const PageFile& file : page_files())
    EXPECT_THAT(get(std::string{file.path}),
                AllOf(StartsWith("HTTP/1.1 200 OK\r\n"),
                      HasSubstr(std::string{"\r\nContent-Type: "} + file.type + "\r\n"),
                      EndsWith("\r\n\r\n" + std::string{file.body})))
        << file.path;
}

TEST_F(AdminPagesTest, LetABrowserKeepAFileAndAskWhetherItHolds) {
  serve();
  const std::string etag{page_files().front().etag};
  EXPECT_THAT(get("/"), AllOf(HasSubstr("\r\nETag: " + etag + "\r\n"),
                              HasSubstr("\r\nCache-Control: no-cache\r\n")));
  EXPECT_THAT(get_with("/", "If-None-Match: \"other\", " + etag),
              AllOf(StartsWith("HTTP/1.1 304 "), EndsWith("\r\n\r\n")));
  EXPECT_THAT(get_with("/", "If-None-Match: \"other\""), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(get("/api/v1/stats"), HasSubstr("\r\nCache-Control: no-store\r\n"));
}

TEST_F(AdminPagesTest, ForbidTheBrowserWhatTheyDoNotNeed) {
  serve();
  for (const char* target : {"/", "/page.js", "/api/v1/stats", "/metrics", "/no-such-page"})
    EXPECT_THAT(get(target),
                AllOf(HasSubstr("\r\nContent-Security-Policy: default-src 'none'; script-src "
                                "'self'; style-src 'self'; "),
                      HasSubstr("frame-ancestors 'none'\r\n"), Not(HasSubstr("unsafe")),
                      HasSubstr("\r\nX-Frame-Options: DENY\r\n"),
                      HasSubstr("\r\nReferrer-Policy: no-referrer\r\n"),
                      HasSubstr("\r\nX-Content-Type-Options: nosniff\r\n"),
                      Not(HasSubstr("Access-Control"))))
        << target;
}

TEST(DashboardFiles, HoldNoScriptOrStyleThatThePolicyForbids) {
  const std::string page{page_files().front().body};
  EXPECT_THAT(page, AllOf(Not(HasSubstr("<style")), Not(HasSubstr(" style=")),
                          Not(HasSubstr(" onclick=")), Not(HasSubstr("://"))));
  for (const PageFile& file : page_files()) {
    if (file.path.starts_with("/uplot")) continue;
    EXPECT_EQ(file.body.find("innerHTML"), file.body.npos) << file.path;
  }
}

TEST_F(AdminPagesTest, AnswerTheReadingVerbsLikeTheControlSocket) {
  snapshot.zones.emplace_back().name = "example.";
  serve();
  EXPECT_THAT(get("/api/v1/zones"), AllOf(StartsWith("HTTP/1.1 200 "),
                                          HasSubstr("\r\nContent-Type: application/json\r\n"),
                                          HasSubstr(R"("zone":"example.")")));
  EXPECT_THAT(get("/api/v1/status"), HasSubstr(R"("engine_answers":true)"));
  EXPECT_THAT(get("/api/v1/stats"), HasSubstr(R"("sluice_cache_entries":0.0)"));
}

TEST_F(AdminPagesTest, TellErrorsOfTheApiInStatusAndJson) {
  sources.patience.snapshot = 100ms;
  serve();
  for (const char* verb : {"reload", "cache", "recorder", "log-level", "no-such-verb", ""})
    EXPECT_THAT(get(std::string{"/api/v1/"} + verb),
                AllOf(StartsWith("HTTP/1.1 404 "), HasSubstr("\r\n\r\n{\"error\":")))
        << verb;
  EXPECT_THAT(get("/api/v1/top?day=1"),
              AllOf(StartsWith("HTTP/1.1 400 "), HasSubstr("\r\n\r\n{\"error\":")));

  is_engine_silent = true;
  EXPECT_THAT(get("/api/v1/zones"),
              AllOf(StartsWith("HTTP/1.1 503 "), HasSubstr("\r\n\r\n{\"error\":")));
}

TEST_F(AdminPagesTest, AnswerNoPageOfAnotherOrigin) {
  serve();
  EXPECT_THAT(get_with("/api/v1/stats", "Sec-Fetch-Site: cross-site"),
              AllOf(StartsWith("HTTP/1.1 403 "), Not(HasSubstr("sluice_"))));
  EXPECT_THAT(get_with("/api/v1/live", "Sec-Fetch-Site: same-site"), StartsWith("HTTP/1.1 403 "));
  EXPECT_THAT(get_with("/api/v1/stats", "Sec-Fetch-Site: same-origin"),
              StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(get_with("/", "Sec-Fetch-Site: cross-site"), StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(counted(AdminMetric::refused_http_host), 2U);
}

}  // namespace
}  // namespace sluice::net
