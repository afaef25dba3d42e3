/* Accounts: names, guests, outside identities, profiles, forgetting and exporting a person. */
#include "tests/unit/test.h"

#include "tests/unit/store/fixture.h"

#include "lib/store/families.h"

static struct user_create_args account(const char *name, const char *email)
{
    return (struct user_create_args){.username = str_from_c(name),
                                     .email = str_from_c(email),
                                     .region = STR("eu-central"),
                                     .password_hash = STR("$argon2id$hash"),
                                     .now_ms = T0};
}

TEST(a_name_is_taken_in_any_case)
{
    struct user_create_args args = account("Alice", "");
    struct user user;

    fixture_open();
    EXPECT_OK(TXN(user_create(db, &args, &user)));
    EXPECT_STR("Alice", str_from_c(user.username));
    EXPECT_INT(T0, user.created_ms);
    EXPECT_FALSE(user.is_guest);
    args.username = STR("aLICE");
    EXPECT_ERR(ERR_USERNAME_TAKEN, TXN(user_create(db, &args, &user)));
    EXPECT_INT(1, fixture_number("SELECT COUNT(*) FROM users"));
    fixture_close();
}

TEST(an_address_is_taken_in_any_case_and_none_is_never_taken)
{
    struct user_create_args first = account("alice", "A@Example.org");
    struct user_create_args second = account("bob", "a@example.ORG");
    struct user user;

    fixture_open();
    EXPECT_OK(TXN(user_create(db, &first, &user)));
    EXPECT_STR("A@Example.org", str_from_c(user.email));
    EXPECT_ERR(ERR_EMAIL_TAKEN, TXN(user_create(db, &second, &user)));
    user_named("carol");
    user_named("dave");
    fixture_close();
}

TEST(names_of_deleted_accounts_cannot_be_registered)
{
    struct user_create_args args = account("Deleted-7", "");
    struct user user;

    fixture_open();
    EXPECT_ERR(ERR_USERNAME_TAKEN, TXN(user_create(db, &args, &user)));
    fixture_close();
}

TEST(a_user_is_found_by_id_and_by_name_in_any_case)
{
    struct user user;
    uint64_t id;

    fixture_open();
    id = user_named("Alice");
    EXPECT_ERR(ERR_NOT_FOUND, TXN(user_find(db, id + 1, &user)));
    EXPECT_ERR(ERR_NOT_FOUND, TXN(user_find_by_name(db, STR("bob"), &user)));
    EXPECT_ERR(ERR_NOT_FOUND,
               TXN(user_find_by_name(db, STR("a-name-far-longer-than-any-can-be-here"), &user)));
    EXPECT_OK(TXN(user_find_by_name(db, STR("ALICE"), &user)));
    EXPECT_INT(id, user.id);
    EXPECT_OK(TXN(user_find(db, id, &user)));
    EXPECT_STR("Alice", str_from_c(user.username));
    fixture_close();
}

/* -- passwords ------------------------------------------------------------------------------- */

TEST(credentials_of_a_guest_have_no_password)
{
    struct user_guest_args args = {.username = STR("visitor"), .random = 1, .now_ms = T0};
    struct user_credentials credentials;
    struct user user;

    fixture_open();
    user_named("alice");
    EXPECT_OK(TXN(user_create_guest(db, &args, &user)));
    EXPECT_ERR(ERR_NOT_FOUND, TXN(user_credentials(db, STR("nobody"), &credentials)));
    EXPECT_OK(TXN(user_credentials(db, STR("ALICE"), &credentials)));
    EXPECT_STR("$argon2id$x", str_from_c(credentials.password_hash));
    EXPECT_OK(TXN(user_credentials(db, STR("visitor"), &credentials)));
    EXPECT_STR("", str_from_c(credentials.password_hash));
    fixture_close();
}

TEST(a_password_is_replaced_only_while_it_is_what_was_checked)
{
    struct user_credentials credentials;
    uint64_t id;

    fixture_open();
    id = user_named("alice");
    EXPECT_ERR(ERR_CONFLICT, TXN(user_replace_password(db, id, STR("other"), STR("new"), T0 + 1)));
    EXPECT_OK(TXN(user_replace_password(db, id, STR("$argon2id$x"), STR("new"), T0 + 1)));
    EXPECT_OK(TXN(user_credentials_by_id(db, id, &credentials)));
    EXPECT_STR("new", str_from_c(credentials.password_hash));
    EXPECT_ERR(ERR_NOT_FOUND, TXN(user_set_password(db, id + 1, STR("x"), T0)));
    EXPECT_OK(TXN(user_set_password(db, id, STR("newer"), T0 + 2)));
    EXPECT_OK(TXN(user_credentials_by_id(db, id, &credentials)));
    EXPECT_STR("newer", str_from_c(credentials.password_hash));
    fixture_close();
}

/* -- guests ---------------------------------------------------------------------------------- */

TEST(a_guest_gets_the_wished_name_or_one_like_it)
{
    struct user_guest_args args = {.username = STR("visitor"), .random = 1, .now_ms = T0};
    struct user first, second, third;

    fixture_open();
    EXPECT_OK(TXN(user_create_guest(db, &args, &first)));
    EXPECT_STR("visitor", str_from_c(first.username));
    EXPECT(first.is_guest);
    args.random = 2;
    EXPECT_OK(TXN(user_create_guest(db, &args, &second)));
    EXPECT(str_starts_with(str_from_c(second.username), STR("visitor-")));
    args.is_exact = true;
    EXPECT_ERR(ERR_USERNAME_TAKEN, TXN(user_create_guest(db, &args, &third)));
    args = (struct user_guest_args){.random = 3, .now_ms = T0};
    EXPECT_OK(TXN(user_create_guest(db, &args, &third)));
    EXPECT(str_starts_with(str_from_c(third.username), STR("guest-")));
    EXPECT_INT(12, strlen(third.username));
    fixture_close();
}

TEST(a_longest_name_that_is_taken_still_gets_a_suffix_that_fits)
{
    struct user_guest_args args = {
        .username = STR("12345678901234567890123456789-xy"), .random = 1, .now_ms = T0};
    struct user user;

    fixture_open();
    for (uint64_t i = 0; i < 20; i++) {
        args.random = i;
        EXPECT_OK(TXN(user_create_guest(db, &args, &user)));
        EXPECT(strlen(user.username) <= 32);
    }
    EXPECT_INT(20, fixture_number("SELECT COUNT(DISTINCT username_folded) FROM users"));
    fixture_close();
}

TEST(an_upgrade_keeps_the_id_and_refuses_what_is_taken)
{
    struct user_guest_args guest = {.username = STR("visitor"), .random = 1, .now_ms = T0};
    struct user_upgrade_args args = {.password_hash = STR("$argon2id$y"), .now_ms = T0 + 5};
    struct user user;
    uint64_t id, other;

    fixture_open();
    other = user_named("alice");
    EXPECT_OK(TXN(user_create_guest(db, &guest, &user)));
    id = user.id;
    args.user_id = id + 1;
    EXPECT_ERR(ERR_NOT_FOUND, TXN(user_upgrade(db, &args, &user)));
    args.user_id = other;
    EXPECT_ERR(ERR_NOT_GUEST, TXN(user_upgrade(db, &args, &user)));
    args.user_id = id;
    args.username = STR("ALICE");
    EXPECT_ERR(ERR_USERNAME_TAKEN, TXN(user_upgrade(db, &args, &user)));
    args.username = STR("Visitor"); /* one's own name in other letters is free */
    args.email = STR("v@example.org");
    EXPECT_OK(TXN(user_upgrade(db, &args, &user)));
    EXPECT_INT(id, user.id);
    EXPECT_FALSE(user.is_guest);
    EXPECT_STR("Visitor", str_from_c(user.username));
    EXPECT_ERR(ERR_NOT_GUEST, TXN(user_upgrade(db, &args, &user)));
    fixture_close();
}

/* -- outside identities ---------------------------------------------------------------------- */

TEST(an_outside_identity_makes_one_account_of_its_own)
{
    struct user_external_args args = {.issuer = STR("legacy"),
                                      .subject = STR("1"),
                                      .username = STR("alice"),
                                      .random = 5,
                                      .now_ms = T0};
    struct user_external first, again;
    struct user user;
    uint64_t native;

    fixture_open();
    native = user_named("alice");
    EXPECT_INT(1, native); /* the outside id says 1 as well */
    EXPECT_ERR(ERR_NOT_FOUND, TXN(user_find_external(db, STR("legacy"), STR("1"), &user)));
    EXPECT_OK(TXN(user_external(db, &args, &first)));
    EXPECT(first.is_new);
    EXPECT(first.user.id != native);
    EXPECT(first.user.is_external);
    EXPECT(str_starts_with(str_from_c(first.user.username), STR("alice-")));
    EXPECT_OK(TXN(user_external(db, &args, &again)));
    EXPECT_FALSE(again.is_new);
    EXPECT_INT(first.user.id, again.user.id);
    args.issuer = STR("other");
    EXPECT_OK(TXN(user_external(db, &args, &again)));
    EXPECT(again.user.id != first.user.id);
    fixture_close();
}

TEST(an_outside_name_is_mended_to_what_is_allowed)
{
    struct user_external_args args = {.subject = STR("1"), .random = 5, .now_ms = T0};
    struct user_external made;

    fixture_open();
    args.username = STR("J\xc3\xb6rg M. <b>@x");
    EXPECT_OK(TXN(user_external(db, &args, &made)));
    EXPECT_STR("JrgMbx", str_from_c(made.user.username));
    args.subject = STR("2");
    args.username = STR("12345");
    EXPECT_OK(TXN(user_external(db, &args, &made)));
    EXPECT(str_starts_with(str_from_c(made.user.username), STR("user-")));
    args.subject = STR("3");
    args.username = STR("deleted-3");
    EXPECT_OK(TXN(user_external(db, &args, &made)));
    EXPECT(str_starts_with(str_from_c(made.user.username), STR("user-")));
    fixture_close();
}

/* -- profile --------------------------------------------------------------------------------- */

TEST(a_patch_changes_only_what_it_names)
{
    struct str display = STR("Al"), preferences = STR("{\"sound\":false}"), none = STR("");
    struct str email = STR("al@example.org"), taken = STR("B@example.org");
    struct user_create_args other = account("bob", "b@example.org");
    struct user_patch_args args = {.now_ms = T0 + 1};
    struct user_profile profile;
    struct user user;

    fixture_open();
    EXPECT_OK(TXN(user_create(db, &other, &user)));
    args.user_id = user_named("alice");
    args.display_name = &display;
    args.email = &taken;
    EXPECT_ERR(ERR_EMAIL_TAKEN, TXN(user_patch(db, &args)));
    EXPECT_OK(TXN(user_profile(db, args.user_id, &profile)));
    EXPECT_STR("", str_from_c(profile.user.display_name));
    args.email = &email;
    args.preferences = &preferences;
    EXPECT_OK(TXN(user_patch(db, &args)));
    args = (struct user_patch_args){.user_id = args.user_id, .email = &none, .now_ms = T0 + 2};
    EXPECT_OK(TXN(user_patch(db, &args)));
    EXPECT_OK(TXN(user_profile(db, args.user_id, &profile)));
    EXPECT_STR("Al", str_from_c(profile.user.display_name));
    EXPECT_STR("", str_from_c(profile.user.email));
    EXPECT_STR("{\"sound\":false}", str_from_c(profile.preferences));
    EXPECT_STR("{}", str_from_c(profile.latencies));
    args.user_id = 999;
    EXPECT_ERR(ERR_NOT_FOUND, TXN(user_patch(db, &args)));
    fixture_close();
}

TEST(a_profile_tells_what_the_player_is_doing)
{
    struct user_profile profile;
    struct ticket_joined joined;
    struct matches_finished finished;
    uint64_t alice, bob;

    fixture_open();
    alice = user_named("alice");
    bob = user_named("bob");
    EXPECT_ERR(ERR_NOT_FOUND, TXN(user_profile(db, 99, &profile)));
    EXPECT_OK(TXN(user_profile(db, alice, &profile)));
    EXPECT_INT(CLAIM_NONE, profile.claim.kind);
    EXPECT_INT(0, profile.rating_count);
    EXPECT_OK(join(alice, T0, &joined));
    EXPECT_OK(TXN(user_profile(db, alice, &profile)));
    EXPECT_INT(CLAIM_TICKET, profile.claim.kind);
    EXPECT_OK(join(bob, T0, &joined));
    EXPECT_OK(TXN(user_profile(db, alice, &profile)));
    EXPECT_INT(CLAIM_MATCH, profile.claim.kind);
    EXPECT_INT(joined.match_id, profile.claim.ref_id);
    play(joined.match_id, &finished);
    EXPECT_OK(TXN(user_profile(db, alice, &profile)));
    EXPECT_INT(CLAIM_NONE, profile.claim.kind);
    EXPECT_INT(1, profile.rating_count);
    EXPECT_STR("quick", str_from_c(profile.ratings[0].mode));
    EXPECT_INT(1, profile.ratings[0].games);
    EXPECT_INT(1, profile.ratings[0].wins);
    EXPECT(profile.ratings[0].mmr > 1500);
    fixture_close();
}

TEST(a_ban_is_set_and_lifted)
{
    struct user user;
    uint64_t id;

    fixture_open();
    id = user_named("alice");
    EXPECT_ERR(ERR_NOT_FOUND, TXN(user_ban(db, 99, 1, STR("x"), T0)));
    EXPECT_OK(TXN(user_ban(db, id, USER_BANNED_FOREVER, STR("cheating"), T0)));
    EXPECT_OK(TXN(user_find(db, id, &user)));
    EXPECT(user.banned_until_ms == USER_BANNED_FOREVER);
    EXPECT_STR("cheating", str_from_c(user.ban_reason));
    EXPECT_OK(TXN(user_ban(db, id, 0, STR(""), T0)));
    EXPECT_OK(TXN(user_find(db, id, &user)));
    EXPECT_INT(0, user.banned_until_ms);
    EXPECT_STR("", str_from_c(user.ban_reason));
    fixture_close();
}

/* -- forgetting ------------------------------------------------------------------------------ */

static bool file_has(const char *word)
{
    static char content[4000000];
    FILE *file;
    size_t len;

    EXPECT_OK(db_checkpoint(fixture_db));
    file = fopen(fixture_path, "r");
    EXPECT_NOT_NULL(file);
    len = fread(content, 1, sizeof(content), file);
    fclose(file);
    return memmem(content, len, word, strlen(word)) != NULL;
}

TEST(a_deleted_person_is_nowhere_in_the_store_but_the_opponents_history_stays)
{
    struct user_create_args args = account("Zebrafink", "zebrafink@example.org");
    struct str display = STR("The Zebrafink");
    struct user_patch_args patch = {.display_name = &display, .now_ms = T0};
    struct matches_finished finished;
    struct user_deleted deleted;
    struct match_row match;
    struct user user;
    uint64_t other, match_id;

    fixture_open();
    EXPECT_OK(TXN(user_create(db, &args, &user)));
    patch.user_id = user.id;
    EXPECT_OK(TXN(user_patch(db, &patch)));
    other = user_named("other");
    match_id = match_of(user.id, other);
    play(match_id, &finished);
    EXPECT(file_has("ebrafink"));
    EXPECT_ERR(ERR_NOT_FOUND, TXN(user_delete(db, 99, T0, &deleted)));
    EXPECT_OK(TXN(user_delete(db, user.id, T0 + 1, &deleted)));
    EXPECT_FALSE(file_has("ebrafink"));
    EXPECT_ERR(ERR_NOT_FOUND, TXN(user_delete(db, user.id, T0 + 1, &deleted)));
    EXPECT_ERR(ERR_NOT_FOUND, TXN(user_find(db, user.id, &user)));
    EXPECT_ERR(ERR_NOT_FOUND, TXN(user_find_by_name(db, STR("deleted-1"), &user)));
    EXPECT_OK(TXN(matches_find(db, match_id, &match)));
    EXPECT_STR("deleted-1", str_from_c(match.players[0].username));
    EXPECT_STR("other", str_from_c(match.players[1].username));
    EXPECT_OK(TXN(user_create(db, &args, &user))); /* name and address are free again */
    fixture_close();
}

TEST(deleting_cancels_a_ticket_and_ends_the_families)
{
    struct family_create_args family = {.family_id = 1,
                                        .token_hash = STR("01234567890123456789012345678901"),
                                        .now_ms = T0,
                                        .expires_ms = T0 + 1000000};
    struct ticket_joined joined;
    struct user_deleted deleted;
    bool is_live;
    uint64_t alice, bob;

    fixture_open();
    alice = user_named("alice");
    bob = user_named("bob");
    family.user_id = alice;
    EXPECT_OK(TXN(family_create(db, &family)));
    EXPECT_OK(join(alice, T0, &joined));
    EXPECT_OK(TXN(user_delete(db, alice, T0 + 1, &deleted)));
    EXPECT_INT(CLAIM_TICKET, deleted.claim.kind);
    EXPECT_OK(TXN(family_is_live(db, 1, T0 + 2, &is_live)));
    EXPECT_FALSE(is_live);
    EXPECT_OK(join(bob, T0 + 2, &joined));
    EXPECT_INT(0, joined.match_id);
    EXPECT_INT(1, joined.total);
    fixture_close();
}

TEST(a_live_match_goes_on_without_the_name)
{
    struct matches_finished finished;
    struct user_deleted deleted;
    uint64_t alice, bob, match_id;

    fixture_open();
    alice = user_named("alice");
    bob = user_named("bob");
    match_id = match_of(alice, bob);
    EXPECT_OK(TXN(user_delete(db, alice, T0 + 1, &deleted)));
    EXPECT_INT(CLAIM_MATCH, deleted.claim.kind);
    EXPECT_INT(match_id, deleted.claim.ref_id);
    play(match_id, &finished);
    EXPECT_STR("deleted-1", str_from_c(finished.match.players[0].username));
    fixture_close();
}

/* -- export ---------------------------------------------------------------------------------- */

struct exported {
    size_t profiles, matches, ratings, events, tickets, secrets;
};

static void count_record(void *context, const char *section, const struct export_field *fields,
                         size_t count)
{
    struct exported *exported = context;

    exported->profiles += str_eq(str_from_c(section), STR("profile"));
    exported->matches += str_eq(str_from_c(section), STR("matches"));
    exported->ratings += str_eq(str_from_c(section), STR("ratings"));
    exported->events += str_eq(str_from_c(section), STR("rating_events"));
    exported->tickets += str_eq(str_from_c(section), STR("tickets"));
    for (size_t i = 0; i < count; i++)
        exported->secrets += str_starts_with(fields[i].text, STR("$argon2id"));
}

TEST(an_export_has_every_section_and_no_secret)
{
    struct exported exported = {0};
    struct matches_finished finished;
    uint64_t alice, bob;

    fixture_open();
    alice = user_named("alice");
    bob = user_named("bob");
    play(match_of(alice, bob), &finished);
    EXPECT_ERR(ERR_NOT_FOUND, TXN(user_export(db, 99, count_record, &exported)));
    EXPECT_OK(TXN(user_export(db, alice, count_record, &exported)));
    EXPECT_INT(1, exported.profiles);
    EXPECT_INT(1, exported.matches);
    EXPECT_INT(1, exported.ratings);
    EXPECT_INT(1, exported.events);
    EXPECT_INT(1, exported.tickets);
    EXPECT_INT(0, exported.secrets);
    fixture_close();
}
