import type { TieredStore } from "@aside/core";
import { databaseToken, storeToken } from "@aside/inversify";
import type { KnexDatabase } from "@aside/knex";
import type { SessionRecord } from "@aside/session";
import type { ServiceIdentifier } from "inversify";
import type { Product } from "../catalogue/product.js";
import type { Address, Customer } from "../customers/customer.js";
import type { Order, OrderSummary } from "../orders/order.js";
import type { ShopSettings } from "../settings/shop-settings.js";

type StoreId<V> = ServiceIdentifier<TieredStore<V>>;

/** The database: its `connection()` is that of the running transaction, where there is one. */
export const DATABASE: ServiceIdentifier<KnexDatabase> = databaseToken<KnexDatabase>();

// What repositories load with SQL of their own. The names stand in the footer of every page.
export const PRODUCTS: StoreId<Product> = storeToken("products");
export const LISTINGS: StoreId<readonly number[]> = storeToken("listings");
export const CUSTOMERS: StoreId<Customer> = storeToken("customers");
export const ORDERS: StoreId<Order> = storeToken("orders");
export const ORDER_LISTS: StoreId<readonly OrderSummary[]> = storeToken("order-lists");

// Values that a store keeps by key, in a collection of the database.
export const STOCK: StoreId<number> = storeToken("stock");
export const SETTINGS: StoreId<ShopSettings> = storeToken("settings");
export const ADDRESSES: StoreId<Address> = storeToken("addresses");

/** Sessions, kept by the session store of `@aside/session`. */
export const SESSIONS: StoreId<SessionRecord> = storeToken("sessions");
