import type { Clock, Milliseconds } from "@aside/core";
import { probeClassic } from "./classic-probe.js";
import { misconfigured, ProtocolError } from "./memcached-errors.js";
import type { Credentials } from "./memcached-options.js";
import { probeMeta } from "./meta-probe.js";
import type { ServerFacts } from "./server-facts.js";
import { type Ask, TextAsk } from "./text-ask.js";
import type { TextConnection } from "./text-connection.js";

export interface TextGreetingOptions {
  readonly clock: Clock;
  /** Deadline of the whole greeting. */
  readonly connectTimeoutMs: Milliseconds;
  readonly credentials: Credentials | undefined;
}

/** From here on the meta protocol is as we speak it; what was called so before differs. */
const oldestMetaVersion = [1, 6, 10] as const;

/**
 * Asks a new connection what the server can, before anybody's request uses it: who we are, its version and settings, which commands and
 * flags it knows, and whether it keeps the contract: it must hand out a CAS with a store, refuse a delete under another CAS, and do one
 * under its own. With `-C` (no CAS) a conditional store is an unconditional one, and every promise is void.
 * @throws {AsideError} `CONFIGURATION` when it cannot; `CACHE_UNAVAILABLE`, `CACHE_TIMEOUT`. {@link ProtocolError} where no memcached answers.
 */
export async function greetServer(
  connection: TextConnection,
  { clock, connectTimeoutMs, credentials }: TextGreetingOptions,
): Promise<ServerFacts> {
  const endMs = clock.monotonicMs() + connectTimeoutMs;
  const ask: Ask = (command, isLast) =>
    connection.send(new TextAsk(command, isLast), endMs - clock.monotonicMs());

  if (credentials !== undefined) await authenticate(ask, connection.partition, credentials);
  // Alone: a server that wants credentials answers the first command only.
  const [version = ""] = await ask("version\r\n");
  if (version.endsWith("unauthenticated"))
    throw misconfigured(connection.partition, "the server wants credentials");
  if (!version.startsWith("VERSION ")) throw new ProtocolError("no memcached answers there");
  const [[meta], settings] = await Promise.all([
    ask("mn\r\n"),
    ask("stats settings\r\n", (line) => !line.startsWith("STAT ")),
  ]);
  const itemSizeMaxBytes = itemSizeMaxOf(settings);
  const speaksMeta = meta === "MN" && isAtLeast(version, oldestMetaVersion);
  const dialect = (speaksMeta && (await probeMeta(ask, connection))) || (await probeClassic(ask, connection));
  connection.greeted(dialect, itemSizeMaxBytes);
  return { itemSizeMaxBytes };
}

/**
 * Memcached started with `-Y` takes a `set` of name and password as the first command. The lifetime is past: a server that asks for nothing
 * must not keep them.
 */
async function authenticate(ask: Ask, partition: string, { username, password }: Credentials): Promise<void> {
  const secret = Buffer.from(`${username} ${password}`).toString("latin1");
  const [answer] = await ask(`set aside:auth 0 -1 ${secret.length}\r\n${secret}\r\n`);
  if (answer !== "STORED") throw misconfigured(partition, "the server refused the credentials");
}

function itemSizeMaxOf(settings: readonly string[]): number | undefined {
  const line = settings.find((setting) => setting.startsWith("STAT item_size_max "));
  const bytes = Number(line?.split(" ")[2]);
  return Number.isSafeInteger(bytes) && bytes > 0 ? bytes : undefined;
}

/** A version that is none, as services have it, counts as new: what the server can is probed anyhow. */
function isAtLeast(version: string, oldest: readonly number[]): boolean {
  const parts = /^VERSION (\d+)\.(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number);
  if (parts === undefined) return true;
  const differs = parts.findIndex((part, index) => part !== oldest[index]);
  return differs === -1 || (parts[differs] as number) > (oldest[differs] as number);
}
