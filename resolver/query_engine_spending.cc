// What questions cost, and on whose account.
#include "resolver/domain.h"
#include "resolver/query_engine.h"

namespace sluice {

void QueryEngine::on_identified(QuestionId id, const Spender& spender) noexcept {
  if (table_.holds(id)) table_[id.slot].spender = spender;
}

/// Presents the account of a question that ends.
void QueryEngine::bill(Index index, ActionList& out) {
  const InFlight& question = table_[index];
  if (question.spending.packets == 0 && question.spending.waits == 0) return;
  out.spent({.spender = question.spender,
             .type = question.key.question.type,
             .spending = question.spending,
             .suffix = {}},
            domain_of(question.key.question.name, routing_.rule(question.rule).labels));
}

void QueryEngine::book(const Spent& spent, const Spender& spender, TimePoint now) noexcept {
  std::size_t offset = 0;
  const auto suffix = dns::Name::read(spent.suffix, offset);
  SLUICE_ASSERT(suffix.has_value());
  spenders_.add({spender, *suffix, spent.type}, spent.spending, now);
}

}  // namespace sluice
