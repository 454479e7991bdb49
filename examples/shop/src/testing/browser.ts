import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type BrowserContext, chromium, type Page } from "playwright-core";
import { temporaryFolder } from "./temporary-folder.js";

/** A real browser with one visitor in it. */
export interface Visitor {
  readonly page: Page;
  /** Pages that came with an error status, and complaints of the browser, in order. */
  readonly complaints: readonly string[];
  close(): Promise<void>;
}

/**
 * Starts a browser with a fresh profile.
 * @param binary - path of a chromium.
 */
export async function openVisitor(binary: string | undefined): Promise<Visitor> {
  if (binary === undefined) throw new Error("There is no chromium on this machine.");
  const profile = temporaryFolder();
  const context = await chromium.launchPersistentContext(profile.path, {
    executablePath: binary,
    headless: true,
    viewport: { width: 1280, height: 900 },
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
  context.setDefaultTimeout(15_000);
  const page = context.pages()[0] ?? (await context.newPage());
  return {
    page,
    complaints: complaintsOf(context, page),
    close: async () => {
      await context.close();
      profile.remove();
    },
  };
}

function complaintsOf(context: BrowserContext, page: Page): readonly string[] {
  const complaints: string[] = [];
  context.on("response", (response) => {
    if (response.status() >= 400) complaints.push(`${response.status()} ${new URL(response.url()).pathname}`);
  });
  page.on("console", (message) => {
    // A status is told above, with its page.
    if (message.type() === "error" && !message.text().includes("status of")) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  return complaints;
}

/**
 * With `ASIDE_SHOP_SCREENSHOTS=folder` keeps pictures of the present page at a wide and a narrow width, and in dark colours; does nothing without.
 */
export async function screenshots(page: Page, name: string): Promise<void> {
  const folder = process.env["ASIDE_SHOP_SCREENSHOTS"];
  if (folder === undefined || folder === "") return;
  mkdirSync(folder, { recursive: true });
  const size = page.viewportSize();
  for (const width of [1280, 390]) {
    await page.setViewportSize({ width, height: 900 });
    await loadPictures(page);
    await page.screenshot({ path: join(folder, `${name}-${width}.png`), fullPage: true });
  }
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.emulateMedia({ colorScheme: "dark" });
  await page.screenshot({ path: join(folder, `${name}-dark.png`) });
  await page.emulateMedia({ colorScheme: null });
  if (size !== null) await page.setViewportSize(size);
}

/** Pictures further down are loaded when somebody comes near. */
async function loadPictures(page: Page): Promise<void> {
  for (const picture of await page.locator("img").all()) await picture.scrollIntoViewIfNeeded();
  await page.evaluate("scrollTo(0, 0)");
}
