import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { serversAreRequired } from "./describe-with-servers.js";

describe("serversAreRequired", () => {
  it.each([
    { name: "nothing", env: {}, required: false },
    { name: "CI=true", env: { CI: "true" }, required: true },
    { name: "CI=1", env: { CI: "1" }, required: true },
    { name: "CI=false", env: { CI: "false" }, required: false },
    { name: "CI empty", env: { CI: "" }, required: false },
    { name: "ASIDE_REQUIRE_SERVERS=1", env: { ASIDE_REQUIRE_SERVERS: "1" }, required: true },
    { name: "ASIDE_REQUIRE_SERVERS=0", env: { ASIDE_REQUIRE_SERVERS: "0" }, required: false },
  ])("is $required with $name", ({ env, required }) => {
    assert.equal(serversAreRequired(env), required);
  });
});
