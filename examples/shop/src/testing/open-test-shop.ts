import { readConfig } from "../config/shop-config.js";
import { type OpenShop, openShop } from "../wiring/open-shop.js";
import { temporaryFolder } from "./temporary-folder.js";

/** The services of a shop in this process, freshly filled, with a cache in the process. */
export interface TestShop extends OpenShop {
  /** Closes it, and deletes its SQLite file. */
  close(): Promise<void>;
}

/** @param databaseUrl - an empty database. Default: an SQLite file. */
export async function openTestShop(databaseUrl = ""): Promise<TestShop> {
  const folder = temporaryFolder();
  const shop = await openShop(readConfig({ ASIDE_DATABASE_URL: databaseUrl }, folder.path));
  return {
    container: shop.container,
    close: async () => {
      await shop.close();
      folder.remove();
    },
  };
}
