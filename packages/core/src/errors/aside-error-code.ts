/**
 * The closed set of reasons for which Aside rejects a call. Act on the code, never on the message.
 * Each code has a heading in the README of `@aside/core`: when, is it safe to retry, what to do.
 *
 * | code | when | retry? |
 * |---|---|---|
 * | `CACHE_UNAVAILABLE` | the cache could not be asked or did not confirm, and the call must not go on without it | yes, later |
 * | `CACHE_TIMEOUT` | the cache gave no answer within the deadline: the outcome is unknown | reads yes; a store operation never by itself |
 * | `DATABASE_UNAVAILABLE` | the database refused, dropped or never took the connection | yes, later |
 * | `DATABASE_TIMEOUT` | the database gave no answer within the deadline, or no connection of the pool came free | yes, later |
 * | `DATABASE_FAILED` | the database refused the statement for another reason; see `cause` | no |
 * | `TRANSACTION_CONFLICT` | deadlock, serialization failure or lock wait, still after the bounded retries | yes |
 * | `COMMIT_UNKNOWN` | the connection broke while COMMIT was under way: it may have happened | look first |
 * | `CONFLICT` | `expectedVersion` is not the version that stands, or an update was overtaken too often | after reading again |
 * | `FENCED` | a newer holder of the lock has written already | no |
 * | `LOCK_TIMEOUT` | the lock stayed taken for all of `waitMs` | yes |
 * | `LOCK_LOST` | the lock ran out or was taken over while it was held | after acquiring anew |
 * | `INVALID_KEY` | a key is not a well-formed string, or too long for the database | no |
 * | `INVALID_VALUE` | the value cannot be stored so that a hit equals a miss | no |
 * | `NO_PERSISTENCE` | a write or a plain read on a store that only loads | no |
 * | `NO_STORE` | a decorated object has no store: nothing was bound or passed in | no |
 * | `UNSUPPORTED` | the backend lacks an ability that the call needs | no |
 * | `CONFIGURATION` | servers or settings that would break a promise (memcached `-C`, two owners of a private cache) | no |
 * | `CLOSED` | the store, backend or database was closed | no |
 */
export type AsideErrorCode =
  | "CACHE_UNAVAILABLE"
  | "CACHE_TIMEOUT"
  | "DATABASE_UNAVAILABLE"
  | "DATABASE_TIMEOUT"
  | "DATABASE_FAILED"
  | "TRANSACTION_CONFLICT"
  | "COMMIT_UNKNOWN"
  | "CONFLICT"
  | "FENCED"
  | "LOCK_TIMEOUT"
  | "LOCK_LOST"
  | "INVALID_KEY"
  | "INVALID_VALUE"
  | "NO_PERSISTENCE"
  | "NO_STORE"
  | "UNSUPPORTED"
  | "CONFIGURATION"
  | "CLOSED";
