#include "core/probe/probe_format.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "core/probe/frame_probes.hpp"
#include "core/probe/pattern_probes.hpp"
#include "core/seam/wire_format.hpp"

namespace netecho {
namespace {

/// What is too small for a frame has a pattern, which a number beside it may tell from others.
template <ProbeNumbers numbers>
std::unique_ptr<ProbeFormat> make_frames(const ProbeFormatOptions& options) {
  if (options.size_bytes < frame_minimum(false, options.key != nullptr)) {
    return std::make_unique<PatternProbes>(options, numbers);
  }
  return std::make_unique<FrameProbes>(options);
}

struct FormatRow {
  std::string_view wire_format;
  std::unique_ptr<ProbeFormat> (*make)(const ProbeFormatOptions& options);
};
constexpr std::array kFormatRows{FormatRow{kFrames, make_frames<ProbeNumbers::none>},
                                 FormatRow{kNumberedFrames, make_frames<ProbeNumbers::carried>},
                                 FormatRow{kForwardedFrames, make_frames<ProbeNumbers::overheard>}};

}  // namespace

std::unique_ptr<ProbeFormat> make_probe_format(std::string_view wire_format,
                                               const ProbeFormatOptions& options) {
  const auto* const row = std::ranges::find(kFormatRows, wire_format, &FormatRow::wire_format);
  if (row == kFormatRows.end()) std::abort();  // Our own bug: a transport names what nobody has.
  return row->make(options);
}

}  // namespace netecho
