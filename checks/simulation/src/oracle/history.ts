import type { CacheConnection } from "../cache/cache-connection.js";
import { carriedBy, isSeed, kindOf } from "../cache/entry-bytes.js";
import type { Row, ServerTransaction } from "../database/server-transaction.js";
import type { OperationRun } from "../run/operation-run.js";
import type { SimProcess } from "../world/sim-process.js";
import type { World } from "../world/world.js";
import { type LogFacts, newWriteFacts, touchedBy, type WriteFacts } from "./write-facts.js";

/** One committed state of one row. */
export interface State {
  /** The value's id; `undefined`: there is no row. */
  readonly id: string | undefined;
  readonly by: WriteFacts | undefined;
}

/** An answer of the cache that held a value or an absence. */
export interface Sighting {
  readonly process: SimProcess;
  readonly key: string;
  readonly bytes: Uint8Array;
  readonly connection: CacheConnection;
  readonly atMoment: number;
  readonly atMs: number;
}

/** What happened, in one order: that of the moments, which no clock of the simulated machines knows. */
export class History {
  readonly #world: World;
  #moment = 0;
  #writes = 0;
  readonly #states = new Map<string, State[]>();
  readonly #log = new Map<string, LogFacts>();
  readonly #owners = new Map<string, WriteFacts>();
  readonly sightings: Sighting[] = [];
  readonly violations: string[] = [];

  constructor(world: World) {
    this.#world = world;
  }

  /** A new moment, later than all before. */
  moment(): number {
    this.#moment += 1;
    return this.#moment;
  }

  /** The last moment before an instant. */
  momentAt(ms: number): number {
    const later = this.sightings.find(({ atMs }) => atMs >= ms);
    return later === undefined ? this.#moment : later.atMoment - 1;
  }

  violated(what: string): void {
    this.#world.note(() => `VIOLATION ${what}`);
    this.violations.push(what);
  }

  /** The committed states of a row, in their order. */
  states(register: string): State[] {
    let states = this.#states.get(register);
    if (states === undefined) {
      states = [{ id: undefined, by: undefined }];
      this.#states.set(register, states);
    }
    return states;
  }

  registers(): Iterable<readonly [register: string, states: readonly State[]]> {
    return this.#states;
  }

  newWrite(process: SimProcess, operation: OperationRun | undefined): WriteFacts {
    this.#writes += 1;
    const facts = newWriteFacts(`T${this.#writes}`, process, operation);
    operation?.writes.push(facts);
    return facts;
  }

  /** A row that is there from the beginning. */
  begin(register: string, id: string): void {
    this.#states.set(register, [{ id, by: undefined }]);
  }

  sawRow(facts: WriteFacts, register: string): void {
    facts.saw.push({ register, state: this.states(register).length - 1 });
  }

  /** A value that was made of another one stands in that one's place. */
  checkPrevious(facts: WriteFacts, row: Row, standing: Row | undefined): void {
    if (row.previous === undefined || row.previous === (standing?.id ?? null)) return;
    this.violated(
      `lost write: ${facts.name} made ${row.id} of ${row.previous}, but ${standing?.id} stood there`,
    );
  }

  committed(transaction: ServerTransaction, removed: readonly string[]): void {
    const atMoment = this.moment();
    const { facts } = transaction;
    const atMs = this.#world.scheduler.nowMs;
    for (const { id, key } of transaction.appended) {
      const row: LogFacts = {
        id,
        cacheKey: key,
        committedAtMoment: atMoment,
        committedAtMs: atMs,
        removedAtMoment: undefined,
        strikeSentAtMoment: undefined,
      };
      this.#log.set(id, row);
      this.#owners.get(id)?.logRows.push(row);
    }
    for (const id of removed) (this.#log.get(id) as LogFacts).removedAtMoment = atMoment;
    if (!transaction.main) return;
    facts.committedAtMoment = atMoment;
    facts.committedAtMs = atMs;
    for (const [register, row] of transaction.changes) {
      const states = this.states(register);
      states.push({ id: row?.id, by: facts });
      facts.made.push({ register, state: states.length - 1 });
      const endsAtMs = transaction.ends.get(register);
      if (endsAtMs !== undefined) this.#world.lives.written(register, states.length - 1, endsAtMs);
    }
    for (const key of touchedBy(facts)) {
      const slot = this.#world.nodeOf(key).look(key);
      const hold = facts.holds.get(key);
      const over = hold?.confirmedOver;
      facts.standing.set(key, {
        kind: kindOf(slot?.bytes),
        hold: hold === undefined ? undefined : { ...hold },
        believed:
          over !== undefined &&
          (over.closedAtMoment === undefined ||
            over.closedAtMoment > (facts.commitSentAtMoment ?? Number.POSITIVE_INFINITY)),
      });
    }
  }

  /** The log row belongs to the write, by its data or by its release. */
  owns(facts: WriteFacts, logId: string): void {
    this.#owners.set(logId, facts);
  }

  /** Somebody asks for the removal of these rows; returns the cache keys that they name. */
  strikeSent(ids: readonly string[]): readonly string[] {
    const atMoment = this.moment();
    const rows = ids.flatMap((id) => this.#log.get(id) ?? []);
    for (const row of rows) row.strikeSentAtMoment ??= atMoment;
    return rows.map(({ cacheKey }) => cacheKey);
  }

  sawEntry(process: SimProcess, key: string, bytes: Uint8Array, connection: CacheConnection): void {
    const shown = kindOf(bytes) === "lease" ? carriedBy(bytes) : bytes;
    if (kindOf(shown) === "hold" || kindOf(shown) === "lease" || isSeed(bytes)) return;
    const atMs = this.#world.scheduler.nowMs;
    this.sightings.push({ process, key, bytes: shown, connection, atMoment: this.moment(), atMs });
  }
}
