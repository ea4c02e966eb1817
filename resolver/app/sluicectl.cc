// The operator's tool: asks a running daemon through its control socket.
#include <cstdio>
#include <exception>
#include <nlohmann/json.hpp>
#include <string>

#include "resolver/app/capture_file.h"
#include "resolver/app/command_line.h"
#include "resolver/app/control_client.h"
#include "resolver/app/report.h"
#include "resolver/app/report_fields.h"
#include "resolver/app/request.h"
#include "resolver/app/verdicts.h"
#include "resolver/app/watch.h"

namespace {

using nlohmann::json;
using sluice::app::Command;

int fail(const std::string& reason) {
  std::fprintf(stderr, "sluicectl: %s\n", sluice::app::printable(reason).c_str());
  return sluice::app::kFailed;
}

// Names may hold octets that a terminal would act upon.
std::string to_text(const json& reply) { return reply.dump(2, ' ', true) + "\n"; }

void print(const std::string& text) { std::fputs(text.c_str(), stdout); }

int refused(const Command& command, const json& reply) {
  if (command.as_json) {
    print(to_text(reply));
  } else {
    std::fprintf(stderr, "sluicectl: %s", sluice::app::report(command.verb->name, reply).c_str());
  }
  return sluice::app::kFailed;
}

int save_capture(const Command& command, json reply) {
  const std::string path = command.value("--pcap");
  const json& base64 = sluice::app::field(reply, "pcap_base64");
  if (!base64.is_string()) return fail("the daemon's answer holds no capture");
  if (const auto problem = sluice::app::write_capture(path, base64.get<std::string>()))
    return fail(*problem);
  if (path == "-") return sluice::app::kDone;
  reply.erase("pcap_base64");
  reply["file"] = path;
  if (command.as_json) {
    print(to_text(reply));
  } else {
    print(sluice::app::count(reply, "events") + " events of the last " +
          sluice::app::seconds(reply, "seconds") + " are in " + sluice::app::printable(path) +
          "\n");
  }
  return sluice::app::kDone;
}

int run(const Command& command) {
  if (command.verb->name == "watch") return sluice::app::watch(command);
  const auto line =
      sluice::app::ask_daemon(command.socket, sluice::app::request_for(command).dump());
  if (!line) return fail(line.error().reason);
  json reply = json::parse(line.value(), nullptr, false);
  if (reply.is_discarded()) return fail("the daemon's answer is no JSON");
  if (reply.is_object() && reply.contains("error")) return refused(command, reply);

  if (!command.value("--pcap").empty()) return save_capture(command, std::move(reply));
  reply = sluice::app::wanted_part(command, std::move(reply));
  print(command.as_json ? to_text(reply) : sluice::app::report(command.verb->name, reply));
  const bool is_unwell = command.verb->name == "diagnose" && !sluice::app::is_healthy(reply);
  return is_unwell ? sluice::app::kUnwell : sluice::app::kDone;
}

}  // namespace

// An exception on its way out gives the terminal back.
int main(int argc, char** argv) try {
  const auto command = sluice::app::parse_command(argc, argv);
  if (command) return run(command.value());
  const sluice::app::Ending& ending = command.error();
  std::fputs(ending.text.c_str(), ending.status == sluice::app::kDone ? stdout : stderr);
  return ending.status;
} catch (const std::exception& error) {
  return fail(error.what());
}
