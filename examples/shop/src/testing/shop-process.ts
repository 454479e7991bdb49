import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

/** How a shop ended that did not come up, or was stopped. */
export interface Ending {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The built shop as a process of its own, as `npm start` runs it. */
export class ShopProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<Ending>;
  #stdout = "";
  #stderr = "";

  private constructor(cwd: string, settings: Readonly<Record<string, string>>) {
    const { PATH = "" } = process.env;
    this.#child = spawn(process.execPath, [program], {
      cwd,
      env: { PATH, PORT: "0", ...settings },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const killChild = (): void => void this.#child.kill("SIGKILL");
    process.once("exit", killChild);
    this.#child.stdout?.on("data", (chunk) => {
      this.#stdout += String(chunk);
    });
    this.#child.stderr?.on("data", (chunk) => {
      this.#stderr += String(chunk);
    });
    this.#ended = once(this.#child, "close").then(([code]) => {
      process.off("exit", killChild);
      return { code: code as number | null, stdout: this.#stdout, stderr: this.#stderr };
    });
  }

  /** Starts a shop and resolves when it has printed its address. @throws with its output when it ends instead. */
  static async start(cwd: string, settings: Readonly<Record<string, string>> = {}): Promise<ShopProcess> {
    const shop = new ShopProcess(cwd, settings);
    const up = new Promise<void>((resolve) => {
      shop.#child.stdout?.on("data", () => /^Shop: http\S+\n/m.test(shop.#stdout) && resolve());
    });
    const ending = await Promise.race([up, shop.#ended]);
    if (ending !== undefined) throw new Error(`The shop ended: ${ending.stdout}${ending.stderr}`);
    return shop;
  }

  /** Runs a shop that is expected not to come up. One that does is stopped again, which its output shows. */
  static async run(cwd: string, settings: Readonly<Record<string, string>>): Promise<Ending> {
    const shop = new ShopProcess(cwd, settings);
    shop.#child.stdout?.on("data", () => void shop.#child.kill("SIGTERM"));
    return shop.#ended;
  }

  get url(): string {
    return /^Shop: (http\S+)$/m.exec(this.#stdout)?.[1] ?? "";
  }

  /** What it has written to its error output until now. */
  get errors(): string {
    return this.#stderr;
  }

  /** Ends it in order, or by other signals, sent at once. */
  async stop(...signals: readonly NodeJS.Signals[]): Promise<Ending> {
    for (const signal of signals.length === 0 ? (["SIGTERM"] as const) : signals) this.#child.kill(signal);
    return this.#ended;
  }
}
