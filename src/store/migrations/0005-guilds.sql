-- Guilds and their channels, moderators, invitations, bans, time-outs, slow mode.

-- role: 1 member, 2 moderator, 3 admin, 4 owner.
UPDATE member SET role = role + 1 WHERE role > 1;
UPDATE change SET role = role + 1 WHERE role > 1;

-- kind: 4 guild, 5 channel, too. guild_id: of a channel. icon: token of a picture. folded: the name of a guild, for looking it up.
-- blocked: a direct room in which neither writes. purging: the room was deleted and what was said in it is being erased; its row stays for ever, so that
-- no other room gets its number, but has neither members nor a name and is not public.
ALTER TABLE room ADD COLUMN guild_id bigint;
ALTER TABLE room ADD COLUMN position bigint NOT NULL DEFAULT 0;
ALTER TABLE room ADD COLUMN topic text;
ALTER TABLE room ADD COLUMN icon text;
ALTER TABLE room ADD COLUMN folded text;
ALTER TABLE room ADD COLUMN read_only bigint NOT NULL DEFAULT 0;
ALTER TABLE room ADD COLUMN slow_s bigint NOT NULL DEFAULT 0;
ALTER TABLE room ADD COLUMN blocked bigint NOT NULL DEFAULT 0;
ALTER TABLE room ADD COLUMN purging bigint NOT NULL DEFAULT 0;
DROP INDEX room_public;
CREATE INDEX room_public ON room (kind, n_members) WHERE public = 1 AND guild_id IS NULL;
CREATE INDEX room_by_guild ON room (guild_id, position) WHERE guild_id IS NOT NULL;
CREATE INDEX room_purging ON room (id) WHERE purging = 1;

-- muted_us: until when the member may not speak. posted_us: the last message, kept in rooms of slow mode only.
ALTER TABLE member ADD COLUMN muted_us bigint NOT NULL DEFAULT 0;
ALTER TABLE member ADD COLUMN posted_us bigint NOT NULL DEFAULT 0;

-- channel_id: of changes that are about a channel, numbered in its guild. until_us: of a time-out.
ALTER TABLE change ADD COLUMN channel_id bigint;
ALTER TABLE change ADD COLUMN until_us bigint;

-- n_uses 0: any number. expires_us 0: never.
CREATE TABLE room_invite (
    code text PRIMARY KEY,
    room_id bigint NOT NULL REFERENCES room (id),
    by_id bigint NOT NULL REFERENCES account (id),
    n_uses bigint NOT NULL,
    n_used bigint NOT NULL DEFAULT 0,
    expires_us bigint NOT NULL,
    created_us bigint NOT NULL
--sqlite
) WITHOUT ROWID;
--postgres
);
--both
CREATE INDEX room_invite_by_room ON room_invite (room_id);

CREATE TABLE ban (
    room_id bigint NOT NULL REFERENCES room (id),
    account_id bigint NOT NULL REFERENCES account (id),
    by_id bigint NOT NULL REFERENCES account (id),
    reason text,
    at_us bigint NOT NULL,
    PRIMARY KEY (room_id, account_id)
--sqlite
) WITHOUT ROWID;
--postgres
);
--both
