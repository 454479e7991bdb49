/** A person with an account. Never holds the password or its hash: customers are cached. */
export interface Customer {
  readonly id: number;
  readonly email: string;
  readonly name: string;
  readonly role: "customer" | "admin";
}

/** Where to send a parcel. */
export interface Address {
  readonly name: string;
  readonly street: string;
  readonly postcode: string;
  readonly city: string;
  readonly country: string;
}

/** Countries we send to. */
export const countries = [
  "Ireland",
  "Germany",
  "France",
  "Netherlands",
  "Portugal",
  "Denmark",
  "Finland",
  "Italy",
] as const;
