import { give, leastOf } from "./reading.js";
import type { Settings } from "./settings.js";
import { copyOf, type Joiner, joinerIn, type Reader, type State } from "./state.js";
import type { Take } from "./take.js";
import { inWords } from "./words.js";

/**
 * Callers of the process of reader 1 that join its flight. A cache answer is for those who came before the get was sent; a database answer for those who
 * came before that read, and for later ones if the fill was stored and they came before it was sent.
 */
export function joinerSteps(state: State, settings: Settings, take: Take): void {
  const flight = state.readers[0] as Reader;
  for (let i = 0; i < state.joiners.length; i += 1) {
    const joiner = state.joiners[i] as Joiner;
    const name = `joiner ${i + 1}`;
    if (joiner.at === "idle" && takesCallers(flight, settings)) {
      const next = copyOf(state);
      const me = joinerIn(next, i);
      me.at = "waiting";
      me.early = flight.at !== "filling" && flight.at !== "answered" && flight.at !== "filled";
      me.atLeast = leastOf(state, settings);
      take(`${name} joins reader 1`, next);
    } else if (joiner.at === "waiting" && flight.at === "done") {
      const next = copyOf(state);
      joinerIn(next, i).at = "done";
      if (mayTake(flight, joiner, settings)) {
        give(next, settings, name, flight.value, joiner.atLeast);
        take(`${name} takes ${inWords(flight.value)} from reader 1`, next);
      } else take(`${name} goes on to the next flight`, next);
    }
  }
}

function takesCallers(flight: Reader, settings: Settings): boolean {
  switch (flight.at) {
    case "asking":
    case "half asked":
    case "bypassing":
    case "seeding":
    case "leasing":
    case "loading":
    case "filling":
      return true;
    case "answered":
      return settings.weakness === "joiners take a get that was sent before";
    case "filled":
      return settings.weakness === "joiners take a fill that was sent before";
    default:
      return false;
  }
}

function mayTake(flight: Reader, joiner: Joiner, settings: Settings): boolean {
  if (joiner.early || settings.weakness === "joiners take any value") return true;
  // The fill tells that nobody wrote the key in between; it knows nothing of the tag.
  if (settings.tagged && settings.weakness !== "joiners take tagged values") return false;
  return flight.shared;
}
