#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>

#include "cmd/cli.hpp"
#include "cmd/values.hpp"
#include "core/base/escape.hpp"
#include "protocols/registry.hpp"

namespace netecho {
namespace {

std::vector<std::string> interface_words(const std::string& prefix) {
  std::vector<std::string> out;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/sys/class/net", error)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(prefix)) out.push_back(name);
  }
  return out;
}

/// Files and folders, each folder with its slash.
std::vector<std::string> file_words(const std::string& prefix) {
  namespace fs = std::filesystem;
  constexpr std::size_t kMostEntries = 10'000;  // Looked at, so that a huge folder costs no time.
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
  std::erase(word, '\\');  // Printable, though escape_for_terminal() sometimes doubles it.
  return escape_for_terminal(word) == word;
}

std::vector<std::string> words(const std::string& kind, const std::string& prefix) {
  if (kind == "file") return file_words(prefix);
  if (kind == "interface") return interface_words(prefix);
  if (kind == "dscp") return dscp_names(prefix);
  return complete_endpoint(prefix, kind == "serve" ? Role::serve : Role::client);
}

}  // namespace

void add_complete_options(CLI::App& sub, Selected& selected) {
  const auto kind = std::make_shared<std::string>();
  const auto prefix = std::make_shared<std::string>();
  sub.add_option("kind", *kind)->required();
  sub.add_option("prefix", *prefix);
  sub.callback([kind, prefix, &selected] {
    selected = [kind, prefix] {
      std::string lines;
      for (const std::string& word : words(*kind, *prefix)) {
        if (may_be_offered(word)) lines += word + "\n";
      }
      return PrintJob{lines};
    };
  });
}

}  // namespace netecho
