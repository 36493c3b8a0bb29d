#pragma once

/// \file
/// A command line of `netecho families` becomes checked values: a job.

#include "cmd/run/context.hpp"
#include "cmd/run/families_view.hpp"

namespace netecho {

struct FamiliesJob {
  CommonOptions common;
  FamiliesTried tried = FamiliesTried::lesson;
};

/// Runs it and returns the exit code. Throws Error.
[[nodiscard]] int run_families(const FamiliesJob& job);

}  // namespace netecho
