-- The index of the release before teams: SQLite's tables as it made them, and a repository that it had read.
PRAGMA user_version = 1742008381;
CREATE TABLE repository (
	id INTEGER NOT NULL,
	name TEXT NOT NULL,
	address TEXT NOT NULL,
	is_remote BOOLEAN NOT NULL,
	branch TEXT,
	remote TEXT,
	groups JSON NOT NULL,
	position INTEGER NOT NULL,
	tags TEXT NOT NULL,
	heads TEXT NOT NULL,
	walked TEXT NOT NULL,
	commits INTEGER NOT NULL,
	since INTEGER,
	head TEXT,
	stages JSON,
	read_at FLOAT,
	changed_at FLOAT,
	error TEXT,
	hint TEXT,
	judged TEXT NOT NULL,
	has_policy BOOLEAN NOT NULL,
	policy TEXT,
	policy_error TEXT,
	policy_hint TEXT,
	examined TEXT NOT NULL,
	examined_at FLOAT,
	findings JSON,
	branches JSON,
	PRIMARY KEY (id),
	UNIQUE (name)
);
CREATE TABLE tag_group (
	repository_id INTEGER NOT NULL,
	artifact TEXT NOT NULL,
	digest TEXT NOT NULL,
	PRIMARY KEY (repository_id, artifact),
	FOREIGN KEY(repository_id) REFERENCES repository (id) ON DELETE CASCADE
);
CREATE TABLE event (
	repository_id INTEGER NOT NULL,
	ref TEXT NOT NULL,
	oid TEXT NOT NULL,
	artifact TEXT NOT NULL,
	kind INTEGER NOT NULL,
	version TEXT,
	"before" TEXT NOT NULL,
	stage TEXT,
	"commit" TEXT NOT NULL,
	time INTEGER NOT NULL,
	counter INTEGER NOT NULL,
	author TEXT NOT NULL,
	author_email TEXT NOT NULL,
	body BLOB NOT NULL,
	counts BOOLEAN NOT NULL,
	verdict TEXT,
	signer TEXT,
	"key" TEXT,
	reason TEXT,
	refusal TEXT,
	was_fine BOOLEAN,
	PRIMARY KEY (repository_id, ref),
	FOREIGN KEY(repository_id) REFERENCES repository (id) ON DELETE CASCADE
);
CREATE INDEX event_time ON event (time, counter, kind, ref);
CREATE INDEX event_artifact ON event (repository_id, artifact, "commit");
CREATE TABLE artifact (
	id INTEGER NOT NULL,
	repository_id INTEGER NOT NULL,
	name TEXT NOT NULL,
	is_known BOOLEAN NOT NULL,
	is_active BOOLEAN NOT NULL,
	versions INTEGER NOT NULL,
	latest TEXT,
	latest_commit TEXT,
	latest_at INTEGER,
	latest_by TEXT,
	changed_at INTEGER,
	staged_at INTEGER,
	behind INTEGER NOT NULL,
	type TEXT,
	description TEXT,
	path TEXT,
	labels JSON NOT NULL,
	metric JSON,
	model JSON,
	size INTEGER,
	problems INTEGER NOT NULL,
	verdict TEXT,
	signer TEXT,
	fingerprint TEXT,
	reason TEXT,
	refused INTEGER NOT NULL,
	against INTEGER NOT NULL,
	search TEXT NOT NULL,
	PRIMARY KEY (id),
	FOREIGN KEY(repository_id) REFERENCES repository (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX artifact_name ON artifact (repository_id, name);
CREATE TABLE problem (
	id INTEGER NOT NULL,
	repository_id INTEGER NOT NULL,
	artifact TEXT NOT NULL,
	code TEXT NOT NULL,
	subject TEXT NOT NULL,
	reason TEXT NOT NULL,
	hint TEXT NOT NULL,
	origin TEXT NOT NULL,
	tag_group TEXT NOT NULL,
	PRIMARY KEY (id),
	FOREIGN KEY(repository_id) REFERENCES repository (id) ON DELETE CASCADE
);
CREATE INDEX problem_group ON problem (repository_id, tag_group);
CREATE TABLE review (
	repository_id INTEGER NOT NULL,
	place INTEGER NOT NULL,
	artifact TEXT NOT NULL,
	version TEXT NOT NULL,
	stage TEXT NOT NULL,
	needed INTEGER NOT NULL,
	given INTEGER NOT NULL,
	approvers TEXT,
	body JSON NOT NULL,
	PRIMARY KEY (repository_id, place),
	FOREIGN KEY(repository_id) REFERENCES repository (id) ON DELETE CASCADE
);
CREATE INDEX review_artifact ON review (repository_id, artifact);
CREATE TABLE fact (
	repository_id INTEGER NOT NULL,
	artifact TEXT NOT NULL,
	"commit" TEXT NOT NULL,
	version TEXT,
	body JSON NOT NULL,
	files JSON NOT NULL,
	card_path TEXT,
	card TEXT,
	is_whole BOOLEAN NOT NULL,
	PRIMARY KEY (repository_id, artifact, "commit"),
	FOREIGN KEY(repository_id) REFERENCES repository (id) ON DELETE CASCADE
);
CREATE INDEX fact_card ON fact (repository_id, card);
CREATE TABLE card (
	repository_id INTEGER NOT NULL,
	oid TEXT NOT NULL,
	text TEXT NOT NULL,
	PRIMARY KEY (repository_id, oid),
	FOREIGN KEY(repository_id) REFERENCES repository (id) ON DELETE CASCADE
);
CREATE TABLE branch (
	repository_id INTEGER NOT NULL,
	name TEXT NOT NULL,
	tip TEXT NOT NULL,
	place INTEGER NOT NULL,
	total INTEGER NOT NULL,
	behind INTEGER NOT NULL,
	PRIMARY KEY (repository_id, name),
	FOREIGN KEY(repository_id) REFERENCES repository (id) ON DELETE CASCADE
);
CREATE TABLE "commit" (
	repository_id INTEGER NOT NULL,
	oid TEXT NOT NULL,
	parent TEXT,
	author TEXT NOT NULL,
	author_email TEXT NOT NULL,
	time INTEGER NOT NULL,
	subject TEXT NOT NULL,
	is_hidden BOOLEAN NOT NULL,
	PRIMARY KEY (repository_id, oid),
	FOREIGN KEY(repository_id) REFERENCES repository (id) ON DELETE CASCADE
);
CREATE TABLE experiment (
	repository_id INTEGER NOT NULL,
	ref TEXT NOT NULL,
	name TEXT NOT NULL,
	baseline TEXT NOT NULL,
	oid TEXT NOT NULL,
	PRIMARY KEY (repository_id, ref),
	FOREIGN KEY(repository_id) REFERENCES repository (id) ON DELETE CASCADE
);
CREATE TABLE commit_values (
	repository_id INTEGER NOT NULL,
	oid TEXT NOT NULL,
	project TEXT NOT NULL,
	pipelines JSON NOT NULL,
	digest TEXT NOT NULL,
	PRIMARY KEY (repository_id, oid, project),
	FOREIGN KEY(repository_id) REFERENCES repository (id) ON DELETE CASCADE
);
CREATE TABLE value_set (
	repository_id INTEGER NOT NULL,
	digest TEXT NOT NULL,
	is_whole BOOLEAN NOT NULL,
	body TEXT NOT NULL,
	PRIMARY KEY (repository_id, digest),
	FOREIGN KEY(repository_id) REFERENCES repository (id) ON DELETE CASCADE
);
CREATE TABLE standing (
	artifact_id INTEGER NOT NULL,
	stage TEXT NOT NULL,
	place INTEGER NOT NULL,
	version TEXT NOT NULL,
	"commit" TEXT NOT NULL,
	ref TEXT NOT NULL,
	time INTEGER NOT NULL,
	author TEXT NOT NULL,
	behind INTEGER NOT NULL,
	PRIMARY KEY (artifact_id, stage, place),
	FOREIGN KEY(artifact_id) REFERENCES artifact (id) ON DELETE CASCADE
);
CREATE INDEX standing_stage ON standing (stage, place);
CREATE TABLE label (
	artifact_id INTEGER NOT NULL,
	label TEXT NOT NULL,
	PRIMARY KEY (artifact_id, label),
	FOREIGN KEY(artifact_id) REFERENCES artifact (id) ON DELETE CASCADE
);
CREATE INDEX label_label ON label (label);
CREATE TABLE metric (
	repository_id INTEGER NOT NULL,
	artifact TEXT NOT NULL,
	"commit" TEXT NOT NULL,
	file TEXT NOT NULL,
	"key" TEXT NOT NULL,
	name TEXT NOT NULL,
	value FLOAT NOT NULL,
	place INTEGER NOT NULL,
	PRIMARY KEY (repository_id, artifact, "commit", file, "key"),
	FOREIGN KEY(repository_id, artifact, "commit") REFERENCES fact (repository_id, artifact, "commit") ON DELETE CASCADE
);
CREATE INDEX metric_name ON metric (name, value);
CREATE TABLE branch_commit (
	repository_id INTEGER NOT NULL,
	branch TEXT NOT NULL,
	place INTEGER NOT NULL,
	oid TEXT NOT NULL,
	PRIMARY KEY (repository_id, branch, place),
	FOREIGN KEY(repository_id, branch) REFERENCES branch (repository_id, name) ON DELETE CASCADE
);
INSERT INTO repository (name, address, is_remote, groups, position, tags, heads, walked, commits, judged, has_policy, examined) VALUES ('old', '/old', 0, '[]', 0, 'x', 'x', 'x', 500, '', 0, '');
