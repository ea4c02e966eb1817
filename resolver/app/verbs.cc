#include "resolver/app/verbs.h"

#include <array>

namespace sluice::app {

namespace {

constexpr std::string_view kLook = "What happens";
constexpr std::string_view kWhy = "Why it happens";
constexpr std::string_view kCache = "What is stored";
constexpr std::string_view kChange = "The daemon itself";

constexpr Argument kName{.name = "NAME",
                         .value = "",
                         .help = "A domain name; its final dot may be missing",
                         .form = Form::name,
                         .need = Need::required};

constexpr std::array kStats{Argument{
    .name = "PATTERN",
    .value = "",
    .help = "Only series that contain this; * stands for anything",
    .form = Form::any,
}};
constexpr std::array kTop{
    Argument{.name = "--window",
             .value = "minute|hour",
             .help = "How far back to count",
             .form = Form::choice,
             .fallback = "minute"},
    Argument{.name = "--count",
             .value = "N",
             .help = "How many to show",
             .form = Form::whole,
             .least = 1,
             .most = 100,
             .fallback = "20"},
};
constexpr std::array kExplain{
    kName,
    Argument{.name = "TYPE",
             .value = "",
             .help = "A type of records, such as AAAA, PTR or TYPE65",
             .form = Form::type,
             .fallback = "A"},
};
constexpr std::array kOneName{kName};
constexpr std::array kWatch{Argument{.name = "--interval",
                                     .value = "S",
                                     .help = "Seconds between two looks",
                                     .form = Form::fractional,
                                     .least = 0.2,
                                     .most = 3600,
                                     .fallback = "1"}};
constexpr std::array kRecorder{Argument{
    .name = "--pcap",
    .value = "FILE",
    .help = "Write it to FILE as a packet capture (- is the standard output)",
    .form = Form::any,
}};
constexpr std::array kLogLevel{Argument{.name = "LEVEL",
                                        .value = "debug|info|warn|error",
                                        .help = "What to log from now on, until the next start",
                                        .form = Form::choice}};

constexpr std::array kVerbs{
    Verb{"status", kLook, "What the daemon is, how full it is, and its verdict", {}},
    Verb{"watch", kLook, "A live view, until q or Ctrl-C; without a terminal, frames of text",
         kWatch},
    Verb{
        "zones", kLook, "Zone rules: queries, packets sent for them, retries, failures, queue", {}},
    Verb{
        "upstreams", kLook, "Upstream servers: round-trip times, time-outs, failures, verdict", {}},
    Verb{"budget", kLook, "The packet budget of each interface: limit, use, who waits", {}},
    Verb{"requests", kLook, "Questions in flight now, the oldest first", {}},
    Verb{"stats", kLook, "Every counter, or those that PATTERN picks", kStats},
    Verb{"diagnose",
         kWhy,
         "What is wrong, who causes it, what to do; exits with 3 unless healthy",
         {}},
    Verb{"top", kWhy, "Who spends the packets, and on which names", kTop},
    Verb{"explain", kWhy, "What would happen to a question now, step by step", kExplain},
    Verb{"recorder", kWhy, "The last events, as text or as a packet capture", kRecorder},
    Verb{"cache show", kCache, "What is stored for NAME, with its records", kOneName},
    Verb{"cache dump", kCache, "What is stored, without records", {}},
    Verb{"cache flush", kCache, "Forget what is stored for NAME", kOneName},
    Verb{"cache flush-tree", kCache, "Forget NAME and everything below it", kOneName},
    Verb{"cache flush-all", kCache, "Forget everything that is stored", {}},
    Verb{"log-level", kChange, "Show the level of the log, or set it", kLogLevel},
    Verb{"reload", kChange, "Read the configuration again", {}},
    Verb{"version", kChange, "The daemon's version", {}},
};

constexpr std::array kCommon{
    Argument{.name = "--socket",
             .value = "PATH",
             .help = "The daemon's control socket",
             .form = Form::any,
             .fallback = "/run/sluice/control.sock"},
    Argument{.name = "--json", .value = "", .help = "Print JSON, for programs", .form = Form::flag},
};

}  // namespace

std::span<const Verb> verbs() { return kVerbs; }

std::span<const Argument> common_options() { return kCommon; }

std::string usage(const Verb& verb) {
  std::string text = "sluicectl " + std::string{verb.name};
  for (const Argument& argument : verb.arguments) {
    std::string word{argument.name};
    if (argument.is_option() && !argument.value.empty()) word.append(" ").append(argument.value);
    text += argument.need == Need::required ? " " + word : " [" + word + "]";
  }
  return text;
}

}  // namespace sluice::app
