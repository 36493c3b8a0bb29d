#include <unistd.h>

#include "cmd/run/families_job.hpp"
#include "core/base/clock.hpp"

namespace netecho {

int run_families(const FamiliesJob& job) {
  const Event event{realtime_now(), families_view(job.tried, try_socket)};
  // It has no end but its one event: a document would hold nothing else.
  const Format& format = chosen_format(job.common, Wanted::stream);
  Output output{STDOUT_FILENO, "stdout"};
  output.write(render(event, format, text_style(job.common, STDOUT_FILENO)));
  if (const auto error = output.error()) throw *error;
  return 0;
}

}  // namespace netecho
