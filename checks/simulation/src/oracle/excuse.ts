import { staleAtMs } from "../cache/entry-bytes.js";
import { epochMs } from "../world/process-clock.js";
import type { World } from "../world/world.js";
import type { Sighting } from "./history.js";
import type { Known, ReadAnswer } from "./reads.js";
import { guardOf } from "./registers.js";
import type { LogFacts, Standing, WriteFacts } from "./write-facts.js";

/**
 * Why a read may have missed a write, or `undefined`. Decided by what the simulator saw of that write, not by the fact that there was a fault:
 * - the cache itself showed the old value to this read, or to the near cache that it came from;
 * - what stood at the key (for a tag or a clear: at the seed) in the moment of the commit could turn into the old value: a value, or a lease;
 * - and either the write went round the store, which has not been told yet, or the invalidation log owes the removal of the key (design 2.2),
 *   or the hold was lost inside the commit window and the write is not acknowledged (design 2.5).
 */
export function excuse(
  missed: Known,
  read: ReadAnswer,
  sightings: readonly Sighting[],
  world: World,
): string | undefined {
  const { by: write } = missed;
  if (write === undefined || sightings.length === 0) return undefined;
  const guard = guardOf(write, read.cacheKey, read.register, world.settings);
  const standing = write.standing.get(guard);
  if (standing === undefined) return undefined;
  const changed = write.made.some(({ register }) => register === read.register);
  if (changed && (standing.kind === "hold" || standing.kind === "nothing")) return undefined;
  // A hold that was confirmed goes by loss, by its end, by another hold, or by its own writer after the commit: by nothing else.
  const by = standing.hold?.fate?.by;
  if (standing.believed && (by === "stored" || by === "deleted")) return undefined;
  return (
    neverTold(write, read, sightings, world) ??
    notToldYet(write, guard, read, world) ??
    owed(write, guard, read, sightings, world) ??
    notEvenLogged(write, guard, read, world) ??
    lostInWindow(write, standing, guard, read, world)
  );
}

/** Whoever saw the entry before its end may serve it; and beyond that while its source fails, or is slow where nobody waits for it. */
function neverTold(
  { slips }: WriteFacts,
  { begunAtMs }: ReadAnswer,
  sightings: readonly Sighting[],
  { settings, troubledUntilMs }: World,
): string | undefined {
  if (!slips) return undefined;
  const within = sightings.some(
    ({ bytes, atMs }) => staleAtMs(bytes) > epochMs + atMs - 2 * settings.clockSkewMs,
  );
  if (within) return "nobody was told, and the value has not ended";
  const troubled = settings.softTimeoutMs !== undefined || begunAtMs <= troubledUntilMs;
  return troubled && settings.staleIfErrorMs > 0 ? "nobody was told, and the source fails" : undefined;
}

/** It went round the store, which has not been told to the end; or never is, and then the copy ends by itself. */
function notToldYet(write: WriteFacts, guard: string, read: ReadAnswer, world: World): string | undefined {
  const { bypass, acknowledgedAtMoment, committedAtMs, logRows } = write;
  if (!bypass || (acknowledgedAtMoment ?? Number.POSITIVE_INFINITY) < read.begunAtMoment) return undefined;
  const rows = logRows.filter(({ cacheKey }) => cacheKey === guard);
  if (rows.some(({ committedAtMoment }) => committedAtMoment < read.begunAtMoment)) return undefined;
  const { ttlMs, staleIfErrorMs, clockSkewMs } = world.settings;
  const longestLoadMs = 3_000;
  const boundMs = ttlMs + staleIfErrorMs + 2 * clockSkewMs + longestLoadMs;
  return read.begunAtMs < (committedAtMs ?? 0) + boundMs ? "the store was not told yet" : undefined;
}

/** Neither the release nor its log row was confirmed: the process goes on trying both (design 3, "Write"). */
function notEvenLogged(write: WriteFacts, guard: string, read: ReadAnswer, world: World): string | undefined {
  if (write.bypass || !write.unlogged.has(guard)) return undefined;
  if (write.logRows.some(({ cacheKey }) => cacheKey === guard)) return undefined;
  const longestRetryMs = 5_000;
  return read.begunAtMs <= world.disturbedUntilMs + longestRetryMs + relayBoundMs(world)
    ? "not even logged yet"
    : undefined;
}

/** The log row that names the key is committed, and nobody has removed it yet. */
function owed(
  write: WriteFacts,
  guard: string,
  read: ReadAnswer,
  sightings: readonly Sighting[],
  world: World,
): string | undefined {
  const rows = write.logRows.filter(
    (row) =>
      row.cacheKey === guard &&
      (row.removedAtMoment ?? Number.POSITIVE_INFINITY) > read.begunAtMoment &&
      !releasedBefore(write, row, read) &&
      shownWithoutCleaning(row, sightings) &&
      withinBound(row, read, world),
  );
  return rows.length > 0 ? "logged, not delivered yet" : undefined;
}

/** The writer struck the row before it was acknowledged: so its release was confirmed, and the old value is gone. */
function releasedBefore(write: WriteFacts, row: LogFacts, read: ReadAnswer): boolean {
  const { acknowledgedAtMoment } = write;
  if (acknowledgedAtMoment === undefined || acknowledgedAtMoment > read.begunAtMoment) return false;
  return row.strikeSentAtMoment !== undefined && row.strikeSentAtMoment < acknowledgedAtMoment;
}

/** A process that connected when the row stood there already has removed the key before its first read (design 2.4). */
function shownWithoutCleaning(row: LogFacts, sightings: readonly Sighting[]): boolean {
  return sightings.some(({ connection }) => connection.readyAtMoment < row.committedAtMoment);
}

/** Once nothing disturbs the relays, they have to deliver within a bound (design 2.2). */
function withinBound(row: LogFacts, read: ReadAnswer, world: World): boolean {
  return read.begunAtMs <= Math.max(row.committedAtMs, world.disturbedUntilMs) + relayBoundMs(world);
}

export function relayBoundMs({ settings }: World): number {
  const { relayPollMs, relayMaxBackoffMs, cacheTimeoutMs, usualMs } = settings;
  const breakerMs = 1_000;
  const connectMs = 1_300;
  return (
    1.25 * (Math.max(relayMaxBackoffMs, relayPollMs) + relayPollMs) +
    breakerMs +
    connectMs +
    4 * cacheTimeoutMs +
    20 * usualMs
  );
}

/**
 * The hold was confirmed, was taken away by no rule of the protocol, and the process could not know it when it sent COMMIT. Only for row keys that
 * no log names: the others are logged with the data, and `owed` tells how long.
 */
function lostInWindow(
  { acknowledgedAtMoment, logRows }: WriteFacts,
  { hold, believed }: Standing,
  guard: string,
  read: ReadAnswer,
  world: World,
): string | undefined {
  if (!read.register.startsWith("row:") || world.settings.logInvalidations === "always") return undefined;
  if (acknowledgedAtMoment !== undefined && acknowledgedAtMoment < read.begunAtMoment) return undefined;
  if (logRows.some(({ cacheKey }) => cacheKey === guard)) return undefined;
  if (hold === undefined || !believed) return undefined;
  switch (hold.fate?.by) {
    case "evicted":
    case "restarted":
      return "hold lost in the commit window";
    case undefined:
      // It ran out: only a writer that was stopped, or could not reach the cache, lets it.
      return world.disturbedUntilMs > (hold.appliedAtMs ?? 0)
        ? "hold ran out in the commit window"
        : undefined;
    default:
      return undefined;
  }
}
