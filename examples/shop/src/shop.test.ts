import { serverBinary } from "@aside/test-servers";
import { describeWithServers } from "@aside/test-servers/jest";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { openVisitor, screenshots, type Visitor } from "./testing/browser.js";
import { ShopProcess } from "./testing/shop-process.js";
import { Shopping } from "./testing/shopping.js";
import { type TemporaryFolder, temporaryFolder } from "./testing/temporary-folder.js";

describeWithServers(["chromium"], "the shop on its embedded defaults, in a browser", () => {
  let folder: TemporaryFolder;
  let shop: ShopProcess;
  let visitor: Visitor;
  let shopping: Shopping;
  let mug = "";

  beforeAll(async () => {
    folder = temporaryFolder();
    shop = await ShopProcess.start(folder.path);
    visitor = await openVisitor(serverBinary("chromium"));
    shopping = new Shopping(visitor.page, shop.url);
  }, 60_000);

  afterAll(async () => {
    await visitor?.close();
    await shop?.stop();
    folder?.remove();
  });

  it("shows its catalogue, from the database and then from the cache", async () => {
    await shopping.open("/");
    expect(await shopping.provenance()).toContain("products database");
    const paths = await shopping.productPaths();
    expect(paths).toHaveLength(24);
    mug = paths[0] as string;
    await shopping.open("/");
    expect(await shopping.provenance()).toEqual(
      expect.arrayContaining(["products cache", "listings cache", "stock cache", "settings cache"]),
    );
    expect((await shopping.provenance()).filter((line) => line.endsWith("database"))).toEqual([]);
    await screenshots(visitor.page, "catalogue");
  });

  it("gives no cookie to who only looks around", async () => {
    await shopping.open("/?category=plants&sort=price-low&page=2");
    await visitor.page.getByRole("heading", { name: "Plants" }).waitFor();
    expect(await visitor.page.context().cookies()).toEqual([]);
    await screenshots(visitor.page, "category");
  });

  it("finds products by words", async () => {
    await shopping.open("/");
    await visitor.page.getByRole("searchbox").fill("TEAPOT");
    await visitor.page.getByRole("button", { name: "Search" }).click();
    await visitor.page.getByRole("heading", { name: "TEAPOT" }).waitFor();
    const found = await visitor.page.locator("a.card .title").allTextContents();
    expect(found.length).toBeGreaterThan(3);
    expect(found.every((name) => name.includes("Teapot"))).toBe(true);
    await shopping.open("/?q=100%25_nothing");
    await visitor.page.getByText("Nothing found.").waitFor();
  });

  it("sells: product, cart, account, checkout, order", async () => {
    await shopping.open(mug);
    await screenshots(visitor.page, "product");
    await shopping.addToCart(mug, 2);
    const other = (await otherPaths())[3] as string;
    await shopping.addToCart(other);
    expect(await shopping.cartCount()).toBe(3);
    await screenshots(visitor.page, "cart");
    const guest = await sessionCookie();

    await visitor.page.getByRole("link", { name: "Check out" }).click();
    await visitor.page.getByRole("heading", { name: "Log in" }).waitFor();
    await screenshots(visitor.page, "login");
    await shopping.register("Grace O’Malley", "grace@example.com", "clew bay 1577");
    expect(await sessionCookie()).not.toBe(guest);
    expect(await shopping.cartCount()).toBe(3);

    await shopping.open("/checkout");
    await screenshots(visitor.page, "checkout");
    const total = await visitor.page.locator("dd[data-total]").textContent();
    const number = await shopping.placeOrder();
    expect(number).toMatch(/^Order LL-1\d{4}$/);
    expect(await visitor.page.locator("dd[data-total]").textContent()).toBe(total);
    expect(await shopping.cartCount()).toBe(0);
    await screenshots(visitor.page, "order");
    await shopping.open("/orders");
    await visitor.page.getByText(number.replace("Order ", "")).waitFor();
    await screenshots(visitor.page, "orders");
  });

  it("remembers session and cart over a restart", async () => {
    await shopping.addToCart(mug, 2);
    expect((await shop.stop()).code).toBe(0);
    shop = await ShopProcess.start(folder.path);
    shopping.movedTo(shop.url);
    await shopping.expectLoggedInWithCart(2);
    await shopping.logOut();
    await shopping.open("/cart");
    expect(await shopping.cartCount()).toBe(0);
  });

  it("shows a new price at once, and refuses the desk to customers", async () => {
    await shopping.logIn("demo@example.com", "demo-demo");
    await shopping.open("/admin");
    await visitor.page.getByText("This desk is for the shopkeeper.").waitFor();
    expect(takeComplaints()).toEqual(["403 /admin"]);
    await shopping.open("/");
    await shopping.logOut();

    await shopping.priceOn(mug);
    await shopping.logIn("admin@example.com", "admin-admin");
    await shopping.open("/admin");
    await screenshots(visitor.page, "admin");
    for (const [typed, shown] of [
      ["47.11", "€47.11"],
      ["8,15", "€8.15"],
    ] as const) {
      await shopping.setPrice(mug, typed);
      expect(await shopping.priceInCatalogue(mug)).toBe(shown);
      expect(await shopping.priceOn(mug)).toBe(shown);
    }
    await shopping.open("/?sort=price-low");
    expect((await shopping.productPaths()).slice(0, 6)).toContain(mug);
  });

  it("answers an unknown page with one of its own", async () => {
    await shopping.open("/no/such/page");
    await visitor.page.getByText("Not on our shelves").waitFor();
    await screenshots(visitor.page, "not-found");
    expect(takeComplaints()).toEqual(["404 /no/such/page"]);
  });

  it("made no other complaint, in the browser or in its own log", () => {
    expect(visitor.complaints).toEqual(seen);
    expect(shop.errors).toBe("");
  });

  const seen: string[] = [];

  /** Complaints since the last call. */
  function takeComplaints(): string[] {
    const fresh = visitor.complaints.slice(seen.length);
    seen.push(...fresh);
    return fresh;
  }

  async function otherPaths(): Promise<string[]> {
    await shopping.open("/?category=lighting");
    const soldOut = visitor.page.locator("a.card", { has: visitor.page.locator(".badge") });
    const gone = new Set(
      await soldOut.evaluateAll((cards) => cards.map((card) => card.getAttribute("href"))),
    );
    return (await shopping.productPaths()).filter((path) => !gone.has(path));
  }

  async function sessionCookie(): Promise<string | undefined> {
    const cookie = (await visitor.page.context().cookies()).find(({ name }) => name === "shop.sid");
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: "Lax" });
    return cookie?.value;
  }
});
