import { readdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { ShopProcess } from "./testing/shop-process.js";
import { type TemporaryFolder, temporaryFolder } from "./testing/temporary-folder.js";

/** One line, from the shop, that ends like a sentence. */
const oneLine = /^Shop: [^\n]+\.\n$/;

describe("the shop as a process", () => {
  let folder: TemporaryFolder;

  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(() => folder.remove());

  it.each([
    ["an unknown kind of cache", { ASIDE_CACHE_URL: "redis://secret-host:6379" }, "ASIDE_CACHE_URL"],
    [
      "an unknown kind of database",
      { ASIDE_DATABASE_URL: "oracle://me:hunter2@host/db" },
      "ASIDE_DATABASE_URL",
    ],
    [
      "a database that is not there",
      { ASIDE_DATABASE_URL: "mysql://me:hunter2@127.0.0.1:1/db" },
      "nothing listens there",
    ],
    [
      "a path through a file",
      { ASIDE_DATABASE_URL: "sqlite:a-file/shop.sqlite" },
      "part of the path is a file",
    ],
    ["a file that is no database", { ASIDE_DATABASE_URL: "sqlite:a-file" }, "not an SQLite database"],
    ["a port that is none", { PORT: "three thousand" }, "PORT"],
    ["a host that is not here", { HOST: "192.0.2.1" }, "HOST"],
  ])("ends with one line and code 1 for %s", async (_name, settings, word) => {
    writeFileSync(
      join(folder.path, "a-file"),
      "These are a few lines of text and not a database.\n".repeat(40),
    );
    const { code, stdout, stderr } = await ShopProcess.run(folder.path, settings);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(oneLine);
    expect(stderr).toContain(word);
    expect(stderr).not.toContain("hunter2");
  });

  it("ends with one line when its port is taken", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => other.once("listening", resolve));
    const { port } = other.address() as { port: number };
    const { code, stderr } = await ShopProcess.run(folder.path, { PORT: String(port) });
    other.close();
    expect(code).toBe(1);
    expect(stderr).toMatch(oneLine);
    expect(stderr).toContain(`port ${port} is taken`);
  });

  it("is refused a file that another shop with a cache of its own uses, until that one is gone", async () => {
    const first = await ShopProcess.start(folder.path);
    const second = await ShopProcess.run(folder.path, {});
    expect(second.code).toBe(1);
    expect(second.stderr).toMatch(oneLine);
    expect(second.stderr).toContain("another shop uses");
    expect((await fetch(first.url)).status).toBe(200);

    await first.stop("SIGKILL");
    const third = await ShopProcess.start(folder.path);
    expect((await fetch(third.url)).status).toBe(200);
    expect((await third.stop("SIGINT")).code).toBe(0);
  });

  it("starts, serves pages and says so in a line, while its memcached is not there", async () => {
    const shop = await ShopProcess.start(folder.path, { ASIDE_CACHE_URL: "memcached://127.0.0.1:1" });
    for (const path of ["/", "/?sort=price-high", "/login"])
      expect((await fetch(shop.url + path)).status).toBe(200);
    const ending = await shop.stop();
    expect(ending.code).toBe(0);
    expect(ending.stderr).toMatch(
      /^shop: goes on without this cache until it can be used: memcached 127\.0\.0\.1:1: .*\n$/,
    );
  });

  it("stops in order on a signal, with requests under way and connections kept open", async () => {
    const shop = await ShopProcess.start(folder.path);
    const pages = await Promise.all(Array.from({ length: 8 }, () => fetch(shop.url)));
    await Promise.all(pages.map((page) => page.text()));
    const late = fetch(`${shop.url}/?category=prints`);
    const ending = await shop.stop("SIGTERM");
    await late.catch(() => undefined);
    expect(ending).toEqual({ code: 0, stdout: `Shop: ${shop.url}\n`, stderr: "" });
  });

  it("stops in order when one Ctrl-C reaches it twice", async () => {
    const shop = await ShopProcess.start(folder.path);
    expect((await shop.stop("SIGINT", "SIGTERM", "SIGINT")).code).toBe(0);
    // SQLite removes its log when the last connection closes.
    expect(readdirSync(join(folder.path, "data")).sort()).toEqual([
      ".gitignore",
      "shop.sqlite",
      "shop.sqlite.owner",
    ]);
  });

  it("keeps itself to itself: headers, no script, no hint of what runs it", async () => {
    const shop = await ShopProcess.start(folder.path);
    const { headers } = await fetch(shop.url);
    expect(headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(headers.get("content-security-policy")).not.toContain("script-src");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("x-powered-by")).toBeNull();
    expect(headers.get("set-cookie")).toBeNull();
    await shop.stop();
  });

  it("refuses what does not come from its own forms, and shows nobody a stack", async () => {
    const shop = await ShopProcess.start(folder.path);
    const post = (path: string, body: string): Promise<Response> =>
      fetch(shop.url + path, {
        method: "POST",
        body,
        headers: { "content-type": "application/x-www-form-urlencoded" },
        redirect: "manual",
      });
    for (const [path, body] of [
      ["/login", "email=admin%40example.com&password=admin-admin"],
      ["/login", "_csrf=&email=admin%40example.com&password=admin-admin"],
      ["/cart/add", "_csrf[]=a&product=1"],
      ["/admin/prices/1", "price=0.01"],
      ["/logout", ""],
    ] as const) {
      expect((await post(path, body)).status).toBe(403);
    }
    const tooLarge = await post("/cart/add", `product=${"1".repeat(20_000)}`);
    expect(tooLarge.status).toBe(413);
    for (const path of [
      "/products/%E0%A4%A",
      "/products/0",
      "/pictures/..%2f..%2fpackage.json",
      "/orders/1",
    ]) {
      const page = await fetch(shop.url + path);
      expect(await page.text()).not.toMatch(/node_modules|at .+:\d+:\d+|Error:/);
    }
    expect((await shop.stop()).stderr).toBe("");
  });

  it("writes what people typed into pages as text", async () => {
    const shop = await ShopProcess.start(folder.path);
    const page = await (
      await fetch(`${shop.url}/?q=${encodeURIComponent(`"><script>alert(1)</script>`)}`)
    ).text();
    expect(page).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
    expect(page).not.toContain("<script");
    await shop.stop();
  });

  it("draws pictures without looking anything up, to be kept for ever", async () => {
    const shop = await ShopProcess.start(folder.path);
    const picture = await fetch(`${shop.url}/pictures/mug-cobalt-1f.svg`);
    expect(picture.headers.get("content-type")).toContain("image/svg+xml");
    expect(picture.headers.get("cache-control")).toContain("immutable");
    expect(await picture.text()).toMatch(/^<svg .+<\/svg>$/);
    expect((await fetch(`${shop.url}/pictures/mug-cobalt-zz.svg`)).status).toBe(404);
    await shop.stop();
  });
});
