export type { SessionOptions, SessionRecords } from "./session-options.js";
export type { SessionFields, SessionRecord } from "./session-record.js";
export {
  type LoadedSession,
  type SaveOptions,
  type SessionOrigin,
  SessionRepository,
} from "./session-repository.js";
