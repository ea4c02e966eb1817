#include "conf/problem.h"

namespace sluice::conf {

std::string Problem::to_string() const {
  std::string text = file;
  if (line != 0) text += ":" + std::to_string(line);
  if (!key.empty()) text += ": " + key;
  return text + ": " + reason;
}

}  // namespace sluice::conf
