import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { describe, it } from "@jest/globals";
import { app } from "../fixtures/readme.js";

describe("the README", () => {
  it("shows the code of fixtures/readme.ts", async () => {
    const readme = await readFile("packages/session/README.md", "utf8");
    const code = await readFile("packages/session/fixtures/readme.ts", "utf8");
    assert.equal(/```ts\n(.*?)```/s.exec(readme)?.[1], code);
  });

  it("shows code that works", async () => {
    const server = app.listen(0, "127.0.0.1");
    await once(server, "listening");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const first = await fetch(url);
    assert.equal(await first.text(), "You were here 1 times.");
    const cookie = first.headers.get("set-cookie")?.split(";")[0] ?? "";
    assert.equal(await (await fetch(url, { headers: { cookie } })).text(), "You were here 2 times.");
    server.closeAllConnections();
    server.close();
  });
});
