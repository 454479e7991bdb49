import { SimCollection } from "@aside/check-simulation/database/sim-collection.js";
import type { PersistenceBackend } from "@aside/core";
import type { SimulatedWorld } from "../simulated-world.js";
import type { DatabaseWorld, Row } from "./database-world.js";

/** How the simulated database may be broken, to show that it would be found. */
export const databaseBreakages = [
  "reads-for-update-do-not-wait",
  "rollback-keeps-writes",
  "versions-are-not-compared",
  "ended-rows-show",
  "joined-errors-are-forgotten",
] as const;
export type DatabaseBreakage = (typeof databaseBreakages)[number];

/** The simulated database. */
export function simulatedDatabase(simulated: SimulatedWorld, breakage?: DatabaseBreakage): DatabaseWorld {
  const { world, processes } = simulated;
  const { database } = world;
  if (breakage === "rollback-keeps-writes") database.rollback = (transaction) => database.commit(transaction);
  const clients = processes.map((process) => {
    const { transactions } = process;
    const rows: PersistenceBackend<Row> = new SimCollection(world, process, transactions);
    if (breakage === "reads-for-update-do-not-wait") {
      const read = rows.readMany.bind(rows);
      rows.readMany = async (keys, options) => {
        const found = await read(keys);
        if (options?.forUpdate === true && transactions.current() === undefined) return read(keys, options);
        return found;
      };
    }
    if (breakage === "versions-are-not-compared") {
      const write = rows.write.bind(rows);
      rows.write = (key, value, { expectedVersion: _ignored, ...options } = {}) => write(key, value, options);
    }
    if (breakage === "ended-rows-show") {
      const write = rows.write.bind(rows);
      rows.write = (key, value, { expiresAtMs: _ignored, ...options } = {}) => write(key, value, options);
    }
    if (breakage === "joined-errors-are-forgotten") {
      const run = transactions.run.bind(transactions);
      transactions.run = (work, options) =>
        transactions.current() === undefined ? run(work, options) : work();
    }
    return rows;
  });
  return {
    clients: [clients[0] as PersistenceBackend<Row>, clients[1] as PersistenceBackend<Row>],
    logName: "conformance",
    nowMs: () => processes[0].clock.nowMs(),
    settle: () => simulated.settle(),
  };
}
