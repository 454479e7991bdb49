/** Numbers of values for which statements are prepared. Every other number would be a statement of its own, kept by each connection. */
const listSizes: readonly number[] = [1, 2, 3, 4, 8, 16, 32, 64, 128, 256];
const rowSizes: readonly number[] = [1, 2, 3, 4, 5, 6, 7, 8, 16, 32, 64];

/** Cuts a list for `IN (...)` into pieces of those sizes; the last piece repeats its last value, which changes no answer. */
export function listPieces<T>(values: readonly T[]): readonly (readonly T[])[] {
  const longest = listSizes.at(-1) as number;
  const pieces: T[][] = [];
  for (let start = 0; start < values.length; start += longest) {
    const piece = values.slice(start, start + longest);
    const size = listSizes.find((each) => each >= piece.length) as number;
    while (piece.length < size) piece.push(piece.at(-1) as T);
    pieces.push(piece);
  }
  return pieces;
}

/** Cuts rows for `VALUES (...), (...)` into pieces of those sizes. */
export function rowPieces<T>(rows: readonly T[]): readonly (readonly T[])[] {
  const pieces: T[][] = [];
  for (let start = 0; start < rows.length; ) {
    const size = rowSizes.findLast((each) => each <= rows.length - start) as number;
    pieces.push(rows.slice(start, start + size));
    start += size;
  }
  return pieces;
}
