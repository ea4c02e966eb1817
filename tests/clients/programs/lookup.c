// getaddrinfo of whichever C library this is linked with: lookup 4|6|both NAME.
// Prints each address, the canonical name, or the name of the error.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static const char* error_name(int code) {
  switch (code) {
    case EAI_AGAIN:
      return "EAI_AGAIN";
    case EAI_NONAME:
      return "EAI_NONAME";
#ifdef EAI_NODATA
    case EAI_NODATA:
      return "EAI_NODATA";
#endif
    case EAI_FAIL:
      return "EAI_FAIL";
    default:
      return gai_strerror(code);
  }
}

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_CANONNAME};
  if (strcmp(argv[1], "4") == 0) hints.ai_family = AF_INET;
  if (strcmp(argv[1], "6") == 0) hints.ai_family = AF_INET6;

  struct addrinfo* found = NULL;
  const int code = getaddrinfo(argv[2], "80", &hints, &found);
  if (code != 0) {
    printf("error %s\n", error_name(code));
    return 1;
  }
  printf("name %s\n", found->ai_canonname);
  for (const struct addrinfo* one = found; one != NULL; one = one->ai_next) {
    char address[INET6_ADDRSTRLEN];
    getnameinfo(one->ai_addr, one->ai_addrlen, address, sizeof address, NULL, 0, NI_NUMERICHOST);
    printf("address %s\n", address);
  }
  freeaddrinfo(found);
  return 0;
}
