/*
 * The two clocks, read only by the shells (reactors, workers, apps) and handed to everything else
 * as numbers. Intervals use the monotonic one; wall time is for token expiry and display.
 */
#ifndef RALLY_BASE_CLOCK_H
#define RALLY_BASE_CLOCK_H

#include "lib/base/buf.h"

uint64_t clock_mono_ms(void);
uint64_t clock_mono_us(void);
uint64_t clock_mono_ns(void);
/* Milliseconds since 1970-01-01T00:00:00Z. */
uint64_t clock_wall_ms(void);

/* "2026-01-02T03:04:05.678Z" (RFC 3339). */
void time_put_rfc3339(struct buf *buf, uint64_t wall_ms);
#define TIME_TEXT_SIZE 25

#endif
