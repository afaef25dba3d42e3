/* See when.h. A leap second (:60) counts as the second after it. */
#include "services/tournament/when.h"

struct cursor {
    struct str text;
    size_t at;
    bool has_failed;
};

static uint32_t digits(struct cursor *cursor, size_t count, uint32_t min, uint32_t max)
{
    uint32_t value = 0;

    for (size_t i = 0; i < count; i++, cursor->at++) {
        if (cursor->at >= cursor->text.len || cursor->text.ptr[cursor->at] < '0' ||
            cursor->text.ptr[cursor->at] > '9') {
            cursor->has_failed = true;
            return min;
        }
        value = value * 10 + (uint32_t)(cursor->text.ptr[cursor->at] - '0');
    }
    if (value < min || value > max)
        cursor->has_failed = true;
    return value;
}

static char next(struct cursor *cursor)
{
    if (cursor->at >= cursor->text.len) {
        cursor->has_failed = true;
        return '\0';
    }
    return cursor->text.ptr[cursor->at++];
}

static void literal(struct cursor *cursor, char wanted)
{
    if (next(cursor) != wanted)
        cursor->has_failed = true;
}

static uint32_t days_of_month(uint32_t year, uint32_t month)
{
    static const uint8_t DAYS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    if (month < 1 || month > ARRAY_COUNT(DAYS))
        return 0; /* no such month has any day */
    return month == 2 && is_leap ? 29 : DAYS[month - 1];
}

static uint64_t days_since_1970(uint32_t year, uint32_t month, uint32_t day)
{
    uint64_t before = year - 1;
    uint64_t days = before * 365 + before / 4 - before / 100 + before / 400 - 719162;

    for (uint32_t m = 1; m < month; m++)
        days += days_of_month(year, m);
    return days + day - 1;
}

static uint32_t fraction_ms(struct cursor *cursor)
{
    uint32_t ms = 0, weight = 100;
    size_t begin = ++cursor->at;

    while (cursor->at < cursor->text.len && cursor->text.ptr[cursor->at] >= '0' &&
           cursor->text.ptr[cursor->at] <= '9') {
        ms += (uint32_t)(cursor->text.ptr[cursor->at++] - '0') * weight;
        weight /= 10;
    }
    if (cursor->at == begin)
        cursor->has_failed = true;
    return ms;
}

static int64_t offset_ms(struct cursor *cursor)
{
    char sign = next(cursor);
    int64_t minutes;

    if (sign == 'Z' || sign == 'z')
        return 0;
    if (sign != '+' && sign != '-') {
        cursor->has_failed = true;
        return 0;
    }
    minutes = (int64_t)digits(cursor, 2, 0, 23) * 60;
    literal(cursor, ':');
    minutes += digits(cursor, 2, 0, 59);
    return (sign == '-' ? -minutes : minutes) * 60000;
}

enum err when_parse(struct str text, uint64_t *wall_ms)
{
    struct cursor cursor = {.text = text};
    uint32_t year, month, day, seconds;
    int64_t at_ms;
    char separator;

    year = digits(&cursor, 4, 1970, 9999);
    literal(&cursor, '-');
    month = digits(&cursor, 2, 1, 12);
    literal(&cursor, '-');
    day = digits(&cursor, 2, 1, 31);
    if (cursor.has_failed || day > days_of_month(year, month))
        return ERR_INPUT;
    separator = next(&cursor);
    if (separator != 'T' && separator != 't' && separator != ' ')
        return ERR_INPUT;
    seconds = digits(&cursor, 2, 0, 23) * 3600;
    literal(&cursor, ':');
    seconds += digits(&cursor, 2, 0, 59) * 60;
    literal(&cursor, ':');
    seconds += digits(&cursor, 2, 0, 60);
    at_ms = (int64_t)(days_since_1970(year, month, day) * 86400 + seconds) * 1000;
    if (cursor.at < text.len && text.ptr[cursor.at] == '.')
        at_ms += fraction_ms(&cursor);
    at_ms -= offset_ms(&cursor);
    if (cursor.has_failed || cursor.at != text.len || at_ms < 0)
        return ERR_INPUT;
    *wall_ms = (uint64_t)at_ms;
    return OK;
}
