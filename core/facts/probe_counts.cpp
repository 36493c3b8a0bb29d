#include "core/facts/probe_counts.hpp"

namespace netecho {

void ProbeCounts::add(const ProbeCounts& other) noexcept {
  sent += other.sent;
  received += other.received;
  send_errors += other.send_errors;
  skipped += other.skipped;
  duplicate += other.duplicate;
  reordered += other.reordered;
  late += other.late;
  timeout += other.timeout;
  mismatch += other.mismatch;
  refused += other.refused;
  unreachable += other.unreachable;
}

}  // namespace netecho
