import { type Channel, channel } from "node:diagnostics_channel";
import type { Observer, StoreEvent } from "../backend/observer.js";

const channels: Readonly<Record<StoreEvent["type"], Channel>> = {
  read: channel("aside:read"),
  write: channel("aside:write"),
  fill: channel("aside:fill"),
  refresh: channel("aside:refresh"),
  invalidation: channel("aside:invalidation"),
  "hold-unconfirmed": channel("aside:hold-unconfirmed"),
  "release-unconfirmed": channel("aside:release-unconfirmed"),
  "log-failed": channel("aside:log-failed"),
  "cache-failed": channel("aside:cache-failed"),
  "breaker-opened": channel("aside:breaker-opened"),
  "node-believed": channel("aside:node-believed"),
  backlog: channel("aside:backlog"),
};
const all = Object.values(channels);

/** Publishes each event on the `diagnostics_channel` named `aside:` and its type. Costs next to nothing while nobody subscribes. */
export const diagnosticsObserver: Observer = {
  get active(): boolean {
    return all.some((one) => one.hasSubscribers);
  },
  emit(event: StoreEvent): void {
    channels[event.type].publish(event);
  },
};
