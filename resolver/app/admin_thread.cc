#include "resolver/app/admin_thread.h"

#include "resolver/net/log.h"

namespace sluice::app {

AdminThread::AdminThread(const net::AdminSources& sources)
    : http_{loop_, sources}, control_{loop_, sources} {}

AdminThread::~AdminThread() {
  loop_.stop();
  if (thread_.joinable()) thread_.join();
}

void AdminThread::post(std::function<void()> job) { boost::asio::post(loop_, std::move(job)); }

std::string AdminThread::start(const std::string& http_address, const std::string& control_path) {
  std::string bound;
  if (!http_address.empty()) {
    const auto endpoint = http_.listen(Endpoint::parse(http_address, 0).value());
    if (endpoint)
      bound = endpoint.value().to_string();
    else
      log::error("admin_not_served", {{"address", http_address}, {"reason", endpoint.error()}});
  }
  if (!control_path.empty()) {
    if (const auto problem = control_.listen(control_path))
      log::error("control_not_served", {{"path", control_path}, {"reason", *problem}});
  }
  thread_ = std::thread{[this] {
    const auto work = boost::asio::make_work_guard(loop_);
    loop_.run();
  }};
  return bound;
}

}  // namespace sluice::app
