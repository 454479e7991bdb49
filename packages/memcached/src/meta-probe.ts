import { randomUUID } from "node:crypto";
import { misconfigured } from "./memcached-errors.js";
import { MetaDialect } from "./meta-dialect.js";
import type { Ask } from "./text-ask.js";
import type { CallContext } from "./text-call.js";
import type { TextDialect } from "./text-dialect.js";
import { TextNonces } from "./text-nonces.js";

/**
 * Asks whether the server keeps the contract over the meta protocol, and whether clients may choose the CAS.
 * @returns `undefined`: what the server calls its meta protocol is not the one that is spoken here.
 * @throws {AsideError} `CONFIGURATION`
 */
export async function probeMeta(ask: Ask, context: CallContext): Promise<TextDialect | undefined> {
  const key = `aside:probe:${randomUUID()}`;
  const nonces = new TextNonces();
  const nonce = nonces.next();
  const [[stored = ""], [named = ""], [leased = ""]] = await Promise.all([
    ask(`ms ${key} 1 T1 ME c\r\n0\r\n`),
    ask(`ms ${key}:named 1 T1 E${nonce} c\r\n0\r\n`),
    ask(`mg ${key}:leased c N1 E${nonce}\r\n`),
  ]);
  const cas = /^HD c(\d+)$/.exec(stored)?.[1];
  if (cas === undefined) return undefined;
  await checkCas(ask, context.partition, key, BigInt(cas));
  const choosesCas = named === `HD c${nonce}` && leased.startsWith(`HD c${nonce} `);
  return new MetaDialect(context, choosesCas ? nonces : undefined);
}

async function checkCas(ask: Ask, partition: string, key: string, cas: bigint): Promise<void> {
  if (cas === 0n) throw misconfigured(partition, "the server hands out no CAS; start it without -C");
  // Far from the counter of a young server, and not 0, which would stand for "whatever the CAS".
  const [[removedByOther]] = await Promise.all([
    ask(`md ${key} C${cas ^ (1n << 62n)}\r\n`),
    ask(`md ${key} C${cas}\r\n`),
  ]);
  if (removedByOther === "HD")
    throw misconfigured(partition, "the server does not respect the CAS of a request");
}
