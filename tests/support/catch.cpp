/// \file
/// The target of this file holds what the tests have precompiled.

#include "tests/support/catch.hpp"
