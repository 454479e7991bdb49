import "reflect-metadata";
import { ConfigError } from "./config/config-error.js";
import { readConfig } from "./config/shop-config.js";
import { failureReason } from "./data/failure-reason.js";
import { startShop } from "./shop.js";
import { describeError } from "./web/error-log.js";

/** Ends the process when closing in order takes longer than this. */
const CLOSE_WITHIN_MS = 8_000;

async function main(): Promise<void> {
  const config = readConfig(process.env, process.cwd());
  const shop = await startShop(config);
  if (config.cache.kind === "memory" && config.database.kind === "mysql") {
    console.warn(
      "Shop: without ASIDE_CACHE_URL the cache is in this process: start no second shop on this database.",
    );
  }
  let stoppingSinceMs: number | undefined;
  const stop = (): void => {
    if (stoppingSinceMs !== undefined) {
      // One Ctrl-C may come twice, from the terminal and from `npm start`. Who presses it again means it.
      if (performance.now() - stoppingSinceMs > 1_000) process.exit(1);
      return;
    }
    stoppingSinceMs = performance.now();
    setTimeout(() => process.exit(1), CLOSE_WITHIN_MS).unref();
    shop.close().catch((error: unknown) => {
      console.error(`Shop: ${describeError(error)}`);
      process.exitCode = 1;
    });
  };
  process.on("SIGINT", stop).on("SIGTERM", stop);
  console.log(`Shop: ${shop.url}`);
}

try {
  await main();
} catch (error) {
  console.error(`Shop: ${problemOf(error)}`);
  process.exitCode = 1;
}

/** One line for what the operator can mend; all there is for what only a programmer can. */
function problemOf(error: unknown): string {
  if (error instanceof ConfigError) return error.message;
  const reason = failureReason(error);
  return reason === undefined ? describeError(error) : `cannot start with this database: ${reason}.`;
}
