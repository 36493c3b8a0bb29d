#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
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

/// Lines of /proc/net/unix: address, references, protocol, flags, type, state, inode, name.
std::vector<std::string> complete_abstract(std::string_view prefix, SocketType type) {
  std::vector<std::string> found;
  std::ifstream table{"/proc/net/unix"};
  std::string line;
  std::getline(table, line);
  for (std::size_t i = 0; i < kMostEntries && std::getline(table, line); ++i) {
    std::istringstream fields{line};
    std::array<std::string, 7> skipped;
    std::string name;
    for (std::string& field : skipped) fields >> field;
    fields >> std::ws;
    std::getline(fields, name);
    if (name.size() < 2 || name.substr(0, prefix.size()) != prefix) continue;
    constexpr std::string_view kListening = "00010000";
    const bool served = type == SocketType::datagram || skipped[3] == kListening;
    if (!served || std::stoi(skipped[4], nullptr, 16) != native_type(type)) continue;
    found.push_back(name);
    if (found.size() == kMostResults) break;
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
