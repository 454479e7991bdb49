import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, it } from "@jest/globals";
import { Users } from "../fixtures/readme.js";

describe("the README", () => {
  it("shows the code of fixtures/readme.ts", async () => {
    const readme = await readFile("packages/decorators/README.md", "utf8");
    const code = await readFile("packages/decorators/fixtures/readme.ts", "utf8");
    assert.equal(/```ts\n(.*?)```/s.exec(readme)?.[1], code);
  });

  it("shows code that works", async () => {
    const users = new Users();
    await users.save({ id: 1, name: "Ada" });
    assert.equal((await users.byId(1))?.name, "Ada");
    await users.save({ id: 1, name: "Grace" });
    assert.equal((await users.byId(1))?.name, "Grace");
    await users.store.close();
  });
});
