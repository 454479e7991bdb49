import { describe, expect, it } from "@jest/globals";
import { ConfigError } from "./config-error.js";
import { describeDatabase } from "./database-url.js";
import { readConfig } from "./shop-config.js";

const cwd = "/srv/shop";

describe("readConfig", () => {
  it("needs nothing: a cache in the process, an SQLite file in ./data, port 3000 on loopback", () => {
    expect(readConfig({}, cwd)).toEqual({
      cache: { kind: "memory" },
      database: { kind: "sqlite", file: "/srv/shop/data/shop.sqlite" },
      host: "127.0.0.1",
      port: 3000,
      sessionSecret: undefined,
    });
  });

  it.each([
    ["memcached://127.0.0.1:11211", ["127.0.0.1:11211"]],
    ["memcached://Cache1:1,cache2:65535", ["cache1:1", "cache2:65535"]],
    ["memcached://localhost", ["localhost:11211"]],
    ["memcached://[::1]:11212/", ["[::1]:11212"]],
  ])("reads the servers of %s", (url, servers) => {
    expect(readConfig({ ASIDE_CACHE_URL: url }, cwd).cache).toEqual({ kind: "memcached", servers });
  });

  it.each([
    ["sqlite:shop.sqlite", "/srv/shop/shop.sqlite"],
    ["sqlite:./a/b.sqlite", "/srv/shop/a/b.sqlite"],
    ["sqlite:/var/lib/shop.sqlite", "/var/lib/shop.sqlite"],
    ["sqlite:///var/lib/shop.sqlite", "/var/lib/shop.sqlite"],
  ])("reads the file of %s", (url, file) => {
    expect(readConfig({ ASIDE_DATABASE_URL: url }, cwd).database).toEqual({ kind: "sqlite", file });
  });

  it("reads a MySQL URL and decodes its parts", () => {
    expect(
      readConfig({ ASIDE_DATABASE_URL: "mysql://shop:p%40ss%2Fword@db.example:3307/shop" }, cwd).database,
    ).toEqual({
      kind: "mysql",
      host: "db.example",
      port: 3307,
      user: "shop",
      password: "p@ss/word",
      database: "shop",
    });
    expect(readConfig({ ASIDE_DATABASE_URL: "mariadb://shop@[::1]/shop" }, cwd).database).toMatchObject({
      host: "::1",
      port: 3306,
      password: "",
    });
  });

  it.each([
    ["another kind of cache", { ASIDE_CACHE_URL: "redis://localhost:6379" }],
    ["a cache without server", { ASIDE_CACHE_URL: "memcached://" }],
    ["an empty place in the server list", { ASIDE_CACHE_URL: "memcached://a:1,,b:2" }],
    ["a server twice", { ASIDE_CACHE_URL: "memcached://a:1,A:1" }],
    ["a cache port that is none", { ASIDE_CACHE_URL: "memcached://a:70000" }],
    ["a cache with a path", { ASIDE_CACHE_URL: "memcached://a:1/0" }],
    ["a cache with a password", { ASIDE_CACHE_URL: "memcached://u:hunter2@a:1" }],
    ["a bare host as cache", { ASIDE_CACHE_URL: "localhost:11211" }],
    ["another kind of database", { ASIDE_DATABASE_URL: "postgres://u:hunter2@h/d" }],
    ["a path without scheme", { ASIDE_DATABASE_URL: "./shop.sqlite" }],
    ["no file", { ASIDE_DATABASE_URL: "sqlite:" }],
    ["a database in memory", { ASIDE_DATABASE_URL: "sqlite::memory:" }],
    ["a host in an SQLite URL", { ASIDE_DATABASE_URL: "sqlite://host" }],
    ["no database name", { ASIDE_DATABASE_URL: "mysql://u:hunter2@h:3306" }],
    ["two database names", { ASIDE_DATABASE_URL: "mysql://u:hunter2@h:3306/a/b" }],
    ["no user", { ASIDE_DATABASE_URL: "mysql://h:3306/d" }],
    ["a MySQL port that is none", { ASIDE_DATABASE_URL: "mysql://u:hunter2@h:port/d" }],
    ["a raw / in the password", { ASIDE_DATABASE_URL: "mysql://u:hunter2/x@h:3306/d" }],
    ["a broken escape", { ASIDE_DATABASE_URL: "mysql://u:hunter2%zz@h:3306/d" }],
    ["parameters", { ASIDE_DATABASE_URL: "mysql://u:hunter2@h:3306/d?ssl=1" }],
    ["a port that is no number", { PORT: "http" }],
    ["a port out of range", { PORT: "65536" }],
    ["a short secret", { ASIDE_SESSION_SECRET: "hunter2" }],
  ])("refuses %s with one line that holds no password", (_name, env) => {
    let error: unknown;
    try {
      readConfig(env, cwd);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(ConfigError);
    const { message } = error as ConfigError;
    expect(message).toMatch(/^(ASIDE_CACHE_URL|ASIDE_DATABASE_URL|PORT|ASIDE_SESSION_SECRET) .*\.$/);
    expect(message).not.toContain("hunter2");
  });

  it("takes port 0 for any free one", () => {
    expect(readConfig({ PORT: "0" }, cwd).port).toBe(0);
  });
});

describe("describeDatabase", () => {
  it("names the place and neither user nor password", () => {
    const { database } = readConfig({ ASIDE_DATABASE_URL: "mysql://root:hunter2@db/shop" }, cwd);
    expect(describeDatabase(database)).toBe("mysql://db:3306/shop");
  });
});
