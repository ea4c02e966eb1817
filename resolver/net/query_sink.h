#pragma once

#include "resolver/client.h"
#include "resolver/dns/message.h"

namespace sluice::net {

/// Where listeners hand the queries that the cache could not answer: straight to the worker on the
/// engine's thread, through a bounded queue from the others.
class QuerySink {
 public:
  /// `query` is copied by the callee if it is to be kept. The reply comes back through the
  /// listener's send(), from the engine's thread, perhaps before on_query() returns.
  virtual void on_query(const ClientRef& client, const dns::Query& query) = 0;
  /// `query` has been answered from an entry that is about to expire: it may be asked for again.
  virtual void on_refresh(const dns::Query& query) = 0;

 protected:
  ~QuerySink() = default;
};

}  // namespace sluice::net
