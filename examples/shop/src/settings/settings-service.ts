import type { TieredStore } from "@aside/core";
import { inject, injectable } from "inversify";
import { SETTINGS } from "../wiring/tokens.js";
import { defaultSettings, type ShopSettings } from "./shop-settings.js";

const KEY = "shop";

/** The settings of the shop: one value in a store. */
@injectable()
export class SettingsService {
  readonly #settings: TieredStore<ShopSettings>;

  constructor(@inject(SETTINGS) settings: TieredStore<ShopSettings>) {
    this.#settings = settings;
  }

  /** The settings in effect; the defaults until somebody changed them. */
  async current(): Promise<ShopSettings> {
    return (await this.#settings.get(KEY)) ?? defaultSettings;
  }

  async change(settings: ShopSettings): Promise<void> {
    await this.#settings.set(KEY, settings);
  }
}
