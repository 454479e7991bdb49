import type { State } from "./state.js";

/** Offers the explorer a step: its name in words, and the state that it leads to. */
export type Take = (name: string, next: State) => void;
