import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { execFile } from "node:child_process";
import { setImmediate } from "node:timers/promises";
import { promisify } from "node:util";
import { describe, it } from "@jest/globals";
import { settle } from "./callback-bridge.js";

describe("settle", () => {
  it("calls back once, later, with null and the value or with the error", async () => {
    const calls: unknown[][] = [];
    const record = (...args: unknown[]) => void calls.push(args);
    const failure = new Error("down");
    assert.equal(settle(Promise.resolve(7), record), undefined);
    assert.equal(settle(Promise.reject(failure), record), undefined);
    assert.deepEqual(calls, []);
    await setImmediate();
    assert.deepEqual(calls, [[null, 7], [failure]]);
  });

  it("keeps the asynchronous context of the call", async () => {
    const context = new AsyncLocalStorage<string>();
    const seen = await new Promise((resolve) => {
      context.run("request 7", () => settle(Promise.resolve(), () => resolve(context.getStore())));
    });
    assert.equal(seen, "request 7");
  });

  it("gives the promise to a caller without a callback", async () => {
    assert.equal(await settle(Promise.resolve(7), undefined), 7);
    await assert.rejects(settle(Promise.reject(new Error("down")), undefined) ?? Promise.resolve(), /down/);
  });

  // In a process of its own: the test runner takes uncaught errors for its own.
  const bridge = new URL("../dist/esm/callback-bridge.js", import.meta.url);
  const run = (script: string) =>
    promisify(execFile)(process.execPath, [
      "--input-type=module",
      "-e",
      `import { settle } from ${JSON.stringify(bridge.href)};${script}`,
    ]);

  it("reports no unhandled rejection when a caller of the callback style passes no callback", async () => {
    const { stdout } = await run(
      'settle(Promise.reject(new Error("down"))); setTimeout(() => console.log("alive"), 20);',
    );
    assert.equal(stdout, "alive\n");
  });

  it("lets an error thrown by the callback be an uncaught exception, and does not call again", async () => {
    const { stdout } = await run(`
      let calls = 0;
      process.on("uncaughtException", (error, origin) => console.log(error.message, origin, calls));
      settle(Promise.resolve(1), () => { calls++; throw new Error("mine"); });
      setTimeout(() => console.log(calls), 20);
    `);
    assert.equal(stdout, "mine uncaughtException 1\n1\n");
  });
});
