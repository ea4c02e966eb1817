// What can be looked at afterwards: the last events, queries, messages.
#include <array>

#include "conf/option_row.h"

namespace sluice::conf {

namespace {

constexpr std::int64_t kMaxIdentity = 255;

constexpr std::array kRecorder{
    option<Recorder, form::Size, &Recorder::max_bytes>({
        .key = "max_bytes",
        .bounds = {0, std::int64_t{64} << 20},
        .reload = Reload::restart,
        .help = "Memory for the last events (queries, tries, answers, time-outs), which sluicectl "
                "recorder shows as text or as a capture file. 0 or less than \"4KiB\" keeps none.",
    }),
};

constexpr std::array kQueryLog{
    option<QueryLog, form::Count, &QueryLog::sample>({
        .key = "sample",
        .bounds = {0, 1'000'000'000},
        .help = "One of so many client queries is logged once it is answered, hits as well as "
                "misses. 1 = each, 0 = none.",
    }),
    option<QueryLog, form::QueryFieldNames, &QueryLog::fields>({
        .key = "fields",
        .help = "What a line says. A hit knows of no upstream, zone and tries.",
    }),
    option<QueryLog, form::OptionalPath, &QueryLog::file>({
        .key = "file",
        .bounds = {0, kMaxPath},
        .help = "Where lines are appended; opened anew at each reload. \"\" = the log of the "
                "process, at level \"info\".",
    }),
};

constexpr std::array kDnstap{
    option<Dnstap, form::OptionalPath, &Dnstap::socket>({
        .key = "socket",
        .bounds = {0, kMaxSocketPath},
        .reload = Reload::restart,
        .help = "Socket of a dnstap collector. One that is absent or slow delays nothing: messages "
                "are dropped and counted. \"\" = none.",
    }),
    option<Dnstap, form::Text, &Dnstap::identity>({
        .key = "identity",
        .bounds = {0, kMaxIdentity},
        .reload = Reload::restart,
        .help = "What the collector is told who we are. \"\" = the name of the host.",
    }),
    option<Dnstap, form::DnstapMessageNames, &Dnstap::messages>({
        .key = "messages",
        .reload = Reload::restart,
        .help = "Which messages it gets.",
    }),
    option<Dnstap, form::Count, &Dnstap::sample>({
        .key = "sample",
        .bounds = {1, 1'000'000'000},
        .reload = Reload::restart,
        .help = "Of messages from and to clients it gets one of so many; of those from and to "
                "upstreams all.",
    }),
};

}  // namespace

template <>
std::span<const Option<Recorder>> options<Recorder>() noexcept {
  return kRecorder;
}
template <>
std::span<const Option<QueryLog>> options<QueryLog>() noexcept {
  return kQueryLog;
}
template <>
std::span<const Option<Dnstap>> options<Dnstap>() noexcept {
  return kDnstap;
}

}  // namespace sluice::conf
