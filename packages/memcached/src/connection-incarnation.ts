let incarnations = 0;

/** Above 0, and another one for each connection of this process: a token cannot fit a connection of another node either. */
export function nextIncarnation(): number {
  incarnations += 1;
  return incarnations;
}
