import { AsideError } from "../errors/aside-error.js";
import type { Clock, ClockTimer, Milliseconds } from "../time/clock.js";

interface Waiter<Owner> {
  readonly owner: Owner;
  readonly grant: () => void;
  readonly refuse: (error: AsideError) => void;
  readonly timer: ClockTimer;
}

interface RowLock<Owner> {
  owner: Owner;
  /** In the order in which they came. */
  readonly waiters: Waiter<Owner>[];
}

/**
 * Exclusive locks on rows, each held by one owner until it releases all of its own.
 *
 * Invariant: the graph "waits for the holder, or for one that waits ahead" has no cycle. It is checked whenever an owner begins to wait,
 * since only that adds edges; a lock that is handed on goes to the one ahead of all others, which removes edges only. So of owners
 * that only wait for each other one can always go on. What an owner waits for besides is not known here: hence the bound on the wait.
 */
export class RowLocks<Owner extends object> {
  readonly #clock: Clock;
  readonly #longestWaitMs: Milliseconds;
  readonly #locks = new Map<string, RowLock<Owner>>();
  readonly #held = new Map<Owner, Set<string>>();
  /** The rows each owner waits for; several where it has several statements under way. */
  readonly #awaited = new Map<Owner, Set<string>>();

  constructor(clock: Clock, longestWaitMs: Milliseconds) {
    this.#clock = clock;
    this.#longestWaitMs = longestWaitMs;
  }

  /** Takes the lock of `row` if it is free or the owner's already. */
  tryAcquire(row: string, owner: Owner): boolean {
    const lock = this.#locks.get(row);
    if (lock !== undefined) return lock.owner === owner;
    this.#locks.set(row, { owner, waiters: [] });
    addTo(this.#held, owner, row);
    return true;
  }

  /**
   * Takes the lock of `row`, after those who came before.
   * @throws {AsideError} `TRANSACTION_CONFLICT` when waiting would never end, or took too long.
   */
  async acquire(row: string, owner: Owner): Promise<void> {
    if (this.tryAcquire(row, owner)) return;
    const { waiters } = this.#locks.get(row) as RowLock<Owner>;
    await new Promise<void>((grant, refuse) => {
      const timer = this.#clock.after(this.#longestWaitMs, () => {
        this.#forget(row, waiter);
        refuse(conflict("Waited too long for a row that another transaction holds"));
      });
      const waiter: Waiter<Owner> = { owner, grant, refuse, timer };
      waiters.push(waiter);
      addTo(this.#awaited, owner, row);
      if (!this.#waitsForItself(owner)) return;
      this.#forget(row, waiter);
      refuse(conflict("Two transactions wait for each other's rows"));
    });
  }

  /** Gives up all that the owner holds and waits for. Its waits are refused: nobody would release what they got. */
  releaseAll(owner: Owner): void {
    for (const row of this.#awaited.get(owner) ?? []) {
      for (const waiter of this.#locks.get(row)?.waiters.filter((each) => each.owner === owner) ?? []) {
        this.#forget(row, waiter);
        waiter.refuse(conflict("The transaction ended while its statement waited for a row"));
      }
    }
    for (const row of this.#held.get(owner) ?? []) this.#handOn(row);
    this.#held.delete(owner);
  }

  #handOn(row: string): void {
    const lock = this.#locks.get(row) as RowLock<Owner>;
    const next = lock.waiters[0];
    if (next === undefined) {
      this.#locks.delete(row);
      return;
    }
    lock.owner = next.owner;
    addTo(this.#held, next.owner, row);
    for (const waiter of lock.waiters.filter((each) => each.owner === next.owner)) {
      this.#forget(row, waiter);
      waiter.grant();
    }
  }

  #forget(row: string, waiter: Waiter<Owner>): void {
    waiter.timer.cancel();
    const waiters = this.#locks.get(row)?.waiters ?? [];
    const index = waiters.indexOf(waiter);
    if (index !== -1) waiters.splice(index, 1);
    if (waiters.some((other) => other.owner === waiter.owner)) return;
    const awaited = this.#awaited.get(waiter.owner);
    awaited?.delete(row);
    if (awaited?.size === 0) this.#awaited.delete(waiter.owner);
  }

  #waitsForItself(owner: Owner): boolean {
    const seen = new Set<Owner>();
    const next = [owner];
    for (let one = next.pop(); one !== undefined; one = next.pop()) {
      for (const blocker of this.#blockersOf(one)) {
        if (blocker === owner) return true;
        if (seen.has(blocker)) continue;
        seen.add(blocker);
        next.push(blocker);
      }
    }
    return false;
  }

  /** Whom the owner waits for: holders, and those who wait ahead of it. */
  #blockersOf(owner: Owner): Owner[] {
    const blockers: Owner[] = [];
    for (const row of this.#awaited.get(owner) ?? []) {
      const lock = this.#locks.get(row) as RowLock<Owner>;
      if (lock.owner !== owner) blockers.push(lock.owner);
      for (const waiter of lock.waiters) {
        if (waiter.owner === owner) break;
        blockers.push(waiter.owner);
      }
    }
    return blockers;
  }
}

function addTo<Owner>(sets: Map<Owner, Set<string>>, owner: Owner, row: string): void {
  const rows = sets.get(owner);
  if (rows === undefined) sets.set(owner, new Set([row]));
  else rows.add(row);
}

function conflict(message: string): AsideError {
  return new AsideError("TRANSACTION_CONFLICT", message);
}
