import { setTimeout as sleep } from "node:timers/promises";
import type { ConnectedCacheBackend, Milliseconds } from "@aside/core";
import { type Bout, connected, type Fault, leadTo, patience } from "./bout.js";
import { CallLog } from "./call-log.js";
import { CountingClock } from "./counting-clock.js";
import { closeStation, type Lab, openStation, type Station } from "./lab.js";
import { Ledger } from "./ledger.js";
import { StallMeter } from "./stall-meter.js";
import { type HeldToken, Traffic } from "./traffic.js";
import type { OpenOptions, Transport } from "./transports.js";

/** Deadline of the calls that meet the fault; that of a `TieredStore`. */
const timeoutMs: Milliseconds = 250;
/** How soon after the server is back calls must be served again. */
const mostRecoveryMs: Milliseconds = 2_000;
const calmMs: Milliseconds = 50;

export interface PlayOptions {
  readonly fault: Fault;
  readonly transport: Transport;
  readonly lab: Lab;
  readonly lastingMs: Milliseconds;
  readonly thorough: boolean;
}

/** What one transport made of one fault. */
export interface Finding {
  readonly fault: string;
  readonly transport: string;
  /** Calls to the faulty server. */
  readonly answered: number;
  readonly failures: ReadonlyMap<string, number>;
  /** How many values were compared with what may have stood there. */
  readonly valuesChecked: number;
  readonly longestMs: Milliseconds;
  /** Calls to the server beside it, and the slowest of them. */
  readonly soundAnswered: number;
  readonly soundLongestMs: Milliseconds;
  readonly recoveryMs: Milliseconds;
  /** What should not be. Empty: the transport has stood the fault. */
  readonly complaints: readonly string[];
}

/** Makes one fault against one transport under traffic, and judges all that came of it. Rejects only where the fault could not be made. */
export async function play(options: PlayOptions): Promise<Finding> {
  const { fault, lab } = options;
  if (fault.server === undefined) return playAt(lab.faulty, options);
  const station = await openStation(fault.server);
  try {
    return await playAt(station, options);
  } finally {
    await closeStation(station);
  }
}

async function playAt(
  faulty: Station,
  { fault, transport, lab, lastingMs, thorough }: PlayOptions,
): Promise<Finding> {
  const complaints: string[] = [];
  const unhandled = (reason: unknown): void => {
    complaints.push(`an unhandled rejection: ${String(reason)}`);
  };
  process.on("unhandledRejection", unhandled);
  const socketsBefore = openSockets();
  using stalls = new StallMeter();
  const clock = new CountingClock();
  const partition = `127.0.0.1:${faulty.proxy.port}`;
  const soundPartition = `127.0.0.1:${lab.sound.proxy.port}`;
  const open = (openOptions?: Partial<OpenOptions>): ConnectedCacheBackend =>
    transport.open({ servers: [partition, soundPartition], clock, ...openOptions });
  // Where each cut waits for the next connection the pause between two would be most of the time.
  const cache = open(fault.alone === true ? { maxReconnectDelayMs: 1 } : {});
  const ledger = new Ledger();
  const log = new CallLog(stalls);
  const soundLog = new CallLog(stalls);
  const freshKeyOn = keysOf(cache);
  const freshKey = (): string => freshKeyOn(partition);
  const traffic = new Traffic({
    cache,
    transport,
    ledger,
    log,
    timeoutMs: fault.calls === "served" ? patience.timeoutMs : timeoutMs,
    freshKey,
  });
  // With a deadline that it never comes near: every call has to be answered, on a busy machine too.
  const sound = new Traffic({
    cache,
    transport,
    ledger,
    log: soundLog,
    timeoutMs: patience.timeoutMs,
    freshKey: () => freshKeyOn(soundPartition),
  });
  const bout: Bout = { ...faulty, transport, cache, partition, traffic, freshKey, lastingMs, thorough, open };

  await connected(bout);
  await cache.connect(soundPartition, patience);
  const held = await traffic.tokens();
  sound.start();
  if (fault.alone !== true) traffic.start();
  await sleep(calmMs);
  const failedBefore = log.failed;
  await fault.strike(bout).catch(async (error: unknown) => {
    complaints.push(messageOf(error));
    await faulty.proxy.resume();
    await leadTo(bout, faulty.server);
  });
  const backAtMs = performance.now();
  const failedMeanwhile = log.failed - failedBefore;
  await servedAgain(bout);
  const recoveryMs = performance.now() - backAtMs;
  await sleep(calmMs);
  await traffic.stop();

  const failedSoFar = log.failed;
  await checkTokens(held, bout, complaints).catch((error: unknown) => complaints.push(messageOf(error)));
  await traffic.bursts();
  if (log.failed > failedSoFar) complaints.push("calls failed after the recovery");
  await sound.stop();
  await cache.close();
  await checkLeftOvers(clock, socketsBefore, [faulty, lab.sound], complaints);
  await sleep(0); // unhandled rejections are told at the end of a turn
  process.off("unhandledRejection", unhandled);

  if (fault.calls === "fail" && failedMeanwhile === 0) complaints.push("the fault was not noticed");
  if (fault.calls === "served" && log.failed > 0) complaints.push(`${log.failed} calls were not served`);
  if (recoveryMs > mostRecoveryMs) complaints.push(`served again only after ${recoveryMs.toFixed(0)} ms`);
  if (soundLog.failed > 0) complaints.push(`${soundLog.failed} calls to the other server failed`);
  if (soundLog.answered === 0 || ledger.checked === 0) complaints.push("nothing was compared");
  complaints.push(...log.complaints, ...soundLog.complaints);
  complaints.push(...ledger.wrong.map((what) => `a wrong value: ${what}`));
  return {
    fault: fault.name,
    transport: transport.name,
    answered: log.answered,
    failures: log.failures,
    valuesChecked: ledger.checked,
    longestMs: log.longestMs,
    soundAnswered: soundLog.answered,
    soundLongestMs: soundLog.longestMs,
    recoveryMs,
    complaints: [...new Set(complaints)],
  };
}

/** Names keys on the partition that is asked for. */
function keysOf(cache: ConnectedCacheBackend): (partition: string) => string {
  let count = 0;
  return (partition) => {
    for (;;) {
      count += 1;
      const key = `faults:${process.pid}:${Date.now()}:${count}`;
      if (cache.partitionOf(key) === partition) return key;
    }
  };
}

/** Resolves when the faulty server takes a store and gives it back; gives up after a while, which is then judged as the time it took. */
async function servedAgain({ cache, freshKey }: Bout): Promise<void> {
  const key = freshKey();
  const bytes = Uint8Array.of(1);
  for (const endMs = performance.now() + 2 * mostRecoveryMs; performance.now() < endMs; await sleep(5)) {
    try {
      await cache.set(key, bytes, patience.timeoutMs, { timeoutMs });
      if ((await cache.getMany([key], { timeoutMs })).has(key)) return;
    } catch {
      // Not yet.
    }
  }
}

/** Tokens of a connection that has ended, and of entries that are not there any more, must do nothing. */
async function checkTokens(
  held: readonly HeldToken[],
  { traffic }: Bout,
  complaints: string[],
): Promise<void> {
  for (const token of held) {
    if (!(await traffic.isVoid(token))) complaints.push("a token of before was good for something");
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** All that the cache had opened is gone soon after it was closed. */
async function checkLeftOvers(
  clock: CountingClock,
  socketsBefore: number,
  stations: readonly Station[],
  complaints: string[],
): Promise<void> {
  const connections = (): number => stations.reduce((sum, { proxy }) => sum + proxy.connections, 0);
  const left = (): boolean => connections() > 0 || clock.timers > 0 || openSockets() > socketsBefore;
  for (const endMs = performance.now() + 1_000; left() && performance.now() < endMs; ) await sleep(5);
  if (!left()) return;
  complaints.push(
    `left over: ${connections()} connections, ${openSockets() - socketsBefore} sockets, ${clock.timers} timers`,
  );
}

function openSockets(): number {
  return process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap" || name === "TLSWrap")
    .length;
}
