import { Worker } from "node:worker_threads";
import type { Verdict } from "../cases/run-case.js";

/**
 * Explores the cases at these places of the table, in threads; `told` learns each verdict as it comes.
 * Rejects, and stops all threads, when one of them fails.
 */
export async function runCases(
  places: readonly number[],
  { threads, merge }: { readonly threads: number; readonly merge: boolean },
  told: (place: number, verdict: Verdict) => void,
): Promise<void> {
  const open = [...places];
  const workers = Array.from(
    { length: Math.min(threads, places.length) },
    () => new Worker(new URL("./case-thread.js", import.meta.url), { workerData: { merge } }),
  );
  try {
    await Promise.all(
      workers.map(async (worker) => {
        for (let place = open.shift(); place !== undefined; place = open.shift())
          told(place, await ask(worker, place));
      }),
    );
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

function ask(worker: Worker, place: number): Promise<Verdict> {
  return new Promise((resolve, reject) => {
    worker.once("error", reject);
    worker.once("message", (verdict: Verdict) => {
      worker.off("error", reject);
      resolve(verdict);
    });
    worker.postMessage(place);
  });
}
