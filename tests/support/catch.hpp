#pragma once

/// \file
/// The only place that knows which Catch2 is installed: version 2 (Debian 12) or 3.

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
using Catch::Matchers::StartsWith;
#else
#include <catch2/catch.hpp>
#endif
