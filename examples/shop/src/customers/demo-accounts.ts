import type { Customer } from "./customer.js";

/** Accounts that every new shop has. The log-in page shows them: this is an example. */
export const demoAccounts: readonly (Omit<Customer, "id"> & { readonly password: string })[] = [
  { email: "demo@example.com", name: "Robin Demo", role: "customer", password: "demo-demo" },
  { email: "admin@example.com", name: "Alex Admin", role: "admin", password: "admin-admin" },
];
