import { serverContracts } from "../fixtures/server-contracts.js";
import { postgres } from "../fixtures/server-databases.js";

serverContracts(postgres, {
  connection: {
    // Knex itself needs the text of the version.
    types: { getTypeParser: (oid: number) => (oid === 25 ? String : () => "parsed") },
    query_timeout: 60_000,
    keepAlive: true,
  },
  startWith: [
    "SET standard_conforming_strings = off",
    "SET default_transaction_isolation = 'serializable'",
    "SET timezone = 'Asia/Kolkata'",
    "SET DateStyle = 'German, DMY'",
    "SET bytea_output = 'escape'",
    "SET enable_indexscan = off",
  ],
});
