import type { Subject } from "../run/subject.js";
import { SimulatedWorld } from "../simulated-world.js";
import { compareDatabases } from "./compare-databases.js";
import type { DatabaseStep } from "./database-step.js";
import { makeDatabaseSteps } from "./make-database-steps.js";
import { RealDatabaseServer } from "./real-database.js";
import { type DatabaseBreakage, simulatedDatabase } from "./simulated-database.js";

/** To see that a statement waits for a lock takes a moment, in which others go on. */
const lanes = 8;

/** Compares the simulated database with MariaDB. */
export async function openDatabaseSubject(): Promise<
  Subject<DatabaseStep> & { broken(breakage: DatabaseBreakage): Subject<DatabaseStep> }
> {
  const server = await RealDatabaseServer.start(lanes);
  const subject = (breakage?: DatabaseBreakage): Subject<DatabaseStep> => ({
    name: "database",
    lanes,
    makeSteps: makeDatabaseSteps,
    async compare(steps, seed, lane) {
      const simulated = simulatedDatabase(new SimulatedWorld(seed), breakage);
      return compareDatabases(steps, simulated, await server.open(lane));
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  });
  return { ...subject(), broken: subject };
}
