/** The id that the database gave to the one row of an insert, as Knex returns it on MySQL and SQLite. */
export function insertedId(inserted: readonly number[]): number {
  const [id] = inserted;
  if (id === undefined) throw new Error("The database told no id for an inserted row");
  return id;
}
