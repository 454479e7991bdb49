import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

/** The folder of files that are sent as they are. Beside `src` and `dist` alike. */
export const publicFolder: URL = new URL("../../public/", import.meta.url);

const digest = createHash("sha256").update(readFileSync(new URL("shop.css", publicFolder)));

/** The stylesheet's address; it changes with its content, so that browsers may keep it for ever. */
export const stylesheetPath: string = `/assets/${digest.digest("hex").slice(0, 12)}/shop.css`;
