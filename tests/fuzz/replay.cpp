// Runs a target over all files of a corpus: `replay FOLDER`.

#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/fuzz/fuzz.hpp"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator{argv[1]}) {
    std::ifstream file{entry.path(), std::ios::binary};
    const std::string bytes{std::istreambuf_iterator<char>{file}, {}};
    std::printf("%s\n", entry.path().c_str());
    std::fflush(stdout);
    netecho::fuzz::fuzz_one(std::as_bytes(std::span{bytes}));
    ++count;
  }
  std::printf("%zu inputs\n", count);
  return count > 0 ? 0 : 1;  // An empty corpus shows nothing.
}
