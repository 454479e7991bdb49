import type { Knex } from "knex";

type Dialect = "sqlite" | "mysql";

/**
 * The shop's own tables. `create table if not exists` may be run by several processes at once on both databases, which is more than
 * a check followed by a creation may.
 */
export async function createTables(sql: Knex, dialect: Dialect): Promise<void> {
  for (const statement of statements(dialect)) await sql.raw(statement);
}

function statements(dialect: Dialect): readonly string[] {
  const mysql = dialect === "mysql";
  const id = mysql ? "id int not null auto_increment primary key" : "id integer primary key autoincrement";
  const text = mysql ? "varchar(190)" : "text";
  const long = "text";
  const end = mysql ? " default character set utf8mb4 collate utf8mb4_bin" : "";
  // SQLite names indexes in statements of their own, MySQL knows no `if not exists` for those.
  const index = (name: string, columns: string): string => (mysql ? `, key ${name} (${columns})` : "");
  const apart = (name: string, table: string, columns: string): string[] =>
    mysql ? [] : [`create index if not exists ${name} on ${table} (${columns})`];
  return [
    `create table if not exists shop_facts (name ${text} not null primary key, value ${long} not null)${end}`,
    `create table if not exists products (${id}, category ${text} not null, name ${text} not null, detail ${text} not null,
      description ${long} not null, price_cents int not null, picture ${text} not null
      ${index("products_category", "category")})${end}`,
    ...apart("products_category", "products", "category"),
    `create table if not exists customers (${id}, email ${text} not null unique, name ${text} not null, role ${text} not null,
      password_hash ${text} not null, created_at_ms bigint not null)${end}`,
    `create table if not exists orders (${id}, customer_id int not null, checkout_token ${text} not null unique,
      created_at_ms bigint not null, shipping_cents int not null, total_cents int not null, address ${long} not null
      ${index("orders_customer", "customer_id")})${end}`,
    ...apart("orders_customer", "orders", "customer_id"),
    `create table if not exists order_lines (order_id int not null, line int not null, product_id int not null,
      name ${text} not null, picture ${text} not null, unit_cents int not null, quantity int not null,
      primary key (order_id, line))${end}`,
  ];
}
