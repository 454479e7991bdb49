import type { Knex } from "knex";

const table = "loads";

/** Every load leaves a row, so that the database itself tells how often it was asked, and by whom. */
export async function createLoadsTable(knex: Knex): Promise<void> {
  await knex.schema.createTable(table, (columns) => {
    columns.increments("id");
    columns.string("load_key", 64).notNullable().index();
    columns.integer("process_id").notNullable();
  });
}

/** Takes note of a load of `key` by this process. @returns how many loads of it there are now. */
export async function noteLoad(knex: Knex, key: string): Promise<number> {
  await knex(table).insert({ load_key: key, process_id: process.pid });
  return (await loadsOf(knex, key)).all;
}

/** How often `key` was loaded: by all processes together, and by the one that loaded it most often. */
export async function loadsOf(knex: Knex, key: string): Promise<{ all: number; mostByOne: number }> {
  const rows = await knex(table).where({ load_key: key }).groupBy("process_id").count({ loads: "*" });
  const loads = rows.map((row) => Number(row["loads"]));
  return { all: loads.reduce((sum, each) => sum + each, 0), mostByOne: Math.max(0, ...loads) };
}
