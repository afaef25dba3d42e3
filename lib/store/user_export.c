/*
 * Everything stored about a person, section by section. A section is one statement whose columns
 * are named here; nothing that is a secret (password, token hashes) is among them.
 */
#include "lib/store/user_rows.h"

#define FIELDS_MAX 16

enum field_kind { FIELD_NUMBER, FIELD_TEXT, FIELD_JSON };

struct field_spec {
    const char *name;
    enum field_kind kind;
};

struct section {
    const char *name;
    const char *sql; /* $1: the user's id; the columns are the fields */
    struct field_spec fields[FIELDS_MAX];
};

static const struct section SECTIONS[] = {
    {"profile",
     "SELECT id, username, display_name, email, region, role, is_guest, is_external, preferences, "
     "latencies, banned_until_ms, ban_reason, created_ms, updated_ms FROM users "
     "WHERE id = $1 AND deleted_ms IS NULL",
     {{"user_id", FIELD_NUMBER},
      {"username", FIELD_TEXT},
      {"display_name", FIELD_TEXT},
      {"email", FIELD_TEXT},
      {"region", FIELD_TEXT},
      {"role", FIELD_TEXT},
      {"guest", FIELD_NUMBER},
      {"external", FIELD_NUMBER},
      {"preferences", FIELD_JSON},
      {"latencies", FIELD_JSON},
      {"banned_until_ms", FIELD_NUMBER},
      {"ban_reason", FIELD_TEXT},
      {"created_ms", FIELD_NUMBER},
      {"updated_ms", FIELD_NUMBER}}},
    {"identities",
     "SELECT issuer, subject, created_ms FROM external_identities WHERE user_id = $1 "
     "ORDER BY issuer, subject",
     {{"issuer", FIELD_TEXT}, {"subject", FIELD_TEXT}, {"created_ms", FIELD_NUMBER}}},
    {"sessions",
     "SELECT id, created_ms, rotated_ms, expires_ms, revoked_ms, revoke_reason "
     "FROM token_families WHERE user_id = $1 ORDER BY id",
     {{"session_id", FIELD_NUMBER},
      {"created_ms", FIELD_NUMBER},
      {"refreshed_ms", FIELD_NUMBER},
      {"expires_ms", FIELD_NUMBER},
      {"ended_ms", FIELD_NUMBER},
      {"end_reason", FIELD_TEXT}}},
    {"ratings",
     "SELECT mode, mmr, rating_micro, deviation_micro, games, wins, losses, draws, updated_ms "
     "FROM ratings WHERE user_id = $1 ORDER BY mode",
     {{"mode", FIELD_TEXT},
      {"mmr", FIELD_NUMBER},
      {"rating_micro", FIELD_NUMBER},
      {"deviation_micro", FIELD_NUMBER},
      {"games", FIELD_NUMBER},
      {"wins", FIELD_NUMBER},
      {"losses", FIELD_NUMBER},
      {"draws", FIELD_NUMBER},
      {"updated_ms", FIELD_NUMBER}}},
    {"rating_events",
     "SELECT mode, number, kind, match_id, outcome, mmr_before, mmr_after, at_ms "
     "FROM rating_events WHERE user_id = $1 ORDER BY mode, number",
     {{"mode", FIELD_TEXT},
      {"number", FIELD_NUMBER},
      {"kind", FIELD_TEXT},
      {"match_id", FIELD_NUMBER},
      {"outcome", FIELD_TEXT},
      {"mmr_before", FIELD_NUMBER},
      {"mmr_after", FIELD_NUMBER},
      {"at_ms", FIELD_NUMBER}}},
    {"matches",
     "SELECT m.id, m.mode, m.ruleset, m.state, m.reason, p.seat, p.score, p.outcome, m.created_ms, "
     "m.started_ms, m.ended_ms, m.duration_ms FROM match_players p "
     "JOIN matches m ON m.id = p.match_id WHERE p.user_id = $1 ORDER BY m.id",
     {{"match_id", FIELD_NUMBER},
      {"mode", FIELD_TEXT},
      {"ruleset", FIELD_TEXT},
      {"state", FIELD_TEXT},
      {"reason", FIELD_TEXT},
      {"seat", FIELD_NUMBER},
      {"score", FIELD_NUMBER},
      {"outcome", FIELD_TEXT},
      {"created_ms", FIELD_NUMBER},
      {"started_ms", FIELD_NUMBER},
      {"ended_ms", FIELD_NUMBER},
      {"duration_ms", FIELD_NUMBER}}},
    {"tickets",
     "SELECT t.id, t.mode, t.state, t.match_id, t.enqueued_ms, t.ended_ms FROM ticket_members tm "
     "JOIN tickets t ON t.id = tm.ticket_id WHERE tm.user_id = $1 ORDER BY t.id",
     {{"ticket_id", FIELD_NUMBER},
      {"mode", FIELD_TEXT},
      {"state", FIELD_TEXT},
      {"match_id", FIELD_NUMBER},
      {"enqueued_ms", FIELD_NUMBER},
      {"ended_ms", FIELD_NUMBER}}},
    {"friends",
     "SELECT u.username, f.state, f.created_ms FROM friendships f JOIN users u ON u.id = "
     "CASE WHEN f.low_id = $1 THEN f.high_id ELSE f.low_id END "
     "WHERE f.low_id = $1 OR f.high_id = $1 ORDER BY u.username",
     {{"username", FIELD_TEXT}, {"state", FIELD_TEXT}, {"created_ms", FIELD_NUMBER}}},
    {"blocks",
     "SELECT u.username, b.created_ms FROM blocks b JOIN users u ON u.id = b.blocked_id "
     "WHERE b.user_id = $1 ORDER BY u.username",
     {{"username", FIELD_TEXT}, {"created_ms", FIELD_NUMBER}}},
    {"messages",
     "SELECT channel, text, sent_ms FROM chat_messages WHERE user_id = $1 ORDER BY id",
     {{"channel", FIELD_TEXT}, {"text", FIELD_TEXT}, {"sent_ms", FIELD_NUMBER}}},
};

static size_t read_fields(const struct db_rows *rows, const struct section *section,
                          struct export_field fields[FIELDS_MAX])
{
    size_t count = 0;

    while (count < FIELDS_MAX && section->fields[count].name) {
        const struct field_spec *spec = &section->fields[count];
        struct export_field *field = &fields[count];
        int column = (int)count++;
        *field = (struct export_field){.name = spec->name, .is_null = db_is_null(rows, column)};
        if (field->is_null)
            continue;
        if (spec->kind == FIELD_NUMBER) {
            field->number = db_i64(rows, column);
            continue;
        }
        field->text = db_text(rows, column);
        if (!field->text.ptr)
            field->text = STR("");
        field->is_json = spec->kind == FIELD_JSON;
    }
    return count;
}

static enum err export_section(struct db *db, uint64_t user_id, const struct section *section,
                               export_fn record, void *context)
{
    struct export_field fields[FIELDS_MAX];
    struct db_rows *rows;
    enum err err = DB_QUERY(db, section->sql, &rows, DB_ARG_I64(user_id));

    if (err)
        return err;
    while ((err = db_next(rows)) == OK) {
        size_t count = read_fields(rows, section, fields);
        record(context, section->name, fields, count);
    }
    db_done(rows);
    return err == ERR_END ? OK : err;
}

enum err user_export(struct db *db, uint64_t user_id, export_fn record, void *context)
{
    struct user user;
    enum err err = user_find(db, user_id, &user);

    for (size_t i = 0; i < ARRAY_COUNT(SECTIONS) && !err; i++)
        err = export_section(db, user_id, &SECTIONS[i], record, context);
    return err;
}
