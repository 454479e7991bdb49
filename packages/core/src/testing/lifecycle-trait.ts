import assert from "node:assert/strict";
import { isAsideError } from "../errors/aside-error.js";
import { expectCode } from "./expect-code.js";
import type { TestRunner } from "./test-runner.js";

/** Anything that is opened, used and closed. */
export interface Closable extends AsyncDisposable {
  close(): Promise<void>;
}

/**
 * The life of a {@link Closable}, for any port: closed once, twice, at the same time, by disposal, and with calls under way.
 * @param open - a fresh subject. The trait closes it.
 * @param calls - its methods by name, each with arguments that would do.
 */
export function lifecycleTrait<S extends Closable>(
  { describe, it }: TestRunner,
  open: () => Promise<S>,
  calls: Readonly<Record<string, (subject: S) => Promise<unknown>>>,
): void {
  describe("lifetime", () => {
    it("close is idempotent, also when called at the same time", async () => {
      const subject = await open();
      await Promise.all([subject.close(), subject.close()]);
      await subject.close();
    });

    it("disposal closes, and closing after it does nothing", async () => {
      const subject = await open();
      await subject[Symbol.asyncDispose]();
      for (const call of Object.values(calls)) await expectCode(call(subject), "CLOSED");
      await subject.close();
    });

    it("close settles the calls that are under way: done, or refused by a code", async () => {
      const subject = await open();
      const many = Array.from({ length: 10 }, () => Object.values(calls)).flat();
      let settled = 0;
      const pending = many.map((call) => call(subject).finally(() => (settled += 1)));
      const outcomes = Promise.allSettled(pending);
      await subject.close();
      await new Promise(setImmediate);
      assert.equal(settled, pending.length, "some are still under way after close");
      for (const outcome of await outcomes) {
        if (outcome.status === "rejected") assert.ok(isAsideError(outcome.reason), String(outcome.reason));
      }
    });

    for (const [name, call] of Object.entries(calls)) {
      it(`${name} rejects with CLOSED once closed`, async () => {
        const subject = await open();
        await subject.close();
        await expectCode(call(subject), "CLOSED");
      });
    }
  });
}
