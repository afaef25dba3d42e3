/*
 * What the fields of a head say about the host, the connection and the body. It is noted field by
 * field and weighed together at the end: there must be exactly one way to read where the body ends.
 */
#include "lib/wire/http1_parts.h"

#include "lib/wire/http1_chars.h"

bool http_list_has(struct str value, struct str token)
{
    size_t at = 0;

    while (at < value.len) {
        size_t comma = str_find(value, ',', at);

        if (str_eq_nocase(str_trim(str_slice(value, at, comma)), token))
            return true;
        at = comma + 1;
    }
    return false;
}

static void note_connection(struct http_framing *framing, struct str value)
{
    framing->says_close |= http_list_has(value, STR("close"));
    framing->says_keep_alive |= http_list_has(value, STR("keep-alive"));
    framing->says_upgrade |= http_list_has(value, STR("upgrade"));
}

static void note_expect(struct http_framing *framing, struct str value)
{
    if (str_eq_nocase(value, STR("100-continue")))
        framing->expects_continue = true;
    else
        framing->expects_other = true;
}

/* `name` is a token, `wanted` in lower case: no token character but a letter changes by the bit
 * that folds case into one of those that are wanted. */
static bool name_is(struct str name, const char *wanted)
{
    for (size_t i = 0; i < name.len; i++)
        if ((name.ptr[i] | 0x20) != wanted[i])
            return false;
    return true;
}

/* The size of its name tells most fields apart. */
void http_framing_note(struct http_framing *framing, struct http_head *head, struct str name,
                       struct str value)
{
    switch (name.len) {
    case 4:
        if (name_is(name, "host")) {
            framing->host_count++;
            head->host = value;
        }
        return;
    case 6:
        if (name_is(name, "expect"))
            note_expect(framing, value);
        return;
    case 7:
        if (name_is(name, "upgrade"))
            framing->upgrades_to_websocket |= http_list_has(value, STR("websocket"));
        return;
    case 10:
        if (name_is(name, "connection"))
            note_connection(framing, value);
        return;
    case 14:
        if (name_is(name, "content-length")) {
            framing->length_count++;
            framing->length = value;
        }
        return;
    case 17:
        if (name_is(name, "transfer-encoding")) {
            framing->coding_count++;
            framing->coding = value;
        }
        return;
    default:
        return;
    }
}

static bool port_is_valid(struct str port)
{
    uint64_t value;

    return str_to_u64(port, UINT16_MAX, &value) == OK;
}

/* An address in brackets: hex digits, colons and dots. Whether it is one that exists matters to
 * nobody here; that it cannot hold anything else does. */
static bool literal_is_valid(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!http_char_is(text.ptr[i], HTTP_CHAR_HEX) && text.ptr[i] != ':' && text.ptr[i] != '.')
            return false;
    return text.len > 0;
}

/* uri-host [ ":" port ], without the parts of the grammar that no host name uses. */
static bool host_is_valid(struct str host)
{
    const char *end = host.ptr + host.len;
    const char *at;

    if (host.len == 0)
        return false;
    if (host.ptr[0] == '[') {
        size_t close = str_find(host, ']', 0);

        if (close == host.len || !literal_is_valid(str_slice(host, 1, close)))
            return false;
        at = host.ptr + close + 1;
    } else {
        at = http_skip_class(host.ptr, end, HTTP_CHAR_UNRESERVED);
        if (at == host.ptr)
            return false;
    }
    if (at == end)
        return true;
    return *at == ':' && port_is_valid(str_of(at + 1, (size_t)(end - at - 1)));
}

static enum err weigh_host(struct http_head *head, const struct http_framing *framing)
{
    if (framing->host_count > 1 || (framing->host_count == 0 && head->minor == 1))
        return ERR_INPUT;
    if (framing->host_count == 0)
        head->host = framing->authority;
    if (head->host.ptr && !host_is_valid(head->host))
        return ERR_INPUT;
    if (framing->authority.ptr && !str_eq_nocase(framing->authority, head->host))
        return ERR_INPUT;
    return OK;
}

static enum err weigh_body(struct http_head *head, const struct http_framing *framing)
{
    if (framing->length_count + framing->coding_count > 1)
        return ERR_INPUT;
    if (framing->coding_count == 1) {
        if (head->minor == 0)
            return ERR_INPUT;
        if (!str_eq_nocase(framing->coding, STR("chunked")))
            return ERR_NOT_IMPLEMENTED;
        head->is_chunked = true;
    }
    if (framing->length_count == 1)
        return str_to_u64(framing->length, UINT64_MAX, &head->content_length);
    return OK;
}

enum err http_framing_weigh(const struct http_framing *framing, struct http_head *head)
{
    enum err err;

    if ((err = weigh_host(head, framing)) || (err = weigh_body(head, framing)))
        return err;
    if (head->minor == 1 && framing->expects_other)
        return ERR_EXPECTATION;
    head->expects_continue = head->minor == 1 && framing->expects_continue;
    head->keep_alive = !framing->says_close && (head->minor == 1 || framing->says_keep_alive);
    head->is_websocket = head->minor == 1 && head->method == HTTP_GET && framing->says_upgrade &&
                         framing->upgrades_to_websocket && !head->is_chunked &&
                         head->content_length == 0;
    return OK;
}
