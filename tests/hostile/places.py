"""Repositories whose own files lead elsewhere, or lack what git would fetch by a program that they name."""

from __future__ import annotations

import glob
import os
import shutil
from typing import TYPE_CHECKING

from tests.hostile.entry import COMMIT, EVENTS, NOBODY, REMOTE, Entry
from tests.hostile.scene import SECRET
from tests.objects import RawTag, loose, plant
from tests.repo import run

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.hostile.scene import Scene

OLD = (1_600_000_000, 1_600_000_000)
ELSEWHERE = frozenset({"push", "register", "assign", "annotate", "fetch"}) | COMMIT
"""Where git's own files say that the repository is elsewhere, it is, and is written there: as by git."""


def git_dir(scene: Scene) -> str:
    return os.path.join(scene.repo.path, ".git")


# --- git's own files


def wrote(act: Callable[[Scene], object]) -> Callable[[Scene], bool]:
    """Tell whether something outside changes when this is done."""

    def control(scene: Scene) -> bool:
        before = scene.outer()
        act(scene)
        return scene.outer() != before

    return control


def other_repository(scene: Scene) -> str:
    place = scene.outside / "other"
    shutil.copytree(scene.repo.path, place, symlinks=True)
    return str(place / ".git")


def common_dir(scene: Scene) -> None:
    place = other_repository(scene)
    with open(os.path.join(git_dir(scene), "commondir"), "w", encoding="utf-8") as file:
        file.write(place)


def git_file(scene: Scene) -> None:
    place = other_repository(scene)
    shutil.rmtree(git_dir(scene))
    with open(git_dir(scene), "w", encoding="utf-8") as file:
        file.write(f"gitdir: {place}\n")


def git_link(scene: Scene) -> None:
    place = other_repository(scene)
    shutil.rmtree(git_dir(scene))
    os.symlink(place, git_dir(scene))


def work_tree(scene: Scene) -> None:
    scene.repo.git("config", "core.worktree", str(scene.base))
    (scene.base / "dvc.yaml").symlink_to(scene.outside / "dvc.yaml")


def cache_link(scene: Scene) -> None:
    os.symlink(scene.outside, os.path.join(git_dir(scene), "gto"))


def cache_pipe(scene: Scene) -> None:
    os.mkdir(os.path.join(git_dir(scene), "gto"))
    os.mkfifo(os.path.join(git_dir(scene), "gto", "standings"))


def write_cache(scene: Scene) -> None:
    with open(os.path.join(git_dir(scene), "gto", "standings"), "w", encoding="utf-8") as file:
        file.write("x")


def lock_link(place: str) -> Callable[[Scene], None]:
    def plant(scene: Scene) -> None:
        path = os.path.join(git_dir(scene), place)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        os.symlink(scene.outside, path)

    return plant


def delete_locks(pattern: str) -> Callable[[Scene], None]:
    def act(scene: Scene) -> None:
        for path in glob.glob(os.path.join(git_dir(scene), pattern, "*.lock")):
            os.unlink(path)

    return act


def worktree_pipe(scene: Scene) -> None:
    place = os.path.join(git_dir(scene), "worktrees", "x")
    os.makedirs(place)
    os.mkfifo(os.path.join(place, "gitdir"))
    lock = os.path.join(git_dir(scene), "index.lock")
    with open(lock, "w", encoding="utf-8"):
        os.utime(lock, OLD)


def ref_pipe(scene: Scene) -> None:
    os.mkfifo(os.path.join(git_dir(scene), "refs", "pipe"))


def ref_link(scene: Scene) -> None:
    os.symlink(scene.outside / "notes", os.path.join(git_dir(scene), "refs", "tags", "x@v1.0.0"))


def waits(path: str) -> Callable[[Scene], bool]:
    return lambda scene: b"124" in scene.plain("sh", "-c", f"timeout 0.2 cat .git/{path}; echo $?")


def alternates(scene: Scene) -> None:
    """Objects from another repository count as this one's, which alternates are for; nothing is written there."""
    place = other_repository(scene)
    shutil.rmtree(os.path.join(git_dir(scene), "objects"))
    os.makedirs(os.path.join(git_dir(scene), "objects", "info"))
    with open(os.path.join(git_dir(scene), "objects/info/alternates"), "w", encoding="utf-8") as file:
        file.write(os.path.join(place, "objects") + "\n")


def signers_pipe(scene: Scene) -> None:
    os.mkfifo(os.path.join(git_dir(scene), "signers"))
    scene.repo.git("config", "gpg.ssh.allowedSignersFile", os.path.join(git_dir(scene), "signers"))
    message = b"x\n-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----\n"
    plant(scene.repo, RawTag("x@v1.0.0", message=message))


OWN_FILES = (
    Entry("the-file-of-signers-is-a-pipe", signers_pipe, waits("signers")),
    Entry("common-dir-elsewhere", common_dir, wrote(lambda s: s.plain("git", "tag", "t")), ELSEWHERE),
    Entry("git-file-elsewhere", git_file, wrote(lambda s: s.plain("git", "tag", "t")), ELSEWHERE),
    Entry("git-directory-is-a-link", git_link, wrote(lambda s: s.plain("git", "tag", "t")), ELSEWHERE),
    Entry(
        "work-tree-elsewhere",
        work_tree,
        lambda s: s.plain("git", "rev-parse", "--show-toplevel").strip() == os.fsencode(s.base),
    ),
    Entry("alternates-elsewhere", alternates, lambda s: b"fine" in s.plain("git", "show", "HEAD~1:dvc.yaml")),
    Entry("cache-is-a-link-out", cache_link, wrote(write_cache)),
    Entry("cache-is-a-pipe", cache_pipe, waits("gto/standings")),
    Entry("locks-of-a-linked-work-tree", lock_link("worktrees/x"), wrote(delete_locks("worktrees/*"))),
    Entry("locks-of-all-work-trees", lock_link("worktrees"), wrote(delete_locks("worktrees"))),
    Entry("locks-below-refs", lock_link("refs/x"), wrote(delete_locks("refs/*"))),
    Entry("a-work-tree-s-file-is-a-pipe", worktree_pipe, waits("worktrees/x/gitdir"), waits=True),
    Entry("a-ref-is-a-pipe", ref_pipe, waits("refs/pipe"), waits=True),
    Entry("a-ref-is-a-link-out", ref_link, lambda s: SECRET.encode() in s.plain("cat", ".git/refs/tags/x@v1.0.0")),
)


# --- objects that are lacking, and how git would get them


def lazy(title: str, config: dict[str, str], may: frozenset[str] = REMOTE) -> Entry:
    def plant(scene: Scene) -> None:
        repo = scene.repo
        for rev in ("HEAD:dvc.yaml", "HEAD~1:dvc.yaml"):
            loose(repo, repo.git("rev-parse", rev)).unlink(missing_ok=True)
        run("git", "repack", "-q", cwd=repo.path)
        (repo.path / ".git/objects/pack/pack-x.promisor").write_text("")
        (repo.path / "dvc.yaml").unlink()
        repo.git("config", "core.repositoryFormatVersion", "1")
        settings = {"extensions.partialClone": "origin", "remote.origin.promisor": "true", **config}
        for key, value in settings.items():
            repo.git("config", key, scene.fill(value))

    def control(scene: Scene) -> bool:
        scene.plain("git", "cat-file", "-p", "HEAD:dvc.yaml", GIT_NO_LAZY_FETCH="0")
        return scene.sprung

    return Entry(f"lazy-fetch-by-{title}", plant, control, may | EVENTS | COMMIT if may else NOBODY)


SSH = {"remote.origin.url": "ssh://127.0.0.1:1/x"}
LAZY = (
    lazy("uploadpack", {"remote.origin.uploadpack": "{trap}"}),
    lazy("ssh-command", {**SSH, "core.sshCommand": "{trap}"}),
    lazy("git-proxy", {"remote.origin.url": "git://127.0.0.1:1/x", "core.gitProxy": "{trap}"}),
    lazy("ext", {"remote.origin.url": "ext::{trap}", "protocol.ext.allow": "always"}, NOBODY),
    lazy("vcs", {"remote.origin.vcs": "ext", "remote.origin.url": "{trap}", "protocol.ext.allow": "always"}, NOBODY),
)


def merge_driver(scene: Scene) -> None:
    repo = scene.repo
    repo.git("checkout", "--quiet", "-b", "side")
    repo.commit("side", {"data": "side\n"})
    repo.git("checkout", "--quiet", "main")
    repo.commit("main", {"data": "main\n", ".gitattributes": "data merge=trap\n"})
    repo.git("config", "merge.trap.driver", str(scene.trap))


def merged(scene: Scene) -> bool:
    scene.plain("git", "merge", "side")
    return scene.sprung


PLACES = (*OWN_FILES, *LAZY, Entry("merge-driver", merge_driver, merged))
