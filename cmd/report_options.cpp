#include <algorithm>
#include <memory>

#include "cmd/cli.hpp"
#include "cmd/common_options.hpp"
#include "cmd/run/report_job.hpp"

namespace netecho {
namespace {

struct ReportTyped {
  std::vector<std::string> results;
  std::vector<std::string> samples;
  std::optional<std::string> output, language;
};

constexpr const char* kReport = "Report";

constexpr OptionRow<ReportTyped> kReportRows[] = {
    {{"result",
      {"RESULT...", ValueKind::file},
      "Saved output of probe or send, json or jsonl (-: stdin); a second one is compared with it"},
     &ReportTyped::results},
    {{"-o,--output", kFile, "Write the page to this file, which is replaced whole", kReport, "",
      kFirst},
     &ReportTyped::output},
    {{"--samples", kFile,
      "Draw its plots from what probe --samples wrote; the i-th belongs to the i-th RESULT",
      kReport, "", kFirst},
     &ReportTyped::samples},
    {{"--lang", choice("en|ko"), "Write the page in this language (the locale's)", kReport,
      "the locale's", kFirst},
     &ReportTyped::language},
};

ReportJob report_of(const ReportTyped& typed) {
  ReportJob job;
  job.common = common_values(CommonTyped{});  // What it warns of goes to the log.
  job.results = typed.results;
  job.samples = typed.samples;
  job.output_path = typed.output.value_or("");
  if (typed.language) {
    job.language = *typed.language == "ko" ? PageLanguage::ko : PageLanguage::en;
  }
  return job;
}

/// What files go together is looked at only when they are to be read.
void check_files(const ReportTyped& typed) {
  if (typed.results.empty()) {
    throw usage_error("report", "", "a RESULT is missing, such as the file of probe --json");
  }
  constexpr std::size_t kMostResults = 2;
  if (typed.results.size() > kMostResults) {
    throw usage_error("argument", typed.results[kMostResults], "one too many");
  }
  if (typed.samples.size() > typed.results.size()) {
    throw usage_error("option", "--samples", "more of them than results");
  }
  if (!typed.output || typed.output->empty()) {
    throw usage_error("option", "--output", "is missing: -o FILE.html");
  }
  std::vector<std::string> inputs = typed.results;
  inputs.insert(inputs.end(), typed.samples.begin(), typed.samples.end());
  if (std::ranges::count(inputs, "-") > 1) {
    throw usage_error("report", "-", "stdin can be read once only");
  }
  if (std::ranges::find(inputs, *typed.output) != inputs.end()) {
    throw usage_error("option", "--output", "would overwrite what is read");
  }
}

}  // namespace

Selected bind_report(OptionBinder& options) {
  const auto typed = std::make_shared<ReportTyped>();
  options.bind(kReportRows, *typed);
  options.on_run([typed] { check_files(*typed); });
  return [typed] { return report_of(*typed); };
}

}  // namespace netecho
