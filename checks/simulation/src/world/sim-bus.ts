import type { InvalidationBus, Unsubscribe } from "@aside/core";
import type { SimProcess } from "./sim-process.js";
import type { World } from "./world.js";

const promptMs = 1;
const lateMs = 300;
const lostShare = 0.15;

/** The bus of one process: keeps the order of a sender's messages, and may lose or delay them where the plan says so. */
export class SimBus implements InvalidationBus {
  readonly #world: World;
  readonly #process: SimProcess;
  readonly #receivers = new Set<(message: string) => void>();
  readonly #lastArrivalMs = new Map<SimProcess, number>();

  constructor(world: World, process: SimProcess) {
    this.#world = world;
    this.#process = process;
  }

  async publish(message: string): Promise<void> {
    const { scheduler, settings, healed } = this.#world;
    const { random } = this.#process;
    const reliable = settings.bus === "prompt" || healed;
    for (const process of this.#world.processes) {
      if (!reliable && random.chance(lostShare)) continue;
      const underwayMs = reliable ? promptMs : random.next() * lateMs;
      const atMs = Math.max(this.#lastArrivalMs.get(process) ?? 0, scheduler.nowMs + underwayMs);
      this.#lastArrivalMs.set(process, atMs);
      scheduler.at(atMs, process, () => process.bus?.receive(message));
    }
  }

  subscribe(receive: (message: string) => void): Unsubscribe {
    this.#receivers.add(receive);
    return () => {
      this.#receivers.delete(receive);
    };
  }

  receive(message: string): void {
    for (const receive of this.#receivers) receive(message);
  }
}
