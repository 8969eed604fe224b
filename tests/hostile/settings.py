"""Repositories whose configuration or hooks would run a program: one line each of what, and what springs it."""

from __future__ import annotations

from tests.hostile.entry import COMMIT, EVENTS, NOBODY, REMOTE, SIGNING, Settings

LIST = ("git", "ls-remote", "origin")
COMMITS = ("git", "commit", "--allow-empty", "--message=x", "--quiet")
SSH = "ssh://127.0.0.1:1/x"
FILL = ("git", "credential", "fill")
ASKED = "protocol=https\nhost=example.com\n\n"
ATTRIBUTES = {".gitattributes": "*.yaml filter=trap\ndata filter=trap diff=trap\n"}
NEW = ("git", "update-ref", "refs/tags/new", "HEAD")
PUSH = ("git", "push", "origin", "HEAD:refs/heads/pushed")
PUSHING = frozenset({"push"})
SSH_TAG = {"gpg.format": "ssh", "user.signingKey": "key::ssh-ed25519 AAAAC3", "tag.gpgSign": "true"}
GPG = {"tag.gpgSign": "true", "commit.gpgSign": "true"}
PROGRAMS = (
    Settings("fsmonitor", ("git", "status"), {"core.fsmonitor": "{trap}"}, COMMIT),
    Settings("ssh-command", LIST, {"core.sshCommand": "{trap}", "remote.origin.url": SSH}, REMOTE),
    Settings(
        "ssh-command-by-include",
        LIST,
        {"include.path": "evil.inc", "remote.origin.url": SSH},
        REMOTE,
        {".git/evil.inc": "[core]\n\tsshCommand = {trap}\n"},
    ),
    Settings(
        "ssh-command-by-include-if",
        LIST,
        {"includeIf.gitdir:**/.git.path": "evil.inc", "remote.origin.url": SSH},
        REMOTE,
        {".git/evil.inc": "[core]\n\tsshCommand = {trap}\n"},
    ),
    Settings(
        "ssh-command-of-a-work-tree",
        LIST,
        {"extensions.worktreeConfig": "true", "remote.origin.url": SSH},
        REMOTE,
        {".git/config.worktree": "[core]\n\tsshCommand = {trap}\n"},
    ),
    Settings("pager", ("git", "--paginate", "show-ref"), {"core.pager": "{trap}"}, tty=True),
    Settings(
        "pagers-of-commands",
        ("git", "show-ref"),
        {
            f"pager.{verb}": "{trap}"
            for verb in ("show-ref", "for-each-ref", "cat-file", "rev-parse", "config", "ls-tree")
        },
        tty=True,
    ),
    Settings("editor", ("git", "commit", "--allow-empty"), {"core.editor": "{trap}"}),
    Settings("sequence-editor", ("git", "rebase", "-i", "HEAD~1"), {"sequence.editor": "{trap}"}),
    Settings("ask-pass", FILL, {"core.askPass": "{trap}", "remote.origin.url": "{base}/origin.git"}, text=ASKED),
    Settings("credential-helper", FILL, {"credential.helper": "!{trap}"}, text=ASKED),
    Settings("credential-helper-of-a-host", FILL, {"credential.https://example.com.helper": "!{trap}"}, text=ASKED),
    Settings("git-proxy", LIST, {"core.gitProxy": "{trap}", "remote.origin.url": "git://127.0.0.1:1/x"}, REMOTE),
    Settings("gpg-program", ("git", "tag", "-s", "-m", "x", "t"), {"gpg.program": "{trap}", **GPG}, SIGNING | COMMIT),
    Settings(
        "gpg-openpgp-program",
        ("git", "tag", "-s", "-m", "x", "t"),
        {"gpg.openpgp.program": "{trap}", **GPG},
        SIGNING | COMMIT,
    ),
    Settings(
        "gpg-ssh-program", ("git", "tag", "-s", "-m", "x", "t"), {"gpg.ssh.program": "{trap}", **SSH_TAG}, SIGNING
    ),
    Settings(
        "gpg-ssh-default-key-command",
        ("git", "tag", "-s", "-m", "x", "t"),
        {"gpg.format": "ssh", "gpg.ssh.defaultKeyCommand": "{trap}", "tag.gpgSign": "true"},
        SIGNING,
    ),
    Settings(
        "gpg-x509-program",
        ("git", "tag", "-s", "-m", "x", "t"),
        {"gpg.format": "x509", "gpg.x509.program": "{trap}", **GPG},
        SIGNING | COMMIT,
    ),
    Settings("diff-external", ("git", "diff"), {"diff.external": "{trap}"}, changed=True),
    Settings("textconv", ("git", "diff"), {"diff.trap.textconv": "{trap}"}, files=ATTRIBUTES, changed=True),
    Settings("diff-command", ("git", "diff"), {"diff.trap.command": "{trap}"}, files=ATTRIBUTES, changed=True),
    Settings("filter-clean", ("git", "add", "data"), {"filter.trap.clean": "{trap}"}, COMMIT, ATTRIBUTES, changed=True),
    Settings(
        "filter-smudge",
        ("git", "checkout", "--", "data"),
        {"filter.trap.smudge": "{trap}"},
        NOBODY,
        ATTRIBUTES,
        changed=True,
    ),
    Settings("filter-process", ("git", "status"), {"filter.trap.process": "{trap}"}, COMMIT, ATTRIBUTES, changed=True),
    Settings(
        "filter-by-info-attributes",
        ("git", "add", "data"),
        {"filter.trap.clean": "{trap}"},
        COMMIT,
        {".git/info/attributes": "* filter=trap\n"},
        changed=True,
    ),
    Settings(
        "aliases-of-commands",
        ("git", "hostile"),
        {
            f"alias.{verb}": "!{trap}"
            for verb in ("hostile", "show-ref", "for-each-ref", "cat-file", "rev-parse", "var", "update-ref", "mktag")
        },
    ),
    Settings(
        "hooks-path",
        NEW,
        {"core.hooksPath": ".git/evil"},
        EVENTS | COMMIT | PUSHING,
        {".git/evil/reference-transaction": "#!/bin/sh\n{trap}\n"},
    ),
    Settings("hook-reference-transaction", NEW, hooks=("reference-transaction",), may=EVENTS | COMMIT | PUSHING),
    Settings("hook-pre-commit", COMMITS, hooks=("pre-commit",), may=COMMIT),
    Settings("hook-prepare-commit-msg", COMMITS, hooks=("prepare-commit-msg",), may=COMMIT),
    Settings("hook-commit-msg", COMMITS, hooks=("commit-msg",), may=COMMIT),
    Settings("hook-post-commit", COMMITS, hooks=("post-commit",), may=COMMIT),
    Settings("hook-post-checkout", ("git", "checkout", "--", "data"), hooks=("post-checkout",)),
    Settings("hook-post-index-change", ("git", "add", "data"), hooks=("post-index-change",), may=COMMIT, changed=True),
    Settings("hook-pre-push", PUSH, hooks=("pre-push",), may=PUSHING),
    Settings(
        "hook-pre-auto-gc",
        ("git", "gc", "--auto"),
        {"gc.autoPackLimit": "1", "gc.autoDetach": "false"},
        COMMIT,
        hooks=("pre-auto-gc",),
        first=(("repack", "--quiet"), ("tag", "-a", "-m", "x", "one"), ("repack", "--quiet")),
    ),
    Settings(
        "pack-objects-hook",
        ("git", "clone", "--no-local", ".", "../copy"),
        {"uploadpack.packObjectsHook": "{trap}"},
        env={"GIT_CONFIG_GLOBAL": "{repo}/.git/config"},
    ),
    Settings("remote-uploadpack", LIST, {"remote.origin.uploadpack": "{trap}"}, REMOTE),
    Settings("remote-receivepack", PUSH, {"remote.origin.receivepack": "{trap}"}, PUSHING),
    Settings(
        "remote-vcs",
        LIST,
        {"remote.origin.vcs": "ext", "remote.origin.url": "{trap}"},
        env={"GIT_ALLOW_PROTOCOL": "ext"},
    ),
    Settings("ext-remote", LIST, {"remote.origin.url": "ext::{trap}", "protocol.ext.allow": "always"}),
    Settings("ext-all-allowed", LIST, {"remote.origin.url": "ext::{trap}", "protocol.allow": "always"}),
    Settings("instead-of", LIST, {"url.ext::{trap} .insteadOf": "{base}/origin", "protocol.ext.allow": "always"}),
    Settings(
        "push-instead-of", PUSH, {"url.ext::{trap} .pushInsteadOf": "{base}/origin", "protocol.ext.allow": "always"}
    ),
    Settings("push-url", PUSH, {"remote.origin.pushurl": "ext::{trap}", "protocol.ext.allow": "always"}),
    Settings(
        "trailer-command",
        ("git", "interpret-trailers"),
        {"trailer.x.key": "X", "trailer.x.command": "{trap}"},
        text="title\n\nX: 1\n",
    ),
    Settings(
        "trailer-cmd",
        ("git", "interpret-trailers", "--trailer=x=1"),
        {"trailer.x.key": "X", "trailer.x.cmd": "{trap}"},
        text="title\n\nX: 1\n",
    ),
    Settings(
        "interactive-diff-filter",
        ("git", "add", "--patch"),
        {"interactive.diffFilter": "{trap}"},
        changed=True,
        text="q\n",
        tty=True,
    ),
    Settings("difftool", ("git", "difftool", "-y", "--tool=x"), {"difftool.x.cmd": "{trap}"}, changed=True),
    Settings("browser", ("git", "web--browse", "--browser=x", "y"), {"browser.x.cmd": "{trap}"}),
    Settings(
        "submodule-update",
        ("git", "-c", "protocol.file.allow=always", "submodule", "update"),
        {"submodule.inner.update": "!{trap}"},
        first=(
            ("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", "{base}/origin.git", "inner"),
            ("commit", "--quiet", "-m", "x"),
            ("-C", "inner", "checkout", "--quiet", "HEAD~1"),
        ),
    ),
    Settings(
        "alternate-refs-command",
        ("git", "fetch", "--quiet", "origin", "refs/tags/*:refs/other/*"),
        {"core.alternateRefsCommand": "{trap}"},
        frozenset({"fetch"}),
        {".git/objects/info/alternates": "{base}/origin.git/objects\n"},
    ),
)
