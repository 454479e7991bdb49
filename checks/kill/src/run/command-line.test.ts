import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { parseCommand } from "./command-line.js";

describe("the command line", () => {
  it("asks for a minute with four workers and all guards", () => {
    const { seed, ...command } = parseCommand([]) ?? {};
    assert.ok(Number.isSafeInteger(seed));
    assert.deepEqual(command, {
      seconds: 60,
      workers: 4,
      breakage: undefined,
      nodes: 1,
      cuts: false,
      transport: "memjs",
      historyFolder: undefined,
      prove: false,
    });
  });

  it("asks for shorter runs to prove that stale reads are found", () => {
    assert.equal(parseCommand(["--prove"])?.seconds, 12);
    assert.equal(parseCommand(["--break", "tokens"])?.seconds, 12);
    assert.equal(parseCommand(["--break", "tokens", "--seconds", "7"])?.seconds, 7);
  });

  it.each([
    [["--seconds", "0"], /--seconds takes a whole number of at least 1/],
    [["--workers", "2"], /--workers takes a whole number of at least 3/],
    [["--break", "leases"], /--break takes/],
    [["--nodes", "0"], /--nodes takes a whole number of at least 1/],
    [["--transport", "udp"], /--transport takes "memjs" or "native"/],
    [["--forever"], /--forever/],
  ])("refuses %j", (args, message) => {
    assert.throws(() => parseCommand(args), message);
  });
});
