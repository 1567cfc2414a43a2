//===- tcp_socket.cpp - TCP with deadlines --------------------------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "collective/tcp_socket.h"

#include "failure.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <memory>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace attnc_rt;

int attnc_rt::poll_time(deadline_point deadline) {
  auto left = std::chrono::ceil<std::chrono::milliseconds>(
                  deadline - std::chrono::steady_clock::now())
                  .count();
  return static_cast<int>(std::clamp<int64_t>(left, 0, INT_MAX));
}

tcp_socket &tcp_socket::operator=(tcp_socket &&other) noexcept {
  if (this != &other) {
    close();
    file = other.release();
  }
  return *this;
}

void tcp_socket::close() {
  if (file >= 0)
    ::close(release());
}

namespace {
struct free_addresses {
  void operator()(addrinfo *list) const { freeaddrinfo(list); }
};
} // namespace

static std::unique_ptr<addrinfo, free_addresses>
resolve(const std::string &address, uint16_t port, int flags) {
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags;
  addrinfo *list = nullptr;
  int error = getaddrinfo(address.empty() ? nullptr : address.c_str(),
                          std::to_string(port).c_str(), &hints, &list);
  if (error != 0)
    fail(ATTNC_RT_IO, "cannot resolve %s: %s", in_quotes(address).c_str(),
         gai_strerror(error));
  return std::unique_ptr<addrinfo, free_addresses>(list);
}

static tcp_socket open(const addrinfo &address) {
  tcp_socket socket(::socket(address.ai_family,
                             SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  int on = 1;
  if (socket.descriptor() >= 0)
    setsockopt(socket.descriptor(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  return socket;
}

static tcp_socket try_listen(const addrinfo *list) {
  for (; list; list = list->ai_next) {
    tcp_socket socket = open(*list);
    int on = 1;
    if (socket.descriptor() >= 0 &&
        setsockopt(socket.descriptor(), SOL_SOCKET, SO_REUSEADDR, &on,
                   sizeof(on)) == 0 &&
        bind(socket.descriptor(), list->ai_addr, list->ai_addrlen) == 0 &&
        ::listen(socket.descriptor(), SOMAXCONN) == 0)
      return socket;
  }
  return {};
}

tcp_socket tcp_socket::listen(const std::string &address, uint16_t port) {
  tcp_socket socket = try_listen(resolve(address, port, AI_PASSIVE).get());
  // The address may be that of a proxy before this host.
  if (socket.file < 0 && errno == EADDRNOTAVAIL)
    socket = try_listen(resolve("", port, AI_PASSIVE).get());
  if (socket.file < 0)
    fail(ATTNC_RT_IO, "cannot serve on %s port %d: %s",
         in_quotes(address).c_str(), port, strerror(errno));
  return socket;
}

uint16_t tcp_socket::local_port() const {
  sockaddr_storage address = {};
  socklen_t length = sizeof(address);
  char port[NI_MAXSERV];
  if (getsockname(file, reinterpret_cast<sockaddr *>(&address), &length) != 0 ||
      getnameinfo(reinterpret_cast<sockaddr *>(&address), length, nullptr, 0,
                  port, sizeof(port), NI_NUMERICSERV) != 0)
    fail(ATTNC_RT_IO, "cannot find the port that is served");
  return static_cast<uint16_t>(std::stoi(port));
}

tcp_socket tcp_socket::accept() {
  tcp_socket socket(
      ::accept4(file, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  int on = 1;
  if (socket.file >= 0)
    setsockopt(socket.file, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  return socket;
}

/// Sets errno if it fails.
static tcp_socket try_connect(const addrinfo *list, deadline_point deadline) {
  for (; list; list = list->ai_next) {
    tcp_socket socket = open(*list);
    if (socket.descriptor() < 0)
      continue;
    if (connect(socket.descriptor(), list->ai_addr, list->ai_addrlen) == 0)
      return socket;
    if (errno != EINPROGRESS)
      continue;
    pollfd event = {socket.descriptor(), POLLOUT, 0};
    if (poll(&event, 1, poll_time(deadline)) <= 0) {
      errno = ETIMEDOUT;
      continue;
    }
    int error = 0;
    socklen_t length = sizeof(error);
    getsockopt(socket.descriptor(), SOL_SOCKET, SO_ERROR, &error, &length);
    if (error == 0)
      return socket;
    errno = error;
  }
  return {};
}

tcp_socket tcp_socket::connect(const std::string &address, uint16_t port,
                               deadline_point deadline) {
  auto list = resolve(address, port, 0);
  while (true) {
    tcp_socket socket = try_connect(list.get(), deadline);
    if (socket.file >= 0)
      return socket;
    int error = errno;
    if (poll_time(deadline) == 0)
      fail(ATTNC_RT_DEADLINE, "cannot reach rank 0 at %s port %d: %s",
           in_quotes(address).c_str(), port, strerror(error));
    // Rank 0 may not serve yet, and nothing tells us when it does.
    poll(nullptr, 0, std::min(poll_time(deadline), 50));
  }
}

void tcp_socket::send(std::string_view bytes, deadline_point deadline) {
  std::string rest(bytes);
  while (true) {
    if (!send_some(rest))
      fail(ATTNC_RT_PEER_LOST, "the connection closed: %s", strerror(errno));
    if (rest.empty())
      return;
    pollfd event = {file, POLLOUT, 0};
    if (poll(&event, 1, poll_time(deadline)) == 0)
      fail(ATTNC_RT_DEADLINE, "expected to send %zu more bytes in time",
           rest.size());
  }
}

bool tcp_socket::send_some(std::string &bytes) {
  while (!bytes.empty()) {
    ssize_t sent = ::send(file, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR)
      continue;
    if (sent < 0)
      return errno == EAGAIN;
    bytes.erase(0, static_cast<size_t>(sent));
  }
  return true;
}

tcp_socket::read_result tcp_socket::read_some(std::string &bytes) {
  char buffer[16 << 10];
  ssize_t count;
  do
    count = recv(file, buffer, sizeof(buffer), 0);
  while (count < 0 && errno == EINTR);
  if (count < 0 && errno == EAGAIN)
    return read_result::nothing;
  if (count <= 0)
    return read_result::end;
  bytes.append(buffer, static_cast<size_t>(count));
  return read_result::data;
}

bool tcp_socket::wait_readable(deadline_point deadline) const {
  pollfd event = {file, POLLIN, 0};
  int result;
  do
    result = poll(&event, 1, poll_time(deadline));
  while (result < 0 && errno == EINTR);
  return result > 0;
}
