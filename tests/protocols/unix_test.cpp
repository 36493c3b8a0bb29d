#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <fstream>

#include "core/base/clock.hpp"
#include "core/net/socket_address.hpp"
#include "protocols/unix/unix.hpp"
#include "tests/protocols/echo_pair.hpp"

using namespace netecho;
using namespace netecho::test;

namespace {

std::vector<Served> serve(const std::string& typed, const ServeOptions& options = {}) {
  const Endpoint endpoint = parse_endpoint(typed, Role::serve);
  return backend_of(endpoint).serve(endpoint, options);
}

std::string refusal(const std::string& typed, const ServeOptions& options = {}) {
  try {
    static_cast<void>(serve(typed, options));
    return {};
  } catch (const Error& error) {
    CHECK(error.category() == ErrorCategory::connect);
    return error.reason() + " (" + errno_name(error.error_number()) + ")";
  }
}

/// A socket file that nobody serves: bound, then closed.
void leave_stale(const std::string& path, int type = SOCK_STREAM) {
  const UniqueFd fd{::socket(AF_UNIX, type, 0)};
  const SocketAddress address = SocketAddress::from_unix_path(path);
  REQUIRE(::bind(fd.get(), address.data(), address.size()) == 0);
}

bool exists(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0;
}

mode_t mode_of(const std::string& path) {
  struct stat status {};
  REQUIRE(::lstat(path.c_str(), &status) == 0);
  return status.st_mode & 07777U;
}

ServeOptions replacing() {
  ServeOptions options;
  options.unix_replace = true;
  return options;
}

const std::vector<std::string> kUnixSchemes{"unix:", "unixgram:", "unixpacket:"};

}  // namespace

TEST_CASE("unix: a socket file is born with its mode and removed at the end", "[unix][loopback]") {
  for (const std::string& scheme : kUnixSchemes) {
    CAPTURE(scheme);
    const TempFolder folder;
    const std::string path = folder.file("s");
    {
      const auto served = serve(scheme + path);
      CHECK(mode_of(path) == 0600);
    }
    CHECK_FALSE(exists(path));
    ServeOptions options;
    options.unix_mode = 0666;
    const auto served = serve(scheme + path, options);
    CHECK(mode_of(path) == 0666);
  }
}

TEST_CASE("unix: the end removes only the file that was bound", "[unix][loopback]") {
  const TempFolder folder;
  const std::string path = folder.file("s");
  auto served = serve("unix:" + path);
  REQUIRE(::unlink(path.c_str()) == 0);
  leave_stale(path);
  served.clear();
  CHECK(exists(path));
}

TEST_CASE("unix: what is not a socket is never replaced", "[unix][loopback]") {
  const TempFolder folder;
  const std::string file = folder.file("f");
  std::ofstream{file} << "precious";
  const std::string link = folder.file("l");
  REQUIRE(::symlink(folder.file("gone").c_str(), link.c_str()) == 0);
  CHECK(refusal("unix:" + file, replacing()) ==
        "a regular file is there, which is never replaced (EADDRINUSE)");
  CHECK(refusal("unix:" + folder.file(""), replacing()) ==
        "a directory is there, which is never replaced (EADDRINUSE)");
  CHECK(refusal("unix:" + link, replacing()) ==
        "a symbolic link is there, which is never replaced (EADDRINUSE)");
  std::string content;
  std::ifstream{file} >> content;
  CHECK(content == "precious");
  CHECK(exists(link));
}

TEST_CASE("unix: a live socket is never replaced, of whatever type", "[unix][loopback]") {
  for (const std::string& live : kUnixSchemes) {
    const TempFolder folder;
    const auto served = serve(live + folder.file("s"));
    for (const std::string& scheme : kUnixSchemes) {
      CAPTURE(live, scheme);
      CHECK(refusal(scheme + folder.file("s"), replacing()) ==
            "a live socket is there (EADDRINUSE)");
    }
    CHECK(exists(folder.file("s")));
  }
}

TEST_CASE("unix: a listener with a full backlog is live", "[unix][loopback]") {
  const TempFolder folder;
  ServeOptions options;
  options.backlog = 0;
  const auto served = serve("unix:" + folder.file("s"), options);
  const Endpoint target = parse_endpoint(served.front().endpoint.uri, Role::client);
  const Connection first = backend_of(target).connect(target, {});
  CHECK(refusal("unix:" + folder.file("s"), replacing()) == "a live socket is there (EADDRINUSE)");
  ConnectOptions hurried;
  hurried.connect_timeout = std::chrono::milliseconds{20};
  try {
    static_cast<void>(backend_of(target).connect(target, hurried));
    FAIL("connected");
  } catch (const Error& error) {
    CHECK(error.error_number() == ETIMEDOUT);
  }
}

TEST_CASE("unix: a stale socket is replaced only when asked to", "[unix][loopback]") {
  const std::vector<int> types{SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};
  for (std::size_t i = 0; i < types.size(); ++i) {
    CAPTURE(kUnixSchemes[i]);
    const TempFolder folder;
    const std::string path = folder.file("s");
    leave_stale(path, types[i]);
    CHECK(refusal(kUnixSchemes[i] + path) ==
          "a stale socket is there, which nobody serves; --unix-replace replaces it (EADDRINUSE)");
    CHECK(exists(path));
    const auto served = serve(kUnixSchemes[i] + path, replacing());
    CHECK(mode_of(path) == 0600);
  }
}

TEST_CASE("unix: a stale socket of another user is never replaced", "[unix][loopback]") {
  if (::geteuid() != 0) {
    WARN("skipped: only root can give a file to another user");
    return;
  }
  const TempFolder folder;
  const std::string path = folder.file("s");
  leave_stale(path);
  constexpr uid_t kOther = 54'321;
  REQUIRE(::chown(path.c_str(), kOther, static_cast<gid_t>(-1)) == 0);
  CHECK(refusal("unix:" + path, replacing()) ==
        "a socket of another user is there, which is never replaced (EADDRINUSE)");
  CHECK(exists(path));
}

TEST_CASE("unix: a server that is just starting has 200 ms before its socket counts as stale",
          "[unix][loopback]") {
  const TempFolder folder;
  leave_stale(folder.file("s"));
  const Instant before = monotonic_now();
  const auto served = serve("unix:" + folder.file("s"), replacing());
  CHECK(monotonic_now() - before >= std::chrono::milliseconds{200});
}

TEST_CASE("unix: a signal ends the second look at a stale socket", "[unix][loopback]") {
  const TempFolder folder;
  leave_stale(folder.file("s"));
  const UniqueFd signal{::eventfd(1, EFD_CLOEXEC)};
  ServeOptions options = replacing();
  options.interrupt_fd = signal.get();
  CHECK_THROWS_AS(serve("unix:" + folder.file("s"), options), Interrupted);
  CHECK(exists(folder.file("s")));
}

TEST_CASE("unix: an abstract name has its exact length", "[unix][loopback]") {
  const std::string name = "netecho-test-" + std::to_string(::getpid());
  for (const std::string& scheme : kUnixSchemes) {
    CAPTURE(scheme);
    const auto served = serve(scheme + "@" + name);
    const auto longer = serve(scheme + "@" + name + "x");
    CHECK(refusal(scheme + "@" + name) == "Address already in use (EADDRINUSE)");
    const Endpoint target = parse_endpoint(scheme + "@" + name, Role::client);
    const Connection client = backend_of(target).connect(target, {});
    CHECK(client.peer.uri == served.front().endpoint.uri);
    CHECK(client.peer.abstract == true);
  }
}

TEST_CASE("unixgram: a peer without a name can't be answered, and is said to be so",
          "[unix][loopback]") {
  const TempFolder folder;
  auto served = serve("unixgram:" + folder.file("s"));
  auto& port = *std::get<std::unique_ptr<MessagePort>>(served.front().socket);
  const UniqueFd unnamed{::socket(AF_UNIX, SOCK_DGRAM, 0)};
  const SocketAddress address = SocketAddress::from_unix_path(folder.file("s"));
  REQUIRE(::sendto(unnamed.get(), "hi", 2, 0, address.data(), address.size()) == 2);
  Batch batch{4, 64};
  REQUIRE(port.receive(batch).messages == 1);
  CHECK(batch.filled()[0].refused == Refusal::no_return_address);
  CHECK(port.features().senders->sender(0) == std::nullopt);
  const BatchResult sent = port.send(batch);
  CHECK(sent.status == IoStatus::ok);
  CHECK(sent.messages == 0);
  CHECK(batch.next == batch.count);
}

TEST_CASE("unixgram: a peer whose queue is full fails that message alone", "[unix][loopback]") {
  EchoPair pair{*find_backend("unixgram")};
  Batch batch{1, 64};
  REQUIRE(send_message(pair.port(), batch, pattern(3)).messages == 1);
  REQUIRE(await_messages(pair.server_port(), batch).messages == 1);
  BatchResult result{IoStatus::ok, 1, 0};
  int answers = 0;
  for (; answers < 10'000 && result.status == IoStatus::ok; ++answers) {
    batch.next = 0;
    result = pair.server_port().send(batch);
  }
  CHECK(result.status == IoStatus::failed);
  CHECK(result.error == EAGAIN);
  CHECK(batch.next == 0);
}

TEST_CASE("unixgram: a client has an address, a path of its own only while it lives",
          "[unix][loopback]") {
  const TempFolder folder;
  const auto served = serve("unixgram:" + folder.file("s"));
  const Endpoint target = parse_endpoint(served.front().endpoint.uri, Role::client);
  CHECK(backend_of(target).connect(target, {}).local->abstract == true);
  ConnectOptions options;
  options.socket.bind = folder.file("c");
  {
    const Connection client = backend_of(target).connect(target, options);
    CHECK(client.local->path == folder.file("c"));
    CHECK(exists(folder.file("c")));
  }
  CHECK_FALSE(exists(folder.file("c")));
}

TEST_CASE("unix: descriptors that a peer sends along are closed", "[unix][loopback]") {
  for (const char* scheme : {"unixgram", "unixpacket"}) {
    CAPTURE(scheme);
    EchoPair pair{*find_backend(scheme)};
    std::array<int, 2> pipe_ends{};
    REQUIRE(::pipe(pipe_ends.data()) == 0);
    const UniqueFd read_end{pipe_ends[0]};
    UniqueFd write_end{pipe_ends[1]};
    std::byte byte{1};
    iovec payload{&byte, 1};
    alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(int))> control{};
    msghdr header{};
    header.msg_iov = &payload;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    cmsghdr* rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof(int));
    const int sent = write_end.get();
    std::memcpy(CMSG_DATA(rights), &sent, sizeof sent);
    REQUIRE(::sendmsg(pair.port().fd(), &header, 0) == 1);
    write_end.reset();
    Batch batch{2, 64};
    REQUIRE(await_messages(pair.server_port(), batch).messages == 1);
    CHECK(batch.filled()[0].size == 1);
    // Nobody holds the write end any more, so this is the end of the pipe.
    await(read_end.get(), POLLHUP);
    char buffer = 0;
    CHECK(::read(read_end.get(), &buffer, 1) == 0);
  }
}

TEST_CASE("unix: socket files and folders complete a path", "[unix][loopback]") {
  const TempFolder folder;
  leave_stale(folder.file("sock-a"));
  std::ofstream{folder.file("sock-file")} << "x";
  std::filesystem::create_directory(folder.file("sock-dir"));
  CHECK(unix_socket::complete_name(folder.file("so"), SocketType::stream) ==
        std::vector<std::string>{folder.file("sock-a"), folder.file("sock-dir/")});
  const std::string name = "@netecho-complete-" + std::to_string(::getpid());
  const auto served = serve("unix:" + name);
  CHECK(unix_socket::complete_name(name.substr(0, name.size() - 1), SocketType::stream) ==
        std::vector<std::string>{name});
  CHECK(unix_socket::complete_name(name, SocketType::datagram).empty());
}
