import knex, { type Knex } from "knex";

/** As many connections as `poolSize` says. */
export function openKnex(url: string, poolSize: number): Knex {
  return knex({ client: "mysql2", connection: url, pool: { min: 0, max: poolSize } });
}
