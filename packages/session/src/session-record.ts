/** What a session holds, as JSON shows it: an object of fields. */
export type SessionFields = Readonly<Record<string, unknown>>;

/** One session, as the store keeps it. A record and not the bare fields, so that later versions can keep more beside them. */
export interface SessionRecord {
  readonly data: SessionFields;
}
