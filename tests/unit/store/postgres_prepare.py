#!/usr/bin/python3
"""Shows that the schema and every statement of lib/store are PostgreSQL too.

Optional and by hand: it needs a PostgreSQL server's programs (initdb, pg_ctl, psql) and a compiler.
It starts a private server on a socket in a temporary folder, runs db/migrations and prepares each
statement found in the preprocessed sources. As root it runs the server as the user `postgres`.

    tests/unit/store/postgres_prepare.py [folder with initdb]
"""
import glob
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
LITERALS = re.compile(r'"(?:[^"\\]|\\.)*"(?:\s*"(?:[^"\\]|\\.)*")*')
PSQL = "psql"
VERBS = ("SELECT ", "INSERT ", "UPDATE ", "DELETE ")


def statements():
    """Runs of string literals that begin like a statement, as the compiler would join them."""
    found = []
    for source in sorted((ROOT / "lib/store").glob("*.c")):
        text = subprocess.run(
            ["cc", "-E", "-P", "-D_GNU_SOURCE", f"-I{ROOT}", str(source)],
            check=True, capture_output=True, text=True).stdout
        for run in LITERALS.findall(text):
            sql = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', run))
            if sql.startswith(VERBS):
                found.append((source.name, sql))
    return found


def programs():
    if len(sys.argv) > 1:
        return sys.argv[1]
    folders = sorted(glob.glob("/usr/lib/postgresql/*/bin"))
    where = shutil.which("initdb")
    return str(pathlib.Path(where).parent) if where else folders[-1]


def main():
    bin_folder = programs()
    folder = tempfile.mkdtemp(prefix="rally-pg-")
    as_user = []
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
        as_user = ["runuser", "-u", "postgres", "--"]

    def run(program, *args, **more):
        command = as_user + [f"{bin_folder}/{program}", *args]
        return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True,
                              **more)

    def psql(sql):
        return subprocess.run(
            as_user + [PSQL, "-h", folder, "-v", "ON_ERROR_STOP=1", "-q",
                       "postgres"],
            cwd=folder, input=sql, capture_output=True, text=True, check=False)

    run("initdb", "-D", f"{folder}/data", "-A", "trust", "-E", "UTF8", "--locale=C")
    run("pg_ctl", "-D", f"{folder}/data", "-w", "-l", f"{folder}/log", "-o",
        f"-k {folder} -c listen_addresses=''", "start")
    failed = 0
    try:
        schema = "".join(path.read_text(encoding="utf-8")
                         for path in sorted((ROOT / "db/migrations").glob("*.sql")))
        schema += ("CREATE TABLE schema_migrations (name TEXT PRIMARY KEY, text_hash BIGINT, "
                   "applied_ms BIGINT);")
        result = psql(schema)
        if result.returncode:
            sys.exit(f"schema: {result.stderr}")
        found = statements()
        for number, (source, sql) in enumerate(found):
            result = psql(f"PREPARE s{number} AS {sql};")
            if result.returncode:
                failed += 1
                print(f"{source}: {sql}\n    {result.stderr.strip()}")
        print(f"{len(found) - failed} statements prepared, {failed} failed")
    finally:
        run("pg_ctl", "-D", f"{folder}/data", "-m", "immediate", "stop")
        shutil.rmtree(folder)
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
