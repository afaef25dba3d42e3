/* See clock.h. Civil date from day count after Hinnant, "chrono-Compatible Low-Level Date
 * Algorithms": no locale, no time zone database, any year. */
#include "lib/base/clock.h"

#include <time.h>

static uint64_t read_ns(clockid_t id)
{
    struct timespec now;

    CHECK(clock_gettime(id, &now) == 0);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t clock_mono_ns(void)
{
    return read_ns(CLOCK_MONOTONIC);
}

uint64_t clock_mono_us(void)
{
    return clock_mono_ns() / 1000;
}

uint64_t clock_mono_ms(void)
{
    return clock_mono_ns() / 1000000;
}

uint64_t clock_wall_ms(void)
{
    return read_ns(CLOCK_REALTIME) / 1000000;
}

void time_put_rfc3339(struct buf *buf, uint64_t wall_ms)
{
    uint64_t second = wall_ms / 1000;
    uint64_t day = second / 86400 + 719468; /* days since 0000-03-01 */
    uint64_t era = day / 146097;
    uint64_t day_of_era = day % 146097;
    uint64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    uint64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    uint64_t shifted_month = (5 * day_of_year + 2) / 153;
    uint64_t month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;

    buf_put_padded(buf, era * 400 + year_of_era + (month <= 2), 4);
    buf_put_char(buf, '-');
    buf_put_padded(buf, month, 2);
    buf_put_char(buf, '-');
    buf_put_padded(buf, day_of_year - (153 * shifted_month + 2) / 5 + 1, 2);
    buf_put_char(buf, 'T');
    buf_put_padded(buf, second / 3600 % 24, 2);
    buf_put_char(buf, ':');
    buf_put_padded(buf, second / 60 % 60, 2);
    buf_put_char(buf, ':');
    buf_put_padded(buf, second % 60, 2);
    buf_put_char(buf, '.');
    buf_put_padded(buf, wall_ms % 1000, 3);
    buf_put_char(buf, 'Z');
}
