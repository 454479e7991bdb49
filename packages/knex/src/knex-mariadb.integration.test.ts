import { serverContracts } from "../fixtures/server-contracts.js";
import { mariaDb } from "../fixtures/server-databases.js";

serverContracts(mariaDb, {
  connection: {
    flags: ["-FOUND_ROWS"],
    rowsAsArray: false,
    nestTables: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
    dateStrings: true,
    namedPlaceholders: true,
    typeCast: () => "cast",
  },
  startWith: [
    "SET SESSION sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT,NO_ZERO_DATE'",
    "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
    "SET SESSION time_zone = '+05:30'",
  ],
});
