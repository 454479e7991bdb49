import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";

/** Cost of new hashes; each hash names its own, so that it can be raised later. */
const COST = { N: 2 ** 15, r: 8, p: 1 } as const;
const KEY_BYTES = 32;

/** A salted scrypt hash of a password: `scrypt:N:r:p:salt:key`. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await derive(password, salt, COST);
  return ["scrypt", COST.N, COST.r, COST.p, salt.toString("base64url"), key.toString("base64url")].join(":");
}

/**
 * Whether a password is the one that was hashed.
 * @param hash - `undefined` where there is no such account: the answer is `false` and takes as long, so that time does not tell
 *   which accounts exist.
 */
export async function passwordMatches(password: string, hash: string | undefined): Promise<boolean> {
  const [scheme, N, r, p, salt, key] = (hash ?? decoy).split(":");
  if (scheme !== "scrypt" || salt === undefined || key === undefined) return false;
  const wanted = Buffer.from(key, "base64url");
  const found = await derive(password, Buffer.from(salt, "base64url"), {
    N: Number(N),
    r: Number(r),
    p: Number(p),
  });
  return hash !== undefined && wanted.length === found.length && timingSafeEqual(wanted, found);
}

const decoy = ["scrypt", COST.N, COST.r, COST.p, "A".repeat(22), "A".repeat(43)].join(":");

function derive(password: string, salt: Buffer, cost: { N: number; r: number; p: number }): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(
      password.normalize("NFKC"),
      salt,
      KEY_BYTES,
      { ...cost, maxmem: 64 * 1024 * 1024 },
      (error, key) => (error === null ? resolve(key) : reject(error)),
    );
  });
}
