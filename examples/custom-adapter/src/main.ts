import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TieredStore } from "@aside/core";
import { SqliteCache } from "./sqlite-cache.js";

const folder = await mkdtemp(join(tmpdir(), "aside-custom-adapter-"));
// Two clients of one file stand for two processes of one machine.
const here = new SqliteCache(join(folder, "cache.sqlite"));
const there = new SqliteCache(join(folder, "cache.sqlite"));
const reports = new TieredStore<string>({ name: "reports", cache: here });
const sameReports = new TieredStore<string>({ name: "reports", cache: there });

console.log(await reports.load("sales", async () => "computed here"));
await reports.close(); // waits for the fill
console.log(await sameReports.load("sales", async () => "computed there"));
await sameReports.invalidate("sales");
console.log(await sameReports.load("sales", async () => "computed there"));

await sameReports.close();
await Promise.all([here.close(), there.close()]);
await rm(folder, { recursive: true });
