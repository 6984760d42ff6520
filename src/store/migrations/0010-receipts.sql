-- Single messages that somebody has read above their mark. Those at or below the mark are read anyway and have no row.
CREATE TABLE message_reader (
    room_id bigint NOT NULL,
    account_id bigint NOT NULL,
    seq bigint NOT NULL,
    PRIMARY KEY (room_id, account_id, seq)
--sqlite
) WITHOUT ROWID;
--postgres
);
--both

-- Who made the room and has no seat in it, but may take and give them. NULL: nobody, or they have taken theirs.
ALTER TABLE room ADD COLUMN maker_id bigint REFERENCES account (id);
