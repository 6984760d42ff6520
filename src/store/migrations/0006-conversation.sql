-- What is said further about messages: who is mentioned, earlier texts, pins; how far everybody has read; drafts; blocks.

-- mentions: account ids, "7,9"; a 0 in front: everyone. n_versions: how many earlier texts are kept.
ALTER TABLE message ADD COLUMN mentions text;
ALTER TABLE message ADD COLUMN n_versions bigint NOT NULL DEFAULT 0;
ALTER TABLE message ADD COLUMN pinned_us bigint;
CREATE INDEX message_pinned ON message (room_id, pinned_us) WHERE pinned_us IS NOT NULL;

-- For counting: one row for each that is mentioned, account 0 is everyone.
CREATE TABLE mention (
    room_id bigint NOT NULL,
    account_id bigint NOT NULL,
    seq bigint NOT NULL,
    author_id bigint NOT NULL,
    PRIMARY KEY (room_id, account_id, seq)
--sqlite
) WITHOUT ROWID;
--postgres
);
--both

-- Earlier texts of edited messages, n counts up. at_us: when that text was written.
CREATE TABLE message_version (
    message_id bigint NOT NULL,
    n bigint NOT NULL,
    text text NOT NULL,
    at_us bigint NOT NULL,
    PRIMARY KEY (message_id, n)
--sqlite
) WITHOUT ROWID;
--postgres
);
--both

-- read_by_all: all members have read all that others said up to here.
ALTER TABLE room ADD COLUMN n_pins bigint NOT NULL DEFAULT 0;
ALTER TABLE room ADD COLUMN read_by_all bigint NOT NULL DEFAULT 0;

-- read_mark is the member's own and may go back ("unread from here"), seen_mark is what others may know and never does.
ALTER TABLE member ADD COLUMN seen_mark bigint NOT NULL DEFAULT 0;
UPDATE member SET seen_mark = read_mark;
CREATE INDEX member_seen ON member (room_id, seen_mark);
UPDATE room SET read_by_all = coalesce((SELECT min(e.seen_mark) FROM member e WHERE e.room_id = room.id), 0);

CREATE TABLE draft (
    account_id bigint NOT NULL REFERENCES account (id),
    room_id bigint NOT NULL REFERENCES room (id),
    text text NOT NULL,
    reply_to bigint,
    updated_us bigint NOT NULL,
    PRIMARY KEY (account_id, room_id)
--sqlite
) WITHOUT ROWID;
--postgres
);
--both

CREATE TABLE block (
    account_id bigint NOT NULL REFERENCES account (id),
    blocked_id bigint NOT NULL REFERENCES account (id),
    at_us bigint NOT NULL,
    PRIMARY KEY (account_id, blocked_id)
--sqlite
) WITHOUT ROWID;
--postgres
);
--both
