/* Many readers of one event stream, as light as they can be: one thread, one epoll, one pass over each byte.

   usage: load PORT PATH READERS
   Prints "ready" once every reader has been answered. Then, for each line on standard input: "reset" forgets what was
   counted, "report" prints it as one line of JSON; the end of the input ends the program.

   An update is a message that holds "mono":NANOSECONDS, the CLOCK_MONOTONIC of its publishing. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { TICK_NS = 100000, TICKS = 600000, AT_ONCE = 200, EVENTS = 1024, ANSWER_WITHIN_S = 60 };

static const char MARK[] = "\"mono\":";
static const uint32_t INPUT = UINT32_MAX;

struct reader {
    int fd;
    int matched; /* characters of MARK; all of them while the digits are read */
    uint64_t published;
    uint32_t updates;
    char answered;
};

static struct reader *readers;
static uint32_t count, answered, gone;
static uint32_t delays[TICKS + 1]; /* in ticks of 0.1 ms; the last for everything longer */
static uint64_t total, received;

static uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void fail(const char *why) {
    fprintf(stderr, "load: %s: %s\n", why, strerror(errno));
    exit(1);
}

static void update_came(struct reader *reader, uint64_t now) {
    uint64_t ticks = now > reader->published ? (now - reader->published) / TICK_NS : 0;
    delays[ticks < TICKS ? ticks : TICKS]++;
    reader->updates++;
    total++;
}

/* Keeps its place between calls: a message may come in any number of pieces. */
static void parse(struct reader *reader, const char *bytes, ssize_t length, uint64_t now) {
    const int whole = sizeof MARK - 1;
    for (const char *at = bytes; at < bytes + length; at++) {
        if (reader->matched == whole) {
            if (*at >= '0' && *at <= '9') {
                reader->published = reader->published * 10 + (uint64_t)(*at - '0');
                continue;
            }
            update_came(reader, now);
            reader->matched = 0;
        }
        if (*at == MARK[reader->matched])
            reader->matched++;
        else
            reader->matched = *at == MARK[0];
        reader->published = 0;
    }
}

static void lose(struct reader *reader) {
    close(reader->fd);
    reader->fd = -1;
    gone++;
}

static void read_from(struct reader *reader) {
    static char bytes[1 << 16];
    ssize_t length = recv(reader->fd, bytes, sizeof bytes, 0);
    if (length < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (length <= 0) {
        lose(reader);
        return;
    }
    if (!reader->answered) {
        if (length < 12 || memcmp(bytes + 8, " 200", 4) != 0) {
            errno = EPROTO;
            fail("not answered by 200");
        }
        reader->answered = 1;
        answered++;
    }
    received += (uint64_t)length;
    parse(reader, bytes, length, now_ns());
}

static void connect_one(int epoll, uint32_t number, int port, const char *request) {
    struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    struct reader *reader = &readers[number];
    reader->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (reader->fd < 0 || connect(reader->fd, (struct sockaddr *)&server, sizeof server) < 0)
        fail("connect");
    if (send(reader->fd, request, strlen(request), MSG_NOSIGNAL) < 0)
        fail("send");
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = number};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, reader->fd, &event) < 0)
        fail("epoll_ctl");
}

static void reset(void) {
    memset(delays, 0, sizeof delays);
    total = received = 0;
    for (uint32_t number = 0; number < count; number++)
        readers[number].updates = 0;
}

static double milliseconds_at(double share) {
    uint64_t rank = (uint64_t)(share * (double)total), seen = 0;
    for (uint32_t tick = 0; tick <= TICKS; tick++) {
        seen += delays[tick];
        if (seen > rank || (seen == total && total > 0))
            return (double)tick * TICK_NS / 1e6;
    }
    return 0;
}

static void report(void) {
    uint32_t fewest = UINT32_MAX, most = 0;
    for (uint32_t number = 0; number < count; number++) {
        uint32_t updates = readers[number].updates;
        fewest = updates < fewest ? updates : fewest;
        most = updates > most ? updates : most;
    }
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    double cpu_s = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                   (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    printf("{\"updates\": %lu, \"fewest\": %u, \"most\": %u, \"p50_ms\": %.1f, \"p99_ms\": %.1f, \"longest_ms\": %.1f, "
           "\"bytes\": %lu, \"gone\": %u, \"cpu_s\": %.3f}\n",
           (unsigned long)total, fewest, most, milliseconds_at(0.50), milliseconds_at(0.99), milliseconds_at(1.0),
           (unsigned long)received, gone, cpu_s);
    fflush(stdout);
}

static void obey(void) {
    char line[64];
    if (fgets(line, sizeof line, stdin) == NULL)
        exit(0);
    if (strcmp(line, "reset\n") == 0)
        reset();
    else if (strcmp(line, "report\n") == 0)
        report();
}

static void turn(int epoll) {
    struct epoll_event events[EVENTS];
    int ready = epoll_wait(epoll, events, EVENTS, 1000);
    for (int at = 0; at < ready; at++) {
        if (events[at].data.u32 == INPUT)
            obey();
        else if (readers[events[at].data.u32].fd >= 0)
            read_from(&readers[events[at].data.u32]);
    }
}

int main(int argc, char **argv) {
    if (argc != 4)
        return fprintf(stderr, "usage: load PORT PATH READERS\n"), 2;
    char request[512];
    snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n", argv[2]);
    count = (uint32_t)atoi(argv[3]);
    readers = calloc(count, sizeof *readers);
    setvbuf(stdin, NULL, _IONBF, 0); /* a buffered line would be invisible to epoll */
    int epoll = epoll_create1(0);
    uint64_t deadline = now_ns() + ANSWER_WITHIN_S * 1000000000ull;
    for (uint32_t opened = 0; answered < count;) {
        while (opened < count && opened - answered < AT_ONCE)
            connect_one(epoll, opened++, atoi(argv[1]), request);
        turn(epoll);
        if (now_ns() > deadline || gone > 0) {
            errno = ETIMEDOUT;
            fail("not every reader was answered");
        }
    }
    struct epoll_event input = {.events = EPOLLIN, .data.u32 = INPUT};
    epoll_ctl(epoll, EPOLL_CTL_ADD, STDIN_FILENO, &input);
    puts("ready");
    fflush(stdout);
    for (;;)
        turn(epoll);
}
