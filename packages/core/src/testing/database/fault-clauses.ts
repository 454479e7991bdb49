import assert from "node:assert/strict";
import type { InvalidationLog } from "../../backend/invalidation-log.js";
import type { PersistenceBackend } from "../../backend/persistence-backend.js";
import type { TransactionEnd } from "../../backend/transaction-scope.js";
import { type AsideError, isAsideError } from "../../errors/aside-error.js";
import type { AsideErrorCode } from "../../errors/aside-error-code.js";
import type { Milliseconds } from "../../time/clock.js";
import { closedGate } from "../gate.js";
import { giveChance, nowMs, pass, settledWithin } from "../passing-time.js";
import type { TestRunner } from "../test-runner.js";
import type { DatabaseHarness, FragileCollection } from "./database-harness.js";
import { expectValue, readRow, written } from "./rows.js";

/** A server may need so long to be of use again after a start. */
const recoveryMs = 20_000;
/** Long enough for a call that was given up to be sent again. */
const laterMs = 300;

const noAnswer: readonly AsideErrorCode[] = ["DATABASE_UNAVAILABLE", "DATABASE_TIMEOUT"];

interface Operation {
  readonly name: string;
  call(rows: PersistenceBackend<unknown>, now: number): Promise<unknown>;
}

/** Each would change `expectStanding`'s rows, but for the read. */
const operations: readonly Operation[] = [
  { name: "readMany", call: (rows) => rows.readMany(["live", "none"]) },
  { name: "write", call: (rows) => rows.write("live", "lost on the way") },
  { name: "remove", call: (rows) => rows.remove("live") },
  { name: "touch", call: (rows, now) => rows.touch("live", now + 3_600_000) },
  { name: "removeExpired", call: (rows) => rows.removeExpired(10) },
];

/** What calls do while the server of their collection is dead, or does not answer, where the harness can bring that about. */
export function rowFaultClauses({ describe, it }: TestRunner, harness: DatabaseHarness): void {
  const openFragile = harness.openFragile?.bind(harness);
  if (openFragile === undefined) return;

  describe("faults", () => {
    it("when the server dies in mid-call each call rejects by its deadline; what was committed is there after a start", async () => {
      await using fragile = await openFragile();
      const { persistence: rows, deadlineMs } = fragile;
      await writeStanding(harness, rows);
      const call = ({ call }: Operation) =>
        rejected(harness, call(rows, nowMs(harness)), deadlineMs, noAnswer);
      const underWay = operations.map(call);
      await Promise.all([fragile.kill(), ...underWay]);
      await Promise.all(operations.map(call));
      await fragile.start();
      await recovered(harness, fragile);
      await expectStanding(rows);
      written(await rows.write("live", "after"));
      await expectValue(rows, "live", "after");
    });

    for (const { name, call } of operations) {
      it(`${name} that gets no answer rejects by its deadline, and is not sent again later`, async () => {
        await using fragile = await openFragile();
        const { persistence: rows, deadlineMs } = fragile;
        await writeStanding(harness, rows);
        await fragile.silence();
        await rejected(harness, call(rows, nowMs(harness)), deadlineMs, ["DATABASE_TIMEOUT"]);
        await fragile.speak();
        await recovered(harness, fragile);
        await pass(harness, laterMs);
        await expectStanding(rows);
      });
    }
  });
}

/** The same for transactions and the invalidation log. */
export function transactionFaultClauses({ describe, it }: TestRunner, harness: DatabaseHarness): void {
  const openFragile = harness.openFragile?.bind(harness);
  if (openFragile === undefined) return;

  describe("faults", () => {
    for (const strike of ["kill", "silence"] as const) {
      const fault = strike === "kill" ? "the server dies" : "the server falls silent";

      it(`when ${fault} within a transaction nothing of it is left, also if its work caught the error`, async () => {
        await using fragile = await openFragile();
        const { persistence: rows, deadlineMs } = fragile;
        await rows.write("a", "before");
        const struck = closedGate();
        const ends: TransactionEnd[] = [];
        let error: AsideError | undefined;
        const work = rows.transactions.run(async () => {
          await rows.write("a", "within");
          rows.transactions.current()?.participant({}, () => participant(ends));
          await fragile[strike]();
          struck.open();
          error = await rejected(harness, rows.write("b", "within"), deadlineMs, noAnswer);
        });
        const outcome = outcomeOf(work);
        await struck.passed;
        const told = await settledError(harness, outcome, deadlineMs);
        assert.ok(isAsideError(told, error?.code), "run rejects as the statement did");
        assert.deepEqual(ends, [{ outcome: "rolled-back" }]);
        await (strike === "kill" ? fragile.start() : fragile.speak());
        await recovered(harness, fragile);
        await expectValue(rows, "a", "before");
        await expectValue(rows, "b", undefined);
        await becomesFree(harness, rows, "a");
      });

      it(`when ${fault} just before the commit nothing of it comes to light, and its end is told`, async () => {
        await using fragile = await openFragile();
        const { persistence: rows, deadlineMs } = fragile;
        await rows.write("a", "before");
        const ends: TransactionEnd[] = [];
        const work = rows.transactions.run(async () => {
          await rows.write("a", "within");
          await rows.write("b", "within");
          rows.transactions.current()?.participant({}, () => participant(ends, () => fragile[strike]()));
        });
        const error = await settledError(harness, outcomeOf(work), deadlineMs);
        assert.ok(isAsideError(error), String(error));
        const [end] = ends;
        assert.ok(end !== undefined && ends.length === 1, "participants are told once");
        if (error.code === "COMMIT_UNKNOWN") {
          assert.equal(error.committed, "unknown");
          assert.equal(end.outcome, "unknown");
        } else {
          assert.ok(noAnswer.includes(error.code), error.code);
          assert.equal(end.outcome, "rolled-back");
        }
        await (strike === "kill" ? fragile.start() : fragile.speak());
        if (end.outcome === "unknown") {
          const settled = await settledWithin(harness, end.settled, recoveryMs);
          assert.equal(settled.status, "fulfilled");
        }
        await recovered(harness, fragile);
        await expectValue(rows, "a", "before");
        await becomesFree(harness, rows, "a");
        await pass(harness, laterMs);
        await expectValue(rows, "b", undefined);
      });
    }

    it("one that waits for a row when the server dies is told by its deadline", async () => {
      await using fragile = await openFragile();
      const { persistence: rows, deadlineMs } = fragile;
      await rows.write("a", "before");
      const locked = closedGate();
      const struck = closedGate();
      const holder = outcomeOf(
        rows.transactions.run(async () => {
          await rows.write("a", "within");
          locked.open();
          await struck.passed;
        }),
      );
      await locked.passed;
      const waiter = outcomeOf(rows.transactions.run(() => rows.readMany(["a"], { forUpdate: true })));
      await giveChance(harness);
      await fragile.kill();
      struck.open();
      for (const outcome of [waiter, holder]) {
        const error = await settledError(harness, outcome, deadlineMs);
        assert.ok(isAsideError(error) && [...noAnswer, "COMMIT_UNKNOWN"].includes(error.code), String(error));
      }
      await fragile.start();
      await recovered(harness, fragile);
      await expectValue(rows, "a", "before");
    });

    it("a transaction that begins while nothing answers rejects by its deadline, its work not run or not committed", async () => {
      await using fragile = await openFragile();
      const { persistence: rows, deadlineMs } = fragile;
      await rows.write("a", "before");
      for (const strike of ["silence", "kill"] as const) {
        await fragile[strike]();
        const work = rows.transactions.run(() => rows.write("a", "within"), { repeatable: true });
        const error = await settledError(harness, outcomeOf(work), deadlineMs);
        assert.ok(isAsideError(error) && noAnswer.includes(error.code), String(error));
      }
      await fragile.speak();
      await fragile.start();
      await recovered(harness, fragile);
      await expectValue(rows, "a", "before");
    });

    if (harness.log) {
      it("calls of the log that get no answer reject by their deadline, and nothing is logged or struck later", async () => {
        await using fragile = await openFragile();
        const { persistence, deadlineMs } = fragile;
        const log = persistence.transactions.log as InvalidationLog;
        const cache = "contract-faults";
        const entry = { id: `id-${nowMs(harness)}-${Math.random()}`, cache, key: "key" };
        await log.append([entry]);
        await fragile.silence();
        const calls = [
          () => log.append([{ ...entry, id: `${entry.id}-lost` }]),
          () => log.read(cache, 10),
          () => log.remove([entry.id]),
          () => log.oldestAgeMs(cache),
        ];
        await Promise.all(calls.map((call) => rejected(harness, call(), deadlineMs, ["DATABASE_TIMEOUT"])));
        await fragile.speak();
        await recovered(harness, fragile);
        await pass(harness, laterMs);
        assert.deepEqual(await log.read(cache, 10), [entry]);
        await fragile.kill();
        await Promise.all(calls.map((call) => rejected(harness, call(), deadlineMs, noAnswer)));
        await fragile.start();
        await recovered(harness, fragile);
        assert.deepEqual(await log.read(cache, 10), [entry]);
      });
    }
  });
}

const expiresAtMs = 4_102_444_800_000;

async function writeStanding(harness: DatabaseHarness, rows: PersistenceBackend<unknown>): Promise<void> {
  written(await rows.write("live", "committed", { expiresAtMs }));
  written(await rows.write("ended", "committed", { expiresAtMs: nowMs(harness) - 60_000 }));
}

/** The rows are as they were written; the one that has ended is still there to be swept. */
async function expectStanding(rows: PersistenceBackend<unknown>): Promise<void> {
  const row = await readRow(rows, "live");
  assert.equal(row?.value, "committed");
  assert.equal(row.expiresAtMs, expiresAtMs);
  assert.equal(await rows.removeExpired(10), 1);
}

function participant(
  ends: TransactionEnd[],
  beforeCommit: () => Promise<void> = async () => {
    assert.fail("beforeCommit of a transaction that cannot commit");
  },
) {
  return {
    beforeCommit,
    async afterEnd(end: TransactionEnd) {
      ends.push(end);
    },
  };
}

/** Keeps a rejection from being nobody's until it is looked at. */
function outcomeOf<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

async function settledError(
  harness: DatabaseHarness,
  promise: Promise<unknown>,
  deadlineMs: Milliseconds,
): Promise<unknown> {
  const outcome = await settledWithin(harness, promise, deadlineMs);
  assert.equal(outcome.status, "rejected", "it cannot have been done");
  return (outcome as PromiseRejectedResult).reason;
}

/** Asserts that the call rejects by its deadline with one of these codes. */
async function rejected(
  harness: DatabaseHarness,
  call: Promise<unknown>,
  deadlineMs: Milliseconds,
  codes: readonly AsideErrorCode[],
): Promise<AsideError> {
  const error = await settledError(harness, call, deadlineMs);
  assert.ok(isAsideError(error) && codes.includes(error.code), `expected ${codes.join(" or ")}: ${error}`);
  return error;
}

/** Waits until the database answers again. Writes nothing. */
async function recovered(harness: DatabaseHarness, fragile: FragileCollection): Promise<void> {
  const { persistence, deadlineMs } = fragile;
  for (let passedMs = 0; ; passedMs += 50) {
    const { status } = await settledWithin(harness, persistence.readMany(["none"]), deadlineMs);
    if (status === "fulfilled") return;
    assert.ok(passedMs < recoveryMs, "it works again some time after the server does");
    await pass(harness, 50);
  }
}

/** Waits until the row's lock is free: the server may notice late that its client has gone. */
async function becomesFree(
  harness: DatabaseHarness,
  rows: PersistenceBackend<unknown>,
  key: string,
): Promise<void> {
  for (let passedMs = 0; ; passedMs += 50) {
    const write = rows.write(key, "free");
    if ((await settledWithin(harness, write, recoveryMs)).status === "fulfilled") return;
    assert.ok(passedMs < recoveryMs, "its locks are free some time later");
    await pass(harness, 50);
  }
}
