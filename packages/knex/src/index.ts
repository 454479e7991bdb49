export { KnexCollection } from "./knex-collection.js";
export { type KnexCollectionOptions, KnexDatabase } from "./knex-database.js";
export type { KnexDatabaseOptions } from "./knex-database-options.js";
export { DriverError } from "./knex-errors.js";
export { KnexInvalidationLog } from "./knex-invalidation-log.js";
export { KnexLeaseLocks } from "./knex-lease-locks.js";
export { KnexSessionLocks } from "./knex-session-locks.js";
