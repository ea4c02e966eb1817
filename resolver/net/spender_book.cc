#include "resolver/net/spender_book.h"

#include <utility>

namespace sluice::net {

SpenderBook::Entry* SpenderBook::mention(const Spender& spender) {
  const auto it = by_spender_.find(spender);
  if (it == by_spender_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, it->second);
  return &*it->second;
}

const SpenderWords* SpenderBook::find(const Spender& spender) {
  const Entry* entry = mention(spender);
  return entry == nullptr ? nullptr : &entry->words;
}

bool SpenderBook::see_owner(const Spender& spender, std::uint32_t uid) {
  Entry* entry = mention(spender);
  if (entry == nullptr) return false;
  if (entry->words.uid != uid) entry->words.uid.reset();
  return true;
}

SpenderBook::Room SpenderBook::record(const Spender& spender, SpenderWords words) {
  if (Entry* entry = mention(spender)) {
    entry->words = std::move(words);
    return Room::found;
  }
  Room room = Room::found;
  if (entries_.size() >= capacity_) {
    by_spender_.erase(entries_.back().spender);
    entries_.pop_back();
    room = Room::made;
  }
  entries_.push_front({spender, std::move(words)});
  by_spender_.emplace(spender, entries_.begin());
  return room;
}

}  // namespace sluice::net
