/** One worker thread: explores the cases that it is told, by their place in the table. */
import { parentPort, workerData } from "node:worker_threads";
import { type Case, casesOf, runCase } from "../cases/run-case.js";
import { scenarios } from "../cases/scenarios.js";

const cases = casesOf(scenarios);
const { merge } = workerData as { readonly merge: boolean };

parentPort?.on("message", (place: number) => {
  parentPort?.postMessage(runCase(cases[place] as Case, merge));
});
