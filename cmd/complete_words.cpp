#include <algorithm>
#include <filesystem>
#include <memory>

#include "cmd/cli.hpp"
#include "core/base/escape.hpp"
#include "core/net/dscp.hpp"
#include "core/net/interface_names.hpp"
#include "protocols/registry.hpp"

namespace netecho {
namespace {

struct CompleteTyped {
  std::string kind;
  std::optional<std::string> prefix;
};

constexpr OptionRow<CompleteTyped> kArguments[] = {
    {{"kind", free_text("KIND"), "What is completed: a file, an interface, an endpoint"},
     &CompleteTyped::kind},
    {{"prefix", free_text("[PREFIX]"), "What is typed so far"}, &CompleteTyped::prefix}};

/// Offers files and folders, each folder with its slash.
std::vector<std::string> file_words(const std::string& prefix) {
  namespace fs = std::filesystem;
  // No more is looked at, so that a huge folder costs no time.
  constexpr std::size_t kMostEntries = 10'000;
  const std::string folder = prefix.substr(0, prefix.rfind('/') + 1);
  const std::string begin = prefix.substr(folder.size());
  std::vector<std::string> out;
  std::error_code error;
  fs::directory_iterator it{folder.empty() ? "." : folder, error};
  for (std::size_t i = 0; !error && it != fs::directory_iterator{} && i < kMostEntries; ++i) {
    const std::string name = it->path().filename().string();
    std::error_code ignored;
    const bool hidden = name.front() == '.' && !begin.starts_with('.');
    if (!hidden && name.starts_with(begin)) {
      out.push_back(folder + name + (it->is_directory(ignored) ? "/" : ""));
    }
    it.increment(error);
  }
  std::sort(out.begin(), out.end());
  return out;
}

/// The names of other users' sockets and files reach a terminal and a shell's command line: one
/// that has a control character or is no text isn't offered. What a shell reads as its own (a
/// blank, `$`, a quote) is quoted by the script.
bool may_be_offered(std::string word) {
  std::erase(word, '\\');  // It is printable, though escape_for_terminal() may double it.
  return escape_for_terminal(word) == word;
}

std::vector<std::string> words(const std::string& kind, const std::string& prefix) {
  if (kind == "file") return file_words(prefix);
  if (kind == "interface") return interface_names(prefix);
  if (kind == "dscp") return dscp_names(prefix);
  return complete_endpoint(prefix, kind == "serve" ? Role::serve : Role::client);
}

}  // namespace

Selected bind_complete(OptionBinder& options) {
  const auto typed = std::make_shared<CompleteTyped>();
  options.bind(kArguments, *typed);
  return [typed] {
    std::string lines;
    for (const std::string& word : words(typed->kind, typed->prefix.value_or(""))) {
      if (may_be_offered(word)) lines += word + "\n";
    }
    return PrintJob{lines};
  };
}

}  // namespace netecho
