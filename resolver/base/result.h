#pragma once

#include <boost/outcome/result.hpp>

namespace sluice {

/// A value or the reason why there is none. Reading the wrong one is a bug, not an exception.
template <typename T, typename E>
using Result =
    BOOST_OUTCOME_V2_NAMESPACE::basic_result<T, E, BOOST_OUTCOME_V2_NAMESPACE::policy::all_narrow>;

using BOOST_OUTCOME_V2_NAMESPACE::failure;
using BOOST_OUTCOME_V2_NAMESPACE::success;

}  // namespace sluice
