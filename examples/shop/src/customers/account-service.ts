import { inject, injectable } from "inversify";
import { CustomerRepository } from "./customer-repository.js";
import { hashPassword, passwordMatches } from "./password.js";

/** What a person fills in to open an account. */
export interface Registration {
  readonly name: string;
  readonly email: string;
  readonly password: string;
}

export const MIN_PASSWORD = 8;
/** Longer ones are refused, since hashing takes time for each character. */
export const MAX_PASSWORD = 200;

/** Opens accounts and checks passwords. */
@injectable()
export class AccountService {
  readonly #customers: CustomerRepository;

  constructor(@inject(CustomerRepository) customers: CustomerRepository) {
    this.#customers = customers;
  }

  /** The id of the customer with this address and password; `undefined` for a wrong pair, whichever half is wrong. */
  async logIn(email: string, password: string): Promise<number | undefined> {
    if (password.length > MAX_PASSWORD) return undefined;
    const known = await this.#customers.credentials(email.toLowerCase());
    return (await passwordMatches(password, known?.passwordHash)) ? known?.id : undefined;
  }

  /** Opens an account. @returns its id, or what is wrong with the form, in words for its reader. */
  async register({
    name,
    email,
    password,
  }: Registration): Promise<{ readonly id: number } | { readonly problem: string }> {
    if (name === "") return { problem: "Please tell us your name." };
    if (!/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email))
      return { problem: "This does not look like an e-mail address." };
    if (password.length < MIN_PASSWORD)
      return { problem: `A password needs at least ${MIN_PASSWORD} characters.` };
    if (password.length > MAX_PASSWORD)
      return { problem: `A password has at most ${MAX_PASSWORD} characters.` };
    const id = await this.#customers.register({
      name,
      email: email.toLowerCase(),
      passwordHash: await hashPassword(password),
    });
    return id === undefined ? { problem: "This address has an account already. Log in instead?" } : { id };
  }
}
