"""The tables of the index."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
)

from gto.studio.index.dialects import Integer, Text

VERSION = 7
"""Raised whenever a table or the meaning of a column changes: an index of another version is made anew."""

metadata = MetaData()

repository = Table(
    "repository",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("address", Text, nullable=False),
    Column("is_remote", Boolean, nullable=False),
    Column("branch", Text),
    Column("remote", Text),  # the address of the remote, without anything secret; empty for none
    Column("groups", JSON, nullable=False),
    Column("position", Integer, nullable=False),
    Column("tags", Text, nullable=False, default=""),  # digest of the tag refs that were read last
    Column("heads", Text, nullable=False, default=""),  # digest of branches, experiments and HEAD
    Column("walked", Text, nullable=False, default=""),  # digest of what the commits were walked for last
    Column("commits", Integer, nullable=False, default=500),  # how many of each branch are read, the newest
    Column("since", Integer),  # and all since this second
    Column("tries", Integer, nullable=False, default=0),  # how often in a row files of versions could not be reached
    Column("tried_for", Text),  # digest of what decides whether they can be
    Column("retry_at", Float),  # when they are tried again though that is the same; null where nothing is lacking
    Column("head", Text),  # the commit whose annotations count
    Column("stages", JSON),  # those of the configuration; null for any
    Column("read_at", Float),  # seconds since 1970, when Git was asked last
    Column("changed_at", Float),  # when Git had news last
    Column("error", Text),
    Column("hint", Text),
    Column("judged", Text, nullable=False, default=""),  # digests of what judgements rest on: keys and policy, tags
    Column("has_policy", Boolean, nullable=False, default=False),  # one that a writer meets, or a reader goes by
    Column("policy", Text),  # where the one was found that a reader goes by, as `gto reviews --json` says it
    Column("policy_error", Text),  # why keys or policy could not be read
    Column("policy_hint", Text),
    Column("examined", Text, nullable=False, default=""),  # digest of what was examined last
    Column("examined_at", Float),
    Column("findings", JSON),  # what `gto doctor --json` says: config, problems, notes
    Column("branches", JSON),  # name, commit, time, author and subject of each, the newest first
)

tag_group = Table(  # the tags of one artifact as they were read last
    "tag_group",
    metadata,
    Column("repository_id", ForeignKey("repository.id", ondelete="CASCADE"), nullable=False),
    Column("artifact", Text, nullable=False),
    Column("digest", Text, nullable=False),
    PrimaryKeyConstraint("repository_id", "artifact"),
)

event = Table(  # one row a tag that is an event, whether it counts or not
    "event",
    metadata,
    Column("repository_id", ForeignKey("repository.id", ondelete="CASCADE"), nullable=False),
    Column("ref", Text, nullable=False),
    Column("oid", Text, nullable=False),
    Column("artifact", Text, nullable=False),
    Column("kind", Integer, nullable=False),
    Column("version", Text),  # the version that it concerns; null where it does not count
    Column("before", Text, nullable=False),  # the version in whose place it came; empty for none
    Column("stage", Text),
    Column("commit", Text, nullable=False),
    Column("time", Integer, nullable=False),
    Column("counter", Integer, nullable=False),
    Column("author", Text, nullable=False),
    Column("author_email", Text, nullable=False),
    Column("folded_author", Text, nullable=False),  # name and address as they are searched: str.casefold()
    Column("body", LargeBinary, nullable=False),  # the tag object's text
    Column("counts", Boolean, nullable=False),
    Column("verdict", Text),  # on its signature, as `gto verify --json` says it, with the three after it
    Column("signer", Text),
    Column("key", Text),
    Column("reason", Text),
    Column("refusal", Text),  # why the policy refuses it; null where it does not
    Column("was_fine", Boolean),  # whether the policy of its time let it through; null where it is not refused
    PrimaryKeyConstraint("repository_id", "ref"),
    Index("event_artifact", "repository_id", "artifact", "commit"),
    Index("event_time", "time", "counter", "kind", "ref"),
)

artifact = Table(
    "artifact",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("repository_id", ForeignKey("repository.id", ondelete="CASCADE"), nullable=False),
    Column("is_known", Boolean, nullable=False),  # has an event
    Column("is_active", Boolean, nullable=False),  # is not deprecated
    Column("versions", Integer, nullable=False),  # how many count
    Column("search", Text, nullable=False),  # name, labels, description, type and path, folded; found fast up here
    Column("name", Text, nullable=False),
    Column("latest", Text),
    Column("latest_commit", Text),
    Column("latest_at", Integer),
    Column("latest_by", Text),
    Column("folded_latest_by", Text),
    Column("changed_at", Integer),  # the newest event
    Column("staged_at", Integer),  # the newest event of a stage
    Column("behind", Integer, nullable=False),  # the most versions that one of its stages is behind
    Column("type", Text),
    Column("description", Text),
    Column("path", Text),
    Column("labels", JSON, nullable=False),
    Column(
        "metric", JSON
    ),  # the first metric of the latest version: name, value, change, the values before, and its goal
    Column("model", JSON),  # what its side-car says of the latest version: framework, code on load, whether it is stale
    Column("framework", Text),  # its name, as it is written
    Column("folded_framework", Text),
    Column("size", Integer),  # bytes of the latest version; null where nobody knows
    Column("problems", Integer, nullable=False),
    Column("verdict", Text),  # on the signatures that it rests on, as `gto show --verify --json` says it
    Column("signer", Text),
    Column("fingerprint", Text),
    Column("reason", Text),
    Column("refused", Integer, nullable=False, default=0),  # how many events that count the policy refuses
    Column("against", Integer, nullable=False, default=0),  # how many of these were refused by that of their time, too
    Column("out_of_sync", Integer, nullable=False, default=0),  # how many targets do not run what Git says
    Column("stages", JSON),  # what each shows, as at place 0 of `standing`: a list of artifacts needs no other table
    Index("artifact_name", "repository_id", "name", unique=True),
)

standing = Table(  # who is in which stage now
    "standing",
    metadata,
    Column("artifact_id", ForeignKey("artifact.id", ondelete="CASCADE"), nullable=False),
    Column("stage", Text, nullable=False),
    Column("place", Integer, nullable=False),  # 0 for the version that the stage shows
    Column("version", Text, nullable=False),
    Column("commit", Text, nullable=False),
    Column("ref", Text, nullable=False),
    Column("time", Integer, nullable=False),
    Column("author", Text, nullable=False),
    Column("behind", Integer, nullable=False),
    PrimaryKeyConstraint("artifact_id", "stage", "place"),
    Index("standing_stage", "stage", "place"),
)

label = Table(
    "label",
    metadata,
    Column("artifact_id", ForeignKey("artifact.id", ondelete="CASCADE"), nullable=False),
    Column("label", Text, nullable=False),
    PrimaryKeyConstraint("artifact_id", "label"),
    Index("label_label", "label"),
)

problem = Table(  # what was set aside while reading
    "problem",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("repository_id", ForeignKey("repository.id", ondelete="CASCADE"), nullable=False),
    Column("artifact", Text, nullable=False),  # empty where it concerns none
    Column("code", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("hint", Text, nullable=False),
    Column("origin", Text, nullable=False),  # `tags`, `files` of HEAD, or `doctor` for what only that finds
    Column("tag_group", Text, nullable=False),  # the artifact among whose tags it was found
    Index("problem_group", "repository_id", "tag_group"),
)

review = Table(  # a version that a rule of the policy lets into a stage only with approvals
    "review",
    metadata,
    Column("repository_id", ForeignKey("repository.id", ondelete="CASCADE"), nullable=False),
    Column("place", Integer, nullable=False),
    Column("artifact", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("stage", Text, nullable=False),
    Column("needed", Integer, nullable=False),
    Column("given", Integer, nullable=False),
    Column("approvers", Text),  # whose approvals count, in words; null for anybody's
    Column("body", JSON, nullable=False),  # as `gto reviews --json` prints it
    PrimaryKeyConstraint("repository_id", "place"),
    Index("review_artifact", "repository_id", "artifact"),
)

deploy_target = Table(  # a target that `deploy.yaml` of HEAD declares, or of which there is a report
    "deploy_target",
    metadata,
    Column("repository_id", ForeignKey("repository.id", ondelete="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
    Column("place", Integer),  # in the file; null where that does not declare it
    Column("kind", Text, nullable=False),  # of platform
    Column("selector", Text, nullable=False),  # what is to run there; empty where it is not declared
    Column("artifact", Text, nullable=False),
    Column("stage", Text),
    Column("version", Text),  # the one that is to run; null where the stage holds none
    Column("commit", Text),
    Column("state", Text, nullable=False),  # of TargetState
    Column("runs", Text),  # the version that runs; null where none does, or nobody told
    Column("detail", Text, nullable=False),  # what the platform says, or why it could not be asked
    Column("seen_at", Float),  # when it was looked at; null where it never was
    Column("seen_by", Text),
    PrimaryKeyConstraint("repository_id", "name"),
    Index("deploy_target_artifact", "repository_id", "artifact"),
)

fact = Table(  # all that a commit tells of an artifact, as `gto describe --all --json` prints it
    "fact",
    metadata,
    Column("repository_id", ForeignKey("repository.id", ondelete="CASCADE"), nullable=False),
    Column("artifact", Text, nullable=False),
    Column("commit", Text, nullable=False),
    Column("version", Text),  # the newest of those that the commit is
    Column("body", JSON, nullable=False),
    Column("files", JSON, nullable=False),  # those that Git holds: path, size (null where the object is not here), id
    Column("card_path", Text),
    Column("card", Text),  # the object id
    Column("is_whole", Boolean, nullable=False),  # whether nothing was out of reach that may be there another time
    PrimaryKeyConstraint("repository_id", "artifact", "commit"),
    Index("fact_card", "repository_id", "card"),
)

card = Table(  # what describes a model, in Markdown
    "card",
    metadata,
    Column("repository_id", ForeignKey("repository.id", ondelete="CASCADE"), nullable=False),
    Column("oid", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("folded_text", Text, nullable=False),
    PrimaryKeyConstraint("repository_id", "oid"),
)

metric = Table(  # the numbers among the metrics of a fact
    "metric",
    metadata,
    Column("repository_id", Integer, nullable=False),
    Column("artifact", Text, nullable=False),
    Column("commit", Text, nullable=False),
    Column("file", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("folded_key", Text, nullable=False),
    Column("name", Text, nullable=False),  # the last part of it
    Column("value", Float, nullable=False),
    Column("place", Integer, nullable=False),  # in the order in which files and keys stand
    PrimaryKeyConstraint("repository_id", "artifact", "commit", "file", "key"),
    ForeignKeyConstraint(
        ["repository_id", "artifact", "commit"],
        ["fact.repository_id", "fact.artifact", "fact.commit"],
        ondelete="CASCADE",
    ),
    Index("metric_name", "name", "value"),
)

branch = Table(
    "branch",
    metadata,
    Column("repository_id", ForeignKey("repository.id", ondelete="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
    Column("tip", Text, nullable=False),
    Column("place", Integer, nullable=False),  # 0 for the default branch, then the newest first
    Column("total", Integer, nullable=False),  # its commits; of a branch beside the default one, those of its own
    Column("behind", Integer, nullable=False),  # how many commits of the default branch it lacks
    PrimaryKeyConstraint("repository_id", "name"),
)

commit = Table(  # each that a branch, an experiment or a stage leads to, as far as they are read
    "commit",
    metadata,
    Column("repository_id", ForeignKey("repository.id", ondelete="CASCADE"), nullable=False),
    Column("oid", Text, nullable=False),
    Column("parent", Text),  # the first one
    Column("author", Text, nullable=False),
    Column("author_email", Text, nullable=False),
    Column("time", Integer, nullable=False),
    Column("subject", Text, nullable=False),
    Column("is_hidden", Boolean, nullable=False),  # its message says so
    PrimaryKeyConstraint("repository_id", "oid"),
)

branch_commit = Table(  # the newest commits of a branch
    "branch_commit",
    metadata,
    Column("repository_id", Integer, nullable=False),
    Column("branch", Text, nullable=False),
    Column("place", Integer, nullable=False),  # 0 for the newest
    Column("oid", Text, nullable=False),
    PrimaryKeyConstraint("repository_id", "branch", "place"),
    ForeignKeyConstraint(["repository_id", "branch"], ["branch.repository_id", "branch.name"], ondelete="CASCADE"),
)

experiment = Table(  # of DVC: a commit on no branch, made from another
    "experiment",
    metadata,
    Column("repository_id", ForeignKey("repository.id", ondelete="CASCADE"), nullable=False),
    Column("ref", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("baseline", Text, nullable=False),
    Column("oid", Text, nullable=False),
    PrimaryKeyConstraint("repository_id", "ref"),
)

commit_values = Table(  # which values a commit has in a project; equal ones have one digest
    "commit_values",
    metadata,
    Column("repository_id", ForeignKey("repository.id", ondelete="CASCADE"), nullable=False),
    Column("oid", Text, nullable=False),
    Column("project", Text, nullable=False),  # the root of the DVC project; empty for the repository's own
    Column("pipelines", JSON, nullable=False),  # the directories of its `dvc.yaml` files
    Column("digest", Text, nullable=False),
    PrimaryKeyConstraint("repository_id", "oid", "project"),
)

value_set = Table(  # metrics, params, hashes of data, by file, as `gto describe --all` and `gto diff` print them
    "value_set",
    metadata,
    Column("repository_id", ForeignKey("repository.id", ondelete="CASCADE"), nullable=False),
    Column("digest", Text, nullable=False),
    Column("is_whole", Boolean, nullable=False),  # all files that are declared were read
    Column("body", Text, nullable=False),  # JSON
    PrimaryKeyConstraint("repository_id", "digest"),
)
