/*
 * CHECK states what must be true if our own code is right. It is on in every build: a false CHECK
 * means the process no longer knows what it is doing, so it logs the place and aborts.
 * Bytes from outside are never CHECKed: they are validated and answered with an error.
 */
#ifndef RALLY_BASE_CHECK_H
#define RALLY_BASE_CHECK_H

#define MUST_USE __attribute__((warn_unused_result))
#define NORETURN __attribute__((noreturn))
#define PRINTF_LIKE(format_at, args_at) __attribute__((format(printf, format_at, args_at)))

/* Writes "CHECK failed: TEXT at FILE:LINE" to standard error and aborts. */
void check_failed(const char *text, const char *file, int line) NORETURN;

#define CHECK(cond)                                                                                \
    do {                                                                                           \
        if (__builtin_expect(!(cond), 0))                                                          \
            check_failed(#cond, __FILE__, __LINE__);                                               \
    } while (0)

/* The struct that embeds `member` at the given pointer. */
#define container_of(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

#define ARRAY_COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
