import { describe, it } from "@jest/globals";
import { missingDebianPackages, type ServerName } from "../installed-servers.js";

/**
 * A Jest suite that needs servers of this machine. Where one is not installed the suite is skipped, and a block at
 * the end of the run says so (`scripts/skipped-suites-reporter.mjs` finds the mark in the title); with `CI=true` or
 * `ASIDE_REQUIRE_SERVERS=1` it fails.
 */
export function describeWithServers(servers: readonly ServerName[], title: string, body: () => void): void {
  const missing = missingDebianPackages(servers).join(", ");
  if (missing === "") {
    describe(title, body);
  } else if (serversAreRequired(process.env)) {
    describe(title, () => {
      it("has the servers it needs", () => {
        throw new Error(`Not installed: ${missing}. CI or ASIDE_REQUIRE_SERVERS asks for every server.`);
      });
    });
  } else {
    describe.skip(`${title} [skipped: needs ${missing}]`, body);
  }
}

/** Whether a missing server is a failure. */
export function serversAreRequired(env: Readonly<Record<string, string | undefined>>): boolean {
  const isOn = (value: string | undefined): boolean =>
    value !== undefined && !["", "0", "false"].includes(value);
  return isOn(env["CI"]) || isOn(env["ASIDE_REQUIRE_SERVERS"]);
}
