/* ASCII grammars, byte by byte. */
#include "services/account_rules.h"

#include "lib/store/users.h"

#define EMAIL_LOCAL_MAX 64 /* RFC 5321 section 4.5.3.1.1 */
#define EMAIL_LABEL_MAX 63 /* RFC 1035 section 2.3.4 */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_letter(char c)
{
    return is_lower(c) || (c >= 'A' && c <= 'Z');
}

static bool all(struct str s, bool (*is)(char))
{
    for (size_t i = 0; i < s.len; i++)
        if (!is(s.ptr[i]))
            return false;
    return true;
}

static bool is_name_char(char c)
{
    return is_letter(c) || is_digit(c) || c == '_' || c == '-';
}

static bool is_deleted_name(struct str name)
{
    const struct str prefix = STR("deleted-");

    return name.len > prefix.len && str_eq_nocase(str_slice(name, 0, prefix.len), prefix) &&
           all(str_slice(name, prefix.len, name.len), is_digit);
}

void username_check(struct reply *reply, struct str username)
{
    if (!all(username, is_name_char))
        json_errors_add(&reply->errors, "username", "may hold letters, digits, '_' and '-' only");
    else if (all(username, is_digit))
        json_errors_add(&reply->errors, "username", "must not consist of digits alone");
    else if (is_deleted_name(username))
        json_errors_add(&reply->errors, "username", "is reserved");
}

/* Beyond ASCII everything may pass (RFC 6531); spaces, controls and what needs quotes may not. */
static bool is_local_char(char c)
{
    unsigned char byte = (unsigned char)c;

    return byte > ' ' && byte != 0x7f && !strchr("@<>(),;:\"\\[]", c);
}

static bool is_domain_char(char c)
{
    return is_letter(c) || is_digit(c) || c == '-' || (unsigned char)c >= 0x80;
}

static bool label_is_good(struct str label)
{
    return label.len > 0 && label.len <= EMAIL_LABEL_MAX && all(label, is_domain_char) &&
           label.ptr[0] != '-' && label.ptr[label.len - 1] != '-';
}

static bool domain_is_good(struct str domain)
{
    size_t labels = 0, at = 0;

    while (at <= domain.len) {
        size_t end = str_find(domain, '.', at);
        if (!label_is_good(str_slice(domain, at, end)))
            return false;
        labels++;
        at = end + 1;
    }
    return labels >= 2;
}

static bool email_is_good(struct str email)
{
    size_t at = str_find(email, '@', 0);
    struct str local = str_slice(email, 0, at);

    if (email.len >= USER_EMAIL_SIZE || at == email.len)
        return false;
    return local.len > 0 && local.len <= EMAIL_LOCAL_MAX && all(local, is_local_char) &&
           domain_is_good(str_slice(email, at + 1, email.len));
}

void email_check(struct reply *reply, struct str email)
{
    if (!email_is_good(email))
        json_errors_add(&reply->errors, "email", "must be an e-mail address");
}

bool region_is_good(struct str region)
{
    return region.len >= 4 && region.len < USER_REGION_SIZE && region.ptr[2] == '-' &&
           all(str_slice(region, 0, 2), is_lower) &&
           all(str_slice(region, 3, region.len), is_lower);
}

void region_check(struct reply *reply, struct str region)
{
    if (!region_is_good(region))
        json_errors_add(&reply->errors, "region", "must look like \"eu-central\"");
}
