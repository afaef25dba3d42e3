#!/usr/bin/python3
"""Holds the tree to tools/layers.txt: layers, roles, vendor headers, cycles, banned functions.

    tools/layers_check.py [--root FOLDER]

Prints one line per broken rule, with the rule's own text, and the counts; exits 1 when a rule is
broken. tools/layers_test.py proves that each kind of rule can fail.
"""

import argparse
import fnmatch
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+(?:"([^"\n]+)"|<([^>\n]+)>)', re.M)
COMMENT_OR_TEXT = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


class Rule:
    """A line of layers.txt: its words, and the text to show when it is broken."""

    def __init__(self, line):
        self.text = line.strip()
        words, _, self.reason = line.partition("#")
        self.kind, *self.words = words.split()

    def __str__(self):
        return " ".join(self.text.split())


class Rules:
    KINDS = ("layer", "peer", "apart", "vendor", "system", "pure", "banned")

    def __init__(self, text):
        lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
        self.all = [Rule(line) for line in lines]
        for rule in self.all:
            if rule.kind not in self.KINDS or not rule.words:
                raise ValueError(f"layers.txt: not a rule: {rule}")

    def of(self, kind):
        return [rule for rule in self.all if rule.kind == kind]

    def layer_of(self, path):
        """(rule, number, folder) of the layer a file lies in, or None."""
        for rule in self.of("layer"):
            if is_below(path, rule.words[1]):
                return rule, int(rule.words[0]), rule.words[1]
        return None


def is_below(path, folder):
    """True when `folder`, whose last part may hold a *, is above `path` or is it."""
    parts, pattern = path.split("/"), folder.split("/")
    return len(parts) >= len(pattern) and all(map(fnmatch.fnmatchcase, parts, pattern))


def without_comments(text):
    return COMMENT_OR_TEXT.sub(lambda m: '""' if m[0][0] in "\"'" else " " + "\n" * m[0].count("\n"),
                               text)


class Source:
    def __init__(self, root, path):
        text = (root / path).read_text(errors="replace")
        # Comments go first, so that an include inside one does not count; its quotes must stay.
        code = re.sub(r"/\*.*?\*/", lambda m: "\n" * m[0].count("\n"), text, flags=re.S)
        found = [(ours, theirs, 1 + code.count("\n", 0, match.start()))
                 for match in INCLUDE.finditer(code) for ours, theirs in [match.groups()]]
        self.path = path
        self.ours = [(name, line) for name, _, line in found if name]
        self.theirs = [(name, line) for _, name, line in found if name]
        self.code = without_comments(text)


class Check:
    def __init__(self, root, rules):
        self.root, self.rules, self.broken = root, rules, []
        folders = sorted({rule.words[1].split("/")[0] for rule in rules.of("layer")})
        paths = [path for folder in folders for path in sorted((root / folder).rglob("*.[ch]"))]
        names = [path.relative_to(root).as_posix() for path in paths]
        self.sources = {name: Source(root, name) for name in names if "node_modules" not in name}

    def fail(self, place, what, rule):
        self.broken.append(f"{place}: {what}\n    rule: {rule}")

    def check_places(self):
        for path in self.sources:
            if not self.rules.layer_of(path):
                self.fail(path, "lies in no layer", "every C file lies in a folder with a `layer`")

    def check_from_root(self):
        for source in self.sources.values():
            for name, line in source.ours:
                if name not in self.sources and not (self.root / name).is_file():
                    self.fail(f"{source.path}:{line}", f'includes "{name}"',
                              "includes are written from the root, so that the path is the layer")
                elif ".." in name.split("/"):
                    self.fail(f"{source.path}:{line}", f'includes "{name}"',
                              "includes are written from the root, without ..")

    def check_layers(self):
        peers = {tuple(rule.words[:2]) for rule in self.rules.of("peer")}
        for source, name, line in self.edges():
            mine, theirs = self.rules.layer_of(source.path), self.rules.layer_of(name)
            if not mine or not theirs or mine[2] == theirs[2] or theirs[1] < mine[1]:
                continue
            if (mine[2], theirs[2]) not in peers:
                self.fail(f"{source.path}:{line}", f'includes "{name}"',
                          f"{theirs[0]} is not below {mine[0]}")

    def check_apart(self):
        for rule in self.rules.of("apart"):
            for source, name, line in self.edges():
                mine, theirs = part_below(source.path, rule.words[0]), part_below(name, rule.words[0])
                is_inside = is_below(source.path, rule.words[0])
                if is_inside and theirs and mine != theirs:
                    # A shared file of the folder (services/reply.c) may not know one part either,
                    # but for the registry, which is the list of them.
                    if mine is None and source.path.endswith(("registry.c", "roles.c")):
                        continue
                    self.fail(f"{source.path}:{line}", f'includes "{name}"', rule)

    def check_vendor(self):
        known = {name for rule in self.rules.of("system") for name in rule.words}
        for source in self.sources.values():
            for name, line in source.theirs:
                rule = next((rule for rule in self.rules.of("vendor")
                             if fnmatch.fnmatchcase(name, rule.words[0])), None)
                if rule and not any(is_below(source.path, path) for path in rule.words[1:]):
                    self.fail(f"{source.path}:{line}", f"includes <{name}>", rule)
                elif not rule and name not in known:
                    self.fail(f"{source.path}:{line}", f"includes <{name}>",
                              "a header that is neither `system` nor `vendor` has no place yet")

    def check_pure(self):
        for rule in self.rules.of("pure"):
            for source in self.sources.values():
                if not is_below(source.path, rule.words[0]):
                    continue
                for name, line in source.theirs:
                    if name not in rule.words[1:]:
                        self.fail(f"{source.path}:{line}", f"includes <{name}>", rule)

    def check_banned(self):
        for rule in self.rules.of("banned"):
            call = re.compile(rf"(?<![\w.>]){re.escape(rule.words[0])}\s*\(")
            for source in self.sources.values():
                if any(is_below(source.path, path) for path in rule.words[1:]):
                    continue
                for match in call.finditer(source.code):
                    line = 1 + source.code.count("\n", 0, match.start())
                    self.fail(f"{source.path}:{line}", f"calls {rule.words[0]}", rule)

    def check_cycles(self):
        done, stack = set(), []

        def visit(path):
            if path in stack:
                cycle = stack[stack.index(path):] + [path]
                self.fail(path, " -> ".join(cycle), "there is no include cycle")
                return
            if path in done:
                return
            stack.append(path)
            for name, _ in self.sources[path].ours:
                if name in self.sources:
                    visit(name)
            stack.pop()
            done.add(path)

        for path in self.sources:
            visit(path)

    def edges(self):
        for source in self.sources.values():
            for name, line in source.ours:
                yield source, name, line

    def run(self):
        for check in (self.check_places, self.check_from_root, self.check_layers, self.check_apart,
                      self.check_vendor, self.check_pure, self.check_banned, self.check_cycles):
            check()
        return self.broken


def part_below(path, folder):
    """"profile" for services/profile/x.c below services; None for a file of the folder itself."""
    rest = path[len(folder) + 1:] if is_below(path, folder) else ""
    return rest.split("/")[0] if "/" in rest else None


def check_tree(root, rules_text):
    check = Check(pathlib.Path(root), Rules(rules_text))
    return check.run(), len(check.sources)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", default=str(HERE.parent))
    options = parser.parse_args()
    broken, count = check_tree(options.root, (HERE / "layers.txt").read_text())
    print(*broken, sep="\n", end="\n" if broken else "")
    print(f"{count} files read")
    print(f"{0 if broken else 1} passed, {len(broken)} failed")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
