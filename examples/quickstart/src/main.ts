import { MemoryCache, TieredStore } from "@aside/core";
import { KnexDatabase } from "@aside/knex";
import knex from "knex";

interface User {
  name: string;
  visits: number;
}

const sql = knex({ client: "better-sqlite3", connection: { filename: ":memory:" }, useNullAsDefault: true });
const database = new KnexDatabase(sql);
await database.ensureSchema();

const users = new TieredStore<User>({
  name: "users",
  cache: new MemoryCache(), // one process; openMemcachedCache({ servers: "127.0.0.1:11211" }) of @aside/memcached for more
  persistence: database.collection<User>("users"),
});

await users.set("ada", { name: "Ada", visits: 1 }); // the row is committed and no cache shows an older one
console.log(await users.get("ada")); // from the database, and into the cache
console.log(await users.get("ada")); // from the cache

await users.update("ada", (ada) => ada && { ...ada, visits: ada.visits + 1 }); // no visit is lost, whoever else counts
console.log(await users.get("ada"));

const report = await users.load("report", async () => ({ name: "everybody", visits: 2 })); // any loader, cached
console.log(report);

await users.delete("ada");
console.log(await users.get("ada")); // undefined: absent, which the cache remembers, too

await users.close();
await database.close();
await sql.destroy();
