// A listening socket in the file system that only its owner may connect to.
#include "http/local_socket.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace tailrace::http {
namespace {

constexpr int kBacklog = 16;

// Removes the socket of a process that has ended; leaves everything else where it is.
Status make_place(const std::string& path, const sockaddr_un& address) {
  struct stat found {};
  if (lstat(path.c_str(), &found) != 0) return {};  // Or bind() says what is wrong.
  if (!S_ISSOCK(found.st_mode)) return fail(EEXIST, path + " is there and is no socket");
  // Without waiting: a process whose queue is full is alive, too.
  const int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (probe < 0) return fail(system_failure(errno, "a socket"));
  const int connected = connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  const int error = connected == 0 ? 0 : errno;
  close(probe);
  if (error == 0 || error == EAGAIN) {
    return fail(EADDRINUSE, "another process listens on " + path);
  }
  if (error != ECONNREFUSED) return fail(system_failure(error, path));
  if (unlink(path.c_str()) != 0 && errno != ENOENT) {
    return fail(system_failure(errno, "remove the old " + path));
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<LocalSocket>> LocalSocket::listen_on(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return fail(ENAMETOOLONG, path + ": a socket's path has at most " +
                                  std::to_string(sizeof address.sun_path - 1) + " bytes, not " +
                                  std::to_string(path.size()));
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  if (Status free = make_place(path, address); !free) return fail(free.error());
  const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return fail(system_failure(errno, "a socket"));
  if (bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    const int error = errno;
    close(descriptor);
    return fail(system_failure(error, "listen on " + path));
  }
  // From here on the file is this object's. Nobody can connect before listen().
  std::unique_ptr<LocalSocket> local(std::make_unique<LocalSocket>(path, descriptor));
  if (chmod(path.c_str(), S_IRUSR | S_IWUSR) != 0 || listen(descriptor, kBacklog) != 0) {
    return fail(system_failure(errno, "listen on " + path));
  }
  return local;
}

LocalSocket::LocalSocket(std::string path, int descriptor)
    : path_(std::move(path)), descriptor_(descriptor) {
  struct stat found {};
  if (lstat(path_.c_str(), &found) != 0) return;
  device_ = found.st_dev;
  inode_ = found.st_ino;
  made_ = found.st_mtim;
}

LocalSocket::~LocalSocket() {
  struct stat found {};
  if (lstat(path_.c_str(), &found) == 0 && found.st_dev == device_ && found.st_ino == inode_ &&
      found.st_mtim.tv_sec == made_.tv_sec && found.st_mtim.tv_nsec == made_.tv_nsec) {
    unlink(path_.c_str());
  }
  if (descriptor_ >= 0) close(descriptor_);
}

int LocalSocket::release() {
  return std::exchange(descriptor_, -1);
}

}  // namespace tailrace::http
