/** One worker thread: explores the cases that it is told, by their place in the table. */
import { parentPort, workerData } from "node:worker_threads";
import { type Case, casesOf, runCase } from "../cases/run-case.js";
import { scenarios } from "../cases/scenarios.js";

const cases = casesOf(scenarios);
const { merge } = workerData as { readonly merge: boolean };

parentPort?.on("message", (place: number) => {
  const one = cases[place] as Case;
  try {
    parentPort?.postMessage(runCase(one, merge));
  } catch (error) {
    const { scenario, cousin } = one;
    throw new Error(`${scenario.name}${cousin === undefined ? "" : `, ${cousin.weakness}`}: ${error}`);
  }
});
