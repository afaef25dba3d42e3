/*
 * A disk that is full and a disk that lies. Full: writes are refused, nothing acknowledged is lost,
 * reading goes on, and writing works again by itself. A failed sync: nobody is told "durable", and
 * the process ends, because what the disk holds is unknown.
 */
#include "tests/unit/test.h"

#include <sys/resource.h>
#include <sys/wait.h>

#include "tests/unit/store/faults.h"
#include "tests/unit/store/fixture.h"

#include "lib/store/store.h"

static struct store *store;

static void open_store(void)
{
    struct store_config config = {.reader_count = 1};

    fixture_folder_make();
    config.url = fixture_path;
    EXPECT_OK(store_open(&config, &store));
}

static void close_store(void)
{
    store_close(store);
    EXPECT_OK(db_open(fixture_path, DB_WRITER, &fixture_db));
    EXPECT_OK(db_check(fixture_db));
    fixture_close();
}

struct numbered {
    int number;
};

static enum err add_user(struct db *db, void *arg)
{
    struct user_create_args args = {.password_hash = STR("$argon2id$x"), .now_ms = T0};
    struct numbered *numbered = arg;
    struct user user;
    struct buf buf;
    char name[24];

    buf_init_fixed(&buf, name, sizeof(name));
    buf_printf(&buf, "user%d", numbered->number);
    args.username = buf_str(&buf);
    return user_create(db, &args, &user);
}

static enum err count_users(struct db *db, void *arg)
{
    struct db_rows *rows;
    enum err err = db_query(db, "SELECT COUNT(*) FROM users", NULL, 0, &rows);

    if (err)
        return err;
    err = db_next(rows);
    if (!err)
        *(int64_t *)arg = db_i64(rows, 0);
    db_done(rows);
    return err;
}

static enum err add(int number)
{
    struct numbered numbered = {number};

    return store_write_durable(store, add_user, &numbered);
}

static int64_t users(void)
{
    int64_t count = -1;

    EXPECT_OK(store_read(store, count_users, &count));
    return count;
}

TEST(a_full_disk_refuses_writes_and_heals)
{
    open_store();
    EXPECT_OK(add(1));
    atomic_store(&fault_write_errno, ENOSPC);
    for (int i = 2; i < 10; i++)
        EXPECT_ERR(ERR_STORE, add(i));
    EXPECT_INT(1, users());
    atomic_store(&fault_write_errno, 0);
    EXPECT_OK(add(2));
    EXPECT_INT(2, users());
    close_store();
}

TEST(a_failing_disk_refuses_writes_and_heals)
{
    open_store();
    EXPECT_OK(add(1));
    atomic_store(&fault_write_errno, EIO);
    EXPECT_ERR(ERR_STORE, add(2));
    EXPECT_INT(1, users());
    atomic_store(&fault_write_errno, 0);
    EXPECT_OK(add(2));
    close_store();
}

static enum err durable_result;

static void durable_done(struct store_job *job, enum err err)
{
    (void)job;
    durable_result = err;
}

TEST(who_waits_for_a_batch_that_failed_is_told_now_and_later)
{
    struct store_job wait = {.done = durable_done};
    struct numbered numbered = {1};
    uint64_t failed = 0, good = 0;

    open_store();
    atomic_store(&fault_write_errno, ENOSPC);
    EXPECT_OK(store_write(store, add_user, &numbered, &failed)); /* it has run, no more */
    EXPECT_ERR(ERR_STORE, add(2));
    durable_result = OK;
    store_when_durable(store, failed, &wait);
    EXPECT_ERR(ERR_STORE, durable_result);
    atomic_store(&fault_write_errno, 0);
    EXPECT_OK(store_write(store, add_user, &numbered, &good));
    EXPECT_OK(add(2));
    store_when_durable(store, good, &wait);
    EXPECT_OK(durable_result);
    store_when_durable(store, failed, &wait);
    EXPECT_ERR(ERR_STORE, durable_result);
    EXPECT_INT(2, users());
    close_store();
}

/* The kernel's own refusal, in the middle of a page: a limit on the size of files. */
TEST(a_file_that_may_not_grow_refuses_writes_and_heals)
{
    struct rlimit limit, before;
    int written = 0;

    open_store();
    signal(SIGXFSZ, SIG_IGN);
    EXPECT_INT(0, getrlimit(RLIMIT_FSIZE, &before));
    limit = before;
    limit.rlim_cur = 1000001;
    EXPECT_INT(0, setrlimit(RLIMIT_FSIZE, &limit));
    while (written < 5000 && add(written) == OK)
        written++;
    EXPECT(written > 10);
    EXPECT(written < 5000);
    EXPECT_INT(written, users());
    EXPECT_ERR(ERR_STORE, add(written));
    EXPECT_INT(0, setrlimit(RLIMIT_FSIZE, &before));
    EXPECT_OK(add(written));
    EXPECT_INT(written + 1, users());
    close_store();
}

/* -- the sync that fails --------------------------------------------------------------------- */

static int told_fd;

static void tell_parent(struct store_job *job, enum err err)
{
    char told = err == ERR_STORE ? 'F' : 'D'; /* failed, durable */

    (void)job;
    if (write(told_fd, &told, 1) != 1)
        _exit(3);
}

/* In a child: one good write, then one whose sync fails. Nothing returns from the second. */
static void lose_sync(int fd)
{
    struct store_config config = {.url = fixture_path, .reader_count = 1};
    struct numbered first = {1}, second = {2};
    struct store_job good = {.run = add_user, .arg = &first, .done = tell_parent};
    struct store_job bad = {.run = add_user, .arg = &second, .done = tell_parent};

    told_fd = fd;
    if (store_open(&config, &store) || add(0) || store_submit(store, &good))
        _exit(1);
    if (add(3))
        _exit(1);
    atomic_store(&fault_sync_errno, EIO);
    if (store_submit(store, &bad))
        _exit(1);
    pause();
    _exit(2);
}

TEST(a_failed_sync_acknowledges_nothing_and_ends_the_process)
{
    char told[8] = {0};
    int pipe_fds[2], status;
    ssize_t len;
    pid_t child;

    fixture_folder_make();
    EXPECT_INT(0, pipe(pipe_fds));
    child = fork();
    EXPECT(child >= 0);
    if (child == 0)
        lose_sync(pipe_fds[1]);
    close(pipe_fds[1]);
    EXPECT_INT(child, waitpid(child, &status, 0));
    EXPECT(WIFSIGNALED(status));
    EXPECT_INT(SIGABRT, WTERMSIG(status));
    len = read(pipe_fds[0], told, sizeof(told));
    close(pipe_fds[0]);
    EXPECT_INT(2, len);
    EXPECT_STR("DF", str_of(told, 2));
    EXPECT_OK(db_open(fixture_path, DB_WRITER, &fixture_db));
    EXPECT(fixture_number("SELECT COUNT(*) FROM users WHERE username IN "
                          "('user0', 'user1', 'user3')") == 3);
    fixture_close();
}
