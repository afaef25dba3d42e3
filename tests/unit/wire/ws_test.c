/* The WebSocket codec: every row of the tables is read whole, cut at every place and octet by
 * octet, and must tell the same events each time. */
#include "lib/wire/ws.h"

#include <stdlib.h>

#include "lib/base/limits.h"
#include "tests/unit/test.h"

#define SIZE_MAX_HERE 300 /* the largest message that these readers accept */

/* -- building what a client sends --------------------------------------------------------- */

static const uint8_t MASK[4] = {0x37, 0xfa, 0x21, 0x3d};

enum form { SHORTEST, IN_16_BITS, IN_64_BITS, NOT_MASKED };

static void head_put(struct buf *buf, uint8_t first, uint64_t len, enum form form)
{
    uint8_t masked = form == NOT_MASKED ? 0 : 0x80;
    unsigned bytes = form == IN_64_BITS || len > UINT16_MAX ? 8 : 2;

    buf_put_char(buf, (char)first);
    if (form != IN_16_BITS && form != IN_64_BITS && len < 126) {
        buf_put_char(buf, (char)(masked | len));
        return;
    }
    buf_put_char(buf, (char)(masked | (bytes == 8 ? 127 : 126)));
    for (unsigned i = bytes; i > 0; i--)
        buf_put_char(buf, (char)(len >> (8 * (i - 1))));
}

static void frame_put(struct buf *buf, uint8_t first, struct str payload, enum form form)
{
    head_put(buf, first, payload.len, form);
    if (form == NOT_MASKED) {
        buf_put_str(buf, payload);
        return;
    }
    buf_put(buf, MASK, 4);
    for (size_t i = 0; i < payload.len; i++)
        buf_put_char(buf, (char)((uint8_t)payload.ptr[i] ^ MASK[i % 4]));
}

/* -- telling what the reader saw ---------------------------------------------------------- */

static void event_put(struct buf *log, enum ws_step step, const struct ws_event *event)
{
    switch (step) {
    case WS_STEP_MESSAGE:
        buf_put_c(log, event->opcode == WS_TEXT ? "text:" : "binary:");
        break;
    case WS_STEP_PING:
        buf_put_c(log, "ping:");
        break;
    case WS_STEP_PONG:
        buf_put_c(log, "pong:");
        break;
    case WS_STEP_CLOSE:
        buf_printf(log, "close%u:", event->code);
        break;
    case WS_STEP_FAULT:
        buf_printf(log, "fault%u ", event->code);
        return;
    case WS_STEP_MORE:
        return;
    }
    buf_put_str(log, event->payload);
    buf_put_char(log, ' ');
}

static bool points_into(struct str s, const char *bytes, size_t len)
{
    return s.ptr >= bytes && s.ptr + s.len <= bytes + len;
}

/* Feeds one piece from heap memory of just its size, so that a read behind it is seen. */
static void feed(struct ws_reader *reader, struct str piece, struct buf *log)
{
    char *bytes = malloc(piece.len ? piece.len : 1);
    size_t at = 0;

    memcpy(bytes, piece.ptr, piece.len);
    for (;;) {
        struct ws_event event = {0};
        size_t used;
        enum ws_step step = ws_reader_next(reader, bytes + at, piece.len - at, &used, &event);

        EXPECT(used <= piece.len - at);
        at += used;
        event_put(log, step, &event);
        if (step == WS_STEP_MORE)
            break;
    }
    EXPECT_INT(piece.len, at);
    free(bytes);
}

/* Reads `in` in pieces of `first`, then `step` bytes; the log of events ends in `log`. */
static void read_in_pieces(struct str in, size_t first, size_t step, size_t size_max,
                           struct buf *log)
{
    struct ws_reader reader;
    size_t at = 0;

    ws_reader_init(&reader, size_max);
    buf_clear(log);
    for (size_t size = first; at < in.len; size = step) {
        struct str piece = str_slice(in, at, at + size);

        feed(&reader, piece, log);
        at += piece.len;
    }
    ws_reader_release(&reader);
}

static void expect_log(const char *want, struct str in, struct buf *log, size_t first)
{
    if (!str_eq(str_from_c(want), buf_str(log)))
        fail_msg("%zu bytes, first piece %zu: wanted \"%s\", got \"%.*s\"", in.len, first, want,
                 STR_ARGS(buf_str(log)));
}

static void expect_events(const char *want, const struct buf *in)
{
    struct buf log;

    buf_init(&log, 1 << 20);
    for (size_t first = 1; first <= in->len; first++) {
        read_in_pieces(buf_str(in), first, in->len, SIZE_MAX_HERE, &log);
        expect_log(want, buf_str(in), &log, first);
    }
    read_in_pieces(buf_str(in), 1, 1, SIZE_MAX_HERE, &log);
    expect_log(want, buf_str(in), &log, 0);
    buf_release(&log);
}

/* -- tables -------------------------------------------------------------------------------- */

#define TEXT 0x81
#define TEXT_OPEN 0x01
#define BINARY 0x82
#define MORE_OPEN 0x00
#define MORE_LAST 0x80
#define CLOSE 0x88
#define PING 0x89
#define PONG 0x8a

struct frame {
    uint8_t first; /* 0 and no payload ends a row, unless `is_there` */
    struct str payload;
    enum form form;
    bool is_there;
};

#define F(first, text)                                                                             \
    {                                                                                              \
        first, STR_INIT(text), SHORTEST, true                                                      \
    }
#define FORM(first, text, form)                                                                    \
    {                                                                                              \
        first, STR_INIT(text), form, true                                                          \
    }

struct row {
    const char *want;
    struct frame frames[6];
};

static const struct row ROWS[] = {
    /* whole messages */
    {"text:hello ", {F(TEXT, "hello")}},
    {"text: ", {F(TEXT, "")}},
    {"binary: ", {F(BINARY, "")}},
    {"binary:\xff\xfe ", {F(BINARY, "\xff\xfe")}},
    {"text:a text:b ping:c pong:d ", {F(TEXT, "a"), F(TEXT, "b"), F(PING, "c"), F(PONG, "d")}},
    {"text:a word of sixteen ", {F(TEXT, "a word of sixteen")}},
    {"ping: pong: ", {F(PING, ""), F(PONG, "")}},
    /* fragments */
    {"text:hello ", {F(TEXT_OPEN, "he"), F(MORE_OPEN, "l"), F(MORE_LAST, "lo")}},
    {"text:hello ", {F(TEXT_OPEN, ""), F(MORE_LAST, "hello")}},
    {"text:hello ", {F(TEXT_OPEN, "hello"), F(MORE_LAST, "")}},
    {"text: ", {F(TEXT_OPEN, ""), F(MORE_OPEN, ""), F(MORE_LAST, "")}},
    {"text:\xe2\x82\xac ", {F(TEXT_OPEN, "\xe2"), F(MORE_OPEN, "\x82"), F(MORE_LAST, "\xac")}},
    {"ping:x text:hello ", {F(TEXT_OPEN, "he"), F(PING, "x"), F(MORE_LAST, "llo")}},
    {"ping:x pong:yy text:hello text:z ",
     {F(TEXT_OPEN, ""), F(PING, "x"), F(PONG, "yy"), F(MORE_LAST, "hello"), F(TEXT, "z")}},
    {"close1000:bye ",
     {F(TEXT_OPEN, "he"),
      F(CLOSE, "\x03\xe8"
               "bye"),
      F(MORE_LAST, "x")}},
    {"fault1002 ", {F(MORE_LAST, "x")}},
    {"fault1002 ", {F(MORE_OPEN, "x")}},
    {"fault1002 ", {F(TEXT_OPEN, "a"), F(TEXT, "b")}},
    {"fault1002 ", {F(TEXT_OPEN, "a"), F(BINARY, "b")}},
    {"text:a fault1002 ", {F(TEXT, "a"), F(MORE_LAST, "b")}},
    /* reserved bits and opcodes */
    {"fault1002 ", {F(0xc1, "a")}},
    {"fault1002 ", {F(0xa1, "a")}},
    {"fault1002 ", {F(0x91, "a")}},
    {"text:a fault1002 ", {F(TEXT, "a"), F(0xc9, ""), F(TEXT, "b")}},
    {"fault1002 ", {F(0x83, "a")}},
    {"fault1002 ", {F(0x87, "a")}},
    {"fault1002 ", {F(0x8b, "a")}},
    {"fault1002 ", {F(0x8f, "a")}},
    /* control frames must be whole and small */
    {"fault1002 ", {F(0x09, "a")}},
    {"fault1002 ", {F(0x0a, "a")}},
    {"fault1002 ", {F(0x08, "")}},
    {"fault1002 ", {FORM(PING, "a", IN_16_BITS)}},
    {"fault1002 ", {FORM(PING, "a", IN_64_BITS)}},
    /* masks and lengths */
    {"fault1002 ", {FORM(TEXT, "a", NOT_MASKED)}},
    {"fault1002 ", {FORM(PING, "a", NOT_MASKED)}},
    {"fault1002 ", {FORM(TEXT, "", NOT_MASKED)}},
    {"fault1002 ", {FORM(TEXT, "a", IN_16_BITS)}},
    {"fault1002 ", {FORM(TEXT, "", IN_64_BITS)}},
    {"fault1002 ", {FORM(TEXT, "a", IN_64_BITS)}},
    /* text */
    {"text:\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5 ",
     {F(TEXT, "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5")}},
    {"text:\xf4\x8f\xbf\xbf ", {F(TEXT, "\xf4\x8f\xbf\xbf")}},
    {"fault1007 ", {F(TEXT, "\xff")}},
    {"fault1007 ", {F(TEXT, "\xc0\xaf")}},
    {"fault1007 ", {F(TEXT, "\xed\xa0\x80")}},
    {"fault1007 ", {F(TEXT, "\xf4\x90\x80\x80")}},
    {"fault1007 ", {F(TEXT, "\xe2\x82")}}, /* ends inside a character */
    {"fault1007 ", {F(TEXT, "12345678\xe2\x82\x28")}},
    {"fault1007 ", {F(TEXT_OPEN, "\xe2"), F(MORE_LAST, "\x28")}},
    {"fault1007 ", {F(TEXT_OPEN, "\xe2\x82"), F(MORE_LAST, "")}},
    {"fault1007 ", {F(TEXT_OPEN, "\xff"), F(0xff, "")}}, /* fails before the next frame */
    {"ping:\xff text:a ", {F(PING, "\xff"), F(TEXT, "a")}},
    {"text:a fault1007 ", {F(TEXT, "a"), F(TEXT, "\x80")}},
    /* close */
    {"close1005: ", {F(CLOSE, "")}},
    {"close1000: ", {F(CLOSE, "\x03\xe8")}},
    {"close1001:away ",
     {F(CLOSE, "\x03\xe9"
               "away")}},
    {"close1000: ", {F(CLOSE, "\x03\xe8"), F(TEXT, "ignored"), F(0xff, "")}},
    {"fault1002 ", {F(CLOSE, "\x03")}},
    {"fault1007 ", {F(CLOSE, "\x03\xe8\xff")}},
    {"fault1007 ", {F(CLOSE, "\x03\xe8\xe2\x82")}},
    {"fault1002 ", {F(0xc1, "a"), F(TEXT, "ignored"), F(CLOSE, "")}},
};

static void frames_put(struct buf *in, const struct row *row)
{
    for (size_t i = 0; i < ARRAY_COUNT(row->frames) && row->frames[i].is_there; i++)
        frame_put(in, row->frames[i].first, row->frames[i].payload, row->frames[i].form);
}

TEST(the_same_events_come_however_the_stream_is_cut)
{
    for (size_t i = 0; i < ARRAY_COUNT(ROWS); i++) {
        struct buf in;

        buf_init(&in, 4096);
        frames_put(&in, &ROWS[i]);
        expect_events(ROWS[i].want, &in);
        buf_release(&in);
    }
}

/* -- close codes --------------------------------------------------------------------------- */

static bool code_is_legal(unsigned code)
{
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
           (code >= 3000 && code <= 4999);
}

TEST(only_close_codes_that_may_be_on_the_wire_are_accepted)
{
    for (unsigned code = 0; code <= UINT16_MAX; code++) {
        char payload[2] = {(char)(code >> 8), (char)code};
        struct ws_reader reader;
        struct ws_event event;
        struct buf in;
        size_t used;
        enum ws_step step;

        buf_init(&in, 64);
        frame_put(&in, CLOSE, str_of(payload, 2), SHORTEST);
        ws_reader_init(&reader, SIZE_MAX_HERE);
        step = ws_reader_next(&reader, in.ptr, in.len, &used, &event);
        EXPECT_INT(code_is_legal(code) ? WS_STEP_CLOSE : WS_STEP_FAULT, step);
        EXPECT_INT(code_is_legal(code) ? code : WS_CLOSE_PROTOCOL, event.code);
        ws_reader_release(&reader);
        buf_release(&in);
    }
}

/* -- limits -------------------------------------------------------------------------------- */

static struct str filled(char *memory, size_t len)
{
    memset(memory, 'x', len);
    return str_of(memory, len);
}

TEST(a_message_may_be_as_large_as_the_limit_and_no_larger)
{
    static char memory[SIZE_MAX_HERE + 1];
    char want[SIZE_MAX_HERE + 16];
    struct buf in;

    buf_init(&in, 4096);
    frame_put(&in, TEXT, filled(memory, SIZE_MAX_HERE), SHORTEST);
    (void)snprintf(want, sizeof(want), "text:%.*s ", SIZE_MAX_HERE, memory);
    expect_events(want, &in);
    buf_clear(&in);
    frame_put(&in, TEXT_OPEN, filled(memory, SIZE_MAX_HERE - 1), SHORTEST);
    frame_put(&in, MORE_LAST, filled(memory, 1), SHORTEST);
    expect_events(want, &in);
    buf_clear(&in);
    frame_put(&in, TEXT, filled(memory, SIZE_MAX_HERE + 1), SHORTEST);
    expect_events("fault1009 ", &in);
    buf_clear(&in);
    frame_put(&in, TEXT_OPEN, filled(memory, SIZE_MAX_HERE), SHORTEST);
    frame_put(&in, MORE_LAST, filled(memory, 1), SHORTEST);
    expect_events("fault1009 ", &in);
    buf_release(&in);
}

TEST(a_control_frame_inside_a_full_message_still_fits)
{
    static char memory[SIZE_MAX_HERE];
    char want[2 * SIZE_MAX_HERE];
    struct buf in;

    buf_init(&in, 4096);
    frame_put(&in, TEXT_OPEN, filled(memory, SIZE_MAX_HERE), SHORTEST);
    frame_put(&in, PING, filled(memory, WS_CONTROL_SIZE_MAX), SHORTEST);
    frame_put(&in, MORE_LAST, str_of("", 0), SHORTEST);
    (void)snprintf(want, sizeof(want), "ping:%.*s text:%.*s ", WS_CONTROL_SIZE_MAX, memory,
                   SIZE_MAX_HERE, memory);
    expect_events(want, &in);
    buf_clear(&in);
    frame_put(&in, PING, filled(memory, WS_CONTROL_SIZE_MAX + 1), SHORTEST);
    expect_events("fault1002 ", &in);
    buf_release(&in);
}

TEST(a_message_has_at_most_64_fragments)
{
    for (unsigned count = LIMIT_WS_FRAGMENT_COUNT; count <= LIMIT_WS_FRAGMENT_COUNT + 1; count++) {
        struct buf in;

        buf_init(&in, 4096);
        frame_put(&in, TEXT_OPEN, STR(""), SHORTEST);
        for (unsigned i = 2; i < count; i++)
            frame_put(&in, MORE_OPEN, STR(""), SHORTEST);
        frame_put(&in, MORE_LAST, STR("x"), SHORTEST);
        expect_events(count <= LIMIT_WS_FRAGMENT_COUNT ? "text:x " : "fault1009 ", &in);
        buf_release(&in);
    }
}

/* No mask and no payload: the length alone decides. */
static void expect_head(const char *want, uint64_t len, enum form form, size_t size_max)
{
    struct buf in, log;

    buf_init(&in, 64);
    buf_init(&log, 64);
    head_put(&in, BINARY, len, form);
    read_in_pieces(buf_str(&in), 1, 1, size_max, &log);
    expect_log(want, buf_str(&in), &log, 1);
    read_in_pieces(buf_str(&in), in.len, 1, size_max, &log);
    expect_log(want, buf_str(&in), &log, in.len);
    buf_release(&log);
    buf_release(&in);
}

TEST(a_length_beyond_the_limit_is_refused_before_any_of_its_bytes)
{
    expect_head("", 16384, SHORTEST, 16384);
    expect_head("fault1009 ", 16385, SHORTEST, 16384);
    expect_head("fault1009 ", 65536, SHORTEST, 16384);
    expect_head("fault1009 ", (uint64_t)1 << 40, SHORTEST, 16384);
    expect_head("fault1009 ", INT64_MAX, SHORTEST, 16384);
    expect_head("fault1002 ", (uint64_t)1 << 63, SHORTEST, 16384);
    expect_head("fault1002 ", UINT64_MAX, SHORTEST, 16384);
    expect_head("", 1 << 20, SHORTEST, 1 << 20);
}

TEST(a_length_in_a_longer_form_than_it_needs_is_refused)
{
    expect_head("fault1002 ", 125, IN_16_BITS, 1 << 20);
    expect_head("", 126, IN_16_BITS, 1 << 20);
    expect_head("fault1002 ", 126, IN_64_BITS, 1 << 20);
    expect_head("fault1002 ", 65535, IN_64_BITS, 1 << 20);
    expect_head("", 65536, IN_64_BITS, 1 << 20);
}

TEST(every_size_near_a_change_of_form_arrives_whole)
{
    static const size_t SIZES[] = {0,   1,   7,   8,   9,    15,    16,    124,  125,
                                   126, 127, 128, 255, 4096, 65535, 65536, 65537};

    for (size_t i = 0; i < ARRAY_COUNT(SIZES); i++) {
        char *memory = malloc(SIZES[i] + 1);
        struct buf in, log;

        for (size_t at = 0; at < SIZES[i]; at++)
            memory[at] = (char)('a' + at % 23);
        buf_init(&in, 1 << 20);
        buf_init(&log, 1 << 20);
        frame_put(&in, TEXT, str_of(memory, SIZES[i]), SHORTEST);
        for (size_t step = 1; step < 9; step++) {
            read_in_pieces(buf_str(&in), in.len / step, 1000 + step, 65537, &log);
            EXPECT(str_starts_with(buf_str(&log), STR("text:")));
            EXPECT(str_eq(str_slice(buf_str(&log), 5, log.len - 1), str_of(memory, SIZES[i])));
        }
        buf_release(&log);
        buf_release(&in);
        free(memory);
    }
}

/* -- memory -------------------------------------------------------------------------------- */

TEST(a_frame_that_is_there_as_a_whole_is_handed_out_in_place)
{
    struct ws_reader reader;
    struct ws_event event;
    struct buf in;
    size_t used, at = 0;

    buf_init(&in, 4096);
    frame_put(&in, TEXT, STR("one"), SHORTEST);
    frame_put(&in, PING, STR("two"), SHORTEST);
    ws_reader_init(&reader, SIZE_MAX_HERE);
    EXPECT_INT(WS_STEP_MESSAGE, ws_reader_next(&reader, in.ptr, in.len, &used, &event));
    EXPECT(points_into(event.payload, in.ptr, in.len));
    at += used;
    EXPECT_INT(WS_STEP_PING, ws_reader_next(&reader, in.ptr + at, in.len - at, &used, &event));
    EXPECT(points_into(event.payload, in.ptr, in.len));
    EXPECT_STR("two", event.payload);
    EXPECT_INT(in.len, at + used);
    EXPECT_NULL(reader.message.ptr);
    ws_reader_release(&reader);
    buf_release(&in);
}

TEST(an_idle_reader_holds_no_memory_of_a_message_that_came_in_pieces)
{
    struct ws_reader reader;
    struct ws_event event;
    struct buf in;
    size_t used;

    buf_init(&in, 4096);
    frame_put(&in, TEXT, STR("in two pieces"), SHORTEST);
    ws_reader_init(&reader, SIZE_MAX_HERE);
    EXPECT_INT(WS_STEP_MORE, ws_reader_next(&reader, in.ptr, 9, &used, &event));
    EXPECT_NOT_NULL(reader.message.ptr);
    EXPECT_INT(WS_STEP_MESSAGE, ws_reader_next(&reader, in.ptr + 9, in.len - 9, &used, &event));
    EXPECT_STR("in two pieces", event.payload);
    EXPECT_INT(WS_STEP_MORE, ws_reader_next(&reader, NULL, 0, &used, &event));
    EXPECT_NULL(reader.message.ptr);
    ws_reader_release(&reader);
    buf_release(&in);
}

TEST(a_large_length_without_its_bytes_takes_no_memory)
{
    struct ws_reader reader;
    struct ws_event event;
    struct buf in;
    size_t used;

    buf_init(&in, 64);
    head_put(&in, BINARY, 16384, SHORTEST);
    buf_put(&in, MASK, 4);
    buf_put_char(&in, 'x');
    ws_reader_init(&reader, 16384);
    EXPECT_INT(WS_STEP_MORE, ws_reader_next(&reader, in.ptr, in.len, &used, &event));
    EXPECT(reader.message.size <= 256);
    ws_reader_release(&reader);
    buf_release(&in);
}

/* -- what Rally sends ---------------------------------------------------------------------- */

TEST(heads_take_the_shortest_form)
{
    static const struct {
        size_t len;
        size_t size;
        uint8_t head[10];
    } HEADS[] = {
        {0, 2, {0x81, 0}},
        {125, 2, {0x81, 125}},
        {126, 4, {0x81, 126, 0, 126}},
        {65535, 4, {0x81, 126, 0xff, 0xff}},
        {65536, 10, {0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0}},
    };

    for (size_t i = 0; i < ARRAY_COUNT(HEADS); i++) {
        uint8_t head[10];

        EXPECT_INT(HEADS[i].size, ws_head_size(HEADS[i].len));
        EXPECT_INT(HEADS[i].size, ws_head_put(head, WS_TEXT, HEADS[i].len));
        assert_memory_equal(HEADS[i].head, head, HEADS[i].size);
    }
}

TEST(a_frame_is_head_and_payload)
{
    struct buf buf;

    buf_init(&buf, 4096);
    ws_frame_put(&buf, WS_BINARY, STR("ab"));
    ws_frame_put(&buf, WS_PONG, STR(""));
    EXPECT(str_eq(STR("\x82\x02"
                      "ab\x8a\x00"),
                  buf_str(&buf)));
    buf_release(&buf);
}

TEST(a_close_reason_is_cut_at_a_character)
{
    struct buf buf, reason;

    buf_init(&buf, 4096);
    buf_init(&reason, 4096);
    ws_close_put(&buf, WS_CLOSE_REPLACED, STR("newer"));
    EXPECT(str_eq(STR("\x88\x07\x0f\xa9"
                      "newer"),
                  buf_str(&buf)));
    buf_clear(&buf);
    ws_close_put(&buf, WS_CLOSE_NO_STATUS, STR(""));
    EXPECT(str_eq(STR("\x88\x00"), buf_str(&buf)));
    buf_put_c(&reason, "xx");
    for (unsigned i = 0; i < 50; i++)
        buf_put_c(&reason, "\xe2\x82\xac");
    buf_clear(&buf);
    ws_close_put(&buf, WS_CLOSE_NORMAL, buf_str(&reason));
    EXPECT_INT(2 + 2 + 2 + 40 * 3, buf.len); /* 122 of at most 123 bytes */
    EXPECT(utf8_is_valid(str_slice(buf_str(&buf), 4, buf.len)));
    buf_clear(&buf);
    ws_close_put(&buf, WS_CLOSE_NORMAL, str_slice(buf_str(&reason), 0, 122));
    EXPECT_INT(2 + 2 + 122, buf.len);
    buf_release(&reason);
    buf_release(&buf);
}

TEST(the_accept_key_is_that_of_the_rfc)
{
    static const char *const BAD[] = {
        "",
        "dGhlIHNhbXBsZSBub25jZQ=",
        "dGhlIHNhbXBsZSBub25jZQ",
        "dGhlIHNhbXBsZSBub25jZQ== ",
        "dGhlIHNhbXBsZSBub25jZR==",
        "dGhlIHNhbXBsZSBub25jZTE=",
        "dGhlIHNhbXBsZSBub25jZTEy",
        "dGhl!HNhbXBsZSBub25jZQ==",
        "dGhlIHNhbXBsZSBub25j",
    };
    char accept[WS_ACCEPT_SIZE];

    EXPECT_OK(ws_accept_key(STR("dGhlIHNhbXBsZSBub25jZQ=="), accept));
    EXPECT_STR("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", str_of(accept, sizeof(accept)));
    for (size_t i = 0; i < ARRAY_COUNT(BAD); i++)
        EXPECT_ERR(ERR_INPUT, ws_accept_key(str_from_c(BAD[i]), accept));
}
