export { asideModule, closeAside, openAside } from "./aside-module.js";
export type { AsideModuleOptions, StoreSettings } from "./aside-options.js";
export { type Owned, owned, type Provided } from "./provided.js";
export { cacheToken, databaseToken, locksToken, storeToken, transactionsToken } from "./tokens.js";
