#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

#include "protocols/unix/socket_file.hpp"
#include "protocols/unix/unix.hpp"

namespace netecho::unix_socket {
namespace {

constexpr std::size_t kMostEntries = 10'000;  ///< Looked at, so that a huge folder costs no time.
constexpr std::size_t kMostResults = 256;

std::vector<std::string> finish(std::vector<std::string> found) {
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

struct Entry {
  std::string flags;
  std::string type;
  std::string name;
};

bool is_hexadecimal(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789abcdefABCDEF") == std::string::npos;
}

/// Reads a line of /proc/net/unix: address, references, protocol, flags, type, state, inode, name.
/// The second line of a name with a newline in it gives none. It may hold anything, even what looks
/// like an entry, but then its owner offers no name that he could not bind.
std::optional<Entry> read_entry(const std::string& line) {
  std::istringstream fields{line};
  std::array<std::string, 7> words;
  Entry out;
  for (std::string& word : words) fields >> word;
  if (!fields) return std::nullopt;
  fields >> std::ws;
  std::getline(fields, out.name);
  if (words[0].size() < 2 || words[0].back() != ':') return std::nullopt;
  words[0].pop_back();
  constexpr std::array<std::size_t, 6> kLengths{0, 8, 8, 8, 4, 2};
  for (std::size_t i = 0; i < kLengths.size(); ++i) {
    if (!is_hexadecimal(words[i])) return std::nullopt;
    if (i > 0 && words[i].size() != kLengths[i]) return std::nullopt;
  }
  out.flags = words[3];
  out.type = words[4];
  return out;
}

/// The table shows a NUL of an abstract name as '@': one with another '@' is perhaps not what it
/// looks like, as where a server has bound all of sun_path.
bool is_exact(const std::string& abstract_name) {
  return abstract_name.size() >= 2 && abstract_name.find('@', 1) == std::string::npos;
}

bool is_served(const Entry& entry, SocketType type) {
  constexpr std::string_view kListening = "00010000";
  const bool served = type == SocketType::datagram || entry.flags == kListening;
  return served && std::stoi(entry.type, nullptr, 16) == native_type(type);
}

std::vector<std::string> complete_abstract(std::string_view prefix, SocketType type) {
  std::vector<std::string> found;
  std::ifstream table{"/proc/net/unix"};
  std::string line;
  std::getline(table, line);
  bool last_was_found = false;
  for (std::size_t i = 0; i < kMostEntries && std::getline(table, line); ++i) {
    const std::optional<Entry> entry = read_entry(line);
    // What was found was the first line of a longer name.
    if (!entry && last_was_found) found.pop_back();
    last_was_found = entry && is_exact(entry->name) && entry->name.starts_with(prefix) &&
                     is_served(*entry, type);
    if (last_was_found && found.size() == kMostResults) break;
    if (last_was_found) found.push_back(entry->name);
  }
  return finish(std::move(found));
}

std::vector<std::string> complete_path(std::string_view rest) {
  namespace fs = std::filesystem;
  const std::size_t slash = rest.rfind('/');
  const std::string folder{slash == std::string_view::npos ? std::string_view{}
                                                           : rest.substr(0, slash + 1)};
  const std::string_view prefix = rest.substr(folder.size());
  std::vector<std::string> found;
  std::error_code error;
  fs::directory_iterator it{folder.empty() ? "." : folder, error};
  for (std::size_t i = 0; !error && it != fs::directory_iterator{} && i < kMostEntries; ++i) {
    const std::string name = it->path().filename().string();
    const bool hidden = name.front() == '.' && prefix.substr(0, 1) != ".";
    if (!hidden && name.substr(0, prefix.size()) == prefix) {
      std::error_code ignored;
      if (it->is_socket(ignored)) found.push_back(folder + name);
      if (it->is_directory(ignored)) found.push_back(folder + name + "/");
      if (found.size() == kMostResults) break;
    }
    it.increment(error);
  }
  return finish(std::move(found));
}

}  // namespace

std::vector<std::string> complete_name(std::string_view rest, SocketType type) {
  return rest.substr(0, 1) == "@" ? complete_abstract(rest, type) : complete_path(rest);
}

}  // namespace netecho::unix_socket
