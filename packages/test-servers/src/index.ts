export { FragileServer, startFragileServer } from "./fragile-server.js";
export { freePort } from "./free-port.js";
export {
  missingDebianPackages,
  type ServerName,
  serverAvailable,
  serverBinary,
} from "./installed-servers.js";
export { type MariaDbOptions, type MariaDbServer, startMariaDb } from "./mariadb-server.js";
export { type MemcachedOptions, type MemcachedServer, startMemcached } from "./memcached-server.js";
export type { Pace } from "./paced-writer.js";
export { type PostgresOptions, type PostgresServer, startPostgres } from "./postgres-server.js";
export { type Direction, type Ending, type ProxyTarget, startTcpProxy, type TcpProxy } from "./tcp-proxy.js";
export type { RestartOptions, TestServer } from "./test-server.js";
