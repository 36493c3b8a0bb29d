#pragma once

/// \file
/// Tests set variables of the environment, which no other test may see.

#include <cstdlib>
#include <string>

namespace netecho {

/// Sets a variable while it lives.
class Variable {
 public:
  Variable(std::string name, const std::string& value) : name_{std::move(name)} {
    ::setenv(name_.c_str(), value.c_str(), 1);
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() { ::unsetenv(name_.c_str()); }

 private:
  std::string name_;
};

}  // namespace netecho
