import * as core from "@aside/core";
import { makePlan } from "./plan/make-plan.js";
import { runSchedule } from "./run/run-schedule.js";

const [from = "1", count = "1"] = process.argv.slice(2);
const started = performance.now();
let events = 0;
let failed = 0;
for (let seed = Number(from); seed < Number(from) + Number(count); seed += 1) {
  const tracing = count === "1";
  const outcome = await runSchedule(makePlan(seed), core, tracing);
  events += outcome.events;
  if (tracing) console.log(outcome.trace.join("\n"));
  if (outcome.violations.length > 0) {
    failed += 1;
    console.log(seed, outcome.violations[0]);
  }
}
console.log(`${count} schedules, ${events} events, ${failed} failed, ${performance.now() - started} ms`);
