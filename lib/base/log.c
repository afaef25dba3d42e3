/* One write(2) per line keeps lines whole without a lock. At most LINES_PER_S lines a second leave
 * the process (per process, all causes); what is dropped is counted and said. */
#include "lib/base/log.h"

#include <stdatomic.h>
#include <unistd.h>

#include "lib/base/clock.h"

#define LINE_SIZE_MAX 2048
#define LINES_PER_S 1000

static atomic_int level_min = LOG_INFO;
static atomic_uint_fast64_t window_s;
static atomic_uint_fast64_t window_count;
static atomic_uint_fast64_t dropped;

static const char *const LEVELS[] = {"debug", "info", "warn", "error"};

void log_level_set(enum log_level level)
{
    atomic_store(&level_min, level);
}

enum err log_level_parse(struct str name, enum log_level *out)
{
    for (int i = 0; i <= LOG_ERROR; i++) {
        if (str_eq(name, str_from_c(LEVELS[i]))) {
            *out = (enum log_level)i;
            return OK;
        }
    }
    return ERR_INPUT;
}

static void put_escaped(struct buf *line, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c == '"' || c == '\\') {
            buf_put_char(line, '\\');
            buf_put_char(line, (char)c);
        } else if (c < 0x20 || c >= 0x7f) {
            buf_put_c(line, "\\u00");
            buf_put_hex(line, &c, 1);
        } else {
            buf_put_char(line, (char)c);
        }
    }
}

static void put_field(struct buf *line, const struct log_field *field)
{
    buf_put_c(line, ",\"");
    buf_put_c(line, field->name);
    buf_put_c(line, "\":");
    if (field->is_number) {
        buf_put_u64(line, field->number);
        return;
    }
    buf_put_char(line, '"');
    put_escaped(line, field->text);
    buf_put_char(line, '"');
}

static bool may_write(uint64_t now_s)
{
    if (atomic_exchange(&window_s, now_s) != now_s)
        atomic_store(&window_count, 0);
    if (atomic_fetch_add(&window_count, 1) < LINES_PER_S)
        return true;
    atomic_fetch_add(&dropped, 1);
    return false;
}

void log_write(enum log_level level, const char *event, const struct log_field *fields,
               size_t count)
{
    char memory[LINE_SIZE_MAX];
    struct buf line;
    uint64_t now_ms = clock_wall_ms(), lost;
    ssize_t written;

    if ((int)level < atomic_load(&level_min) || !may_write(now_ms / 1000))
        return;
    buf_init_fixed(&line, memory, sizeof(memory) - 2);
    buf_put_c(&line, "{\"at\":\"");
    time_put_rfc3339(&line, now_ms);
    buf_put_c(&line, "\",\"level\":\"");
    buf_put_c(&line, LEVELS[level]);
    buf_put_c(&line, "\",\"event\":\"");
    buf_put_c(&line, event);
    buf_put_char(&line, '"');
    for (size_t i = 0; i < count; i++) {
        size_t before = line.len;
        put_field(&line, &fields[i]);
        if (!buf_ok(&line)) { /* a field that does not fit whole is left out whole */
            line.len = before;
            line.has_failed = false;
        }
    }
    lost = atomic_exchange(&dropped, 0);
    if (lost > 0) {
        struct log_field field = LOG_U64("lines_dropped", lost);
        put_field(&line, &field);
    }
    memory[line.len++] = '}';
    memory[line.len++] = '\n';
    written = write(STDERR_FILENO, memory, line.len);
    (void)written; /* nobody to tell */
}
