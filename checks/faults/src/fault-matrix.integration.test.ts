import assert from "node:assert/strict";
import { describeWithServers } from "@aside/test-servers/jest";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { Lab } from "./lab.js";
import { matrix } from "./matrix.js";
import { play } from "./play.js";
import { transports } from "./transports.js";

describeWithServers(["memcached"], "the fault matrix, in short", () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await Lab.open();
  });
  afterAll(() => lab[Symbol.asyncDispose]());

  for (const transport of transports) {
    describe(transport.name, () => {
      for (const fault of matrix) {
        it(`stands: ${fault.name}`, async () => {
          const { complaints } = await play({ fault, transport, lab, lastingMs: 350, thorough: false });
          assert.deepEqual(complaints, []);
        });
      }
    });
  }
});
