// The daemon's command line.
#include <iostream>

#include <CLI/CLI.hpp>

#include "conf/load.h"
#include "resolver/app/host_audit.h"
#include "resolver/app/server.h"
#include "resolver/net/log.h"

namespace {

constexpr int kExitFailure = 1;  // it could not serve
constexpr int kExitUsage = 2;    // the command line or the configuration is wrong

int serve(const std::string& path, const sluice::conf::Config& config) {
  sluice::log::init(config.log.level);
  sluice::app::Server server{path, config};
  if (const auto problem = server.start()) {
    sluice::log::error("cannot_serve", {{"reason", *problem}});
    return kExitFailure;
  }
  server.run();
  return 0;
}

int run(int argc, char** argv) {
  CLI::App app{"sluiced: a caching DNS forwarder that keeps to the interface's packet limit"};
  std::string path = "/etc/sluice/sluice.toml";
  bool check_only = false;
  app.add_option("--config", path, "configuration file")->capture_default_str();
  app.add_flag("--check", check_only,
               "report what is wrong with the configuration, or may be on this host, "
               "and exit");
  app.set_version_flag("--version", std::string{"sluiced "} + SLUICE_VERSION);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kExitUsage;
  }
  const auto config = sluice::conf::load_file(path);
  if (!config) {
    for (const auto& problem : config.error()) std::cerr << problem.to_string() << '\n';
    return kExitUsage;
  }
  if (check_only) {
    for (const auto& advice : sluice::app::audit_here(config.value()))
      std::cerr << advice.to_string(path) << '\n';
    std::cout << path << ": ok\n";
    return 0;
  }
  return serve(path, config.value());
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    sluice::log::error("cannot_serve", {{"reason", error.what()}});
    return kExitFailure;
  }
}
